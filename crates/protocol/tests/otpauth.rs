//! Row Q3's table for one `otpauth` link: what is read, as what, and what is refused for which reason.

use countersign_protocol::{
    otpauth::{MAX_BYTES, Moves, OtpAuth, OtpAuthError, key},
    passcode::{Algorithm, Period},
};
use proptest::prelude::*;

const KEY: &str = "JBSWY3DPEHPK3PXP";

fn error(text: &str) -> OtpAuthError {
    OtpAuth::parse(text)
        .err()
        .unwrap_or_else(|| panic!("accepted: {text}"))
}

fn read(text: &str) -> OtpAuth {
    OtpAuth::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn q3_whole_links_are_read() {
    let account = read(
        "otpauth://totp/Example:alice%40example.org?secret=JBSWY3DPEHPK3PXP&issuer=Example&algorithm=SHA256&digits=8&period=60",
    );
    assert_eq!(
        (account.issuer.as_str(), account.account.as_str()),
        ("Example", "alice@example.org")
    );
    assert_eq!(
        (account.algorithm, account.length(), account.moves),
        (Algorithm::Sha256, 8, Moves::Timed(Period::new(60).unwrap()))
    );
    let account = read("otpauth://hotp/bob?secret=jbsw%20y3dp-ehpk%203pxp&counter=7");
    assert_eq!(
        (
            account.issuer.as_str(),
            account.account.as_str(),
            account.moves
        ),
        ("", "bob", Moves::Counted(7))
    );
    assert_eq!(
        account.secret.expose(),
        read(&link("secret=JBSWY3DPEHPK3PXP")).secret.expose()
    );
}

fn link(query: &str) -> String {
    format!("otpauth://totp/a?{query}")
}

#[test]
fn q3_the_bounds_themselves_are_read() {
    let longest = "A".repeat(8 * 25) + "AAAAA"; // 128 bytes
    for query in [
        format!("secret={KEY}"),
        format!("secret={longest}"),
        format!("secret={KEY}&digits=6"),
        format!("secret={KEY}&digits=8"),
        format!("secret={KEY}&period=10"),
        format!("secret={KEY}&period=300"),
        format!("secret={KEY}&algorithm=sha-512"),
    ] {
        read(&link(&query));
    }
    let counted = read(&format!(
        "otpauth://hotp/a?secret={KEY}&counter={}",
        u64::MAX
    ));
    assert_eq!(counted.moves, Moves::Counted(u64::MAX));
}

#[test]
fn q3_accept_and_refuse_table() {
    let with = |rest: &str| format!("secret={KEY}&{rest}");
    for (query, expected) in [
        (String::new(), OtpAuthError::Key),
        ("secret=".into(), OtpAuthError::KeyLength),
        ("secret=JBSWY3DP".into(), OtpAuthError::KeyLength),
        ("secret=JBSWY3DPEHPK3P".into(), OtpAuthError::Key),
        ("secret=JBSWY3DPEHPK3PX1".into(), OtpAuthError::Key),
        ("secret=JBSWY3DPEHPK3PX0".into(), OtpAuthError::Key),
        ("secret=JBSWY3DPEHPK3PXPA".into(), OtpAuthError::Key),
        ("secret=JBSWY3DPEHPK3PXP=".into(), OtpAuthError::Key),
        ("secret=JBSWY3DPEHPK3PX%C3%9F".into(), OtpAuthError::Key),
        (
            format!("secret={}", "A".repeat(208)),
            OtpAuthError::KeyLength,
        ),
        (with(&format!("secret={KEY}")), OtpAuthError::Repeated),
        (with(&format!("SECRET={KEY}")), OtpAuthError::Repeated),
        (with("issuer=a&issuer=a"), OtpAuthError::Repeated),
        (with("foo=1&foo=2"), OtpAuthError::Repeated),
        (with("digits=5"), OtpAuthError::Setting),
        (with("digits=9"), OtpAuthError::Setting),
        (with("digits="), OtpAuthError::Setting),
        (with("digits=%2B6"), OtpAuthError::Setting),
        (with("digits=-6"), OtpAuthError::Setting),
        (with("digits=262"), OtpAuthError::Setting),
        (with("period=0"), OtpAuthError::Setting),
        (with("period=9"), OtpAuthError::Setting),
        (with("period=301"), OtpAuthError::Setting),
        (with("period=4294967326"), OtpAuthError::Setting),
        (with("algorithm=MD5"), OtpAuthError::Setting),
        (with("encoder=yandex"), OtpAuthError::Setting),
    ] {
        assert_eq!(error(&link(&query)), expected, "{query}");
    }
    assert_eq!(
        error(&format!(
            "otpauth://hotp/a?secret={KEY}&counter=18446744073709551616"
        )),
        OtpAuthError::Setting
    );
    for text in [
        "",
        "otpauth:",
        "otpauth:totp/a?secret=JBSWY3DPEHPK3PXP",
        "otpauth://yubi/a?secret=JBSWY3DPEHPK3PXP",
        "otpauth://u@totp/a?secret=JBSWY3DPEHPK3PXP",
        "otpauth://totp:80/a?secret=JBSWY3DPEHPK3PXP",
        "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP#x",
        "otpauth://totp/%FF?secret=JBSWY3DPEHPK3PXP",
        "https://example.org/?secret=JBSWY3DPEHPK3PXP",
    ] {
        assert_eq!(error(text), OtpAuthError::Form, "{text}");
    }
    let long = format!("otpauth://totp/{}?secret={KEY}", "a".repeat(MAX_BYTES));
    assert_eq!(error(&long), OtpAuthError::Form);
}

#[test]
fn a_label_is_parted_at_its_bare_colon_and_a_blank_issuer_is_none() {
    for (path, issuer, account) in [
        ("ACME:alice", "ACME", "alice"),
        ("ACME%3Aalice", "ACME", "alice"),
        ("ACME:%20alice", "ACME", "alice"),
        ("a%3Ab:alice", "a:b", "alice"),
        ("/:alice", "", "alice"),
        ("a+b%40example.com", "", "a+b@example.com"),
    ] {
        let read = read(&format!("otpauth://totp/{path}?secret={KEY}&issuer="));
        assert_eq!(
            (read.issuer.as_str(), read.account.as_str()),
            (issuer, account),
            "{path}"
        );
    }
    let other = read(&format!(
        "otpauth://totp/Old:alice?secret={KEY}&issuer=Air+Canada"
    ));
    assert_eq!(other.issuer.as_str(), "Air Canada");
}

#[test]
fn every_form_of_a_steam_account_is_one() {
    let key = "63BEDWCQZKTQWPESARIERL5DTTQFCJTK";
    for (text, issuer, account) in [
        (
            format!("otpauth://steam/Steam:me?secret={key}&issuer=Steam"),
            "Steam",
            "me",
        ),
        (
            format!(
                "otpauth://steam/Boeing:Sophia?secret={key}&issuer=Boeing&algorithm=SHA1&digits=5&period=30"
            ),
            "Boeing",
            "Sophia",
        ),
        (format!("otpauth://steam/me?secret={key}"), "Steam", "me"),
        (
            format!(
                "otpauth://totp/test:me?secret={key}&issuer=Valve&algorithm=SHA1&digits=5&period=30&encoder=steam"
            ),
            "Valve",
            "me",
        ),
        (
            format!("otpauth://totp/Steam:me?secret={key}&issuer=Steam"),
            "Steam",
            "me",
        ),
        (
            format!("otpauth://totp/steam:me?secret={key}&digits=5"),
            "steam",
            "me",
        ),
        (
            format!("otpauth://totp/Valve:me?secret={key}&algorithm=STEAM"),
            "Valve",
            "me",
        ),
        (format!("steam://{key}"), "Steam", ""),
        (format!("Steam://{}", key.to_lowercase()), "Steam", ""),
    ] {
        let read = read(&text);
        assert_eq!(
            (read.moves, read.length(), read.algorithm),
            (Moves::Steam, 5, Algorithm::Sha1),
            "{text}"
        );
        assert_eq!(
            (
                read.issuer.as_str(),
                read.account.as_str(),
                read.secret.len()
            ),
            (issuer, account, 20),
            "{text}"
        );
    }
}

#[test]
fn what_contradicts_steam_is_refused_and_what_only_names_it_is_not_steam() {
    for text in [
        format!("otpauth://steam/a?secret={KEY}&digits=6"),
        format!("otpauth://steam/a?secret={KEY}&period=60"),
        format!("otpauth://steam/a?secret={KEY}&algorithm=SHA256"),
        format!("otpauth://totp/Steam:a?secret={KEY}&period=60"),
        format!("otpauth://totp/a?secret={KEY}&encoder=steam&digits=8"),
    ] {
        assert_eq!(error(&text), OtpAuthError::Setting, "{text}");
    }
    let six = read(&format!("otpauth://totp/Steam:a?secret={KEY}&digits=6"));
    assert_eq!(six.moves, Moves::Timed(Period::THIRTY));
    for text in [
        "steam://",
        "steam://run/440",
        "steam://store",
        "steam://JBSWY3DPEHPK3PX1",
    ] {
        assert!(OtpAuth::parse(text).is_err(), "{text}");
    }
}

#[test]
fn q4_extra_fields_change_nothing() {
    let read = read(
        "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&sslverify=0&ca=x&url=https%3A%2F%2Fevil.test",
    );
    assert_eq!(read.moves, Moves::Timed(Period::THIRTY));
}

proptest! {
    #[test]
    fn q3_any_text_is_read_or_refused_without_a_panic(text in ".{0,300}") {
        let _ = OtpAuth::parse(&text);
        let _ = OtpAuth::parse(&format!("otpauth://totp/{text}"));
        let _ = OtpAuth::parse(&format!("otpauth://steam/{text}"));
        let _ = OtpAuth::parse(&format!("steam://{text}"));
        let _ = key(&text);
    }
}
