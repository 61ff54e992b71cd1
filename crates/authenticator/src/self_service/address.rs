//! The address of My Settings & Devices, as a person types or pastes it.

use countersign_protocol::host::Host;

use crate::view::{Problem, ProblemCode};

/// The host that an address names. A bare host is one; whatever stands after the host is left out, since every service has
/// its pages at the same place (row Q2).
pub(crate) fn read(text: &str, managed: &[Host]) -> Result<Host, Problem> {
    let text = text.trim();
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        Some(_) => return Err(ProblemCode::NotAnAddress.into()),
        None => text,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = Host::parse(&rest[..end]).map_err(|_| Problem::new(ProblemCode::NotAnAddress))?;
    match host.trust(managed) {
        Ok(()) => Ok(host),
        Err(_) => Err(Problem::new(ProblemCode::HostRefused).about(host.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_to(text: &str) -> Result<String, ProblemCode> {
        let managed = [Host::parse("localhost:8443").unwrap()];
        read(text, &managed)
            .map(|host| host.to_string())
            .map_err(|problem| problem.code)
    }

    #[test]
    fn an_address_is_read_as_people_copy_it() {
        for text in [
            "confirm.marlowe.example",
            " https://confirm.marlowe.example/ ",
            "HTTPS://Confirm.Marlowe.example/devices?from=mail#top",
            "confirm.marlowe.example/sign-in",
        ] {
            assert_eq!(read_to(text).as_deref(), Ok("confirm.marlowe.example"));
        }
        assert_eq!(
            read_to("https://klinikum-köln.de").as_deref(),
            Ok("xn--klinikum-kln-ejb.de")
        );
        assert_eq!(read_to("localhost:8443").as_deref(), Ok("localhost:8443"));
    }

    #[test]
    fn q2_what_is_no_address_or_leads_nowhere_public_is_refused() {
        for text in [
            "",
            "http://confirm.marlowe.example",
            "javascript://confirm.marlowe.example",
            "https://",
            "https:///confirm.marlowe.example",
            "https://confirm.marlowe.example@evil.example",
            "ward 7",
            "a.lindqvist@marlowe.example",
        ] {
            assert_eq!(read_to(text), Err(ProblemCode::NotAnAddress), "{text}");
        }
        for text in [
            "localhost",
            "https://localhost:9443/",
            "192.0.2.7",
            "https://169.254.169.254/latest",
            "intranet",
            "confirm.marlowe.example:8443",
        ] {
            assert_eq!(read_to(text), Err(ProblemCode::HostRefused), "{text}");
        }
    }
}
