//! What makes two accounts the same, where some come from outside: an import, a backup.

use std::collections::HashSet;

use countersign_protocol::label::Label;
use countersign_vault::{
    Account, OtherAccount, OtherPasscodes, Restorable, Vault, backup::Pointer,
};
use ring::digest::{SHA256, digest};

/// A third party's account. One whose label differs is another one, and is kept.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Same {
    issuer: String,
    account: String,
    /// SHA-256, so that no second copy of a key lies about.
    seed: Vec<u8>,
    moves: String,
}

impl Same {
    pub(crate) fn of(account: &OtherAccount) -> Self {
        Self {
            issuer: Label::new(&account.issuer).to_string(),
            account: Label::new(&account.account).to_string(),
            seed: digest(&SHA256, account.seed.expose()).as_ref().to_vec(),
            moves: match account.passcodes {
                // A counter that moved on is the same account
                OtherPasscodes::Counted { .. } => {
                    format!("counted {:?} {}", account.algorithm, account.digits)
                }
                moves => format!("{moves:?} {:?} {}", account.algorithm, account.digits),
            },
        }
    }
}

/// Whose account at which service. A service that tells no name tells the device at least.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Membership {
    host: String,
    member: String,
}

impl Membership {
    pub(crate) fn of(pointer: &Pointer) -> Self {
        let Pointer {
            host,
            username,
            registration,
            ..
        } = pointer;
        let member = if username.is_empty() {
            &registration.device_id
        } else {
            username
        };
        Self {
            host: host.clone(),
            member: member.clone(),
        }
    }
}

/// Every one that is in the list.
pub(crate) fn here(vault: &Vault) -> HashSet<Same> {
    let others = vault.accounts().filter_map(|(_, account)| match account {
        Account::Other(account) => Some(Same::of(account)),
        Account::Organisation(_) => None,
    });
    others.collect()
}

/// The same with the name that the person gave it.
pub(crate) fn with_its_name(account: &OtherAccount) -> OtherAccount {
    let name = account.custom_name.as_deref();
    OtherAccount {
        custom_name: name.map(|name| Label::new(name).to_string()),
        ..copy(account)
    }
}

/// An account from outside as it is added: with names that can be shown.
pub(crate) fn copy(account: &OtherAccount) -> OtherAccount {
    OtherAccount {
        issuer: Label::new(&account.issuer).to_string(),
        account: Label::new(&account.account).to_string(),
        custom_name: None,
        seed: Restorable::copied_from(account.seed.expose()),
        algorithm: account.algorithm,
        digits: account.digits,
        passcodes: account.passcodes,
    }
}
