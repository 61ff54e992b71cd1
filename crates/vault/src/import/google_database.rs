//! Google Authenticator's own database, out of an old backup of Android. Its export codes are [`super::migration`]'s.

use super::fields::Fields;
use super::json::Json;
use super::migration::split_name;
use super::raw::{Key, Kind, Raw, Reason};
use super::sqlite::Accounts;
use super::{Format, Refused, Unreadable, Written};

/// What tells the table from others of that name.
pub(super) const COLUMNS: [&str; 4] = ["email", "secret", "counter", "type"];
/// Which the first versions did not have.
const ISSUER: &str = "issuer";

pub(super) fn read(accounts: &Accounts) -> Result<Written, Unreadable> {
    let [name, key, counter, kind] = COLUMNS;
    let entries = accounts.rows(&[name, key, counter, kind, ISSUER])?;
    let entries = entries.iter().map(entry).collect();
    Ok(Written::of(Format::GoogleDatabase, entries))
}

/// Every account has six digits, 30 seconds and SHA-1: the app knew nothing else then.
fn entry(row: &Json<'_>) -> Result<Raw, Refused> {
    let row = Fields::of(row);
    let text = |name| row.text(name).unwrap_or_default();
    let (issuer, name) = split_name(text(ISSUER), text("email"));
    let kind = match row.number("type") {
        Ok(Some(0)) => Kind::Timed,
        Ok(Some(1)) => Kind::Counted,
        _ => return Err(Raw::refused(issuer, name, Reason::Kind)),
    };
    Ok(Raw {
        kind,
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: row.text("secret").map(Key::base32),
        counter: row.number("counter"),
        ..Raw::default()
    })
}
