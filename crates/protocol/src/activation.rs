//! Activation texts: what a QR code, a link or a typed line says to bind this app to a device.

use data_encoding::{BASE64_NOPAD, HEXLOWER};
use ring::{digest, rand::SecureRandom};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    host::Host,
    params::encode,
    random::{self, RandomError},
};

/// Longest text that is looked at; a QR code holds less.
pub const MAX_TEXT_BYTES: usize = 4096;

/// Our own scheme, in place of `https://` in our own form.
const OWN_SCHEME: &str = "countersign://";

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Characters in a code that we make: 20 of 62, 119 random bits, since some clients accept no other length
/// (`device.md`: code of 20). Row A1 asks for 112 bits or more (NIST SP 800-63B-4 §4.1.2.2).
pub const CODE_LENGTH: usize = 20;

/// A one-time activation code. Whoever has it can activate, so it is not printed.
pub struct ActivationCode(Zeroizing<String>);

impl ActivationCode {
    /// Takes a text of 1 to 64 ASCII letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let good =
            (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        good.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Draws a new one.
    pub fn make(rng: &dyn SecureRandom) -> Result<Self, RandomError> {
        random::text(rng, ALPHANUMERIC, CODE_LENGTH).map(|text| Self(Zeroizing::new(text)))
    }

    /// The code itself, for the one request or picture it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What a service stores: hex SHA-256. The code is random enough that no slower hash is needed.
    pub fn hashed(&self) -> String {
        HEXLOWER.encode(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref())
    }
}

/// Who writes a text like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// We do: the host speaks `countersign/1`, so nothing less is accepted of it.
    Own,
    /// Any Duo-shaped host does, ours among them.
    Duo,
}

/// A code and the host it is for.
pub struct ActivationText {
    /// Who writes texts of its form.
    pub form: Form,
    /// The service.
    pub host: Host,
    /// The code.
    pub code: ActivationCode,
}

/// The text looked like an activation but is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a whole activation text")]
pub struct ActivationTextError;

impl ActivationText {
    /// Reads every form of `device.md` §1 and our own. `None` where the text is something else altogether.
    pub fn read(text: &str) -> Option<Result<Self, ActivationTextError>> {
        let text = text.trim();
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        if lower.starts_with("duo://") {
            return Some(code_and_host(&text[6..]).ok_or(ActivationTextError));
        }
        if lower.starts_with("https://") {
            return from_link(text);
        }
        // The help page's button, for systems that hand the app its own scheme instead of a verified link (row Q1)
        if text
            .get(..OWN_SCHEME.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(OWN_SCHEME))
        {
            return from_link(&format!("https://{}", &text[OWN_SCHEME.len()..]));
        }
        looks_like_code_and_host(text).then(|| code_and_host(text).ok_or(ActivationTextError))
    }

    /// Our own form: a help page when a stock camera opens it; the code is in the fragment, so no server sees it.
    pub fn app_text(&self) -> String {
        format!("https://{}/activate#{}", self.host, self.code.expose())
    }

    /// The form that Duo-shaped clients read: `duo://CODE-B64HOST`.
    pub fn duo_text(&self) -> String {
        format!(
            "duo://{}-{}",
            self.code.expose(),
            BASE64_NOPAD.encode(self.host.as_str().as_bytes())
        )
    }

    /// Address of the picture of the Duo-shaped text.
    pub fn picture_link(&self) -> String {
        format!(
            "https://{}/frame/qr?value={}",
            self.host,
            encode(&self.duo_text())
        )
    }
}

/// `CODE-B64HOST`, each part perhaps in angle brackets, the host perhaps padded.
fn code_and_host(text: &str) -> Option<ActivationText> {
    let (code, host) = text.split_once('-')?;
    let host = bare(host).trim_end_matches('=');
    let host = BASE64_NOPAD
        .decode(host.as_bytes())
        .or_else(|_| data_encoding::BASE64URL_NOPAD.decode(host.as_bytes()))
        .ok()?;
    let host = String::from_utf8(host)
        .ok()
        .filter(|host| host.is_ascii())?;
    Some(ActivationText {
        form: Form::Duo,
        host: Host::parse(&host).ok()?,
        code: ActivationCode::parse(bare(code))?,
    })
}

fn bare(text: &str) -> &str {
    text.strip_prefix('<')
        .and_then(|t| t.strip_suffix('>'))
        .unwrap_or(text)
}

/// One word with a hyphen, both sides long enough, the second of base64 characters: not somebody's "drop-in".
fn looks_like_code_and_host(text: &str) -> bool {
    let Some((code, host)) = text.split_once('-') else {
        return false;
    };
    let (code, host) = (bare(code), bare(host));
    code.len() >= 8
        && host.len() >= 6
        && !text.contains(char::is_whitespace)
        && !text.contains("://")
}

/// Links: `/activate#CODE` (ours), `/activate/CODE`, `/android/CODE`, `/iphone/CODE`, `/frame/qr?value=…`.
fn from_link(text: &str) -> Option<Result<ActivationText, ActivationTextError>> {
    let url = Url::parse(text).ok()?;
    let segments: Vec<&str> = url.path_segments()?.collect();
    let activation = match segments.as_slice() {
        ["frame", "qr"] => from_picture_link(&url),
        ["activate"] if url.fragment().is_some() => from_own_link(&url),
        ["activate" | "android" | "iphone", code] => from_activate_link(&url, code),
        _ => return None,
    };
    let clean = url.username().is_empty() && url.password().is_none();
    Some(activation.filter(|_| clean).ok_or(ActivationTextError))
}

fn from_own_link(url: &Url) -> Option<ActivationText> {
    let code = ActivationCode::parse(url.fragment()?)?;
    (url.query().is_none()).then_some(())?;
    Some(ActivationText {
        form: Form::Own,
        host: link_host(url)?,
        code,
    })
}

fn from_activate_link(url: &Url, code: &str) -> Option<ActivationText> {
    (url.query().is_none() && url.fragment().is_none()).then_some(())?;
    let host = link_host(url)?;
    let host = match host.as_str().strip_prefix("m-") {
        Some(rest) => Host::parse(&format!("api-{rest}")).ok()?,
        None => host,
    };
    Some(ActivationText {
        form: Form::Duo,
        host,
        code: ActivationCode::parse(code)?,
    })
}

/// A picture's address holds the text itself; it is read, never fetched, and may not hold another picture's address.
fn from_picture_link(url: &Url) -> Option<ActivationText> {
    let mut values = url.query_pairs();
    let (name, value) = values.next()?;
    let inner = value.trim();
    let nested = inner.to_ascii_lowercase().contains("/frame/qr");
    (name == "value" && values.next().is_none() && url.fragment().is_none() && !nested)
        .then_some(())?;
    ActivationText::read(inner)?.ok()
}

fn link_host(url: &Url) -> Option<Host> {
    let name = url.host_str()?;
    Host::parse(
        &url.port()
            .map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")),
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_published_form_is_read_and_every_bad_one_refused() {
        let vectors: Value = serde_json::from_str(include_str!("../duo-vectors.json")).unwrap();
        for good in vectors["qr"]["good"].as_array().unwrap() {
            let text = good["text"].as_str().unwrap();
            let read = ActivationText::read(text)
                .unwrap_or_else(|| panic!("not seen: {text}"))
                .unwrap_or_else(|_| panic!("refused: {text}"));
            assert_eq!(read.code.expose(), good["code"], "{text}");
            assert_eq!(read.host.as_str(), good["host"], "{text}");
        }
        for bad in vectors["qr"]["bad"].as_array().unwrap() {
            let text = bad["text"].as_str().unwrap();
            assert!(
                !matches!(ActivationText::read(text), Some(Ok(_))),
                "accepted: {text}"
            );
        }
    }

    #[test]
    fn both_forms_that_we_write_read_back() {
        let made = ActivationText {
            form: Form::Own,
            host: Host::parse("localhost:8443").unwrap(),
            code: ActivationCode::make(&SystemRandom::new()).unwrap(),
        };
        let by_scheme = made.app_text().replace("https://", "countersign://");
        for text in [
            made.app_text(),
            made.duo_text(),
            made.picture_link(),
            by_scheme,
        ] {
            let read = ActivationText::read(&text).unwrap().unwrap();
            assert_eq!(read.code.expose(), made.code.expose());
            assert_eq!(read.host, made.host);
        }
    }

    #[test]
    fn our_own_form_is_strict() {
        for bad in [
            "https://confirm.example.org/activate#",
            "https://confirm.example.org/activate#a b",
            "https://confirm.example.org/activate?x=1#WXKFH1vH81s2cgU1N1d1",
            "https://u:p@confirm.example.org/activate#WXKFH1vH81s2cgU1N1d1",
            "https://confirm.example.org/activate/x#WXKFH1vH81s2cgU1N1d1",
            "http://confirm.example.org/activate#WXKFH1vH81s2cgU1N1d1",
            "https://confirm.example.org/frame/qr?value=https%3A%2F%2Fa.test%2Fframe%2Fqr%3Fvalue%3Dx",
        ] {
            assert!(
                !matches!(ActivationText::read(bad), Some(Ok(_))),
                "accepted: {bad}"
            );
        }
    }

    #[test]
    fn ordinary_words_are_not_taken_for_an_activation() {
        for other in [
            "hello",
            "drop-in",
            "https://example.org/",
            "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP",
            "a long sentence - with a dash",
        ] {
            assert!(ActivationText::read(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a1_a_made_code_has_enough_random_bits() {
        let bits = f64::from(u32::try_from(CODE_LENGTH).unwrap()) * 62_f64.log2();
        assert!(bits >= 112.0, "{bits}");
        let rng = SystemRandom::new();
        assert_ne!(
            ActivationCode::make(&rng).unwrap().expose(),
            ActivationCode::make(&rng).unwrap().expose()
        );
    }
}
