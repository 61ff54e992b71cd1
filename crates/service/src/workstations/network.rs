//! Networks, as operators write them.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;

/// A network as it is written: an address, and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// The first address in it that somebody may have.
    pub fn first(&self) -> IpAddr {
        self.0.hosts().next().unwrap_or_else(|| self.0.addr())
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
