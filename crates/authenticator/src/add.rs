//! A third party's account, from what was read to what is stored.

use countersign_protocol::{
    otpauth::{Moves, OtpAuth},
    passcode::Algorithm,
};
use countersign_vault::{Account, OtherAccount, OtherPasscodes, Restorable};

/// The account as the vault keeps it.
pub(crate) fn account(read: &OtpAuth) -> Account {
    Account::Other(OtherAccount {
        issuer: read.issuer.to_string(),
        account: read.account.to_string(),
        custom_name: None,
        seed: Restorable::copied_from(read.secret.expose()),
        algorithm: match read.algorithm {
            Algorithm::Sha1 => countersign_vault::Algorithm::Sha1,
            Algorithm::Sha256 => countersign_vault::Algorithm::Sha256,
            Algorithm::Sha512 => countersign_vault::Algorithm::Sha512,
        },
        digits: read.length(),
        passcodes: match read.moves {
            Moves::Timed(period) => OtherPasscodes::Timed {
                period_seconds: period.seconds(),
            },
            Moves::Counted(next_counter) => OtherPasscodes::Counted { next_counter },
            Moves::Steam => OtherPasscodes::Steam,
        },
    })
}
