//! The client of one service: sends with the session's secret and the device's word, and reads views and refusals.

use std::{sync::Arc, time::Duration};

use countersign_protocol::{
    host::Host,
    signing::self_service::NEW_SESSION,
    time::parse_http_date,
    wire::self_service::{
        DEVICE_HEADER, Problem as Refusal, ProblemCode as Code, SESSION_HEADER, SessionView,
    },
};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use tokio::select;
use zeroize::Zeroizing;

use super::{
    body::refused,
    door::{self, Door, Key},
    routes::{self, Route},
    tidy::Tidy,
    visit::{SessionSecret, Visit},
};
use crate::{
    network::{JsonAnswer, JsonCall, NetworkFailure},
    session::Session,
    view::{Problem, ProblemCode, SelfServiceAnswer, SelfServiceProblem},
};

/// Longest that the service holds a call.
const HELD: Duration = Duration::from_secs(25);
/// The answer's date counts whole seconds: less is no difference.
const CLOCK_NOISE_MS: i64 = 2_000;

/// What a service answers, or why it does not.
pub(super) type Answer<T> = Result<SelfServiceAnswer<T>, SelfServiceProblem>;

/// Self-service of one organisation.
pub struct SelfService {
    pub(super) session: Arc<Session>,
    pub(super) door: Door,
    pub(super) host: Host,
}

impl SelfService {
    /// Behind a door. Refused where it leads to a host that the app does not talk to.
    pub(crate) async fn behind(session: Arc<Session>, door: Door) -> Result<Self, Problem> {
        let host = door::host(&session, &door).await?;
        Ok(Self {
            session,
            door,
            host,
        })
    }

    /// Asks without a session.
    pub(super) async fn ask_openly<T: DeserializeOwned + Tidy>(&self, route: &Route) -> Answer<T> {
        let call = self.call(route, &[], None, "")?;
        let answer = select! {
            () = self.session.closing().cancelled() => return Err(ProblemCode::Locked.into()),
            answer = self.session.core.network.exchange(call) => answer,
        };
        self.read(&answer.map_err(|failure| self.failed(failure))?)
    }

    /// Signs in; whoever was signed in by this door is signed out here.
    ///
    /// A service that does not know this device's key any more refuses its word; then the same is asked without it, as a
    /// browser would.
    pub(super) async fn begin(&self, body: Zeroizing<Vec<u8>>) -> Answer<SessionView> {
        let key = door::key(&self.session, &self.door).await?;
        let bound = key.is_some();
        match self.sign_in_with(key, body.clone()).await {
            Err(SelfServiceProblem::Service(refusal))
                if bound && refusal.code == Code::SignedOut =>
            {
                self.sign_in_with(None, body).await
            }
            other => other,
        }
    }

    async fn sign_in_with(
        &self,
        key: Option<Key>,
        body: Zeroizing<Vec<u8>>,
    ) -> Answer<SessionView> {
        let mut call = self.call(&routes::SIGN_IN, &[], Some(body), "")?;
        let new = Zeroizing::new(NEW_SESSION.to_owned());
        if let Some(key) = &key {
            let word = key.header(&self.session, &new)?;
            call.headers.push((DEVICE_HEADER, word));
        }
        call.headers.push((SESSION_HEADER, new));
        let answer = select! {
            () = self.session.closing().cancelled() => return Err(ProblemCode::Locked.into()),
            answer = self.session.core.network.exchange(call) => answer,
        };
        let answer = answer.map_err(|failure| self.failed(failure))?;
        let view = self.read(&answer)?;
        let secret = answer
            .header(SESSION_HEADER)
            .and_then(SessionSecret::received)
            .ok_or_else(|| self.failed(NetworkFailure::NotAService))?;
        self.session.visits().begin(
            self.door.clone(),
            secret,
            key.is_some(),
            self.session.closing(),
        );
        self.with_this_device(view).await
    }

    /// Ends the session here in any case, and there if the service can be reached.
    pub async fn sign_out(&self) -> Answer<()> {
        let visit = self.session.visits().at(&self.door);
        if let Some(visit) = &visit {
            // What it says changes nothing: the secret goes, and the service ends what is not used
            let _ = self
                .ask_once::<()>(visit, &routes::SIGN_OUT, &[], None, "")
                .await;
        }
        self.session.visits().end(&self.door);
        Ok(SelfServiceAnswer {
            view: (),
            millis_fast: 0,
        })
    }

    /// Asks in the session.
    ///
    /// A session's secret changes when a proof is confirmed: a call that went out with the one before is asked once more.
    pub(super) async fn ask<T: DeserializeOwned + Tidy>(
        &self,
        route: &Route,
        ids: &[&str],
        body: Option<Zeroizing<Vec<u8>>>,
        query: &str,
    ) -> Answer<T> {
        if self.session.closing().is_cancelled() {
            return Err(ProblemCode::Locked.into());
        }
        let signed_out = || refused(Code::SignedOut);
        let visit = self
            .session
            .visits()
            .at(&self.door)
            .ok_or_else(signed_out)?;
        let before = visit.secret().ok_or_else(signed_out)?;
        match self.ask_once(&visit, route, ids, body.clone(), query).await {
            Err(SelfServiceProblem::Service(refusal))
                if refusal.code == Code::SignedOut
                    && visit
                        .secret()
                        .is_some_and(|now| !Arc::ptr_eq(&now, &before)) =>
            {
                self.ask_once(&visit, route, ids, body, query).await
            }
            other => other,
        }
    }

    /// The same for the view of the session, which tells "this phone" also where the phone's keys are gone.
    pub(super) async fn ask_session(
        &self,
        route: &Route,
        ids: &[&str],
        body: Option<Zeroizing<Vec<u8>>>,
    ) -> Answer<SessionView> {
        let answered = self.ask(route, ids, body, "").await?;
        self.with_this_device(answered).await
    }

    async fn ask_once<T: DeserializeOwned + Tidy>(
        &self,
        visit: &Visit,
        route: &Route,
        ids: &[&str],
        body: Option<Zeroizing<Vec<u8>>>,
        query: &str,
    ) -> Answer<T> {
        let secret = visit.secret().ok_or_else(|| refused(Code::SignedOut))?;
        let mut call = self.call(route, ids, body, query)?;
        if visit.bound {
            // The key went while somebody was signed in: the session is worth nothing without it
            let key = door::key(&self.session, &self.door).await?;
            let key = key.ok_or_else(|| refused(Code::SignedOut))?;
            let word = key.header(&self.session, secret.expose())?;
            call.headers.push((DEVICE_HEADER, word));
        }
        call.headers.push((SESSION_HEADER, secret.expose().clone()));
        let answer = select! {
            () = visit.ended().cancelled() => {
                return Err(if self.session.closing().is_cancelled() {
                    ProblemCode::Locked.into()
                } else {
                    refused(Code::SignedOut)
                });
            }
            answer = self.session.core.network.exchange(call) => answer,
        };
        let answer = answer.map_err(|failure| self.failed(failure))?;
        if let Some(renewed) = answer
            .header(SESSION_HEADER)
            .and_then(SessionSecret::received)
        {
            visit.renew(renewed);
        }
        self.read(&answer)
    }

    fn call(
        &self,
        route: &Route,
        ids: &[&str],
        body: Option<Zeroizing<Vec<u8>>>,
        query: &str,
    ) -> Result<JsonCall, SelfServiceProblem> {
        let mut path = route.with(ids)?;
        if !query.is_empty() {
            path.push('?');
            path.push_str(query);
        }
        Ok(JsonCall {
            method: route.method(),
            host: self.host.clone(),
            path,
            headers: Vec::new(),
            body,
            held: if route.held { HELD } else { Duration::ZERO },
        })
    }

    fn read<T: DeserializeOwned + Tidy>(&self, answer: &JsonAnswer) -> Answer<T> {
        if !answer.status.is_success() {
            return Err(match serde_json::from_slice::<Refusal>(&answer.body) {
                Ok(mut refusal) => {
                    refusal.tidy();
                    SelfServiceProblem::Service(refusal)
                }
                Err(_) if answer.status.is_server_error() => self.failed(NetworkFailure::Down),
                Err(_) => self.failed(NetworkFailure::NotAService),
            });
        }
        let body: &[u8] = if answer.status == StatusCode::NO_CONTENT {
            b"null"
        } else {
            &answer.body
        };
        let mut view: T =
            serde_json::from_slice(body).map_err(|_| self.failed(NetworkFailure::NotAService))?;
        view.tidy();
        Ok(SelfServiceAnswer {
            view,
            millis_fast: self.millis_fast(answer),
        })
    }

    /// By the answer's date, which the connection vouches for. It serves countdowns alone.
    fn millis_fast(&self, answer: &JsonAnswer) -> i64 {
        let fast = answer
            .header("date")
            .and_then(parse_http_date)
            .map_or(0, |said| self.session.core.surroundings.clock.now() - said);
        if fast.saturating_abs() < CLOCK_NOISE_MS {
            0
        } else {
            fast
        }
    }

    async fn with_this_device(
        &self,
        mut answered: SelfServiceAnswer<SessionView>,
    ) -> Answer<SessionView> {
        let view = &mut answered.view;
        if view.this_device.is_none() {
            view.this_device = door::this_device(&self.session, &self.door, &view.devices).await?;
        }
        Ok(answered)
    }

    pub(super) fn failed(&self, failure: NetworkFailure) -> SelfServiceProblem {
        Problem::new(failure.problem())
            .about(self.host.as_str())
            .into()
    }
}
