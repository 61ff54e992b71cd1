//! Names of shared workstations, as operators write them.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use wildmatch::WildMatch;

use super::network::Network;
use crate::config::some;

/// Where DNS is spoken (RFC 1035 section 4.2).
const DNS_PORT: u16 = 53;

/// Which names shared workstations have, and who tells them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// What the names of shared workstations look like.
    #[serde(deserialize_with = "some")]
    pub shared: Vec<Pattern>,
    /// The networks in which every workstation has a name.
    #[serde(deserialize_with = "some")]
    pub within: Vec<Network>,
    /// Who is asked for names; the machine's own name servers unless they are named.
    #[serde(default)]
    pub servers: Vec<NameServer>,
}

impl Names {
    /// Whether workstations have names there.
    pub(super) fn are_given_at(&self, address: IpAddr) -> bool {
        self.within.iter().any(|network| network.contains(address))
    }

    /// Whether that is the name of a shared workstation, in any letters.
    pub(super) fn are_shared(&self, name: &str) -> bool {
        self.shared
            .iter()
            .any(|pattern| pattern.0.matches(name.trim_end_matches('.')))
    }
}

/// What a name looks like: `*` is any letters, dots as well, and `?` is one.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(WildMatch);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let name = text.trim_end_matches('.');
        let fit = |c: char| c.is_ascii_alphanumeric() || "-_.*?".contains(c);
        if !name.contains('.') || !name.chars().all(fit) {
            return Err(format!(
                "{text} is no whole name; write what names look like up to their end, such as clin-*.hospital.example"
            ));
        }
        if name.trim_matches(['*', '.', '?']).is_empty() {
            return Err(format!(
                "{text} is every name; leave this part out, or name the network in shared"
            ));
        }
        Ok(Self(WildMatch::new_case_insensitive(name)))
    }
}

/// Where a name server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NameServer(pub(super) SocketAddr);

impl TryFrom<String> for NameServer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let alone = text
            .parse()
            .map(|address| SocketAddr::new(address, DNS_PORT));
        alone.or_else(|_| text.parse()).map(Self).map_err(|_| {
            format!("{text} is no address of a name server; write one such as 10.0.0.53, or 10.0.0.53:5353 with its port")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Names, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_name_is_shared_where_it_looks_like_one_in_any_letters() {
        let names = read(
            "shared = [\"clin-*.hosp.test\", \"KIOSK?.hosp.test.\"]\nwithin = [\"10.0.0.0/8\"]",
        )
        .unwrap();
        for shared in [
            "clin-4.hosp.test",
            "CLIN-4.Hosp.Test.",
            "clin-4.icu.hosp.test",
            "kiosk7.hosp.test",
        ] {
            assert!(names.are_shared(shared), "{shared}");
        }
        for other in [
            "pc17.hosp.test",
            "clin-4.hosp.test.elsewhere.test",
            "xclin-4.hosp.test",
            "kiosk.hosp.test",
            "kiosk17.hosp.test",
            "",
        ] {
            assert!(!names.are_shared(other), "{other}");
        }
        assert!(names.are_given_at("10.1.2.3".parse().unwrap()));
        assert!(!names.are_given_at("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn what_names_nothing_or_everything_is_refused_with_what_to_write() {
        let within = "within = [\"10.0.0.0/8\"]";
        for (text, way_out) in [
            ("shared = [\"clin-4\"]", "such as clin-*.hospital.example"),
            ("shared = [\"clin 4.a\"]", "such as clin-*.hospital.example"),
            ("shared = [\"clín.a\"]", "such as clin-*.hospital.example"),
            ("shared = [\"\"]", "such as clin-*.hospital.example"),
            ("shared = [\"*.*\"]", "leave this part out"),
            ("shared = []", "leave out the whole part"),
            (
                "shared = [\"a.b\"]\nservers = [\"dns.a\"]",
                "such as 10.0.0.53",
            ),
        ] {
            let said = read(&format!("{text}\n{within}")).unwrap_err();
            assert!(said.contains(way_out), "{said}");
        }
        assert!(read("shared = [\"a.b\"]").is_err());
    }

    #[test]
    fn a_name_server_has_a_port_of_its_own_where_one_is_written() {
        let at = |text: &str| NameServer::try_from(text.to_owned()).unwrap().0.to_string();
        assert_eq!(at("10.0.0.53"), "10.0.0.53:53");
        assert_eq!(at("2001:db8::53"), "[2001:db8::53]:53");
        assert_eq!(at("127.0.0.1:5353"), "127.0.0.1:5353");
    }
}
