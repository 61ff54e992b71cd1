//! Reverse proxies in front of the service, whose word on where a call comes from is taken (row R3).
//!
//! Only an address that the operator names is believed, and of what it sends only what such proxies wrote themselves: the
//! client's own forged entries stand to the left of the one that the first proxy added, and are never reached.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderName, Request};
use serde::Deserialize;

use crate::workstations::network::Network;

/// What proxies write, each adding whom it was called by at the end. There is no standard but RFC 7239's `Forwarded`, which
/// the common proxies do not write by themselves.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Which proxies are believed; none unless they are named.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proxies {
    /// The addresses that they connect from.
    pub trusted: Vec<Proxy>,
}

/// A network in which there are proxies of ours and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Proxy(Network);

impl TryFrom<String> for Proxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.ends_with("/0") {
            return Err(format!(
                "{text} is everybody, who could then call from wherever they say; write the proxy's own address"
            ));
        }
        Network::try_from(text).map(Self)
    }
}

impl Proxies {
    /// The networks themselves.
    pub fn networks(&self) -> impl Iterator<Item = Network> {
        self.trusted.iter().map(|proxy| proxy.0)
    }

    /// Makes the address of a call that came through a proxy its client's. What a proxy does not tell, or tells in a way
    /// that cannot be read, is the proxy's own call.
    pub fn reveal<B>(&self, mut request: Request<B>) -> Request<B> {
        if self.trusted.is_empty() {
            return request;
        }
        let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
        if let Some(ConnectInfo(mut peer)) = connection.copied() {
            peer.set_ip(self.client(peer.ip().to_canonical(), request.headers()));
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        request
    }

    /// Who called `peer`, or whoever called that one, and so on while it is a proxy.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        // Several headers are one list, in their order (RFC 9110 section 5.3)
        let mut told = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut address = peer;
        while self.is_ours(address) {
            let Some(next) = told.next() else {
                return address;
            };
            match read(next) {
                Some(next) => address = next,
                None => return peer,
            }
        }
        address
    }

    fn is_ours(&self, address: IpAddr) -> bool {
        self.networks().any(|network| network.contains(address))
    }
}

/// An address, which some proxies write with its port.
fn read(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(trusted: &str, peer: &str, told: &[&str]) -> String {
        let proxies: Proxies = toml::from_str(&format!("trusted = {trusted}")).unwrap();
        let mut request = Request::new(());
        for line in told {
            request
                .headers_mut()
                .append(FORWARDED_FOR, line.parse().unwrap());
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 50_000);
        request.extensions_mut().insert(ConnectInfo(peer));
        let seen = proxies.reveal(request);
        let ConnectInfo(seen) = seen.extensions().get::<ConnectInfo<SocketAddr>>().unwrap();
        seen.ip().to_string()
    }

    const OURS: &str = r#"["10.0.0.1/32", "10.0.1.0/24"]"#;

    #[test]
    fn r3_what_a_stranger_says_of_itself_changes_nothing() {
        for trusted in ["[]", OURS] {
            for told in [&["192.0.2.9"][..], &["10.0.0.1"], &["192.0.2.9, 10.0.0.1"]] {
                assert_eq!(seen(trusted, "198.51.100.7", told), "198.51.100.7");
            }
        }
        assert_eq!(seen("[]", "127.0.0.1", &["192.0.2.9"]), "127.0.0.1");
    }

    #[test]
    fn r3_of_what_a_proxy_says_only_its_own_word_counts() {
        let through = |told: &[&str]| seen(OURS, "10.0.0.1", told);
        assert_eq!(through(&["198.51.100.7"]), "198.51.100.7");
        // What stands before it was the client's own
        assert_eq!(through(&["192.0.2.9, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(through(&["192.0.2.9", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(through(&["10.0.0.1,198.51.100.7"]), "198.51.100.7");
        // Two proxies, one behind the other
        assert_eq!(
            through(&["192.0.2.9, 198.51.100.7, 10.0.1.200"]),
            "198.51.100.7"
        );
        for spelt in [
            "198.51.100.7:4433",
            " 198.51.100.7 ",
            "::ffff:198.51.100.7",
            "[::ffff:198.51.100.7]:80",
        ] {
            assert_eq!(through(&[spelt]), "198.51.100.7");
        }
        assert_eq!(through(&["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn r3_what_cannot_be_read_is_the_proxys_own_call() {
        let through = |told: &[&str]| seen(OURS, "10.0.0.1", told);
        assert_eq!(through(&[]), "10.0.0.1");
        for odd in [
            "",
            "unknown",
            "198.51.100.7,",
            "198.51.100.7, unknown",
            "198.51.100",
            "_hidden",
            "unknown, 10.0.1.2",
        ] {
            assert_eq!(through(&[odd]), "10.0.0.1", "{odd}");
        }
    }

    #[test]
    fn everybody_is_no_proxy() {
        for all in ["0.0.0.0/0", "::/0"] {
            let said = toml::from_str::<Proxies>(&format!("trusted = [\"{all}\"]")).unwrap_err();
            assert!(
                said.message().contains("write the proxy's own address"),
                "{said}"
            );
        }
        assert!(toml::from_str::<Proxies>("trust = []").is_err());
    }
}
