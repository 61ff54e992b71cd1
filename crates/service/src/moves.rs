//! Moving to another phone with both in hand: the present device makes a code, compares digits with the new one, and stops
//! when that one has said yes to a request of its own (PROTOCOL.md section 13; rows A2, D3).

use std::time::Duration;

use countersign_protocol::activation::ActivationCode;
use countersign_protocol::check::CheckValue;
use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::moves::{MoveAnswer, MoveState};
use tokio::time::Instant;

use crate::activation::{ActivationWish, MadeActivation};
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::device_api::{TestAsked, Trial};
use crate::held::{Holder, longest};
use crate::model::{Device, DeviceState, LiveBy, LivePart, StoppedBy, UserStatus};
use crate::request::{Outcome, Request, RequestState};
use crate::self_service::session::random_id;
use crate::store::moves::{FollowedMove, MoveOf};
use crate::throttle::{Admission, Subject};
use crate::waker::Topic;

/// How beginning a move ended.
pub enum MoveBegun {
    /// The new phone may scan.
    Made {
        /// The move.
        id: String,
        /// The code, told this once.
        code: MadeActivation,
    },
    /// Too many were begun.
    TooMany {
        /// When it may be tried again.
        until: UnixMillis,
    },
    /// The device's person was taken away meanwhile.
    Gone,
}

/// What the present device's person does about a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveAct {
    /// Both phones show these digits.
    Same(String),
    /// The new phone is asked again.
    Test,
    /// It is called off.
    Stop,
}

/// Why an act was not taken. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveRefused {
    /// The device began no such move with the keys that it has.
    NotThere,
    /// It was not about the digits that wait now.
    OtherDigits,
    /// Too many requests wait for the new phone already.
    TooMany,
}

/// The device that acts, and from where.
#[derive(Debug, Clone)]
pub struct Mover {
    /// The move, as the device began it.
    pub of: MoveOf,
    /// Whose device it is.
    pub user: UserId,
    /// From where it calls.
    pub address: String,
}

impl Mover {
    /// A device that calls about a move.
    pub fn new(device: &Device, id: &str, address: &str) -> Self {
        Self {
            of: MoveOf {
                id: id.to_owned(),
                device: device.id.clone(),
                generation: device.generation,
            },
            user: device.user_id.clone(),
            address: address.to_owned(),
        }
    }

    fn audit(&self, now: UnixMillis, action: &'static str) -> AuditEntry {
        let actor = format!("device:{}", self.of.device);
        AuditEntry::new(now, actor, action, self.user.as_str(), "done").from_address(&self.address)
    }
}

impl Core {
    /// Makes a code for the phone that is to take the place of `device`.
    pub async fn begin_move(&self, device: &Device, address: &str) -> Result<MoveBegun, Fault> {
        let subjects = [Subject::MovesOf(device.id.clone())];
        if let Admission::Refused { until } =
            self.store.count_attempts(&subjects, self.now()).await?
        {
            return Ok(MoveBegun::TooMany { until });
        }
        let Some(user) = self.store.user(&device.user_id).await? else {
            return Ok(MoveBegun::Gone);
        };
        let live = LivePart {
            id: random_id(self.random.as_ref())?,
            by: LiveBy::Device {
                id: device.id.clone(),
                generation: device.generation,
            },
            new: None,
        };
        let wish = ActivationWish {
            live: Some(&live),
            address,
            ..ActivationWish::default()
        };
        let actor = format!("device:{}", device.id);
        let made = self.make_activation(&user, wish, &actor).await?;
        Ok(made.map_or(MoveBegun::Gone, |code| MoveBegun::Made {
            id: live.id,
            code,
        }))
    }

    /// How a move stands. With `seen`, held until its revision is another or `wait` is over. `None` for one that the device did
    /// not begin with the keys that it called with.
    pub async fn move_news(
        &self,
        mover: &Mover,
        seen: Option<&str>,
        wait: Duration,
    ) -> Result<Option<MoveAnswer>, Fault> {
        let deadline = Instant::now() + wait;
        let person = self.waker.listen(Topic::Person(mover.user.clone()));
        let mut seat = None;
        loop {
            let hint = person.hint();
            let Some(found) = self.store.moves().followed_move(&mover.of).await? else {
                return Ok(None);
            };
            let now = self.now();
            let left = deadline.saturating_duration_since(Instant::now());
            let ends_at = found
                .test
                .as_ref()
                .filter(|test| !test.is_over(now))
                .map_or(found.expires_at, |test| test.expires_at);
            let news = news(&found, now);
            if seen != Some(news.revision.as_str()) || left.is_zero() {
                return Ok(Some(news));
            }
            let longest = longest(left, ends_at - now);
            let seat =
                seat.get_or_insert_with(|| self.held.sit(Holder::Followed(mover.of.id.clone())));
            tokio::select! {
                () = hint.within(longest) => {}
                () = seat.taken() => return Err(Fault::Superseded),
            }
            if !self.may_follow(mover).await? {
                return Ok(None);
            }
        }
    }

    /// Whether the device may hear more: it still may call, or is told that it was replaced.
    async fn may_follow(&self, mover: &Mover) -> Result<bool, Fault> {
        let device = self.store.device(&mover.of.device).await?;
        Ok(device.is_some_and(|device| {
            device.user_status != UserStatus::Disabled
                && (device.state == DeviceState::Active
                    || device.stopped_by == Some(StoppedBy::Moved))
        }))
    }

    /// Does what the present device's person says, and tells how the move stands then.
    pub async fn act_on_move(
        &self,
        mover: &Mover,
        act: &MoveAct,
    ) -> Result<Result<MoveAnswer, MoveRefused>, Fault> {
        let found = self.store.moves().followed_move(&mover.of).await?;
        let Some(found) = found else {
            return Ok(Err(MoveRefused::NotThere));
        };
        let done = match act {
            MoveAct::Same(digits) => self.same(mover, &found, digits).await?,
            MoveAct::Test => self.test_again(mover, &found).await?,
            MoveAct::Stop => {
                let entry = mover.audit(self.now(), "activation.cancel");
                self.store.moves().stop_move(&mover.of, entry).await?;
                Ok(())
            }
        };
        if let Err(refused) = done {
            return Ok(Err(refused));
        }
        self.waker.wake(&Topic::Person(mover.user.clone()));
        self.wake_devices_of(&mover.user).await;
        if let Some((made, _)) = &found.made {
            // It may be one that was just removed, whose calls end with that
            self.waker.wake(&Topic::Device(made.clone()));
        }
        let news = self.move_news(mover, None, Duration::ZERO).await?;
        Ok(news.ok_or(MoveRefused::NotThere))
    }

    async fn same(
        &self,
        mover: &Mover,
        found: &FollowedMove,
        digits: &str,
    ) -> Result<Result<(), MoveRefused>, Fault> {
        let shown = |key: &str| self.check_value(&found.code_hash, key);
        let typed = CheckValue::parse(digits);
        let scan = found.scan.as_ref();
        let Some(scan) = scan.filter(|scan| typed == Some(shown(&scan.key))) else {
            return Ok(Err(MoveRefused::OtherDigits));
        };
        let entry = mover.audit(self.now(), "activation.confirm");
        let store = self.store.moves();
        store.confirm_move(&mover.of, &scan.key, entry).await?;
        Ok(Ok(()))
    }

    async fn test_again(
        &self,
        mover: &Mover,
        found: &FollowedMove,
    ) -> Result<Result<(), MoveRefused>, Fault> {
        let waits = found
            .test
            .as_ref()
            .is_some_and(|test| !test.is_over(self.now()));
        match &found.made {
            Some((made, _)) if !found.moved && !found.stopped && !waits => {
                self.ask_new_device(&mover.of, made).await
            }
            _ => Ok(Ok(())),
        }
    }

    /// After an activation: where its code was made by a device for the one that takes its place, that one is asked whether it
    /// works.
    pub(crate) async fn try_new_device(
        &self,
        code: &ActivationCode,
        made: &Device,
    ) -> Result<(), Fault> {
        let activation = self.store.activation(&code.hashed()).await?;
        let live = activation.and_then(|found| found.live);
        let Some(LivePart {
            id,
            by:
                LiveBy::Device {
                    id: device,
                    generation,
                },
            ..
        }) = live
        else {
            return Ok(());
        };
        let of = MoveOf {
            id,
            device,
            generation,
        };
        // The same key may have asked before and lost the answer; its request waits, or was answered
        let found = self.store.moves().followed_move(&of).await?;
        if found.is_some_and(|found| found.test.is_none() && !found.moved) {
            // Without a request the present device's person asks for another
            let _asked = self.ask_new_device(&of, &made.id).await?;
        }
        Ok(())
    }

    async fn ask_new_device(
        &self,
        of: &MoveOf,
        made: &countersign_protocol::ids::DeviceId,
    ) -> Result<Result<(), MoveRefused>, Fault> {
        let (Some(new), Some(old)) = (
            self.store.device(made).await?,
            self.store.device(&of.device).await?,
        ) else {
            return Ok(Err(MoveRefused::NotThere));
        };
        let trial = Trial {
            kind: "Move",
            told: vec![("Old phone".to_owned(), old.name)],
            moves: Some(of.clone()),
        };
        let actor = format!("device:{}", of.device);
        match self.ask_test(&new, &trial, actor, "").await? {
            TestAsked::Made(_) => {
                self.waker.wake(&Topic::Person(new.user_id));
                Ok(Ok(()))
            }
            TestAsked::TooMany => Ok(Err(MoveRefused::TooMany)),
            // Its person removed it again, or somebody asked a moment earlier, which the news tell
            TestAsked::Gone => Ok(Ok(())),
        }
    }
}

fn news(found: &FollowedMove, now: UnixMillis) -> MoveAnswer {
    let state = state(found, now);
    let scan = found.scan.as_ref().filter(|_| found.made.is_none());
    let arrived = found
        .test
        .as_ref()
        .is_some_and(|test| test.fetched_at.is_some());
    let test = found.test.as_ref().map(|test| test.urgid.as_str());
    MoveAnswer {
        revision: format!(
            "{}-{}-{}",
            state.as_str(),
            u8::from(arrived),
            test.unwrap_or_default()
        ),
        state,
        expires: found.expires_at.0,
        model: scan.map(|scan| scan.model.clone()),
        pubkey: scan.map(|scan| scan.key.clone()),
        device: found.made.as_ref().map(|(_, name)| name.clone()),
        arrived,
    }
}

fn state(found: &FollowedMove, now: UnixMillis) -> MoveState {
    if found.moved {
        return MoveState::Moved;
    }
    if found.stopped {
        return MoveState::Stopped;
    }
    if found.made.is_some() {
        return match &found.test {
            None => MoveState::Testing,
            Some(test) => tested(test, now),
        };
    }
    if now >= found.expires_at {
        return MoveState::Expired;
    }
    match &found.scan {
        None => MoveState::Waiting,
        Some(scan) if scan.confirmed => MoveState::Confirmed,
        Some(_) => MoveState::Scanned,
    }
}

/// An approval that did not move anything came when the present device had other keys already.
fn tested(test: &Request, now: UnixMillis) -> MoveState {
    match &test.state {
        RequestState::Decided(decision) => match decision.outcome {
            Outcome::Denied => MoveState::Denied,
            Outcome::Approved
            | Outcome::TimedOut
            | Outcome::Cancelled
            | Outcome::Refused
            | Outcome::Locked => MoveState::Unanswered,
        },
        RequestState::Prepared | RequestState::Pending if now >= test.expires_at => {
            MoveState::Unanswered
        }
        RequestState::Prepared | RequestState::Pending => MoveState::Testing,
    }
}
