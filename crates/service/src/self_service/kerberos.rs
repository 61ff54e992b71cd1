//! Kerberos tickets of browsers (SPNEGO, RFC 4178 and RFC 4559), looked at by the system's GSSAPI library (row L5).
//!
//! The library reads its settings from the environment of the process, so `serve` gives them to itself first
//! ([`Surroundings`]): the keytab, a cache of its own against replays, and a rule that takes AES alone.

use std::path::{Path, PathBuf};

use libgssapi::context::{SecurityContext as _, ServerCtx};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::oid::{GSS_MECH_KRB5, GSS_MECH_SPNEGO, OidSet};

use super::recognition::{Accepted, Recogniser, Unaccepted};

/// What goes before the system's own configuration: tickets under weaker ciphers than AES prove nothing (row L5).
const RULES: &str = "\
# Written by countersign-service at its start; it goes before the system's own file.
[libdefaults]
    permitted_enctypes = aes256-cts-hmac-sha384-192 aes128-cts-hmac-sha256-128 aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96
    allow_weak_crypto = false
";
const RULES_FILE: &str = "kerberos.conf";
const REPLAYS_FILE: &str = "kerberos.replays";
/// Where MIT's library looks when nothing names another file.
const SYSTEM_FILE: &str = "/etc/krb5.conf";
/// How every NTLM message begins (MS-NLMP section 2.2.1).
const NTLM: &[u8] = b"NTLMSSP\0";

/// Tickets, by the keytab that the environment names.
#[derive(Debug)]
pub struct Kerberos(());

impl Kerberos {
    /// Ready to look at tickets.
    ///
    /// # Errors
    /// In one line, when the keytab is missing, cannot be read, or holds no key.
    pub fn start() -> Result<Self, Unaccepted> {
        acceptor().map(|_| Self(()))
    }
}

impl Recogniser for Kerberos {
    fn accept(&self, token: &[u8]) -> Result<Accepted, Unaccepted> {
        if token.starts_with(NTLM) {
            return Err(Unaccepted::Unproven("it is NTLM".into()));
        }
        let unproven = |error: libgssapi::error::Error| Unaccepted::Unproven(one_line(error));
        let mut context = ServerCtx::new(Some(acceptor()?));
        let reply = context.step(token, None).map_err(unproven)?;
        // Kerberos ends in one step; who wants another speaks something else
        if !context.is_complete() {
            return Err(Unaccepted::Unproven("it is not whole".into()));
        }
        let name = context.source_name().map_err(unproven)?;
        let name = name.display_name().map_err(unproven)?;
        // What is not UTF-8 is no account of ours, and never becomes one by being made readable
        let principal = std::str::from_utf8(&name)
            .map_err(|_| Unaccepted::Unproven("its name is not text".into()))?
            .to_owned();
        Ok(Accepted {
            principal,
            reply: reply.map(|reply| reply.to_vec()).unwrap_or_default(),
        })
    }
}

/// The service's own half, read anew each time, so that a new key in the keytab counts at once.
fn acceptor() -> Result<Cred, Unaccepted> {
    let unavailable = |error: libgssapi::error::Error| Unaccepted::Unavailable(one_line(error));
    let mut kinds = OidSet::new();
    // With Kerberos alone the library refuses what browsers wrap in SPNEGO
    kinds.add(GSS_MECH_KRB5).map_err(unavailable)?;
    kinds.add(GSS_MECH_SPNEGO).map_err(unavailable)?;
    Cred::acquire(None, None, CredUsage::Accept, Some(&kinds)).map_err(unavailable)
}

fn one_line(error: libgssapi::error::Error) -> String {
    error.to_string().replace('\n', ", ")
}

/// The environment that the library has to find.
#[derive(Debug, PartialEq, Eq)]
pub struct Surroundings {
    rules: PathBuf,
    /// Variables and their values.
    pub variables: Vec<(&'static str, String)>,
}

impl Surroundings {
    /// For a keytab and a data folder, where the environment named `configuration` until now.
    ///
    /// # Errors
    /// In words, when a path cannot stand in a list of paths.
    pub fn of(keytab: &Path, data: &Path, configuration: Option<&str>) -> Result<Self, String> {
        let text = |path: &Path| {
            let path = std::path::absolute(path).map_err(|error| error.to_string())?;
            path.to_str()
                .filter(|text| !text.contains(':'))
                .map(str::to_owned)
                .ok_or_else(|| format!("{} holds a colon; choose another name", path.display()))
        };
        let rules = text(&data.join(RULES_FILE))?;
        let replays = text(&data.join(REPLAYS_FILE))?;
        let keytab = text(keytab)?;
        let before = configuration.unwrap_or(SYSTEM_FILE);
        let before = before
            .strip_prefix(&rules)
            .and_then(|rest| rest.strip_prefix(':'))
            .unwrap_or(before);
        Ok(Self {
            variables: vec![
                ("KRB5_CONFIG", format!("{rules}:{before}")),
                ("KRB5_KTNAME", format!("FILE:{keytab}")),
                ("KRB5RCACHENAME", format!("file2:{replays}")),
            ],
            rules: rules.into(),
        })
    }

    /// The same for asking the KDC with the keytab's own keys, and keeping nothing of it.
    #[must_use]
    pub fn of_a_checkup(mut self) -> Self {
        let keytab = self
            .variables
            .iter()
            .find(|(name, _)| *name == "KRB5_KTNAME");
        if let Some(keytab) = keytab.map(|(_, keytab)| keytab.clone()) {
            self.variables.push(("KRB5_CLIENT_KTNAME", keytab));
        }
        self.variables.push(("KRB5CCNAME", "MEMORY:".into()));
        self
    }

    /// Writes the rules for the library.
    pub fn prepare(&self) -> std::io::Result<()> {
        std::fs::write(&self.rules, RULES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l5_our_rules_go_first_and_once() {
        let of = |before: Option<&str>| {
            let made = Surroundings::of(Path::new("/etc/http.keytab"), Path::new("/data"), before);
            made.unwrap().variables.swap_remove(0).1
        };
        assert_eq!(of(None), "/data/kerberos.conf:/etc/krb5.conf");
        assert_eq!(of(Some("/site.conf")), "/data/kerberos.conf:/site.conf");
        // Started again in the environment that it gave itself
        assert_eq!(
            of(Some("/data/kerberos.conf:/site.conf")),
            "/data/kerberos.conf:/site.conf"
        );
    }

    #[test]
    fn a_path_that_would_be_two_is_refused() {
        let wrong = Surroundings::of(Path::new("/etc/a:b.keytab"), Path::new("/data"), None);
        assert!(wrong.unwrap_err().contains("colon"));
    }
}
