//! Workstations that many people use, known by the networks they stand in and by the names they have.

pub mod dns;
pub mod names;
pub mod network;

use std::net::IpAddr;

use async_trait::async_trait;
use serde::Deserialize;

use crate::core::Core;
use names::Names;
use network::Network;

/// Which workstations are shared.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Workstations {
    /// Those in these networks.
    pub shared: Vec<Network>,
    /// Those with such names.
    pub names: Option<Names>,
}

/// Who uses a workstation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Many people, one after the other.
    Shared,
    /// Nothing says that many do.
    OnePersons,
    /// Its name would tell, and cannot be found out.
    Unknown,
}

impl Use {
    /// Whether sessions there have to be short: on any doubt.
    pub(crate) fn may_be_shared(self) -> bool {
        self != Self::OnePersons
    }
}

/// What tells the names of workstations.
#[async_trait]
pub trait HostNames: Send + Sync {
    /// The names of whoever has that address, each of which leads back to it.
    async fn names_of(&self, address: IpAddr) -> Result<Vec<String>, NoName>;
}

/// Why there is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoName {
    /// Nobody has named that address.
    #[error("{0} has no name")]
    Unnamed(IpAddr),
    /// A name was given, by which somebody else is found today.
    #[error("{name} is not the name of {address}")]
    Elsewhere {
        /// The address that was asked for.
        address: IpAddr,
        /// The name that it had once.
        name: String,
    },
    /// Nobody could be asked.
    #[error("names cannot be looked up: {0}")]
    Unanswered(String),
}

impl Workstations {
    /// Whether who calls from there sits at one of those in the networks. An address that cannot be read is none.
    fn stand_at(&self, address: IpAddr) -> bool {
        self.shared.iter().any(|network| network.contains(address))
    }
}

impl Core {
    /// The same with what tells the names of workstations.
    #[must_use]
    pub fn with_host_names(mut self, names: impl HostNames + 'static) -> Self {
        self.host_names = Some(Box::new(names));
        self
    }

    /// Who uses the workstation at an address. One that cannot be read is nobody's in particular.
    pub(crate) async fn workstation_at(&self, address: &str) -> Use {
        let Ok(address) = address.parse::<IpAddr>() else {
            return Use::OnePersons;
        };
        let workstations = &self.site.workstations;
        if workstations.stand_at(address) {
            return Use::Shared;
        }
        // Elsewhere nobody has named computers for us, and a stranger's name server would be asked
        let rules = workstations.names.as_ref();
        let (Some(rules), Some(told_by)) = (
            rules.filter(|rules| rules.are_given_at(address)),
            &self.host_names,
        ) else {
            return Use::OnePersons;
        };
        match told_by.names_of(address).await {
            Ok(found) if found.iter().any(|name| rules.are_shared(name)) => Use::Shared,
            Ok(_) => Use::OnePersons,
            Err(why) => {
                tracing::warn!(%why, "who uses a workstation is not known; it is taken for a shared one");
                Use::Unknown
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Workstations, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    fn stand_at(workstations: &Workstations, address: &str) -> bool {
        workstations.stand_at(address.parse().unwrap())
    }

    #[test]
    fn a_workstation_is_shared_where_its_network_says_so() {
        let text = r#"shared = ["10.20.0.0/16", "192.0.2.7/32", "2001:db8:4b::/48"]"#;
        let workstations = read(text).unwrap();
        for shared in ["10.20.0.0", "10.20.255.255", "192.0.2.7", "2001:db8:4b::17"] {
            assert!(stand_at(&workstations, shared), "{shared}");
        }
        for other in ["10.21.0.0", "192.0.2.8", "2001:db8:4c::17", "::1"] {
            assert!(!stand_at(&workstations, other), "{other}");
        }
        assert!(!stand_at(&read("").unwrap(), "10.20.0.0"));
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
