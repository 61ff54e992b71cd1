//! Active Directory over LDAP: search as the service account, then bind as whoever was found (rows L1 to L3).

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use ldap3::{LdapResult, ResultEntry, Scope, SearchOptions, dn_escape, ldap_escape};
use tokio::time::timeout;

use super::diagnostic::{REFUSED, refused};
use super::name::LoginName;
use super::person::{Checked, Person, PersonId, Rights};
use super::servers::{Bound, Servers};
use super::settings::{DirectorySettings, Dn, SetupError};
use super::{Directory, Unavailable, entry};
use crate::clock::Clock;
use crate::self_service::password::TypedPassword;
use crate::throttle::Tries;

/// `LDAP_MATCHING_RULE_IN_CHAIN`: membership through any number of groups (MS-ADTS section 3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
/// People asked for at a time.
const AT_A_TIME: usize = 100;

/// LDAP's results that are told apart (RFC 4511 section 4.1.9).
mod result {
    pub(super) const SUCCESS: u32 = 0;
    pub(super) const SIZE_LIMIT_EXCEEDED: u32 = 4;
    pub(super) const REFERRAL: u32 = 10;
    pub(super) const NO_SUCH_OBJECT: u32 = 32;
    pub(super) const BUSY: u32 = 51;
    pub(super) const UNAVAILABLE: u32 = 52;
}

/// Active Directory.
pub struct LdapDirectory {
    pub(super) servers: Servers,
    pub(super) settings: DirectorySettings,
    clock: Arc<dyn Clock>,
}

/// A search: where, how deep, for what.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: &'a str,
    pub(super) attributes: &'a [&'a str],
    /// More entries are not wanted; 0 for all.
    pub(super) most: i32,
}

impl LdapDirectory {
    /// From what an operator wrote. Nothing is asked yet.
    pub fn of(settings: &DirectorySettings, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        Ok(Self {
            servers: Servers::of(settings)?,
            settings: settings.clone(),
            clock,
        })
    }

    fn base(&self) -> &str {
        self.settings.base.as_str()
    }

    /// Searches as the service account; once more where the kept connection had died, and where another server may do
    /// better than one that is slow or busy.
    async fn search(&self, search: Search<'_>) -> Result<Vec<ResultEntry>, Unavailable> {
        let bound = self.servers.bound().await?;
        let was_kept = bound.was_kept;
        match self.search_on(bound, search).await {
            Err(Searched::Broken(_)) if was_kept => {
                let bound = self.servers.bound().await?;
                Ok(self.search_on(bound, search).await?)
            }
            Err(Searched::Sick(unavailable)) if self.servers.others() => {
                tracing::warn!(%unavailable, "the next server is asked");
                let bound = self.servers.bound().await?;
                Ok(self.search_on(bound, search).await?)
            }
            done => Ok(done?),
        }
    }

    pub(super) async fn search_on(
        &self,
        bound: Bound,
        search: Search<'_>,
    ) -> Result<Vec<ResultEntry>, Searched> {
        let Bound {
            mut ldap, server, ..
        } = bound;
        let seconds = i32::try_from(self.servers.limit().as_secs()).unwrap_or(i32::MAX);
        ldap.with_search_options(
            SearchOptions::new()
                .sizelimit(search.most)
                .timelimit(seconds),
        );
        let asking = ldap.search(search.base, search.scope, search.filter, search.attributes);
        let failed = |reason: String| {
            self.servers.forget_kept();
            self.servers.unavailable(server, reason)
        };
        let sick = |reason: String| {
            self.servers.pass_over(server);
            Searched::Sick(failed(reason))
        };
        let answer = timeout(self.servers.limit(), asking)
            .await
            .map_err(|_| sick(self.servers.slow()))?
            .map_err(|error| {
                Searched::Broken(failed(format!("it broke off the search: {error}")))
            })?;
        let (rows, ended) = (answer.0, answer.1);
        match ended.rc {
            result::SUCCESS | result::SIZE_LIMIT_EXCEEDED => Ok(rows),
            result::BUSY | result::UNAVAILABLE => Err(sick(search_failed(&ended, search.base))),
            _ => Err(Searched::Failed(
                self.servers
                    .unavailable(server, search_failed(&ended, search.base)),
            )),
        }
    }

    /// Those of `people` who are in a group, directly or through others.
    async fn among(&self, group: &Dn, people: &str) -> Result<HashSet<PersonId>, Unavailable> {
        let group = ldap_escape(group.as_str());
        let filter = format!("(&(memberOf:{IN_CHAIN}:={group}){people})");
        let rows = self.search(Search {
            base: self.base(),
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &["objectGUID"],
            most: 0,
        });
        Ok(entry::ids(rows.await?).into_iter().collect())
    }

    async fn rights_of(
        &self,
        people: &str,
    ) -> Result<impl Fn(PersonId) -> Rights + use<>, Unavailable> {
        let members = async |group: Option<&Dn>| match group {
            Some(group) => self.among(group, people).await.map(Some),
            None => Ok(None),
        };
        let (users, operators) = tokio::try_join!(
            members(self.settings.people.as_ref()),
            members(self.settings.operators.as_ref())
        )?;
        Ok(move |id| Rights {
            may_use: users.as_ref().is_none_or(|users| users.contains(&id)),
            operator: operators.as_ref().map(|all| all.contains(&id)),
        })
    }
}

/// How a search failed.
pub(super) enum Searched {
    /// The connection is gone; another may do.
    Broken(Unavailable),
    /// The server did not answer in time, or says that it cannot now; another one may.
    Sick(Unavailable),
    /// It was not done, and no other server would.
    Failed(Unavailable),
}

impl From<Searched> for Unavailable {
    fn from(searched: Searched) -> Self {
        match searched {
            Searched::Broken(unavailable)
            | Searched::Sick(unavailable)
            | Searched::Failed(unavailable) => unavailable,
        }
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    async fn find(&self, name: &LoginName) -> Result<Option<Person>, Unavailable> {
        let filter = by_name(name);
        let rows = self.search(Search {
            base: self.base(),
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &entry::ATTRIBUTES,
            most: 2,
        });
        let mut people = entry::people(rows.await?, self.clock.now());
        if people.len() > 1 {
            // Without the name, which may be a password in the wrong field
            tracing::error!(
                "a name that was typed is that of two people in the directory; neither is let in by it"
            );
            return Ok(None);
        }
        Ok(people.pop().flatten())
    }

    async fn check(
        &self,
        person: Option<&Person>,
        password: &TypedPassword,
    ) -> Result<Checked, Unavailable> {
        let Some(password) = password.for_directory() else {
            return Ok(Checked::Wrong);
        };
        let nobody = || format!("CN={},{}", dn_escape("nobody of that name"), self.base());
        let place = person.map_or_else(nobody, |person| person.place.clone());
        let (mut ldap, server) = self.servers.connect().await?;
        let answer = timeout(self.servers.limit(), ldap.simple_bind(&place, password)).await;
        let answer = match answer {
            Err(_) => Err(self.servers.slow()),
            Ok(Err(error)) => Err(format!("it broke off a sign-in: {error}")),
            Ok(Ok(answer)) => Ok(answer),
        };
        // Whether it takes leave does not matter any more
        drop(ldap.unbind().await);
        match answer {
            Ok(answer) if answer.rc == result::SUCCESS => Ok(Checked::Right),
            Ok(answer) if answer.rc == REFUSED => Ok(refused(&answer.text)),
            Ok(answer) => Err(self.servers.unavailable(
                server,
                format!(
                    "it looks at no password: result {}, {}",
                    answer.rc, answer.text
                ),
            )),
            Err(reason) => {
                self.servers.pass_over(server);
                Err(self.servers.unavailable(server, reason))
            }
        }
    }

    async fn rights(&self, person: &Person) -> Result<Rights, Unavailable> {
        let rights = self.rights_of(&by_ids(&[person.id])).await?;
        Ok(rights(person.id))
    }

    async fn look_again(&self, ids: &[PersonId]) -> Result<Vec<(Person, Rights)>, Unavailable> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_A_TIME) {
            let filter = by_ids(some);
            let rows = self.search(Search {
                base: self.base(),
                scope: Scope::Subtree,
                filter: &filter,
                attributes: &entry::ATTRIBUTES,
                most: 0,
            });
            let people = entry::people(rows.await?, self.clock.now());
            let rights = self.rights_of(&filter).await?;
            let with_rights = |person: Person| {
                let rights = rights(person.id);
                (person, rights)
            };
            found.extend(people.into_iter().flatten().map(with_rights));
        }
        Ok(found)
    }

    fn tries(&self) -> Tries {
        self.settings.tries()
    }
}

/// Somebody who signs in by that name. Everything typed is escaped by the library (RFC 4515 section 3).
fn by_name(name: &LoginName) -> String {
    let account = ldap_escape(name.account());
    let named = match name.principal() {
        // Every account also has the principal name of its account name and its domain, unwritten
        Some(principal) => format!(
            "(|(userPrincipalName={})(sAMAccountName={account}))",
            ldap_escape(principal)
        ),
        None => format!("(sAMAccountName={account})"),
    };
    format!("(&(objectCategory=person)(objectClass=user){named})")
}

fn by_ids(ids: &[PersonId]) -> String {
    let mut filter = String::from("(|");
    for id in ids {
        filter.push_str("(objectGUID=");
        for byte in id.to_bytes() {
            // An octet string is written byte by byte
            let _to_a_string = write!(filter, "\\{byte:02x}");
        }
        filter.push(')');
    }
    filter.push(')');
    filter
}

fn search_failed(ended: &LdapResult, base: &str) -> String {
    match ended.rc {
        result::REFERRAL => format!(
            "it refers to another server for {base}, which is not followed; write a base of this server's own domain"
        ),
        result::NO_SUCH_OBJECT => {
            format!("there is no {base}, or the service account may not see it")
        }
        rc => format!("it does not search {base}: result {rc}, {}", ended.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l3_whatever_is_typed_stays_inside_its_value() {
        for (typed, filter) in [
            ("odd(1)", "(sAMAccountName=odd\\281\\29)"),
            ("*", "(sAMAccountName=\\2a)"),
            ("a)(|(cn=*", "(sAMAccountName=a\\29\\28|\\28cn=\\2a)"),
            (
                "a@b)(c=*",
                "(|(userPrincipalName=a@b\\29\\28c=\\2a)(sAMAccountName=a@b\\29\\28c=\\2a))",
            ),
        ] {
            let made = by_name(&LoginName::of(typed).unwrap());
            assert_eq!(
                made,
                format!("(&(objectCategory=person)(objectClass=user){filter})")
            );
        }
    }

    #[test]
    fn l3_an_id_is_asked_for_byte_by_byte() {
        let id = PersonId::of(&[0x2a; 16]).unwrap();
        assert_eq!(
            by_ids(&[id]),
            format!("(|(objectGUID={}))", "\\2a".repeat(16))
        );
    }
}
