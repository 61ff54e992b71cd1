//! Steam's own files: one account, or several by their ids.

use super::fields::Fields;
use super::raw::{Key, Kind, Raw};
use super::{Format, Refused, Unreadable, Written};

pub(super) fn read(file: Fields<'_>) -> Result<Written, Unreadable> {
    let entries: Vec<_> = match file.inside("accounts") {
        Some(accounts) => accounts.objects().map(account).collect(),
        None => vec![account(file)],
    };
    if entries.len() > super::MOST {
        return Err(Unreadable::TooLarge);
    }
    Ok(Written::of(Format::Steam, entries))
}

#[expect(clippy::unnecessary_wraps, reason = "as every format's entries")]
fn account(account: Fields<'_>) -> Result<Raw, Refused> {
    Ok(Raw {
        kind: Kind::Steam,
        issuer: "Steam".to_owned(),
        name: account.text("account_name").unwrap_or_default().to_owned(),
        key: account.text("shared_secret").map(Key::base64),
        ..Raw::default()
    })
}
