//! Links of accounts, `otpauth://…` and `steam://…`, read as leniently as apps write them. One link that is typed or scanned
//! by itself is read strictly by `countersign_protocol::otpauth`; in an export a wrong parameter costs an account.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::fields::{self, Fields};
use super::json::Json;
use super::raw::{Key, Kind, Raw, Reason, base32};
use super::{Format, MOST, Refused, Unreadable, Written};

const STEAM: &str = "Steam";
/// What ends an issuer that was put together without a `&`.
const TAIL: &str = "period=";
/// The longest link.
const LONGEST: usize = 16 * 1024;

/// One link on each line. Blank lines are passed over; some apps write each as a JSON text.
pub(super) fn read_list(text: &str) -> Result<Written, Unreadable> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.take(MOST + 1).collect();
    if lines.len() > MOST {
        return Err(Unreadable::TooLarge);
    }
    if !lines.iter().any(|line| is_link(line)) {
        return Err(Unreadable::Unknown);
    }
    let entries = lines.into_iter().map(|line| {
        let bare = line.trim_matches(['"', ',']);
        read(bare)
    });
    Ok(Written::of(Format::Links, entries.collect()))
}

fn is_link(line: &str) -> bool {
    let scheme = line.trim_start_matches('"').split_once("://");
    scheme.is_some_and(|(scheme, _)| {
        ["otpauth", "steam", "motp"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    })
}

/// One link.
pub(super) fn read(link: &str) -> Result<Raw, Refused> {
    let unknown = || Raw::refused("", "", Reason::Form);
    if link.len() > LONGEST {
        return Err(unknown());
    }
    let (scheme, rest) = link.split_once("://").ok_or_else(unknown)?;
    if scheme.eq_ignore_ascii_case("steam") {
        return Ok(Raw {
            kind: Kind::Steam,
            issuer: STEAM.to_owned(),
            key: Some(Key::base32(rest)),
            ..Raw::default()
        });
    }
    if scheme.eq_ignore_ascii_case("motp") {
        let (label, _) = rest.split_once('?').unwrap_or((rest, ""));
        let (issuer, name) = split_label(label);
        return Err(Raw::refused(&issuer, &name, Reason::Kind));
    }
    if !scheme.eq_ignore_ascii_case("otpauth") {
        return Err(unknown());
    }
    // A bare `#` in a name is no fragment: nobody means one here
    let (kind, rest) = rest.split_once('/').ok_or_else(unknown)?;
    let (path, query) = rest.split_once('?').ok_or_else(unknown)?;
    let (prefix, name) = split_label(path);
    let query = Query::read(query);
    let issuer = query.text("issuer");
    let issuer = issuer.filter(|issuer| !issuer.trim().is_empty());
    // Put together wrongly, it is not encoded; an issuer who is really called so is
    let joined = query.raw("issuer").is_some_and(|raw| raw.contains(TAIL));
    let (issuer, tail) = match issuer {
        None => (prefix, None),
        Some(issuer) if joined => {
            let (issuer, tail) = without_tail(&issuer);
            (issuer.to_owned(), tail.map(str::to_owned))
        }
        Some(issuer) => (issuer.trim().to_owned(), None),
    };
    let kind = match kind.to_ascii_lowercase().as_str() {
        "steam" => Kind::Steam,
        "totp" => {
            let steam = query.says_steam(&issuer);
            let steam = steam.ok_or_else(|| Raw::refused(&issuer, &name, Reason::Kind))?;
            if steam { Kind::Steam } else { Kind::Timed }
        }
        "hotp" => Kind::Counted,
        _ => return Err(Raw::refused(&issuer, &name, Reason::Kind)),
    };
    let extras = query.text("codedisplay");
    let extras = extras
        .as_deref()
        .and_then(|text| serde_json::from_str::<Json<'_>>(text).ok());
    let trashed = extras.is_some_and(|extras| Fields::of(&extras).flag("trashed"));
    let number = |name| {
        query
            .text(name)
            .map_or(Ok(None), |text| fields::number(&text))
    };
    Ok(Raw {
        kind,
        key: query.text("secret").map(|text| Key::base32(&text)),
        algorithm: query.text("algorithm").map(Cow::into_owned),
        digits: number("digits"),
        period: match (number("period"), tail) {
            (Ok(None), Some(tail)) => fields::number(&tail),
            (period, _) => period,
        },
        counter: number("counter"),
        trashed,
        issuer,
        name,
    })
}

/// What a password manager keeps in the place of a code: a link, or a bare key.
pub(super) fn read_or_key(text: &str, issuer: &str, name: &str) -> Result<Raw, Refused> {
    if is_link(text) {
        let mut raw = read(text).map_err(|refused| {
            let named = !refused.label().is_empty();
            if named {
                refused
            } else {
                Raw::refused(issuer, name, refused.reason)
            }
        })?;
        // A link of Steam's says neither; the entry's name is the person's own
        let (issuer, name) = if raw.issuer == STEAM {
            (STEAM, if issuer.is_empty() { name } else { issuer })
        } else {
            (issuer, name)
        };
        if raw.issuer.is_empty() {
            issuer.clone_into(&mut raw.issuer);
        }
        if raw.name.is_empty() {
            name.clone_into(&mut raw.name);
        }
        return Ok(raw);
    }
    if base32(text).is_none() {
        return Err(Raw::refused(issuer, name, Reason::BadKey));
    }
    Ok(Raw {
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: Some(Key::base32(text)),
        ..Raw::default()
    })
}

/// `Issuer:account`; a bare colon parts them, else an encoded one.
fn split_label(path: &str) -> (String, String) {
    let decode = |part: &str| {
        let text = percent_decode_str(part).decode_utf8_lossy();
        text.trim().to_owned()
    };
    if let Some((issuer, name)) = path.split_once(':') {
        return (decode(issuer), decode(name));
    }
    let decoded = decode(path);
    match decoded.split_once(':') {
        Some((issuer, name)) => (issuer.trim().to_owned(), name.trim().to_owned()),
        None => (String::new(), decoded),
    }
}

/// A link that was put together without a `&` has its period in its issuer.
fn without_tail(issuer: &str) -> (&str, Option<&str>) {
    match issuer.split_once(TAIL) {
        Some((issuer, period)) => (issuer.trim(), Some(period)),
        None => (issuer.trim(), None),
    }
}

/// Parameters by their names in lower case; the first of a name holds.
struct Query<'a>(Vec<(String, &'a str)>);

impl<'a> Query<'a> {
    fn read(query: &'a str) -> Self {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
        )
    }

    /// The same rules as for one link that is scanned, or an import would make other passcodes than a scan. `None` for an
    /// encoder that is not known.
    fn says_steam(&self, issuer: &str) -> Option<bool> {
        if let Some(encoder) = self.text("encoder") {
            return encoder.eq_ignore_ascii_case(STEAM).then_some(true);
        }
        if let Some(steam) = self.text("steam") {
            return Some(matches!(&*steam.to_ascii_lowercase(), "true" | "1"));
        }
        let algorithm = self.text("algorithm");
        let named = algorithm.is_some_and(|name| name.eq_ignore_ascii_case(STEAM));
        let digits = self.text("digits");
        let of_issuer = issuer.eq_ignore_ascii_case(STEAM) && digits.is_none_or(|n| n == "5");
        Some(named || of_issuer)
    }

    /// As it is written.
    fn raw(&self, name: &str) -> Option<&'a str> {
        let pair = self.0.iter().find(|(known, _)| known == name);
        pair.map(|(_, value)| *value)
    }

    fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.raw(name)?;
        // Here a plus sign is a space (`application/x-www-form-urlencoded`)
        let spaced = value.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
        (!decoded.is_empty() && decoded != "null").then_some(Cow::Owned(decoded))
    }
}
