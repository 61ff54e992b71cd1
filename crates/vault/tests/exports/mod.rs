//! What the tests of the import share: the exports beside this file, and what they have to come to.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use std::{fs, path::Path};

use countersign_vault::{
    OtherPasscodes, SecretText,
    import::{self, Entry, Import, Reason, Unreadable},
};
use data_encoding::HEXLOWER;

pub(crate) const PASSWORD: &str = "päss word ";
pub(crate) const LIBRARY: &str =
    "timed 30 Library/al2207 3132333435363738393031323334353637383930 Sha1 6";
pub(crate) const WARD: &str = "timed 60 Ward Café/amara@example.org \
    3031323334353637383961626364656630313233343536373839616263646566 Sha256 8";
pub(crate) const STEAM: &str =
    "steam Steam/amara_l 737465616d2773206f776e206b65792062697473 Sha1 5";

pub(crate) fn lab() -> String {
    let key: Vec<u8> = (0..64).collect();
    format!("counted 41 Lab/bench 3 {} Sha512 7", HEXLOWER.encode(&key))
}

/// All four, as most apps can have them.
pub(crate) fn all() -> Vec<String> {
    vec![LIBRARY.into(), WARD.into(), lab(), STEAM.into()]
}

pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports");
    fs::read(path.join(name)).unwrap()
}

pub(crate) fn read(name: &str, password: Option<&str>) -> Result<Import, Unreadable> {
    let password = password.map(SecretText::from);
    import::read(&file(name), password.as_ref())
}

pub(crate) fn told(entry: &Entry) -> String {
    let account = &entry.account;
    let moves = match account.passcodes {
        OtherPasscodes::Timed { period_seconds } => format!("timed {period_seconds}"),
        OtherPasscodes::Counted { next_counter } => format!("counted {next_counter}"),
        OtherPasscodes::Steam => "steam".to_owned(),
    };
    format!(
        "{moves} {}/{} {} {:?} {}",
        account.issuer,
        account.account,
        HEXLOWER.encode(account.seed.expose()),
        account.algorithm,
        account.digits
    )
}

pub(crate) fn accounts(import: &Import) -> Vec<String> {
    import.entries.iter().map(told).collect()
}

/// What was refused, as a test writes it.
#[derive(Debug)]
pub(crate) struct NotHad(usize, String, Reason);

impl PartialEq<(usize, &str, Reason)> for NotHad {
    fn eq(&self, (position, label, reason): &(usize, &str, Reason)) -> bool {
        (&self.0, self.1.as_str(), &self.2) == (position, *label, reason)
    }
}

pub(crate) fn refused(import: &Import) -> Vec<NotHad> {
    let refused = import.refused.iter();
    refused
        .map(|refused| NotHad(refused.position, refused.label(), refused.reason))
        .collect()
}
