//! The internal file of Duo Mobile: third parties' accounts alone, since an organisation's are bound to their device.

use serde_json::Value;

use super::fields::Fields;
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Written};

pub(super) fn read(entries: &[Value]) -> Written {
    let entries = entries.iter().map(Fields::of).map(entry);
    Written::of(Format::Duo, entries.collect())
}

fn entry(entry: Fields<'_>) -> Result<Raw, Refused> {
    let name = entry.text("name").unwrap_or_default();
    let generator = entry.inside("otpGenerator");
    let generator = generator.ok_or_else(|| Raw::refused("", name, Reason::PushOnly))?;
    Ok(Raw {
        kind: if generator.has("counter") {
            Kind::Counted
        } else {
            Kind::Timed
        },
        name: name.to_owned(),
        key: generator.text("otpSecret").map(Key::base32),
        counter: generator.number("counter"),
        ..Raw::default()
    })
}
