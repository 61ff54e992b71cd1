//! Workstations that many people use, known by the networks they stand in.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;

/// Which workstations are shared.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Workstations {
    /// Those in these networks.
    pub shared: Vec<Network>,
}

/// A network as it is written: an address, and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Workstations {
    /// Whether who calls from there sits at one of them. An address that cannot be read is none.
    pub fn are_shared_at(&self, address: &str) -> bool {
        address.parse().is_ok_and(|address: IpAddr| {
            self.shared.iter().any(|network| network.contains(address))
        })
    }
}

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let network: IpNet = text.parse().map_err(|_| {
            format!("{text} is no network; write an address and how many of its bits count, such as 10.20.0.0/16")
        })?;
        if network.trunc() == network {
            Ok(Self(network))
        } else {
            // Whoever wrote it meant one of the two
            Err(format!(
                "{text} names one workstation and a whole network; write {} for the network or {}/{} for the workstation",
                network.trunc(),
                network.addr(),
                network.max_prefix_len()
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Workstations, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_workstation_is_shared_where_its_network_says_so() {
        let text = r#"shared = ["10.20.0.0/16", "192.0.2.7/32", "2001:db8:4b::/48"]"#;
        let workstations = read(text).unwrap();
        for shared in ["10.20.0.0", "10.20.255.255", "192.0.2.7", "2001:db8:4b::17"] {
            assert!(workstations.are_shared_at(shared), "{shared}");
        }
        for other in [
            "10.21.0.0",
            "192.0.2.8",
            "2001:db8:4c::17",
            "::1",
            "",
            "10.20.0.0:80",
        ] {
            assert!(!workstations.are_shared_at(other), "{other}");
        }
        assert!(!read("").unwrap().are_shared_at("10.20.0.0"));
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_to_write() {
        for (text, way_out) in [
            ("10.20.0.0", "such as 10.20.0.0/16"),
            ("10.20.0.0/33", "such as 10.20.0.0/16"),
            ("ward-4", "such as 10.20.0.0/16"),
            ("", "such as 10.20.0.0/16"),
            (
                "10.20.4.17/16",
                "write 10.20.0.0/16 for the network or 10.20.4.17/32 for",
            ),
        ] {
            let said = read(&format!("shared = [\"{text}\"]")).unwrap_err();
            assert!(said.contains(way_out), "{said}");
        }
        assert!(read("shard = []").is_err());
    }
}
