//! Accounts to export: plain ones, and any that there can be.

use std::fmt;

use countersign_vault::{Algorithm, OtherAccount, OtherPasscodes, Restorable};
use proptest::prelude::*;

pub(crate) fn library() -> OtherAccount {
    OtherAccount {
        issuer: "Library".to_owned(),
        account: "amira".to_owned(),
        custom_name: None,
        seed: Restorable::copied_from(b"12345678901234567890"),
        algorithm: Algorithm::Sha1,
        digits: 6,
        passcodes: OtherPasscodes::Timed { period_seconds: 30 },
    }
}

pub(crate) fn named(issuer: &str, account: &str) -> OtherAccount {
    OtherAccount {
        issuer: issuer.to_owned(),
        account: account.to_owned(),
        ..library()
    }
}

pub(crate) fn timed(period_seconds: u32) -> OtherAccount {
    OtherAccount {
        passcodes: OtherPasscodes::Timed { period_seconds },
        ..library()
    }
}

pub(crate) fn counted(next_counter: u64) -> OtherAccount {
    OtherAccount {
        passcodes: OtherPasscodes::Counted { next_counter },
        ..library()
    }
}

pub(crate) fn steam(account: &str) -> OtherAccount {
    OtherAccount {
        issuer: "Steam".to_owned(),
        account: account.to_owned(),
        digits: 5,
        passcodes: OtherPasscodes::Steam,
        ..library()
    }
}

/// All of an account but the person's own name for it, which comes back by no form.
pub(crate) fn told(account: &OtherAccount) -> String {
    format!(
        "{:?} {:?} {} {:?} {} {:?}",
        account.issuer,
        account.account,
        data_encoding::HEXLOWER.encode(account.seed.expose()),
        account.algorithm,
        account.digits,
        account.passcodes
    )
}

/// One that a failed test may print, which an account with a real key may not be.
pub(crate) struct Given(pub(crate) OtherAccount);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told(&self.0))
    }
}

pub(crate) fn accounts(given: Vec<Given>) -> Vec<OtherAccount> {
    given.into_iter().map(|given| given.0).collect()
}

/// Names that are told as `null` in other apps' files are none, so ours cannot come back from those.
fn a_name() -> impl Strategy<Value = String> {
    let odd = "[a-zA-Z0-9 :%#+&=?/@\\\\\"'<>,;äöüßéŁ日本語\u{1f600}\u{301}\u{200d}\n\t.~_-]{0,40}";
    let any = prop_oneof![4 => odd, 1 => any::<String>(), 1 => Just("Steam".to_owned())];
    any.prop_map(|name| name.trim().to_owned())
        .prop_filter("says nothing elsewhere", |name| name != "null")
}

pub(crate) fn an_account() -> impl Strategy<Value = Given> {
    let passcodes = prop_oneof![
        (1..=86_400_u32).prop_map(|period_seconds| OtherPasscodes::Timed { period_seconds }),
        Just(OtherPasscodes::Timed { period_seconds: 30 }),
        any::<u64>().prop_map(|next_counter| OtherPasscodes::Counted { next_counter }),
        prop_oneof![
            Just(0),
            Just(i64::MAX.unsigned_abs()),
            Just(1 << 63),
            Just(u64::MAX)
        ]
        .prop_map(|next_counter| OtherPasscodes::Counted { next_counter }),
        Just(OtherPasscodes::Steam),
    ];
    let seed = prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 1..=65),
        1 => prop::collection::vec(any::<u8>(), 1..=1024),
    ];
    let algorithm = prop_oneof![
        Just(Algorithm::Sha1),
        Just(Algorithm::Sha256),
        Just(Algorithm::Sha512)
    ];
    // A name that begins as its issuer does is what readers trip over
    let names = (a_name(), a_name(), any::<bool>()).prop_map(|(issuer, name, begins)| {
        let name = if begins {
            format!("{issuer}:{name}")
        } else {
            name
        };
        (issuer, name.trim().to_owned())
    });
    let digits = prop_oneof![2 => Just(6), 1 => Just(8), 1 => 1..=9_u8];
    (names, a_name(), seed, algorithm, digits, passcodes).prop_map(
        |((issuer, account), own, seed, algorithm, digits, passcodes)| {
            let is_steam = passcodes == OtherPasscodes::Steam;
            Given(OtherAccount {
                issuer,
                account,
                custom_name: (!own.is_empty()).then_some(own),
                seed: Restorable::copied_from(&seed),
                // Steam leaves no choice
                algorithm: if is_steam { Algorithm::Sha1 } else { algorithm },
                digits: if is_steam { 5 } else { digits },
                passcodes,
            })
        },
    )
}
