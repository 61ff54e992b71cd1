//! `[texts.smpp]`: which message centre, and who we are to it.

use std::path::PathBuf;
use std::str::FromStr as _;

use rusmpp::types::COctetString;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use crate::texts::pdu::Sender;
use crate::texts::settings::{FileError, authorities, secret};

/// The port of SMPP where none is given, as IANA has it.
const PORT: u16 = 2775;

/// `[texts.smpp]`, checked.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenSmpp")]
pub struct Smpp {
    centre: Centre,
    name: COctetString<1, 16>,
    kind: COctetString<1, 13>,
    password_file: PathBuf,
    from: Sender,
    authorities: Option<PathBuf>,
}

/// Where the message centre is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Centre {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS is spoken.
    pub tls: bool,
}

/// What the link needs, with what its files hold.
#[derive(Debug)]
pub struct SmppSettings {
    /// Where the centre is.
    pub centre: Centre,
    /// Who we are (`system_id`).
    pub name: COctetString<1, 16>,
    /// Our password, at most eight octets.
    pub password: SecretString,
    /// What kind of system we are (`system_type`); empty unless the operator wants one.
    pub kind: COctetString<1, 13>,
    /// From whom texts come.
    pub from: Sender,
    /// Whose certificates are trusted; the system's, if nobody is named.
    pub authorities: Option<Vec<rustls_pki_types::CertificateDer<'static>>>,
}

/// `[texts.smpp]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSmpp {
    centre: String,
    name: String,
    password_file: PathBuf,
    from: String,
    #[serde(default)]
    system_type: String,
    authorities: Option<PathBuf>,
}

/// What is wrong with `[texts.smpp]`.
#[derive(Debug, thiserror::Error)]
pub enum SmppError {
    /// Not the address of a centre.
    #[error(
        "{0:?} is no message centre; write smpps://HOST:PORT, or smpp://HOST:PORT where the line itself is private"
    )]
    Centre(String),
    /// A name that does not fit.
    #[error("{0} is at most {1} characters of ASCII")]
    Long(&'static str, usize),
    /// Not a sender.
    #[error(
        "{0:?} cannot send texts; write a number with +, a short code of up to 8 digits, or a name of up to 11 letters, digits, spaces and - . &"
    )]
    From(String),
}

impl TryFrom<WrittenSmpp> for Smpp {
    type Error = SmppError;

    fn try_from(written: WrittenSmpp) -> Result<Self, SmppError> {
        let is_ascii = written.name.is_ascii() && !written.name.is_empty();
        let name = COctetString::from_str(&written.name)
            .ok()
            .filter(|_| is_ascii);
        let is_ascii = written.system_type.is_ascii();
        let kind = COctetString::from_str(&written.system_type)
            .ok()
            .filter(|_| is_ascii);
        Ok(Self {
            centre: read_centre(&written.centre)?,
            name: name.ok_or(SmppError::Long("name", 15))?,
            kind: kind.ok_or(SmppError::Long("system_type", 12))?,
            password_file: written.password_file,
            from: Sender::read(&written.from).ok_or(SmppError::From(written.from))?,
            authorities: written.authorities,
        })
    }
}

impl Smpp {
    /// Reads the files that it names.
    pub fn open(self) -> Result<SmppSettings, FileError> {
        let password = secret("password_file", &self.password_file)?;
        if COctetString::<1, 9>::from_str(password.expose_secret()).is_err() {
            return Err(FileError::Wrong {
                setting: "password_file",
                path: self.password_file,
                wanted: "at most 8 characters, which is what SMPP has room for",
            });
        }
        let named = self.authorities.as_deref();
        Ok(SmppSettings {
            centre: self.centre,
            name: self.name,
            password,
            kind: self.kind,
            from: self.from,
            authorities: named
                .map(|path| authorities("authorities", path))
                .transpose()?,
        })
    }
}

fn read_centre(text: &str) -> Result<Centre, SmppError> {
    let wrong = || SmppError::Centre(text.to_owned());
    let url = Url::parse(text).map_err(|_| wrong())?;
    let tls = match url.scheme() {
        "smpps" => true,
        "smpp" => false,
        _ => return Err(wrong()),
    };
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && matches!(url.path(), "" | "/")
        && url.query().is_none();
    let host = url.host_str().filter(|host| is_plain && !host.is_empty());
    let host = host.ok_or_else(wrong)?;
    Ok(Centre {
        host: host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned(),
        port: url.port().unwrap_or(PORT),
        tls,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "centre = \"smpps://centre.example:3550\"\nname = \"hospital\"\npassword_file = \"p\"\nfrom = \"HOSPITAL\"\n";

    fn read(text: &str) -> Result<Smpp, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn h1_a_centre_is_read_or_refused_with_the_way_out() {
        let centre = read(GOOD).unwrap().centre;
        assert_eq!(
            (centre.host.as_str(), centre.port, centre.tls),
            ("centre.example", 3550, true)
        );
        let centre = read(&GOOD.replace("smpps://centre.example:3550", "smpp://[::1]"))
            .unwrap()
            .centre;
        assert_eq!(
            (centre.host.as_str(), centre.port, centre.tls),
            ("::1", PORT, false)
        );
        for (from, to, message) in [
            ("smpps://centre", "https://centre", "smpps://HOST:PORT"),
            ("smpps://", "smpps://me:secret@", "smpps://HOST:PORT"),
            (":3550", ":3550/path", "smpps://HOST:PORT"),
            ("\"hospital\"", "\"\"", "15 characters"),
            ("\"hospital\"", "\"a-hospital-of-16\"", "15 characters"),
            ("HOSPITAL", "OUR GREAT HOSPITAL", "up to 11 letters"),
            ("name", "password = \"x\"\nname", "unknown field"),
        ] {
            let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn g2_the_password_is_in_a_file_of_its_own_and_shows_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let text = GOOD.replace("\"p\"", &format!("{path:?}"));
        std::fs::write(&path, "s3cret\n").unwrap();
        let settings = read(&text).unwrap().open().unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
        std::fs::write(&path, "too long a password\n").unwrap();
        let error = read(&text).unwrap().open().unwrap_err().to_string();
        assert!(error.contains("at most 8 characters"), "{error}");
    }
}
