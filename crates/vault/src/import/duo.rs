//! The internal file of Duo Mobile: third parties' accounts alone, since an organisation's are bound to their device.

use super::fields::Fields;
use super::json::Json;
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Written};

pub(super) fn read(entries: &[Json<'_>]) -> Written {
    let entries = entries.iter().map(Fields::of).map(entry);
    Written::of(Format::Duo, entries.collect())
}

fn entry(entry: Fields<'_>) -> Result<Raw, Refused> {
    let name = entry.text("name").unwrap_or_default();
    let refused = || Raw::refused("", name, Reason::PushOnly);
    // An organisation's account shares its counter with the app that it is bound to
    if entry
        .text("accountType")
        .is_some_and(|kind| kind != "OtpAccount")
    {
        return Err(refused());
    }
    let generator = entry.inside("otpGenerator").ok_or_else(refused)?;
    Ok(Raw {
        kind: if generator.number("counter") == Ok(None) {
            Kind::Timed
        } else {
            Kind::Counted
        },
        name: name.to_owned(),
        key: generator.text("otpSecret").map(Key::base32),
        counter: generator.number("counter"),
        ..Raw::default()
    })
}
