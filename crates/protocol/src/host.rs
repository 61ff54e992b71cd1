//! The host of a service, as it stands in an activation text.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

/// A DNS name in lower-case ASCII, with a port where one is given: `api-c0ffee0.countersign.test`, `localhost:8443`.
///
/// It is only well formed. Whether the app may talk to it is [`Host::trust`]'s question.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(String);

/// The text is not a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a host name")]
pub struct HostError;

/// Why a host that is not on the managed list is refused (row Q2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostRefusal {
    /// An address instead of a name.
    #[error("an address instead of a name")]
    Address,
    /// A port other than 443.
    #[error("an unusual port")]
    Port,
    /// A name that can only mean this machine or a local network.
    #[error("a local name")]
    Local,
}

impl Host {
    /// Takes `name` or `name:port`. Names in other scripts are turned into their ASCII (punycode) form.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        };
        let port = port
            .map(|digits| {
                let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                plain
                    .then(|| digits.parse::<u16>().ok())
                    .flatten()
                    .filter(|port| *port != 0)
                    .ok_or(HostError)
            })
            .transpose()?;
        if !text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '_'))
        {
            return Err(HostError);
        }
        let name = idna::domain_to_ascii_strict(name).map_err(|_| HostError)?;
        let labels_are_good = name
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63);
        if name.is_empty() || name.len() > 253 || !labels_are_good {
            return Err(HostError);
        }
        // "a.8" ends like an IPv4 address and is none: no URL can hold it (WHATWG URL §3.5). "7" and "0x7f.1" are addresses, which a
        // URL writes in one way: one host has one spelling
        let name = match url::Host::parse(&name).map_err(|_| HostError)? {
            url::Host::Ipv4(address) => address.to_string(),
            _ => name,
        };
        Ok(Self(match port {
            Some(443) | None => name,
            Some(port) => format!("{name}:{port}"),
        }))
    }

    /// The text, as it goes into URLs, the `Host` header and signatures.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without a port.
    pub fn name(&self) -> &str {
        self.0.split(':').next().unwrap_or(&self.0)
    }

    /// The port, 443 where none is written.
    pub fn port(&self) -> u16 {
        self.0
            .split_once(':')
            .and_then(|(_, port)| port.parse().ok())
            .unwrap_or(443)
    }

    /// Whether the app may talk to it: named on the managed list, or a public DNS name on the usual port.
    pub fn trust(&self, managed: &[Host]) -> Result<(), HostRefusal> {
        if managed.contains(self) {
            return Ok(());
        }
        let name = self.name();
        // The last label of a DNS name is never all digits; such a text would be read as an IPv4 address (WHATWG URL §3.5)
        let last_is_number = name.rsplit('.').next().is_some_and(|last| {
            last.bytes().all(|b| b.is_ascii_digit())
                || last
                    .strip_prefix("0x")
                    .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        if name.parse::<IpAddr>().is_ok() || last_is_number {
            return Err(HostRefusal::Address);
        }
        let local = !name.contains('.')
            || [
                "localhost",
                "local",
                "localdomain",
                "internal",
                "home.arpa",
                "arpa",
                "onion",
            ]
            .iter()
            .any(|suffix| {
                name == *suffix
                    || name
                        .strip_suffix(suffix)
                        .is_some_and(|rest| rest.ends_with('.'))
            });
        if local {
            return Err(HostRefusal::Local);
        }
        if self.port() == 443 {
            Ok(())
        } else {
            Err(HostRefusal::Port)
        }
    }
}

/// Whether a resolved address may be reached for a host that is not on the managed list: no loopback, link-local,
/// metadata, multicast or unspecified address (row Q2). Private ranges are allowed, hospitals run their own networks.
pub fn address_is_reachable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            !(v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.octets()[0] == 0)
        }
        IpAddr::V6(v6) => {
            let metadata = v6.segments() == [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254];
            let embedded_is_bad = v6
                .to_ipv4()
                .is_some_and(|v4| !address_is_reachable(IpAddr::V4(v4)));
            !(v6.is_loopback()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
                || v6.is_unspecified()
                || metadata
                || embedded_is_bad)
        }
    }
}

impl TryFrom<String> for Host {
    type Error = HostError;

    fn try_from(text: String) -> Result<Self, HostError> {
        Self::parse(&text)
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Host::parse(text).unwrap()
    }

    #[test]
    fn hosts_are_lowered_and_turned_into_ascii() {
        assert_eq!(
            host("API-C0FFEE0.countersign.test").as_str(),
            "api-c0ffee0.countersign.test"
        );
        assert_eq!(host("klinikum-köln.de").as_str(), "xn--klinikum-kln-ejb.de");
        assert_eq!(host("example.test:443").as_str(), "example.test");
        assert_eq!(host("localhost:8443").port(), 8443);
        assert_eq!(host("localhost:8443").name(), "localhost");
    }

    #[test]
    fn an_address_has_one_spelling() {
        for (typed, one) in [
            ("7", "0.0.0.7"),
            ("127.1", "127.0.0.1"),
            ("0x7f.0.0.1:8443", "127.0.0.1:8443"),
        ] {
            assert_eq!(host(typed).as_str(), one);
        }
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        for bad in [
            "a.8",
            "confirm.example.0x",
            "",
            ":",
            ".",
            "a..b",
            "-a.test",
            "a b",
            "a/b",
            "u@h",
            "host:0",
            "host:99999",
            "host:",
            "host:+1",
            "[::1]",
            "::1",
            "a:b:c",
            "%6c",
            "a?b",
            "a#b",
            "a\\b",
            "a\u{202e}b.test",
        ] {
            assert_eq!(Host::parse(bad), Err(HostError), "{bad}");
        }
    }

    #[test]
    fn q2_addresses_local_names_and_odd_ports_need_the_managed_list() {
        for (text, refusal) in [
            ("127.0.0.1", HostRefusal::Address),
            ("169.254.169.254", HostRefusal::Address),
            ("2130706433", HostRefusal::Address),
            ("0x7f000001", HostRefusal::Address),
            ("0x7f.1", HostRefusal::Address),
            ("127.1", HostRefusal::Address),
            ("localhost", HostRefusal::Local),
            ("app.localhost", HostRefusal::Local),
            ("printer.local", HostRefusal::Local),
            ("intranet", HostRefusal::Local),
            ("metadata.google.internal", HostRefusal::Local),
            ("confirm.example.org:8443", HostRefusal::Port),
        ] {
            assert_eq!(host(text).trust(&[]), Err(refusal), "{text}");
            assert_eq!(host(text).trust(&[host(text)]), Ok(()), "{text}");
        }
        assert_eq!(host("confirm.example.org").trust(&[]), Ok(()));
        assert_eq!(host("notlocalhost.org").trust(&[]), Ok(()));
    }

    #[test]
    fn q2_an_address_that_a_name_resolves_to_is_checked_too() {
        for bad in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "fd00:ec2::254",
        ] {
            assert!(!address_is_reachable(bad.parse().unwrap()), "{bad}");
        }
        for good in [
            "192.0.2.7",
            "10.1.2.3",
            "192.168.1.1",
            "2001:db8::1",
            "fd12::1",
        ] {
            assert!(address_is_reachable(good.parse().unwrap()), "{good}");
        }
    }
}
