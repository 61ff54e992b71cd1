//! Activations from a page: a device again, or a new one, followed until the scan (rows A1 to A5, D3).

use std::time::Duration;

use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{
    ActivationState, ActivationWanted, DeviceKind, LiveActivation, Platform, ScannedBy,
};
use tokio::time::Instant;

use super::devices::Prover;
use super::session::{SelfSession, random_id};
use crate::access::AsUser;
use crate::activation::ActivationWish;
use crate::core::{Core, Fault};
use crate::held::{Holder, longest};
use crate::model::{Dialect, LiveBy, LivePart, NewPart};
use crate::qr;
use crate::store::own::{FollowedActivation, NumberOwner};
use crate::waker::Topic;

/// Why there is no activation. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivationRefused {
    /// The device, or the number, is not the person's, or the number is not this session's.
    NotThere,
    /// Such a device has no app, or no number.
    CannotDoThat,
    /// Somebody has the number on a device by now.
    NumberHad(NumberOwner),
    /// What proved the session is younger than a day and than the device (row S6).
    ProofTooYoung,
    /// Nothing proved the session, and this is not a first device (row A3).
    ProofNeeded,
}

impl Core {
    /// Makes an activation in a session; its code is told this once.
    pub async fn begin_activation(
        &self,
        session: &SelfSession,
        wanted: &ActivationWanted,
    ) -> Result<Result<LiveActivation, ActivationRefused>, Fault> {
        let (device, new) = match wanted {
            ActivationWanted::Again { device, .. } => {
                let owned = self.owned_device(&session.user, device).await?;
                let Some(owned) = owned else {
                    return Ok(Err(ActivationRefused::NotThere));
                };
                // Without a proof something new is added, and what was stopped stays so
                if session.unproven.is_some() {
                    return Ok(Err(ActivationRefused::ProofNeeded));
                }
                if owned.device.dialect == Dialect::CallsOnly {
                    return Ok(Err(ActivationRefused::CannotDoThat));
                }
                if Prover::of(session).is_too_young_for(&owned, self.now()) {
                    return Ok(Err(ActivationRefused::ProofTooYoung));
                }
                (Some(owned.device.id), None)
            }
            ActivationWanted::New {
                kind,
                platform,
                number,
            } => match self
                .new_part(session, *kind, *platform, number.as_deref())
                .await?
            {
                Ok(new) => (None, Some(new)),
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let live = LivePart {
            id: random_id(self.random.as_ref())?,
            by: LiveBy::Session {
                id: session.id.as_str().to_owned(),
                unproven: session.unproven,
            },
            new,
        };
        let wish = ActivationWish {
            device: device.as_ref(),
            live: Some(&live),
            address: &session.address,
            ..ActivationWish::default()
        };
        let made = self
            .make_activation(&session.user, wish, &session.actor())
            .await?;
        let Some(made) = made else {
            return Ok(Err(ActivationRefused::NotThere));
        };
        let text = made.text.app_text();
        let picture = qr::svg(&text).map_err(|_| Fault::Broken("the picture of a code"))?;
        let own = self.store.own();
        let owner = AsUser::of(&session.user);
        let found = own
            .followed_activation(&owner, &session.id, &live.id)
            .await?;
        let text_to = match found {
            Some(found) => self.texted_at(session, &found).await?,
            None => None,
        };
        Ok(Ok(LiveActivation {
            id: live.id,
            text_to: text_to.map(|number| number.masked()),
            picture: Some(picture),
            text: Some(text),
            device: device.map(|id| id.as_str().to_owned()),
            state: ActivationState::Waiting,
            scanned: None,
            done: None,
            expires_at: made.expires_at.0,
            revision: 0,
        }))
    }

    /// What a new device will be.
    async fn new_part(
        &self,
        session: &SelfSession,
        kind: DeviceKind,
        platform: Platform,
        number: Option<&str>,
    ) -> Result<Result<NewPart, ActivationRefused>, Fault> {
        let (Some(name), true) = (
            first_name(kind, platform),
            number.is_none() || kind == DeviceKind::Phone,
        ) else {
            return Ok(Err(ActivationRefused::CannotDoThat));
        };
        let number = match number {
            None => None,
            Some(id) => match self.confirmed_number(session, id).await? {
                Ok(number) => Some(number),
                Err(refused) => return Ok(Err(refused)),
            },
        };
        Ok(Ok(NewPart {
            kind,
            name: name.to_owned(),
            number,
        }))
    }

    /// A number that was confirmed in this session and that nobody has on a device.
    async fn confirmed_number(
        &self,
        session: &SelfSession,
        id: &str,
    ) -> Result<Result<(String, UnixMillis), ActivationRefused>, Fault> {
        let owner = AsUser::of(&session.user);
        let own = self.store.own();
        let stored = own.number(&owner, &session.id, id).await?;
        let confirmed = stored.and_then(|stored| Some((stored.new, stored.confirmed_at?)));
        let Some((new, at)) = confirmed else {
            return Ok(Err(ActivationRefused::NotThere));
        };
        if new.landline {
            return Ok(Err(ActivationRefused::CannotDoThat));
        }
        let number = new.number;
        Ok(match own.number_owner(&owner, &number, "").await? {
            NumberOwner::Nobody => Ok((number.as_str().to_owned(), at)),
            had => Err(ActivationRefused::NumberHad(had)),
        })
    }

    /// How an activation of this session stands. With `seen`, held until its revision is another or `wait` is over.
    /// `None` for one that is not this session's.
    pub async fn activation_news(
        &self,
        session: &SelfSession,
        id: &str,
        seen: Option<u32>,
        wait: Duration,
    ) -> Result<Option<LiveActivation>, Fault> {
        let owner = AsUser::of(&session.user);
        let deadline = Instant::now() + wait;
        let listener = self.waker.listen(Topic::Person(session.user.id.clone()));
        let mut seat = None;
        loop {
            let hint = listener.hint();
            let found = self
                .store
                .own()
                .followed_activation(&owner, &session.id, id)
                .await?;
            let Some(found) = found else {
                return Ok(None);
            };
            let now = self.now();
            let left = deadline.saturating_duration_since(Instant::now());
            let state = state(&found, now);
            if seen != Some(revision(state)) || left.is_zero() {
                return Ok(Some(self.news(session, found, state).await?));
            }
            let longest = longest(left, found.expires_at - now);
            let seat = seat.get_or_insert_with(|| self.held.sit(Holder::Followed(id.to_owned())));
            tokio::select! {
                () = hint.within(longest) => {}
                () = seat.taken() => return Err(Fault::Superseded),
            }
        }
    }

    async fn news(
        &self,
        session: &SelfSession,
        found: FollowedActivation,
        state: ActivationState,
    ) -> Result<LiveActivation, Fault> {
        let done = match &found.made {
            None => None,
            Some(made) => self
                .own_devices(&session.user)
                .await?
                .into_iter()
                .find(|device| device.id == made.as_str()),
        };
        let unused = found.made.is_none();
        let scan = found.scan.as_ref().filter(|_| unused);
        let scanned = scan.map(|scan| ScannedBy {
            model: scan.model.clone(),
            check: self.check_value(&found.code_hash, &scan.key).to_string(),
        });
        let text_to = match state {
            ActivationState::Waiting => self.texted_at(session, &found).await?,
            _ => None,
        };
        Ok(LiveActivation {
            id: found.live.id,
            text_to: text_to.map(|number| number.masked()),
            text: None,
            picture: None,
            device: found.device.map(|id| id.as_str().to_owned()),
            state,
            scanned,
            done,
            expires_at: found.expires_at.0,
            revision: revision(state),
        })
    }

    /// Ends an activation of this session that was not used yet, and tells how it stands then.
    pub async fn cancel_activation(
        &self,
        session: &SelfSession,
        id: &str,
    ) -> Result<Option<LiveActivation>, Fault> {
        let owner = AsUser::of(&session.user);
        let entry = session.audit(
            self.now(),
            "activation.cancel",
            session.user.id.as_str(),
            "done",
        );
        let own = self.store.own();
        if own
            .cancel_activation(&owner, &session.id, id, entry)
            .await?
        {
            self.waker.wake(&Topic::Person(session.user.id.clone()));
        }
        self.activation_news(session, id, None, Duration::ZERO)
            .await
    }
}

/// What a new device is called until its owner renames it. `None` for what has no app.
fn first_name(kind: DeviceKind, platform: Platform) -> Option<&'static str> {
    match (kind, platform) {
        (DeviceKind::Phone, Platform::Ios) => Some("iPhone"),
        (DeviceKind::Phone, Platform::Android) => Some("Android phone"),
        (DeviceKind::Tablet, Platform::Ios) => Some("iPad"),
        (DeviceKind::Tablet, Platform::Android) => Some("Tablet"),
        (DeviceKind::Tablet, Platform::Desktop) => Some("Computer"),
        (DeviceKind::Phone, Platform::Desktop) | (DeviceKind::Landline, _) => None,
    }
}

pub(super) fn state(found: &FollowedActivation, now: UnixMillis) -> ActivationState {
    if found.made.is_some() {
        ActivationState::Done
    } else if found.cancelled {
        ActivationState::Cancelled
    } else if now >= found.expires_at {
        ActivationState::Expired
    } else {
        match &found.scan {
            None => ActivationState::Waiting,
            Some(scan) if scan.confirmed => ActivationState::Confirmed,
            Some(_) => ActivationState::Scanned,
        }
    }
}

fn revision(state: ActivationState) -> u32 {
    match state {
        ActivationState::Waiting => 0,
        ActivationState::Scanned => 1,
        ActivationState::Confirmed => 2,
        ActivationState::Done | ActivationState::Expired | ActivationState::Cancelled => 3,
    }
}
