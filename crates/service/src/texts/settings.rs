//! What the configuration says of texts: by whom they are carried, in which language, and how many.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use super::http::settings::Http;
use super::smpp::settings::Smpp;
use crate::carrier::language::Language;
use crate::carrier::limits::Limits;

/// `[texts]`, checked.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenTexts")]
pub struct Texts {
    /// By whom, if by anybody.
    pub carrier: Option<Carrier>,
    /// In which language.
    pub language: Language,
    /// How many there may be.
    pub limits: Limits,
}

/// Who carries texts.
#[derive(Debug)]
pub enum Carrier {
    /// A phone that exists in this process alone, for trials.
    Simulated,
    /// The HTTP interface of a gateway.
    Http(Box<Http>),
    /// An operator's message centre.
    Smpp(Box<Smpp>),
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            carrier: None,
            language: Language::default(),
            limits: Limits::texts(),
        }
    }
}

impl Texts {
    /// Whether a phone in this process receives them.
    pub fn are_simulated(&self) -> bool {
        matches!(self.carrier, Some(Carrier::Simulated))
    }
}

/// `[texts]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTexts {
    #[serde(default)]
    simulated: bool,
    #[serde(default)]
    language: Language,
    #[serde(default = "Limits::texts", deserialize_with = "Limits::read_texts")]
    limits: Limits,
    http: Option<Box<Http>>,
    smpp: Option<Box<Smpp>>,
}

/// More than one carrier.
#[derive(Debug, thiserror::Error)]
#[error("texts have one carrier; keep one of simulated, [texts.http] and [texts.smpp]")]
struct Carriers;

impl TryFrom<WrittenTexts> for Texts {
    type Error = Carriers;

    fn try_from(written: WrittenTexts) -> Result<Self, Carriers> {
        let carrier = match (written.simulated, written.http, written.smpp) {
            (false, None, None) => None,
            (true, None, None) => Some(Carrier::Simulated),
            (false, Some(http), None) => Some(Carrier::Http(http)),
            (false, None, Some(smpp)) => Some(Carrier::Smpp(smpp)),
            _ => return Err(Carriers),
        };
        Ok(Self {
            carrier,
            language: written.language,
            limits: written.limits,
        })
    }
}

/// A file that the configuration names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {}, which {setting} names: {reason}", path.display())]
    Unreadable {
        /// Of which setting.
        setting: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// It holds nothing, or too much.
    #[error("{}, which {setting} names, should hold {wanted}", path.display())]
    Wrong {
        /// Of which setting.
        setting: &'static str,
        /// Which file.
        path: PathBuf,
        /// What should be in it.
        wanted: &'static str,
    },
}

/// The only line of a file that holds a secret.
pub(super) fn secret(setting: &'static str, path: &Path) -> Result<SecretString, FileError> {
    let text = std::fs::read_to_string(path).map_err(|reason| FileError::Unreadable {
        setting,
        path: path.to_owned(),
        reason,
    })?;
    let text = zeroize::Zeroizing::new(text);
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.contains(['\r', '\n']) {
        return Err(FileError::Wrong {
            setting,
            path: path.to_owned(),
            wanted: "one line",
        });
    }
    Ok(SecretString::from(secret.to_owned()))
}

/// The certificate authorities of a PEM file.
pub(super) fn authorities(
    setting: &'static str,
    path: &Path,
) -> Result<Vec<rustls_pki_types::CertificateDer<'static>>, FileError> {
    use rustls_pki_types::pem::PemObject as _;

    let wrong = || FileError::Wrong {
        setting,
        path: path.to_owned(),
        wanted: "certificates, PEM",
    };
    let pem = std::fs::read(path).map_err(|reason| FileError::Unreadable {
        setting,
        path: path.to_owned(),
        reason,
    })?;
    let read: Result<Vec<_>, _> = rustls_pki_types::CertificateDer::pem_slice_iter(&pem).collect();
    let read = read.map_err(|_| wrong())?;
    if read.is_empty() {
        Err(wrong())
    } else {
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h1_texts_have_one_carrier_or_none() {
        let read = |text: &str| toml::from_str::<Texts>(text);
        assert!(read("").unwrap().carrier.is_none());
        assert!(read("simulated = true").unwrap().are_simulated());
        let http = "[http]\nurl = \"https://gateway.example/\"\njson = { to = \"{to}\", text = \"{text}\" }\n";
        assert!(matches!(
            read(http).unwrap().carrier,
            Some(Carrier::Http(_))
        ));
        let smpp = "[smpp]\ncentre = \"smpps://centre.example\"\nname = \"mfa\"\npassword_file = \"p\"\nfrom = \"HOSPITAL\"\n";
        assert!(matches!(
            read(smpp).unwrap().carrier,
            Some(Carrier::Smpp(_))
        ));
        for both in [format!("simulated = true\n{http}"), format!("{http}{smpp}")] {
            let error = read(&both).unwrap_err().to_string();
            assert!(error.contains("keep one of"), "{error}");
        }
        assert!(read("language = \"fr\"").is_err());
        assert!(read("provider = \"x\"").is_err());
        assert_eq!(read("").unwrap().limits, Limits::texts());
        let limited = read("[limits]\nan_hour = 7\n").unwrap().limits;
        assert_eq!((limited.an_hour, limited.person_a_day), (7, 20));
    }

    #[test]
    fn a_secret_is_one_line_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let read = || secret("token_file", &path);
        assert!(read().unwrap_err().to_string().contains("token_file names"));
        for wrong in ["", "\n", "a\nb\n"] {
            std::fs::write(&path, wrong).unwrap();
            assert!(read().unwrap_err().to_string().contains("one line"));
        }
        std::fs::write(&path, "a phrase \r\n").unwrap();
        assert_eq!(
            secrecy::ExposeSecret::expose_secret(&read().unwrap()),
            "a phrase "
        );
    }
}
