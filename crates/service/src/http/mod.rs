//! The HTTP edge: handlers that extract, call one use case of [`crate::core::Core`] and convert, and what guards them.
//!
//! * what arrives: [`received`], [`params`]; who sent it: [`integration_auth`], [`device_auth`]
//! * what leaves: [`envelope`]; what is noted: [`observe`]; what is bounded: [`bodies`], [`limits`] (`LIMITS.md`)
//! * the calls: [`auth_api`], [`oauth`], [`device_api`], [`self_service`], [`prompt`], [`portal_files`], the pages for people
//!   and monitors; those of our own pages as a document: [`openapi`]; and what a voice gateway tells: [`calls`]
//! * [`router`] puts all of it together in one visible place

pub mod activate_page;
pub mod auth_api;
pub mod bodies;
pub mod calls;
pub mod device_api;
pub mod device_auth;
pub mod envelope;
pub mod health;
pub mod integration_auth;
pub mod limits;
pub mod oauth;
pub mod observe;
pub mod openapi;
pub mod params;
pub mod portal_files;
pub mod prompt;
pub mod qr_picture;
pub mod received;
pub mod replay;
pub mod router;
pub mod self_service;
pub mod text_reports;

use std::sync::Arc;

use countersign_protocol::wire::self_service::ProblemCode;
use countersign_protocol::{host::Host, random, time::UnixMillis};
use tokio::sync::watch;

use crate::core::{Core, Fault};
use crate::proxies::Proxies;
use crate::shares::{Limits, Share, Shares};
use crate::store::StoreError;
use envelope::{Code, Failure};
use received::Received;
use self_service::problem::Refusal;

/// What every handler shares.
#[derive(Clone, Debug)]
pub struct Edge {
    core: Arc<Core>,
    stopping: watch::Receiver<bool>,
    limits: Arc<Limits>,
    proxies: Arc<Proxies>,
    sign_ins: Arc<Shares>,
}

/// Sign-ins that one address may have looked at at a time, of the 64 that anybody may: whoever guesses keeps nobody out.
const SIGN_INS: usize = 8;

impl Edge {
    /// The edge of `core`. Held calls are refused once `stopping` turns true.
    pub fn new(core: Arc<Core>, stopping: watch::Receiver<bool>) -> Self {
        Self {
            core,
            stopping,
            limits: Arc::default(),
            proxies: Arc::default(),
            sign_ins: Limits::default().shares("sign-ins", SIGN_INS),
        }
    }

    /// The same within limits that the operator chose.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self {
            sign_ins: limits.shares("sign-ins", SIGN_INS),
            limits: Arc::new(limits),
            ..self
        }
    }

    /// The same behind proxies.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Self {
            proxies: Arc::new(proxies),
            ..self
        }
    }

    /// A place for somebody who signs in from there, until it is dropped.
    fn sign_in_from(&self, address: &str) -> Result<Option<Share>, Refusal> {
        let Ok(address) = address.parse() else {
            return Ok(None);
        };
        let share = self.sign_ins.take(address);
        share.map(Some).ok_or(ProblemCode::Unavailable.into())
    }

    fn core(&self) -> &Core {
        &self.core
    }

    fn now(&self) -> UnixMillis {
        self.core.now()
    }

    fn public_host(&self) -> &Host {
        &self.core.site.host
    }

    /// Names a request in the log; empty if the generator fails, which nothing depends on here.
    fn request_id(&self) -> String {
        random::bytes::<8>(self.core.random.as_ref())
            .map(|bytes| data_encoding::HEXLOWER.encode(&bytes))
            .unwrap_or_default()
    }

    /// A refusal until a time; the wait it tells is bounded, since some clients sleep through whatever they are told.
    fn too_many(&self, until: UnixMillis) -> Failure {
        let seconds = (until - self.now()).clamp(1_000, 3_600_000) / 1_000;
        Failure::new(Code::TooMany).retry_after(u32::try_from(seconds).unwrap_or(1))
    }

    /// Every spelling of our host that the sender of `received` may have signed: as it stands in the `Host` header,
    /// without its port, and our public name. A header that names another host is refused.
    fn hosts_signed_by(&self, received: &Received) -> Result<Vec<String>, Failure> {
        let sent = received.host().ok_or(Code::BadHost)?;
        let name = sent.rsplit_once(':').map_or(sent, |(name, _)| name);
        let ours = self.public_host();
        if !name.eq_ignore_ascii_case(ours.name()) {
            return Err(Code::BadHost.into());
        }
        let mut hosts = vec![sent.to_owned()];
        for other in [name, ours.as_str(), ours.name()] {
            if !hosts.iter().any(|host| host == other) {
                hosts.push(other.to_owned());
            }
        }
        Ok(hosts)
    }
}

impl From<StoreError> for Failure {
    /// A database that is away is a refusal for now; one that holds nonsense is a refusal.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Engine(_) => Self::unavailable(error),
            StoreError::Corrupt(_) => Self::internal(error),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error.into(),
            Fault::Busy => Self::unavailable(fault),
            Fault::Superseded => Self::new(Code::TooMany).retry_after(1),
            Fault::Secret(_) | Fault::Random(_) | Fault::Key(_) | Fault::Broken(_) => {
                Self::internal(fault)
            }
        }
    }
}
