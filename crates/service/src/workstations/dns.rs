//! Names of workstations by DNS: whose address it is (RFC 1035 section 3.5), and whether that name leads back to it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::name_server::TokioConnectionProvider;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::xfer::Protocol;
use hickory_resolver::proto::{ProtoError, ProtoErrorKind};
use hickory_resolver::{ResolveError, Resolver, TokioResolver};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::names::{NameServer, Names};
use super::{HostNames, NoName};
use crate::directory::checkup::Step;

/// How long all questions of one address take together: somebody looks at an empty page meanwhile.
const LIMIT: Duration = Duration::from_secs(2);
const TRY: Duration = Duration::from_millis(900);
/// Addresses that are asked for at a time. Whoever comes beyond them is not told apart, and nobody else waits.
const AT_A_TIME: usize = 64;
/// A name that was given or taken today is known within minutes, whatever the zone says.
const REMEMBERED: Duration = Duration::from_mins(5);
const FORGOTTEN: Duration = Duration::from_mins(1);
/// For so long whoever has no answer is not asked for again, and is told the same.
const UNANSWERED: Duration = Duration::from_secs(10);
/// Names of one address that are looked at; nobody has more.
const MOST_NAMES: usize = 8;

/// Name servers.
pub struct Dns {
    resolver: TokioResolver,
    turns: Semaphore,
    unanswered: Mutex<HashMap<IpAddr, (Instant, NoName)>>,
}

impl Dns {
    /// Those, or the machine's own where none are named. Asks nobody yet.
    pub fn of(servers: &[NameServer]) -> Result<Self, NoName> {
        let mut builder = if servers.is_empty() {
            TokioResolver::builder_tokio().map_err(|error| unanswered(&error))?
        } else {
            let mut config = ResolverConfig::new();
            for NameServer(at) in servers {
                config.add_name_server(NameServerConfig::new(*at, Protocol::Udp));
                config.add_name_server(NameServerConfig::new(*at, Protocol::Tcp));
            }
            Resolver::builder_with_config(config, TokioConnectionProvider::default())
        };
        let options = builder.options_mut();
        options.timeout = TRY;
        options.attempts = 2;
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.positive_max_ttl = Some(REMEMBERED);
        options.negative_max_ttl = Some(FORGOTTEN);
        Ok(Self {
            resolver: builder.build(),
            turns: Semaphore::new(AT_A_TIME),
            unanswered: Mutex::default(),
        })
    }

    /// What `doctor` looks at: whether each server answers, about the first address of every network.
    pub async fn check_up(names: &Names) -> Vec<Step> {
        let own = "the machine's own name servers".to_owned();
        let mut asked: Vec<_> = names
            .servers
            .iter()
            .map(|server| (format!("name server {}", server.0), vec![*server]))
            .collect();
        if asked.is_empty() {
            asked.push((own, Vec::new()));
        }
        let mut steps = Vec::new();
        for (of, servers) in asked {
            let found = match Self::of(&servers) {
                Ok(dns) => dns.answers(names).await,
                Err(why) => Err(why),
            };
            let found = found.map_err(|why| {
                format!("{why}; look at the address and the firewall, or name others in servers")
            });
            steps.push(Step { of, found });
        }
        steps
    }

    async fn answers(&self, names: &Names) -> Result<String, NoName> {
        let mut said = Vec::new();
        for network in &names.within {
            let address = network.first();
            said.push(match self.names_of(address).await {
                Ok(names) => format!("{address} is {}", names.join(" and ")),
                Err(unanswered @ NoName::Unanswered(_)) => return Err(unanswered),
                Err(absent) => absent.to_string(),
            });
        }
        Ok(format!("it answers: {}", said.join(", ")))
    }

    /// A name that leads elsewhere was another computer's, and tells of no one's use.
    async fn look(&self, address: IpAddr) -> Result<Vec<String>, NoName> {
        let given = match self.resolver.reverse_lookup(address).await {
            Ok(given) => given,
            Err(error) if is_absent(&error) => return Err(NoName::Unnamed(address)),
            Err(error) => return Err(unanswered(&error)),
        };
        let (mut names, mut elsewhere) = (Vec::new(), None);
        for name in given
            .iter()
            .take(MOST_NAMES)
            .map(|pointer| pointer.0.clone())
        {
            let text = name.to_ascii();
            match self.resolver.lookup_ip(name).await {
                Ok(found) if found.iter().any(|one| one.to_canonical() == address) => {
                    names.push(text);
                }
                Ok(_) => elsewhere = elsewhere.or(Some(text)),
                Err(error) if is_absent(&error) => elsewhere = elsewhere.or(Some(text)),
                Err(error) => return Err(unanswered(&error)),
            }
        }
        match elsewhere {
            Some(name) => Err(NoName::Elsewhere { address, name }),
            None if names.is_empty() => Err(NoName::Unnamed(address)),
            None => Ok(names),
        }
    }
}

#[async_trait]
impl HostNames for Dns {
    async fn names_of(&self, address: IpAddr) -> Result<Vec<String>, NoName> {
        let now = Instant::now();
        {
            let mut unanswered = self
                .unanswered
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            unanswered.retain(|_, (at, _)| now.duration_since(*at) < UNANSWERED);
            if let Some((_, why)) = unanswered.get(&address) {
                return Err(why.clone());
            }
        }
        let Ok(_turn) = self.turns.try_acquire() else {
            return Err(NoName::Unanswered("too many ask at once".into()));
        };
        let looked = timeout(LIMIT, self.look(address)).await;
        let looked = looked.unwrap_or_else(|_| {
            let seconds = LIMIT.as_secs();
            Err(NoName::Unanswered(format!(
                "no answer for {seconds} seconds"
            )))
        });
        if let Err(why @ NoName::Unanswered(_)) = &looked {
            let mut unanswered = self
                .unanswered
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            unanswered.insert(address, (now, why.clone()));
        }
        looked
    }
}

/// Whether a server says that there is none. That it refused, or failed itself, is told in the same way.
fn is_absent(error: &ResolveError) -> bool {
    let kind = error.proto().map(ProtoError::kind);
    let Some(ProtoErrorKind::NoRecordsFound { response_code, .. }) = kind else {
        return false;
    };
    matches!(
        *response_code,
        ResponseCode::NXDomain | ResponseCode::NoError
    )
}

fn unanswered(error: &ResolveError) -> NoName {
    NoName::Unanswered(error.to_string())
}
