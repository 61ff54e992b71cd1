//! What is sent: bodies and paths of bounded parts (row T4).

use countersign_protocol::wire::self_service::{Problem as Refusal, ProblemCode as Code};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::view::SelfServiceProblem;

/// Longest id that any service gives, in characters.
const MAX_ID: usize = 64;
/// Longest text that a person types into one field, in bytes. A service says by itself what is too long for it.
const MAX_TEXT: usize = 1024;

/// A refusal that needs no service to say it.
pub(super) fn refused(code: Code) -> SelfServiceProblem {
    SelfServiceProblem::Service(Refusal {
        code,
        number: None,
        minutes: None,
        until: None,
        device: None,
    })
}

/// One part of a path. What is no id is unknown to every service.
pub(super) fn id(text: &str) -> Result<&str, SelfServiceProblem> {
    let good = (1..=MAX_ID).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if good {
        Ok(text)
    } else {
        Err(refused(Code::NotFound))
    }
}

/// Whether a typed text may be sent at all.
const fn text_is_short(text: &str) -> bool {
    text.len() <= MAX_TEXT
}

/// A body; one that is longer than what its fields hold is refused here.
pub(super) fn json<T: Serialize>(wanted: &T) -> Result<Zeroizing<Vec<u8>>, SelfServiceProblem> {
    // Room for all, so that no shorter copy is left behind while it grows
    let mut body = Zeroizing::new(Vec::with_capacity(8 * MAX_TEXT));
    match serde_json::to_writer(&mut *body, wanted) {
        Ok(()) if body.len() <= 8 * MAX_TEXT => Ok(body),
        _ => Err(refused(Code::BadRequest)),
    }
}

/// The body that signs in. The password goes into no other buffer of ours.
pub(super) fn sign_in_body(
    username: &str,
    password: &Zeroizing<String>,
) -> Result<Zeroizing<Vec<u8>>, SelfServiceProblem> {
    #[derive(Serialize)]
    struct Body<'a> {
        username: &'a str,
        password: &'a str,
    }

    if !text_is_short(username) || !text_is_short(password) {
        return Err(refused(Code::WrongPassword));
    }
    json(&Body { username, password })
}

/// The body that has a link texted. The link goes into no other buffer of ours.
pub(super) fn link_body(
    text: &Zeroizing<String>,
) -> Result<Zeroizing<Vec<u8>>, SelfServiceProblem> {
    #[derive(Serialize)]
    struct Body<'a> {
        text: &'a str,
    }

    json(&Body { text })
}

#[cfg(test)]
mod tests {
    use countersign_protocol::wire::self_service::SignIn;

    use super::*;

    #[test]
    fn t4_what_is_no_id_never_becomes_part_of_a_path() {
        for text in ["", "a/b", "..", "a?b", "a%2fb", "ä", &"a".repeat(65)] {
            assert!(id(text).is_err(), "{text}");
        }
        assert_eq!(id("DPAAAAAAAAAAAAAAAAAA").unwrap(), "DPAAAAAAAAAAAAAAAAAA");
    }

    #[test]
    fn the_body_of_a_sign_in_is_what_the_service_reads() {
        let body = sign_in_body("a.lindqvist", &Zeroizing::new("\"quoted\"\n".to_owned())).unwrap();
        let read: SignIn = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (&*read.username, &*read.password),
            ("a.lindqvist", "\"quoted\"\n")
        );
    }

    #[test]
    fn t4_a_text_without_end_is_not_sent() {
        let long = Zeroizing::new("x".repeat(1025));
        assert!(sign_in_body("a.lindqvist", &long).is_err());
        assert!(sign_in_body(&long, &Zeroizing::new(String::new())).is_err());
        assert!(json(&"x".repeat(9000)).is_err());
    }
}
