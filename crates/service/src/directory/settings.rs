//! What an operator writes in `[directory]`: each value is read into what can only be right, or refused with the way out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::policy::MINUTE_MS;
use crate::throttle::Tries;

/// Where the service account's password is looked for when no file is named.
pub const PASSWORD_VARIABLE: &str = "COUNTERSIGN_DIRECTORY_PASSWORD";

/// The part `[directory]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectorySettings {
    /// Domain controllers; the first that answers is asked.
    pub servers: ServerList,
    /// Whose certificates they have, PEM. `None` trusts whom the machine trusts.
    pub ca: Option<PathBuf>,
    /// Where people are looked for.
    pub base: Dn,
    /// Whom the service searches as.
    pub account: Account,
    /// A file that holds that account's password. `None` takes it from [`PASSWORD_VARIABLE`].
    pub password_file: Option<PathBuf>,
    /// The group whose members may use the portal, directly or through other groups. `None` lets everybody.
    pub people: Option<Dn>,
    /// The group whose members use the help desk's page. `None` leaves that to `user operator`.
    pub operators: Option<Dn>,
    /// Wrong passwords of one account that the directory is told of before none is for a while.
    #[serde(default = "three")]
    pub tries: Whole<1, 20>,
    /// For how long the domain remembers a wrong password (Reset account lockout counter after), minutes.
    #[serde(default = "half_an_hour")]
    pub window_minutes: Whole<1, 120>,
    /// How often the directory is asked who was disabled, minutes.
    #[serde(default = "five")]
    pub look_every_minutes: Whole<1, 60>,
    /// How long a server may take to answer, seconds.
    #[serde(default = "five")]
    pub timeout_seconds: Whole<1, 10>,
}

const fn three<const LOW: i64, const HIGH: i64>() -> Whole<LOW, HIGH> {
    Whole(3)
}

const fn five<const LOW: i64, const HIGH: i64>() -> Whole<LOW, HIGH> {
    Whole(5)
}

const fn half_an_hour<const LOW: i64, const HIGH: i64>() -> Whole<LOW, HIGH> {
    Whole(30)
}

/// Why a directory could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The service account has no password.
    #[error(
        "[directory]: there is no password for {account}; write password_file = \"FILE\", or set {PASSWORD_VARIABLE}"
    )]
    NoPassword {
        /// Whose.
        account: String,
    },
    /// A file cannot be read.
    #[error("[directory]: cannot read {what} {}: {reason}", path.display())]
    Unreadable {
        /// What it is.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file holds nothing.
    #[error("[directory]: {} holds no password; write it there, on one line", path.display())]
    EmptyPassword {
        /// Which file.
        path: PathBuf,
    },
    /// There is no authority to trust.
    #[error("[directory]: {place} holds no certificate authority; name the domain's in `ca`, PEM")]
    NoAuthority {
        /// Where it was looked for.
        place: String,
    },
    /// TLS cannot be set up at all.
    #[error("[directory]: TLS cannot be set up: {0}")]
    Tls(String),
}

impl DirectorySettings {
    /// The service account's password.
    pub fn password(&self) -> Result<SecretString, SetupError> {
        let text = match &self.password_file {
            Some(path) => {
                let text = std::fs::read_to_string(path).map(Zeroizing::new);
                text.map_err(|reason| unreadable("the password in", path, &reason))?
            }
            None => Zeroizing::new(std::env::var(PASSWORD_VARIABLE).unwrap_or_default()),
        };
        // One line, as an editor leaves it; a password may end in a space
        let line = text.lines().next().unwrap_or_default();
        match (line.trim().is_empty(), &self.password_file) {
            (false, _) => Ok(SecretString::from(line)),
            (true, Some(path)) => Err(SetupError::EmptyPassword { path: path.clone() }),
            (true, None) => Err(SetupError::NoPassword {
                account: self.account.0.clone(),
            }),
        }
    }

    /// How many wrong passwords it is told of.
    pub fn tries(&self) -> Tries {
        Tries {
            most: self.tries.0,
            window_ms: self.window_minutes.0 * MINUTE_MS,
        }
    }

    /// For how long the domain remembers a wrong password.
    pub fn window(&self) -> Duration {
        Duration::from_mins(self.window_minutes.0.unsigned_abs())
    }

    /// How long a server may take.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.0.unsigned_abs())
    }

    /// How often it is asked who was disabled.
    pub fn look_every(&self) -> Duration {
        Duration::from_mins(self.look_every_minutes.0.unsigned_abs())
    }
}

pub(super) fn unreadable(
    what: &'static str,
    path: &Path,
    reason: &dyn std::fmt::Display,
) -> SetupError {
    SetupError::Unreadable {
        what,
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// A whole number within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Whole<const LOW: i64, const HIGH: i64>(pub(crate) i64);

impl<const LOW: i64, const HIGH: i64> TryFrom<i64> for Whole<LOW, HIGH> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        (LOW..=HIGH)
            .contains(&number)
            .then_some(Self(number))
            .ok_or_else(|| {
                format!("{number} is out of bounds; write a number from {LOW} to {HIGH}")
            })
    }
}

/// A distinguished name, as far as it can be told before the directory is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Dn(String);

impl Dn {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Dn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains('=') && !text.chars().any(char::is_control) {
            Ok(Self(text))
        } else {
            Err(format!(
                "{text} is no distinguished name; write one such as OU=Staff,DC=hospital,DC=example"
            ))
        }
    }
}

/// A name to bind as.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Account(pub(super) String);

impl TryFrom<String> for Account {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains(['@', '=', '\\']) {
            Ok(Self(text))
        } else {
            Err(format!(
                "{text} names no account of a domain; write one such as svc-countersign@hospital.example"
            ))
        }
    }
}

/// Domain controllers, at least one, in the order in which they are asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<Server>")]
pub struct ServerList(pub(super) Vec<Server>);

impl TryFrom<Vec<Server>> for ServerList {
    type Error = String;

    fn try_from(servers: Vec<Server>) -> Result<Self, String> {
        if (1..=8).contains(&servers.len()) {
            Ok(Self(servers))
        } else {
            Err("servers names none, or more than 8; write one to 8".into())
        }
    }
}

/// A domain controller. There is no way to write one that is spoken to without TLS (row L1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Server {
    /// Where.
    pub(super) url: Url,
    /// Whether TLS begins by StartTLS, on the port without.
    pub(super) start_tls: bool,
}

impl TryFrom<String> for Server {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text} is no server; write ldaps://NAME, or ldap://NAME for one that begins TLS by StartTLS"
            )
        };
        let url = Url::parse(&text).map_err(|_| wrong())?;
        let start_tls = match url.scheme() {
            "ldaps" => false,
            "ldap" => true,
            _ => return Err(wrong()),
        };
        let bare = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let named = url.host_str().is_some_and(|host| !host.is_empty());
        (bare && named)
            .then_some(Self { url, start_tls })
            .ok_or_else(wrong)
    }
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.url.as_str().trim_end_matches('/').fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        servers = ["ldaps://dc1.hospital.example", "ldap://dc2.hospital.example:3890"]
        base = "DC=hospital,DC=example"
        account = "svc@hospital.example"
    "#;

    fn read(text: &str) -> Result<DirectorySettings, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_few_lines_are_enough_and_everything_else_has_a_default() {
        let settings = read(WHOLE).unwrap();
        let servers = &settings.servers.0;
        assert!(!servers[0].start_tls && servers[1].start_tls);
        assert_eq!(servers[0].to_string(), "ldaps://dc1.hospital.example");
        assert_eq!(
            settings.tries(),
            Tries {
                most: 3,
                window_ms: 30 * MINUTE_MS
            }
        );
        assert_eq!(settings.limit(), Duration::from_secs(5));
        assert!(settings.people.is_none() && settings.operators.is_none());
    }

    #[test]
    fn l1_what_cannot_be_right_is_refused_with_what_to_write() {
        for (from, to, way_out) in [
            ("ldaps://dc1", "http://dc1", "write ldaps://NAME"),
            (
                "ldaps://dc1.hospital.example",
                "dc1.hospital.example",
                "write ldaps://NAME",
            ),
            (
                "ldaps://dc1",
                "ldaps://svc:secret@dc1",
                "write ldaps://NAME",
            ),
            (
                "ldaps://dc1.hospital.example",
                "ldaps://dc1/DC=x??sub",
                "write ldaps://NAME",
            ),
            (
                "DC=hospital,DC=example",
                "hospital.example",
                "OU=Staff,DC=hospital",
            ),
            (
                "svc@hospital.example",
                "svc",
                "svc-countersign@hospital.example",
            ),
            ("account =", "tries = 0\naccount =", "from 1 to 20"),
            (
                "account =",
                "window_minutes = 121\naccount =",
                "from 1 to 120",
            ),
            (
                "account =",
                "timeout_seconds = 60\naccount =",
                "from 1 to 10",
            ),
            (
                "account =",
                "no_tls_verify = true\naccount =",
                "unknown field",
            ),
        ] {
            let said = read(&WHOLE.replacen(from, to, 1)).unwrap_err();
            assert!(said.contains(way_out), "{to}: {said}");
        }
    }

    #[test]
    fn l6_a_password_comes_from_its_file_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let mut settings = read(WHOLE).unwrap();
        settings.password_file = Some(path.clone());
        assert!(matches!(
            settings.password(),
            Err(SetupError::Unreadable { .. })
        ));
        std::fs::write(&path, "\n").unwrap();
        assert!(matches!(
            settings.password(),
            Err(SetupError::EmptyPassword { .. })
        ));
        std::fs::write(&path, "Canary.Pass \r\nanother line\n").unwrap();
        let password = settings.password().unwrap();
        assert_eq!(
            secrecy::ExposeSecret::expose_secret(&password),
            "Canary.Pass "
        );
        assert!(!format!("{password:?} {settings:?}").contains("Canary"));
        settings.password_file = None;
        let said = settings.password().unwrap_err().to_string();
        assert!(
            said.contains("password_file") && said.contains(PASSWORD_VARIABLE),
            "{said}"
        );
    }
}
