//! Microsoft Authenticator's own database, out of an old backup of Android: the app exports nothing.

use super::fields::Fields;
use super::json::Json;
use super::raw::{Key, Raw, Reason};
use super::sqlite::Accounts;
use super::{Format, Refused, Unreadable, Written};

/// What tells the table from others of that name, and all that is read of it.
pub(super) const COLUMNS: [&str; 4] = ["name", "username", "oath_secret_key", "account_type"];

pub(super) fn read(accounts: &Accounts) -> Result<Written, Unreadable> {
    let entries = accounts.rows(&COLUMNS)?;
    let entries = entries.iter().map(entry).collect();
    Ok(Written::of(Format::Microsoft, entries))
}

fn entry(row: &Json<'_>) -> Result<Raw, Refused> {
    let row = Fields::of(row);
    let text = |name| row.text(name).unwrap_or_default();
    let (issuer, name) = (text("name"), text("username"));
    let key = row.text("oath_secret_key");
    let (key, digits) = match row.number("account_type") {
        Ok(Some(0)) => (key.map(Key::base32), 6),
        // Microsoft's own, of a person
        Ok(Some(1)) => (key.map(Key::base64), 8),
        // Of a workplace: it confirms sign-ins, and its passcodes have another key, which is not there
        Ok(Some(2)) => return Err(Raw::refused(issuer, name, Reason::PushOnly)),
        _ => return Err(Raw::refused(issuer, name, Reason::Kind)),
    };
    Ok(Raw {
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key,
        digits: Ok(Some(digits)),
        ..Raw::default()
    })
}
