//! Being recognised: a computer inside tells who is signed in on it, and that person says yes (rows L5, PH11, PH12).
//!
//! Whoever is recognised has signed in as if with a password, and proves it like everybody else. Nobody is recognised on
//! a computer that many people use, and on any doubt name and password are asked for.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use countersign_protocol::wire::self_service::WhyNotRecognised;
use serde::Deserialize;

use super::session::{SelfSession, SessionToken};
use super::sign_in::Arriving;
use super::verdict::Shown;
use crate::config::some;
use crate::core::{Core, Fault};
use crate::directory::Unavailable;
use crate::directory::name::LoginName;
use crate::directory::sight::Entitled;
use crate::model::{User, UserStatus};
use crate::names::CanonicalName;
use crate::throttle::Subject;
use crate::workstations::Use;
use crate::workstations::network::Network;

/// What proves who is signed in on a computer.
pub trait Recogniser: Send + Sync {
    /// Looks at one token, which is good once. Blocks while it does.
    fn accept(&self, token: &[u8]) -> Result<Accepted, Unaccepted>;
}

/// A token that was good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Who it names: a name, and the realm that vouches for it.
    pub principal: String,
    /// What goes back to the computer, so that it knows us too; empty where nothing does.
    pub reply: Vec<u8>,
}

/// A token that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Unaccepted {
    /// It proves nothing: of another kind, too weak, sent before, altered, or out of time.
    #[error("not a token that is taken: {0}")]
    Unproven(String),
    /// The service's own half is not there.
    #[error("tokens cannot be looked at: {0}")]
    Unavailable(String),
}

/// Whom the site lets be recognised, and where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognition {
    /// The file with the service's own keys.
    pub keytab: PathBuf,
    /// The realms whose word is taken; their letters count.
    #[serde(deserialize_with = "some")]
    pub realms: Vec<String>,
    /// The networks that are asked. Elsewhere a browser might answer with a question for a password.
    #[serde(deserialize_with = "some")]
    pub inside: Vec<Network>,
    /// Accounts that computers are signed in with, not people.
    #[serde(default, deserialize_with = "accounts")]
    pub shared_accounts: Vec<CanonicalName>,
}

/// Names of accounts, in any spelling.
fn accounts<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<CanonicalName>, D::Error> {
    Vec::<String>::deserialize(from)?
        .into_iter()
        .map(|name| {
            CanonicalName::of(&name)
                .ok_or_else(|| serde::de::Error::custom("an account without a name"))
        })
        .collect()
}

/// The rules and what tokens are looked at with.
#[derive(Clone)]
pub struct Recognising {
    /// The rules.
    pub rules: Recognition,
    /// What looks at tokens.
    pub by: Arc<dyn Recogniser>,
}

/// What became of a token.
pub enum Recognised {
    /// It is that person.
    Known {
        /// Who.
        user: Box<User>,
        /// What goes back to the computer.
        reply: Vec<u8>,
    },
    /// It is nobody.
    Not(WhyNotRecognised),
}

impl Core {
    /// Whether a computer at that address is asked who is signed in on it; else why not.
    pub async fn asks_computer_at(&self, address: &str) -> Result<(), WhyNotRecognised> {
        self.asks_computer(address, self.workstation_at(address).await)
    }

    /// The same of a computer whose use is known.
    pub(super) fn asks_computer(&self, address: &str, of: Use) -> Result<(), WhyNotRecognised> {
        match of {
            Use::Shared => return Err(WhyNotRecognised::Shared),
            Use::Unknown => return Err(WhyNotRecognised::Unavailable),
            Use::OnePersons => {}
        }
        let inside = self.recognising.as_ref().is_some_and(|recognising| {
            address.parse().is_ok_and(|address: IpAddr| {
                let mut networks = recognising.rules.inside.iter();
                networks.any(|network| network.contains(address))
            })
        });
        if inside {
            Ok(())
        } else {
            Err(WhyNotRecognised::NotOffered)
        }
    }

    /// Whose token it is.
    pub async fn recognise(&self, token: Vec<u8>) -> Result<Recognised, Fault> {
        let Some(Recognising { rules, by }) = self.recognising.clone() else {
            return Ok(Recognised::Not(WhyNotRecognised::NotOffered));
        };
        // As bounded as the other work that a stranger can cause (row R1)
        let accepted = match self.slow_hashes.run(move || by.accept(&token)).await? {
            Ok(accepted) => accepted,
            Err(why) => {
                tracing::info!(%why, "a computer was not believed");
                return Ok(Recognised::Not(match why {
                    Unaccepted::Unproven(_) => WhyNotRecognised::Unproven,
                    Unaccepted::Unavailable(_) => WhyNotRecognised::Unavailable,
                }));
            }
        };
        let Some(name) = account_of(&accepted.principal, &rules.realms) else {
            return Ok(Recognised::Not(WhyNotRecognised::Unknown));
        };
        if rules.shared_accounts.contains(&name) {
            return Ok(Recognised::Not(WhyNotRecognised::Shared));
        }
        Ok(match self.whose(&name).await? {
            Ok(user) => Recognised::Known {
                user: Box::new(user),
                reply: accepted.reply,
            },
            Err(why) => Recognised::Not(why),
        })
    }

    /// Whose account it is. Without a directory, the realm's names are those of here. With one it is whom that says, today and
    /// with what it says they may do; whoever has a password here is somebody else, who happens to be called the same.
    async fn whose(&self, name: &CanonicalName) -> Result<Result<User, WhyNotRecognised>, Fault> {
        let Some(asked) = &self.directory else {
            let user = self.store.user_by_name(name).await?;
            let user = user.filter(|user| user.status != UserStatus::Disabled);
            return Ok(user.ok_or(WhyNotRecognised::Unknown));
        };
        if self.store.gate().password(name).await?.is_some() {
            return Ok(Err(WhyNotRecognised::Unknown));
        }
        let _place = asked.enter()?;
        let directory = asked.directory.as_ref();
        let Some(login) = LoginName::of(name.as_str()) else {
            return Ok(Err(WhyNotRecognised::Unknown));
        };
        let found = match directory.find(&login).await {
            // A realm vouches for account names alone, while somebody may be found by what stands before another's `@`
            Ok(found) => {
                found.filter(|person| CanonicalName::of(&person.name).as_ref() == Some(name))
            }
            Err(unavailable) => return Ok(Err(not_told(&unavailable))),
        };
        let Some(person) = found else {
            return Ok(Err(WhyNotRecognised::Unknown));
        };
        Ok(match self.entitled(directory, &person).await? {
            Entitled::As(user) => Ok(user),
            Entitled::Not(_) => Err(WhyNotRecognised::Unknown),
            Entitled::Unavailable(unavailable) => Err(not_told(&unavailable)),
        })
    }

    /// Begins a session of somebody who was recognised and said that they are `user`.
    pub async fn sign_in_recognised(
        &self,
        user: &User,
        earlier: Option<&SessionToken>,
        address: String,
    ) -> Result<Option<(SelfSession, SessionToken)>, Fault> {
        let arriving = Arriving {
            app: false,
            device: None,
            shared: false,
            earlier,
            address,
        };
        // Whoever signed in on the computer typed the password there
        let Some(name) = CanonicalName::of(&user.name) else {
            return Ok(None);
        };
        let shown = Shown {
            password: None,
            counted: vec![Subject::Password(name)],
        };
        self.begin_session(user, &shown, arriving, "self_service.recognised")
            .await
    }
}

fn not_told(unavailable: &Unavailable) -> WhyNotRecognised {
    tracing::error!(%unavailable, "the directory could not be asked");
    WhyNotRecognised::Unavailable
}

/// The account that a principal names. `None` of another realm, of a service or computer, and of names that are written in
/// another way than accounts are: an enterprise name (`desktop\@hospital`) would slip past a list of account names.
fn account_of(principal: &str, realms: &[String]) -> Option<CanonicalName> {
    let (name, realm) = principal.rsplit_once('@')?;
    let ours = realms.iter().any(|each| each == realm);
    let plain = !name.contains(['\\', '@', '/', '$']);
    (ours && plain)
        .then(|| CanonicalName::of(name))
        .flatten()
        .filter(|account| account.as_str() == name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ph12_a_principal_is_an_account_only_in_its_plain_spelling() {
        let realms = ["HOSP.TEST".to_owned()];
        let name = |principal| account_of(principal, &realms);
        assert_eq!(name("alice@HOSP.TEST"), CanonicalName::of("alice"));
        // Capitals are the same account, so the list of shared ones holds for them too
        assert_eq!(
            name("CLINICALDESKTOP@HOSP.TEST"),
            CanonicalName::of("clinicaldesktop")
        );
        for other in [
            "alice@OTHER.TEST",
            "alice@hosp.test",
            "alice",
            "@HOSP.TEST",
            "",
            "clinicaldesktop\\@hosp.test@HOSP.TEST",
            "alice@OTHER.TEST@HOSP.TEST",
            "host/pc17.hosp.test@HOSP.TEST",
            "PC17$@HOSP.TEST",
            "ａｌｉｃｅ@HOSP.TEST",
            "al ice@HOSP.TEST",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn a_realm_and_a_network_have_to_be_named() {
        let read = |text: &str| toml::from_str::<Recognition>(text);
        let good = "keytab = \"k\"\nrealms = [\"HOSP.TEST\"]\ninside = [\"10.0.0.0/8\"]\n";
        assert!(read(good).is_ok());
        for wrong in [
            "keytab = \"k\"\nrealms = []\ninside = [\"10.0.0.0/8\"]\n",
            "keytab = \"k\"\nrealms = [\"HOSP.TEST\"]\ninside = []\n",
            "keytab = \"k\"\nrealms = [\"HOSP.TEST\"]\n",
            "realms = [\"HOSP.TEST\"]\ninside = [\"10.0.0.0/8\"]\n",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read(&format!("{good}shared_accounts = [\"\"]")).is_err());
        assert!(read(&format!("{good}shared = []")).is_err());
    }
}
