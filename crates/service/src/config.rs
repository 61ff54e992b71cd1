//! The configuration file, `countersign.toml`; flags win over it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::calls::settings::Calls;
use crate::directory::settings::DirectorySettings;
use crate::policy::{Enrolment, ServiceDesk};
use crate::proxies::Proxies;
use crate::self_service::recognition::Recognition;
use crate::shares::Limits;
use crate::texts::parts;
use crate::texts::settings::Texts;
use crate::workstations::Workstations;

/// Why the file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration {}: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// It holds something unknown or impossible.
    #[error("the configuration {} is wrong: {reason}", path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with its place.
        reason: String,
    },
}

/// What the file may say. A word that is not here is an error, so a typing mistake never loosens anything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The organisation's name, which devices show.
    pub organisation: Option<Spanned<String>>,
    /// The host in activation texts, with its port where it has one.
    pub public_host: Option<String>,
    /// Where the service listens.
    pub listen: Option<SocketAddr>,
    /// The folder of the embedded database and the master key.
    pub data: Option<PathBuf>,
    /// Another database, `sqlite:FILE`.
    pub database: Option<String>,
    /// Whether people may enrol by themselves.
    pub enrolment: Enrolment,
    /// Who helps people, as the portal tells them.
    pub service_desk: Option<ServiceDesk>,
    /// Which workstations many people use.
    pub workstations: Workstations,
    /// Who is recognised on their own computers; nobody without it.
    pub recognition: Option<Recognition>,
    /// Where people are kept who have no password here.
    pub directory: Option<DirectorySettings>,
    /// Whose word is taken on where calls come from.
    pub proxies: Proxies,
    /// How much of the service one address may have.
    pub limits: Limits,
    /// Telephone numbers.
    pub numbers: Numbers,
    /// Texts.
    pub texts: Texts,
    /// Calls.
    pub calls: Calls,
    /// Certificates.
    pub tls: TlsFiles,
    /// What is logged, as a `tracing` directive list.
    pub log: Option<String>,
}

/// Where telephone numbers may be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Numbers {
    /// The country that a number without one is taken as, two letters (ISO 3166-1).
    pub country: String,
    /// Other countries whose numbers are taken.
    pub others: Vec<String>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            country: "GB".into(),
            others: Vec::new(),
        }
    }
}

/// By whom people are reached.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reached {
    /// By a phone that exists in this process alone, for trials.
    pub simulated: bool,
}

/// Where the certificates are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsFiles {
    /// PEM, the service's own first.
    pub certificate: Option<PathBuf>,
    /// PEM.
    pub key: Option<PathBuf>,
}

impl Config {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|reason| ConfigError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        let config: Self = toml::from_str(&text).map_err(|error| ConfigError::Wrong {
            path: path.to_owned(),
            reason: one_line(&error, &text),
        })?;
        config
            .fits_texts()
            .map_err(|(at, reason)| ConfigError::Wrong {
                path: path.to_owned(),
                reason: format!("line {}: {reason}", line_of(&text, at)),
            })?;
        Ok(config)
    }

    /// Whether the organisation's name fits into texts, where any are sent: nobody would get one. Else where it stands, and
    /// the way out.
    fn fits_texts(&self) -> Result<(), (usize, String)> {
        let (Some(name), Some(_)) = (&self.organisation, &self.texts.carrier) else {
            return Ok(());
        };
        parts::count(name.get_ref()).map(drop).map_err(|fault| {
            let at = name.span().start;
            (at, format!("no text can name the organisation, since {fault}; write its name without that, or take out [texts]"))
        })
    }
}

/// A list that is not empty: a part that names nothing is said by leaving it out.
pub(crate) fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    let all = Vec::deserialize(from)?;
    if all.is_empty() {
        return Err(serde::de::Error::custom(
            "it is empty; name one, or leave out the whole part",
        ));
    }
    Ok(all)
}

/// A message on one line that names the line of the file.
fn one_line(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().replace('\n', ", ");
    match error.span() {
        Some(span) => format!("line {}: {message}", line_of(text, span.start)),
        None => message,
    }
}

/// The line of the file, from 1, in which the byte `at` is.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.lines().count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_annotated_file_is_taken_as_it_is() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../countersign.toml");
        let config = Config::read(&path).unwrap();
        assert_eq!(config.enrolment, Enrolment::Closed);
        let text = std::fs::read_to_string(&path).unwrap();
        let every_line_on: String = text
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .fold(String::new(), |all, line| all + line + "\n");
        // Texts have one carrier of three
        let (before, rest) = every_line_on.split_once("[texts.http]").unwrap();
        let (http, rest) = rest.split_once("[texts.smpp]").unwrap();
        let (smpp, after) = rest.split_once("[calls]").unwrap();
        let before = before.replacen("\nsimulated = true\n", "\n", 1);
        for carrier in [format!("[texts.http]{http}"), format!("[texts.smpp]{smpp}")] {
            let with_it = format!("{before}{carrier}\n[calls]{after}");
            let texts = toml::from_str::<Config>(&with_it).unwrap().texts;
            assert!(texts.carrier.is_some() && !texts.are_simulated());
        }
        let config: Config = toml::from_str(&format!("{before}[calls]{after}")).unwrap();
        assert!(
            config.public_host.is_some()
                && config.tls.key.is_some()
                && config.texts.limits.price_of("IE") == 12
                && config.calls.simulated
                && config.directory.is_some_and(|d| d.operators.is_some())
                && config.calls.sip.is_some()
                && config.calls.gateway.is_some()
                && config.calls.limits.price_of("IE") == 12
                && config.workstations.shared.len() == 2
                && config
                    .workstations
                    .names
                    .is_some_and(|names| !names.servers.is_empty())
                && config.proxies.networks().count() == 2
                && config
                    .recognition
                    .is_some_and(|recognition| !recognition.shared_accounts.is_empty())
                && config
                    .service_desk
                    .is_some_and(|desk| desk.extension.is_some()),
            "what is commented out is right as well"
        );
    }

    #[test]
    fn what_is_no_network_is_an_error_that_names_its_line_and_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        let text = "organisation = \"Hospital\"\n\n[workstations]\nshared = [\"10.20.4.17/16\"]\n";
        std::fs::write(&path, text).unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 4") && error.contains("write 10.20.0.0/16 for the network"),
            "{error}"
        );
    }

    #[test]
    fn l1_a_directory_without_tls_is_an_error_that_names_its_line_and_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        let text = "[directory]\nbase = \"DC=a\"\nservers = [\n  \"ldaps://dc1.a\",\n  \"http://dc2.a\",\n]\naccount = \"b@a\"\n";
        std::fs::write(&path, text).unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 3") && error.contains("write ldaps://NAME"),
            "{error}"
        );
    }

    #[test]
    fn an_organisation_that_no_text_can_name_is_an_error_that_names_its_line_and_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        let name = "log = \"info\"\norganisation = \"Klinik 🏥\"\n";
        std::fs::write(&path, format!("{name}[texts]\nsimulated = true\n")).unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 2")
                && error.contains("such as an emoji")
                && error.contains("take out [texts]"),
            "{error}"
        );
        // Apps and pages can show it
        std::fs::write(&path, name).unwrap();
        assert!(Config::read(&path).is_ok());
    }

    #[test]
    fn an_unknown_word_is_an_error_that_names_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        std::fs::write(
            &path,
            "organisation = \"Hospital\"\nenrollment = \"open\"\n",
        )
        .unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 2") || error.contains("line 1"),
            "{error}"
        );
        assert!(
            error.contains("enrollment") && !error.contains('\n'),
            "{error}"
        );
    }
}
