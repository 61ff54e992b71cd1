//! Names to addresses, leaving out addresses that no service of an organisation has (row Q2).

use std::net::SocketAddr;

use countersign_protocol::host::{Host, address_is_reachable};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The name was not found.
#[derive(Debug, thiserror::Error)]
#[error("the name was not found")]
pub(super) struct NotFound;

/// All its addresses are ones that may not be reached.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that may not be reached")]
pub(super) struct NotReachable;

/// The system's resolver behind a filter, so that what was checked is what is connected to.
pub(super) struct Resolver {
    managed: Vec<String>,
}

impl Resolver {
    pub(super) fn new(managed: &[Host]) -> Self {
        Self {
            managed: managed.iter().map(|host| host.name().to_owned()).collect(),
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_ascii_lowercase();
        let anywhere = self.managed.contains(&name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0))
                .await
                .map_err(|_| NotFound)?
                .collect();
            if found.is_empty() {
                return Err(NotFound.into());
            }
            let reachable: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| anywhere || address_is_reachable(address.ip()))
                .collect();
            if reachable.is_empty() {
                return Err(NotReachable.into());
            }
            let addresses: Addrs = Box::new(reachable.into_iter());
            Ok(addresses)
        })
    }
}
