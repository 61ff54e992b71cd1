//! LastPass Authenticator. An account that is confirmed by push has no key in the file that makes passcodes.

use super::fields::Fields;
use super::raw::{Key, Raw, Reason};
use super::{Format, Refused, Unreadable, Written};

pub(super) fn read(file: Fields<'_>) -> Result<Written, Unreadable> {
    let accounts = file.list("accounts")?.iter().map(Fields::of).map(account);
    Ok(Written::of(Format::Lastpass, accounts.collect()))
}

fn account(account: Fields<'_>) -> Result<Raw, Refused> {
    let text = |name, original| {
        let edited = account.text(name).or_else(|| account.text(original));
        edited.unwrap_or_default()
    };
    let issuer = text("issuerName", "originalIssuerName");
    let name = text("userName", "originalUserName");
    if account.flag("pushNotification") {
        return Err(Raw::refused(issuer, name, Reason::PushOnly));
    }
    Ok(Raw {
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: account.text("secret").map(Key::base32),
        algorithm: account.text("algorithm").map(str::to_owned),
        digits: account.number("digits"),
        period: account.number("timeStep"),
        ..Raw::default()
    })
}
