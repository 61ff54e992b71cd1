//! What `doctor` looks at in the directory, step by step: reach, TLS, bind, search, groups, and when the domain locks.

use ldap3::{Scope, SearchEntry};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::ldap::{LdapDirectory, Search};
use super::servers::Bound;
use super::settings::{Dn, Server};
use crate::policy::MINUTE_MS;

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was looked at.
    pub of: String,
    /// What is right about it, or what is wrong and the way out.
    pub found: Result<String, String>,
}

/// A FILETIME interval counts in tenths of microseconds.
const INTERVALS_PER_MS: i64 = 10_000;

impl LdapDirectory {
    /// Takes every step that those before it leave open.
    pub async fn check_up(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut asked = None;
        let servers: Vec<_> = self
            .servers
            .servers()
            .map(|(place, s)| (place, s.clone()))
            .collect();
        for (place, server) in servers {
            let found = self.check_server(place, &server, &mut steps).await;
            asked = asked.or(found);
        }
        // What all servers share is asked of one
        if let Some(place) = asked {
            for (what, group) in [
                ("people", &self.settings.people),
                ("operators", &self.settings.operators),
            ] {
                if let Some(group) = group {
                    let found = self.check_group(place, group).await;
                    let of = format!("{what} = {}", group.as_str());
                    steps.push(Step { of, found });
                }
            }
            let found = self.check_lockout(place).await;
            let of = "tries".to_owned();
            steps.push(Step { of, found });
        }
        steps
    }

    /// Whether that server can be asked.
    async fn check_server(
        &self,
        place: usize,
        server: &Server,
        steps: &mut Vec<Step>,
    ) -> Option<usize> {
        let mut step = |what: &str, found: Result<String, String>| {
            let is_right = found.is_ok();
            let of = format!("{server} {what}");
            steps.push(Step { of, found });
            is_right
        };
        let default = if server.start_tls { 389 } else { 636 };
        let host = server.url.host_str().unwrap_or_default();
        let port = server.url.port().unwrap_or(default);
        let reached = match timeout(self.servers.limit(), TcpStream::connect((host, port))).await {
            Ok(Ok(_)) => Ok("it answers".into()),
            Ok(Err(error)) => Err(format!(
                "it cannot be reached ({error}); look at the name, the port and the firewall"
            )),
            Err(_) => Err(format!(
                "{}; look at the network and the firewall",
                self.servers.slow()
            )),
        };
        if !step("reach", reached) {
            return None;
        }
        let connected = self.servers.connect_to(place).await;
        let secure = connected
            .as_ref()
            .map(|_| "its certificate is trusted".to_owned());
        if !step(
            "TLS",
            secure.map_err(|unavailable| unavailable.reason.clone()),
        ) {
            return None;
        }
        let mut ldap = connected.ok()?;
        let bound = self.servers.bind_service(&mut ldap, place).await;
        let account = &self.settings.account.0;
        if !step(
            "bind",
            bound
                .map(|()| format!("it takes {account}"))
                .map_err(|unavailable| unavailable.reason),
        ) {
            return None;
        }
        let base = self.settings.base.as_str();
        let people = self.entries(
            Bound {
                ldap,
                server: place,
                was_kept: false,
            },
            base,
            Scope::Subtree,
            "(&(objectCategory=person)(objectClass=user))",
            &["sAMAccountName"],
        );
        let found = people.await.and_then(|people| {
            if people.is_empty() {
                Err(format!(
                    "there is nobody below {base}; write another base, or let {account} read there"
                ))
            } else {
                Ok(format!("it has people below {base}"))
            }
        });
        step("search", found).then_some(place)
    }

    async fn check_group(&self, place: usize, group: &Dn) -> Result<String, String> {
        let found = self
            .entries_as_service(place, group.as_str(), "(objectClass=group)", &["cn"])
            .await;
        match found {
            Ok(groups) if !groups.is_empty() => Ok("there is such a group".into()),
            Ok(_) => Err("that is no group; write a group's distinguished name".into()),
            Err(reason) => Err(reason),
        }
    }

    /// Whether the domain locks an account later than nobody is asked about it any more.
    async fn check_lockout(&self, place: usize) -> Result<String, String> {
        let root = self
            .entries_as_service(place, "", "(objectClass=*)", &["defaultNamingContext"])
            .await?;
        let domain = attribute(&root, "defaultNamingContext")
            .ok_or("it does not tell its domain; is it a domain controller?")?;
        let policy = self
            .entries_as_service(
                place,
                domain,
                "(objectClass=*)",
                &["lockoutThreshold", "lockOutObservationWindow"],
            )
            .await?;
        let number = |name| attribute(&policy, name).and_then(|text| text.parse::<i64>().ok());
        let (Some(threshold), Some(window)) = (
            number("lockoutThreshold"),
            number("lockOutObservationWindow"),
        ) else {
            return Err("the service account may not read when the domain locks; compare tries with its policy".into());
        };
        let tries = self.settings.tries();
        // Written as a negative interval
        let window_ms = window.saturating_neg() / INTERVALS_PER_MS;
        let minutes = window_ms.div_euclid(MINUTE_MS);
        if threshold == 0 {
            Ok("the domain never locks an account".into())
        } else if tries.most >= threshold {
            Err(format!(
                "the domain locks an account at {threshold} wrong passwords, so {} guesses here lock it; write tries = {}, or less",
                tries.most,
                (threshold - 1).max(1)
            ))
        } else if tries.window_ms < window_ms {
            Err(format!(
                "the domain counts wrong passwords for {minutes} minutes; write window_minutes = {minutes}"
            ))
        } else {
            Ok(format!(
                "the domain locks at {threshold}, and is told of {} within {minutes} minutes",
                tries.most
            ))
        }
    }

    async fn entries_as_service(
        &self,
        place: usize,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, String> {
        let in_words = |unavailable: super::Unavailable| unavailable.reason;
        let mut ldap = self.servers.connect_to(place).await.map_err(in_words)?;
        let bound = self.servers.bind_service(&mut ldap, place).await;
        bound.map_err(in_words)?;
        let bound = Bound {
            ldap,
            server: place,
            was_kept: false,
        };
        self.entries(bound, base, Scope::Base, filter, attributes)
            .await
    }

    async fn entries(
        &self,
        bound: Bound,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, String> {
        let search = Search {
            base,
            scope,
            filter,
            attributes,
            most: 1,
        };
        let rows = self.search_on(bound, search).await;
        let rows = rows.map_err(|searched| super::Unavailable::from(searched).reason)?;
        Ok(rows
            .into_iter()
            .filter(|row| !row.is_ref() && !row.is_intermediate())
            .map(SearchEntry::construct)
            .collect())
    }
}

fn attribute<'e>(entries: &'e [SearchEntry], name: &str) -> Option<&'e str> {
    entries
        .first()?
        .attrs
        .get(name)?
        .first()
        .map(String::as_str)
}
