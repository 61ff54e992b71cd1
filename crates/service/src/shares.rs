//! How much of the service one address may have at a time, so that nobody takes all of it (row R1, `LIMITS.md`).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::workstations::network::Network;

/// What the operator says of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections that one address may hold at a time.
    pub connections_per_address: Connections,
    /// Addresses that many people come from, such as a proxy's: they have no share, only the whole.
    pub many_behind: Vec<Network>,
}

impl Default for Limits {
    /// What connects from this machine itself is its proxy, or a trial.
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"];
        Self {
            connections_per_address: Connections(1_000),
            many_behind: loopback
                .into_iter()
                .filter_map(|network| Network::try_from(network.to_owned()).ok())
                .collect(),
        }
    }
}

/// A number of connections that a person's phone and browser can live with, and a machine too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "usize")]
pub struct Connections(usize);

impl TryFrom<usize> for Connections {
    type Error = String;

    fn try_from(count: usize) -> Result<Self, String> {
        if (16..=100_000).contains(&count) {
            Ok(Self(count))
        } else {
            Err(format!(
                "{count} connections are too few or too many; write 16 to 100000"
            ))
        }
    }
}

impl Limits {
    /// Shares of connections.
    pub fn of_connections(&self) -> Arc<Shares> {
        self.shares("connections", self.connections_per_address.0)
    }

    /// Shares of `what`, `each` for an address.
    pub fn shares(&self, what: &'static str, each: usize) -> Arc<Shares> {
        Arc::new(Shares {
            what,
            each,
            many_behind: self.many_behind.clone(),
            taken: Mutex::default(),
        })
    }
}

/// Who is counted as one: an IPv4 address, or the /64 network of an IPv6 one, since whoever has an address of it has
/// them all (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin(IpAddr);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// What every address has of one thing now.
#[derive(Debug)]
pub struct Shares {
    what: &'static str,
    each: usize,
    many_behind: Vec<Network>,
    taken: Mutex<HashMap<Origin, Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    now: usize,
    refused: u64,
}

impl Shares {
    /// Who is counted for `address`; `None` where many people are behind it.
    pub fn origin(&self, address: IpAddr) -> Option<Origin> {
        let address = address.to_canonical();
        let exempt = self
            .many_behind
            .iter()
            .any(|network| network.contains(address));
        (!exempt).then(|| Origin::from(address))
    }

    /// One more for `address`, until it is dropped; `None` when it has its share.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Option<Share> {
        let Some(origin) = self.origin(address) else {
            return Some(Share(None));
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of = taken.entry(origin).or_default();
        if of.now < self.each {
            of.now += 1;
            return Some(Share(Some((self.clone(), origin))));
        }
        of.refused += 1;
        let refused = of.refused;
        drop(taken);
        // Said at 1, 2, 4, 8 …, so that a flood does not flood the log as well
        if refused.is_power_of_two() {
            tracing::warn!(
                %address,
                refused,
                each = self.each,
                "an address has its share of {}; if many people come from it, name it in limits.many_behind",
                self.what
            );
        }
        None
    }

    /// How many addresses have something now.
    #[cfg(test)]
    fn origins(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

/// A part of an address's share; dropping it gives it back.
#[derive(Debug)]
pub struct Share(Option<(Arc<Shares>, Origin)>);

impl Drop for Share {
    fn drop(&mut self) {
        let Some((shares, origin)) = self.0.take() else {
            return;
        };
        let mut taken = shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of) = taken.get_mut(&origin) {
            of.now = of.now.saturating_sub(1);
            if of.now == 0 {
                taken.remove(&origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Result<Limits, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn r1_each_address_has_its_share_and_gives_it_back() {
        let shares = Limits::default().shares("calls", 2);
        let mut held: Vec<_> = (0..2)
            .map(|_| shares.take(ip("192.0.2.1")).unwrap())
            .collect();
        assert!(shares.take(ip("192.0.2.1")).is_none());
        assert!(shares.take(ip("::ffff:192.0.2.1")).is_none(), "the same");
        let other = shares.take(ip("192.0.2.2")).unwrap();
        held.pop();
        held.push(shares.take(ip("192.0.2.1")).unwrap());
        drop((held, other));
        assert_eq!(shares.origins(), 0, "nothing is kept of who has gone");
    }

    #[test]
    fn r1_a_whole_network_of_ipv6_addresses_is_one() {
        let shares = Limits::default().shares("calls", 1);
        let _one = shares.take(ip("2001:db8:1:2::1")).unwrap();
        assert!(shares.take(ip("2001:db8:1:2:ffff::9")).is_none());
        assert!(shares.take(ip("2001:db8:1:3::1")).is_some());
    }

    #[test]
    fn r1_who_speaks_for_many_has_no_share() {
        let named = limits("many_behind = [\"192.0.2.0/24\"]").unwrap();
        let shares = named.shares("calls", 1);
        let _many: Vec<_> = (0..9)
            .map(|_| shares.take(ip("192.0.2.1")).unwrap())
            .collect();
        let _one = shares.take(ip("127.0.0.1")).unwrap();
        assert!(shares.take(ip("127.0.0.1")).is_none(), "no longer named");
        let usual = Limits::default().shares("calls", 1);
        let _many: Vec<_> = (0..9)
            .map(|_| usual.take(ip("127.0.0.1")).unwrap())
            .collect();
    }

    #[test]
    fn what_nobody_can_mean_is_refused() {
        for text in [
            "connections_per_address = 0",
            "connections_per_address = 100001",
            "connections = 5",
            "many_behind = [\"192.0.2.1\"]",
        ] {
            assert!(limits(text).is_err(), "{text}");
        }
        assert!(limits("connections_per_address = 16").is_ok());
    }
}
