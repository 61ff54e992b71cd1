//! What an integration is told about a sign-in, and how long it is held for news.

use std::time::Duration;

use countersign_protocol::ids::Txid;
use countersign_protocol::time::UnixMillis;
use tokio::time::Instant;

use crate::access::AsIntegration;
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::metrics;
use crate::model::Integration;
use crate::policy::{FINAL_ANSWER_REPEATS_MS, LAST_UNDECIDED_POLL, MINUTE_MS};
use crate::request::{Factor, Outcome, Request, RequestState};
use crate::sign_in::actor;
use crate::waker::Topic;

/// How a sign-in stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What the client has to do.
    pub result: StatusResult,
    /// Duo's word for it: `pushed`, `allow`, `deny`, `fraud`, `timeout`, `locked_out`, `bypass`.
    pub status: &'static str,
    /// In words.
    pub message: String,
}

/// What a client has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusResult {
    /// Let the person in.
    Allow,
    /// Refuse.
    Deny,
    /// Ask again.
    Waiting,
}

impl StatusResult {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Waiting => "waiting",
        }
    }
}

/// Why there is no status.
#[derive(Debug, thiserror::Error)]
pub enum StatusRefusal {
    /// Unknown, another integration's, or too old: alike.
    #[error("unknown txid")]
    Txid,
    /// Something failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<crate::store::StoreError> for StatusRefusal {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl Status {
    fn allow(status: &'static str, message: &str) -> Self {
        Self {
            result: StatusResult::Allow,
            status,
            message: message.into(),
        }
    }

    fn deny(status: &'static str, message: &str) -> Self {
        Self {
            result: StatusResult::Deny,
            status,
            message: message.into(),
        }
    }

    /// A passcode that is not looked at for another `left_ms`.
    pub fn locked(left_ms: i64) -> Self {
        Self::deny("locked_out", &locked_message(left_ms))
    }

    /// A sign-in that nobody was asked about.
    pub fn at_once(outcome: Outcome, message: &str) -> Self {
        match outcome {
            Outcome::Approved => Self::allow("bypass", "Success. Logging you in..."),
            _ => Self::deny("deny", message),
        }
    }

    /// A passcode.
    pub fn of_passcode(right: bool) -> Self {
        if right {
            Self::allow("allow", "Success. Logging you in...")
        } else {
            Self::deny("deny", "Incorrect passcode. Please try again.")
        }
    }

    /// A request as it is now.
    pub fn of(request: &Request, now: UnixMillis) -> Self {
        let decision = match &request.state {
            RequestState::Decided(decision) => decision,
            // Its time is over, whether or not that is noted yet (row C3)
            RequestState::Prepared | RequestState::Pending if now >= request.expires_at => {
                return Self::timed_out();
            }
            RequestState::Prepared | RequestState::Pending => return Self::waiting(request),
        };
        match (decision.outcome, request.factor) {
            (Outcome::Approved, _) => Self::allow("allow", "Success. Logging you in..."),
            (Outcome::Denied, _) if request.reported_at.is_some() => {
                Self::deny("fraud", "Login request reported as fraudulent.")
            }
            (Outcome::Denied, Factor::Passcode) => Self::of_passcode(false),
            (Outcome::Denied, Factor::Push) => Self::deny("deny", "Login request denied."),
            (Outcome::TimedOut, _) => Self::timed_out(),
            (Outcome::Cancelled, _) => Self::deny(
                "deny",
                "Login request cancelled: the device is no longer in use.",
            ),
            (Outcome::Refused, _) => Self::deny("deny", &request.message),
            (Outcome::Locked, _) => Self::deny("locked_out", &request.message),
        }
    }

    fn timed_out() -> Self {
        Self::deny("timeout", "Login timed out.")
    }

    fn waiting(request: &Request) -> Self {
        let message = match &request.number.expected {
            Some(number) => format!("Type {number} in Countersign to sign in."),
            None => "Pushed a login request to your device...".to_owned(),
        };
        Self {
            result: StatusResult::Waiting,
            status: "pushed",
            message,
        }
    }
}

/// What a person is told whose passcodes are not looked at.
pub fn locked_message(left_ms: i64) -> String {
    let left = left_ms.max(0);
    if left > 24 * 60 * MINUTE_MS {
        "Too many wrong passcodes. Approve a push, or ask the service desk.".into()
    } else if left > MINUTE_MS {
        format!(
            "Too many wrong passcodes. Try again in {} minutes, or approve a push.",
            left / MINUTE_MS + 1
        )
    } else {
        format!(
            "Too many wrong passcodes. Try again in {} seconds.",
            left / 1000 + 1
        )
    }
}

impl Core {
    /// How a sign-in stands: at once if the client does not know yet, else held for a while (`auth_status`).
    pub async fn auth_status(
        &self,
        integration: &Integration,
        txid: &Txid,
    ) -> Result<Status, StatusRefusal> {
        let scope = AsIntegration::of(integration);
        let counted = self
            .store
            .count_poll(&scope, txid)
            .await?
            .ok_or(StatusRefusal::Txid)?;
        if counted.state == RequestState::Pending && counted.polls >= LAST_UNDECIDED_POLL {
            // Released Duo clients let the person in after twenty undecided answers, so there never are so many
            self.time_out(integration, &counted).await?;
        }
        // The first poll learns that the device was asked, and the number; later ones wait for news
        let hold = if counted.polls <= 1 {
            Duration::ZERO
        } else {
            self.site.status_hold
        };
        self.held_status(integration, txid, hold).await
    }

    /// Waits for the decision, as a synchronous `auth` does; the request's own life bounds it.
    pub async fn decision(
        &self,
        integration: &Integration,
        txid: &Txid,
    ) -> Result<Status, StatusRefusal> {
        loop {
            let status = self
                .held_status(integration, txid, self.site.status_hold)
                .await?;
            if status.result != StatusResult::Waiting {
                return Ok(status);
            }
        }
    }

    async fn held_status(
        &self,
        integration: &Integration,
        txid: &Txid,
        hold: Duration,
    ) -> Result<Status, StatusRefusal> {
        let deadline = Instant::now() + hold;
        let listener = self.waker.listen(Topic::Request(txid.clone()));
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let hint = listener.hint();
            let request = self
                .store
                .request(&AsIntegration::of(integration), txid)
                .await?
                .ok_or(StatusRefusal::Txid)?;
            let status = self.current_status(integration, &request).await?;
            if status.result != StatusResult::Waiting || left.is_zero() {
                return Ok(status);
            }
            hint.within(left.min(self.left_of([&request]))).await;
        }
    }

    async fn current_status(
        &self,
        integration: &Integration,
        request: &Request,
    ) -> Result<Status, StatusRefusal> {
        let now = self.now();
        match &request.state {
            // Nobody was asked yet, so there is nothing to tell
            RequestState::Prepared => Err(StatusRefusal::Txid),
            RequestState::Pending if now >= request.expires_at => {
                self.time_out(integration, request).await?;
                // An answer that came a moment earlier stands
                let scope = AsIntegration::of(integration);
                let ended = self.store.request(&scope, &request.txid).await?;
                ended
                    .map(|ended| Status::of(&ended, now))
                    .ok_or(StatusRefusal::Txid)
            }
            RequestState::Decided(decision) if now - decision.at > FINAL_ANSWER_REPEATS_MS => {
                Err(StatusRefusal::Txid)
            }
            RequestState::Pending | RequestState::Decided(_) => Ok(Status::of(request, now)),
        }
    }

    /// Ends an undecided request. An answer that came a moment earlier stands.
    async fn time_out(&self, integration: &Integration, request: &Request) -> Result<(), Fault> {
        let entry = AuditEntry::new(
            self.now(),
            actor(integration),
            "request.expire",
            request.urgid.as_str(),
            "done",
        );
        let scope = AsIntegration::of(integration);
        if self
            .store
            .end_request(&scope, &request.txid, Outcome::TimedOut, entry)
            .await?
        {
            metrics::push_decided("timeout");
            self.wake_for(request).await;
        }
        Ok(())
    }

    /// Wakes all who wait if another process wrote, or if that cannot be told; called every second while the service
    /// runs.
    pub async fn look_elsewhere(&self) -> Result<(), Fault> {
        let changed = self.store.changed_elsewhere().await;
        if !matches!(changed, Ok(false)) {
            self.waker.wake_all();
        }
        Ok(changed.map(drop)?)
    }

    /// How long until the first of `requests` ends by itself; whoever waits looks again then.
    pub(crate) fn left_of<'a>(&self, requests: impl IntoIterator<Item = &'a Request>) -> Duration {
        let now = self.now();
        requests
            .into_iter()
            .map(|request| (request.expires_at - now).max(0))
            .min()
            .and_then(|left| u64::try_from(left).ok())
            .map_or(Duration::MAX, Duration::from_millis)
    }

    /// Ends requests whose time is over and forgets what is too old; called every few seconds while the service runs.
    pub async fn tidy(&self) -> Result<(), Fault> {
        for expired in self.store.expire_requests(self.now()).await? {
            self.waker.wake(&Topic::Request(expired.txid));
            if let Some(device) = expired.device_id {
                metrics::push_decided("timeout");
                self.waker.wake(&Topic::Device(device));
            }
        }
        Ok(self.store.forget_old(self.now()).await?)
    }
}
