//! A test request: the person tries a device of their own, and the page shows what came back.

use std::str::FromStr as _;
use std::time::Duration;

use countersign_protocol::ids::Urgid;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{TestState, TestView};
use tokio::time::Instant;

use super::session::SelfSession;
use super::standing;
use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::device_api::{TEST, TestAsked};
use crate::held::{Holder, longest};
use crate::request::{Outcome, Request, RequestState};
use crate::waker::Topic;

/// How asking for a test ended.
#[derive(Debug)]
pub enum TestBegun {
    /// The device is asked.
    Asked(TestView),
    /// The person has no such device.
    NotThere,
    /// It cannot be asked.
    CannotDoThat,
    /// Too many requests wait already; after so long the first of them is over.
    TooMany(UnixMillis),
}

impl Core {
    /// Asks a device of the person, for a test that opens nothing.
    pub async fn begin_test(
        &self,
        session: &SelfSession,
        device: &str,
    ) -> Result<TestBegun, Fault> {
        let Some(owned) = self.owned_device(&session.user, device).await? else {
            return Ok(TestBegun::NotThere);
        };
        if !standing::can_be_asked(&owned) {
            return Ok(TestBegun::CannotDoThat);
        }
        let asked = self
            .ask_test(&owned.device, &TEST, session.actor(), &session.address)
            .await?;
        Ok(match asked {
            TestAsked::Made(urgid) => self
                .test_news(session, urgid.as_str(), None, Duration::ZERO)
                .await?
                .map_or(TestBegun::NotThere, TestBegun::Asked),
            TestAsked::TooMany => TestBegun::TooMany(self.now() + crate::policy::REQUEST_LIFE_MS),
            TestAsked::Gone => TestBegun::CannotDoThat,
        })
    }

    /// How a test stands. With `seen`, held until its revision is another or `wait` is over. `None` for one that is not
    /// the person's.
    pub async fn test_news(
        &self,
        session: &SelfSession,
        id: &str,
        seen: Option<u32>,
        wait: Duration,
    ) -> Result<Option<TestView>, Fault> {
        let Ok(urgid) = Urgid::from_str(id) else {
            return Ok(None);
        };
        let owner = AsUser::of(&session.user);
        let deadline = Instant::now() + wait;
        let own = self.store.own();
        let Some(request) = own.own_test(&owner, &urgid).await? else {
            return Ok(None);
        };
        let listener = self.waker.listen(Topic::Request(request.txid));
        let mut seat = None;
        loop {
            let hint = listener.hint();
            let Some(request) = own.own_test(&owner, &urgid).await? else {
                return Ok(None);
            };
            let now = self.now();
            let left = deadline.saturating_duration_since(Instant::now());
            let view = view(&request, now);
            if seen != Some(view.revision) || left.is_zero() {
                return Ok(Some(view));
            }
            let longest = longest(left, request.expires_at - now);
            let seat = seat.get_or_insert_with(|| self.held.sit(Holder::Followed(id.to_owned())));
            tokio::select! {
                () = hint.within(longest) => {}
                () = seat.taken() => return Err(Fault::Superseded),
            }
        }
    }
}

fn view(request: &Request, now: UnixMillis) -> TestView {
    let state = match &request.state {
        RequestState::Decided(decision) => match decision.outcome {
            Outcome::Approved => TestState::Approved,
            Outcome::Denied => TestState::Denied,
            Outcome::TimedOut | Outcome::Cancelled | Outcome::Refused | Outcome::Locked => {
                TestState::Expired
            }
        },
        RequestState::Prepared | RequestState::Pending if now >= request.expires_at => {
            TestState::Expired
        }
        RequestState::Prepared | RequestState::Pending => TestState::Waiting,
    };
    let arrived = request.fetched_at.is_some();
    TestView {
        id: request.urgid.as_str().to_owned(),
        device: request
            .device_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        state,
        arrived,
        expires_at: request.expires_at.0,
        revision: 2 * u32::from(state != TestState::Waiting) + u32::from(arrived),
    }
}
