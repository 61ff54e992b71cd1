//! What a text from a picture, a link or the clipboard is.

use url::Url;

use crate::{
    activation::{ActivationText, MAX_TEXT_BYTES},
    otpauth::{OtpAuth, OtpAuthError},
};

/// A text, understood. Reading changes nothing.
pub enum Scanned {
    /// An activation.
    Activation(ActivationText),
    /// An activation text that is damaged.
    BrokenActivation,
    /// A third party's account.
    Other(Box<OtpAuth>),
    /// A third party's account that is damaged.
    BrokenOther(OtpAuthError),
    /// Another authenticator's export of several accounts.
    Migration,
    /// A web link.
    WebLink {
        /// Its host in ASCII form.
        host: String,
    },
    /// A contact card.
    ContactCard,
    /// A network's name and password.
    Wifi,
    /// Anything else.
    PlainText,
}

impl Scanned {
    /// Looks at one text.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        if text.len() > MAX_TEXT_BYTES {
            return Self::PlainText;
        }
        let lower = text
            .chars()
            .take(24)
            .collect::<String>()
            .to_ascii_lowercase();
        if lower.starts_with("otpauth-migration://") {
            return Self::Migration;
        }
        if lower.starts_with("otpauth://") {
            return OtpAuth::parse(text)
                .map_or_else(Self::BrokenOther, |account| Self::Other(Box::new(account)));
        }
        // The same scheme opens games, and those links are nothing to explain
        if lower.starts_with("steam://") {
            return OtpAuth::parse(text)
                .map_or(Self::PlainText, |account| Self::Other(Box::new(account)));
        }
        match ActivationText::read(text) {
            Some(Ok(activation)) => Self::Activation(activation),
            Some(Err(_)) => Self::BrokenActivation,
            None if lower.starts_with("begin:vcard") || lower.starts_with("mecard:") => {
                Self::ContactCard
            }
            None if lower.starts_with("wifi:") => Self::Wifi,
            None => web_link(text).unwrap_or(Self::PlainText),
        }
    }
}

fn web_link(text: &str) -> Option<Scanned> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(Scanned::WebLink {
        host: url.host_str()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> &'static str {
        match Scanned::read(text) {
            Scanned::Activation(_) => "activation",
            Scanned::BrokenActivation => "broken activation",
            Scanned::Other(_) => "other",
            Scanned::BrokenOther(_) => "broken other",
            Scanned::Migration => "migration",
            Scanned::WebLink { .. } => "web link",
            Scanned::ContactCard => "contact card",
            Scanned::Wifi => "wifi",
            Scanned::PlainText => "plain text",
        }
    }

    #[test]
    fn each_kind_is_told_apart() {
        for (text, expected) in [
            (
                "https://confirm.example.org/activate#WXKFH1vH81s2cgU1N1d1",
                "activation",
            ),
            ("duo://WXKFH1vH81s2cgU1N1d1-!!!!", "broken activation"),
            ("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP", "other"),
            ("otpauth://totp/a?secret=1", "broken other"),
            ("steam://LAARMRXO7JJ6BWL6EYAB2SHHSUG3JABF", "other"),
            ("steam://run/440", "plain text"),
            ("otpauth-migration://offline?data=CiA%3D", "migration"),
            ("https://example.org/menu", "web link"),
            ("http://example.org/", "web link"),
            ("BEGIN:VCARD\nFN:A\nEND:VCARD", "contact card"),
            ("WIFI:S:x;;", "wifi"),
            ("hello", "plain text"),
            ("", "plain text"),
            ("javascript:alert(1)", "plain text"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
