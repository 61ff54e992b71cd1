//! A person out of an entry of Active Directory.

use countersign_protocol::time::UnixMillis;
use ldap3::{ResultEntry, SearchEntry};

use super::person::{Barred, Person, PersonId};

/// What is asked of an entry.
pub(super) const ATTRIBUTES: [&str; 7] = [
    "objectGUID",
    "sAMAccountName",
    "displayName",
    "mobile",
    "telephoneNumber",
    "userAccountControl",
    "accountExpires",
];

/// `ADS_UF_ACCOUNTDISABLE` (MS-ADTS section 2.2.16).
const DISABLED: i64 = 0x2;
/// A FILETIME counts from 1601 in tenths of microseconds (MS-DTYP section 2.3.3).
const FILETIME_PER_MS: i64 = 10_000;
const FILETIME_EPOCH_MS: i64 = 11_644_473_600_000;

/// The people among what a search gave; where it refers elsewhere is passed over (row L1). `None` in place of an entry that
/// lacks what every account has.
pub(super) fn people(rows: Vec<ResultEntry>, now: UnixMillis) -> Vec<Option<Person>> {
    rows.into_iter()
        .filter(|row| !row.is_ref() && !row.is_intermediate())
        .map(|row| person(SearchEntry::construct(row), now))
        .collect()
}

/// The ids among what a search for them gave.
pub(super) fn ids(rows: Vec<ResultEntry>) -> Vec<PersonId> {
    rows.into_iter()
        .filter(|row| !row.is_ref() && !row.is_intermediate())
        .filter_map(|row| id(&SearchEntry::construct(row)))
        .collect()
}

fn person(entry: SearchEntry, now: UnixMillis) -> Option<Person> {
    let one = |name: &str| attribute(&entry, name);
    let flags: i64 = one("userAccountControl")?.parse().ok()?;
    let expires = one("accountExpires").and_then(|text| text.parse().ok());
    Some(Person {
        id: id(&entry)?,
        name: one("sAMAccountName")?.to_owned(),
        display_name: one("displayName").unwrap_or_default().to_owned(),
        numbers: ["mobile", "telephoneNumber"]
            .iter()
            .filter_map(|name| one(name).map(str::to_owned))
            .collect(),
        barred: if flags & DISABLED != 0 {
            Some(Barred::Disabled)
        } else {
            expires
                .is_some_and(|at| is_past(at, now))
                .then_some(Barred::Expired)
        },
        place: entry.dn,
    })
}

/// Sixteen bytes, which the library takes for a text when they happen to be one.
fn id(entry: &SearchEntry) -> Option<PersonId> {
    let bytes = entry
        .bin_attrs
        .get("objectGUID")
        .and_then(|all| all.first());
    bytes
        .and_then(|bytes| PersonId::of(bytes))
        .or_else(|| PersonId::of(attribute(entry, "objectGUID")?.as_bytes()))
}

fn attribute<'e>(entry: &'e SearchEntry, name: &str) -> Option<&'e str> {
    entry.attrs.get(name)?.first().map(String::as_str)
}

/// Whether a FILETIME lies behind; 0 and the greatest one are never (MS-ADA1, `accountExpires`).
fn is_past(filetime: i64, now: UnixMillis) -> bool {
    filetime != 0 && filetime != i64::MAX && filetime / FILETIME_PER_MS - FILETIME_EPOCH_MS <= now.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &str)], guid: &[u8]) -> SearchEntry {
        let mut entry = SearchEntry {
            dn: "CN=Alice,DC=ward,DC=test".into(),
            attrs: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
                .collect(),
            bin_attrs: std::collections::HashMap::new(),
        };
        match std::str::from_utf8(guid) {
            Ok(text) => drop(
                entry
                    .attrs
                    .insert("objectGUID".into(), vec![text.to_owned()]),
            ),
            Err(_) => drop(
                entry
                    .bin_attrs
                    .insert("objectGUID".into(), vec![guid.to_vec()]),
            ),
        }
        entry
    }

    #[test]
    fn l3_an_id_is_read_whether_or_not_its_bytes_are_a_text() {
        let now = UnixMillis(0);
        let attributes = [("sAMAccountName", "alice"), ("userAccountControl", "512")];
        for guid in [*b"just sixteen ok!", [0xff; 16]] {
            let person = person(entry(&attributes, &guid), now).unwrap();
            assert_eq!(person.id.to_bytes(), guid);
            assert_eq!(person.barred, None);
        }
        assert_eq!(person(entry(&attributes, b"short"), now), None);
        assert_eq!(
            person(entry(&attributes[..1], &[0xff; 16]), now),
            None,
            "flags are needed"
        );
    }

    #[test]
    fn l3_flags_and_the_last_day_bar_an_account() {
        // 1 January 2020, 00:00 UTC, in both counts
        let (filetime, unix) = ("132223104000000000", 1_577_836_800_000);
        for (flags, expires, now, barred) in [
            ("512", "0", unix, None),
            ("512", "9223372036854775807", unix, None),
            ("514", "0", unix, Some(Barred::Disabled)),
            ("66050", filetime, unix - 1, Some(Barred::Disabled)),
            ("512", filetime, unix - 1, None),
            ("512", filetime, unix, Some(Barred::Expired)),
        ] {
            let attributes = [
                ("sAMAccountName", "alice"),
                ("userAccountControl", flags),
                ("accountExpires", expires),
            ];
            let person = person(entry(&attributes, &[0xff; 16]), UnixMillis(now)).unwrap();
            assert_eq!(person.barred, barred, "{flags} {expires}");
        }
    }
}
