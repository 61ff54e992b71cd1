//! The help desk: finding a person, and letting them in again (rows K6, O7). Who calls is an operator with a proof of their
//! own; every act needs a reason, is written down with it, and is never done to oneself.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::label::Label;
use countersign_protocol::random;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{DeskBypass, DeskDevice, DeskEvent, DeskUser};
use zeroize::Zeroizing;

use super::devices::Prover;
use super::session::SelfSession;
use crate::core::{Core, Fault};
use crate::model::{BypassCode, CodeKind, User, UserStatus};
use crate::names::CanonicalName;
use crate::passcode::{BYPASS_DIGITS, bypass_hash};
use crate::policy::{
    DESK_ACTS_PER_DAY, DESK_BYPASS_LIFE_MS, DESK_BYPASS_PER_DAY, DESK_EVENTS, DESK_PEOPLE,
    RELEASE_LIFE_MS,
};
use crate::store::StoreError;
use crate::store::desk::{DeskAct, DeskDone};
use crate::throttle::Subject;
use crate::waker::Topic;

/// The shortest reason that says something, in characters.
const SHORTEST_REASON: usize = 5;

/// Why an act was not done.
#[derive(Debug)]
pub enum DeskRefusal {
    /// No such person or device.
    NotFound,
    /// It would be done to the operator's own account, or they are no operator any more.
    NotAllowed,
    /// What proved the session is younger than a day and than another device of the operator (row S6).
    ProofTooYoung,
    /// The reason says nothing, or too much.
    Reason,
    /// The operator's proof is too long ago by now.
    NotFresh,
    /// A code proved the session, where a device is needed.
    ByCode,
    /// The person has a device that is in use, or may not sign in.
    NotNeeded,
    /// This operator did so too often within a day.
    TooMany(UnixMillis),
    /// Something failed.
    Fault(Fault),
}

impl From<Fault> for DeskRefusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for DeskRefusal {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl Core {
    /// People whose account begins so; nobody for a text of which nothing is left.
    pub async fn desk_find(&self, beginning: &str) -> Result<Vec<DeskUser>, Fault> {
        let Some(beginning) = CanonicalName::of(beginning) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for user in self.store.desk().people(&beginning, DESK_PEOPLE).await? {
            found.push(self.desk_user(&user).await?);
        }
        Ok(found)
    }

    /// A person with what happened to them.
    pub async fn desk_person(&self, id: &str) -> Result<DeskUser, DeskRefusal> {
        let user = self.desk_target(id).await?;
        let also = CanonicalName::of(&user.name)
            .map(|name| Subject::Password(name).key())
            .unwrap_or_default();
        let happened = self.store.desk().happened(&user.id, &also, DESK_EVENTS);
        let events = happened.await?.into_iter().map(|row| DeskEvent {
            at: row.at.0,
            action: row.action,
            result: row.result,
            source: row.source,
        });
        Ok(DeskUser {
            events: events.collect(),
            ..self.desk_user(&user).await?
        })
    }

    async fn desk_target(&self, id: &str) -> Result<User, DeskRefusal> {
        let id = UserId::parse(id).map_err(|_| DeskRefusal::NotFound)?;
        let user = self.store.user(&id).await?;
        user.ok_or(DeskRefusal::NotFound)
    }

    async fn desk_user(&self, user: &User) -> Result<DeskUser, Fault> {
        let subject = Subject::User(user.id.clone());
        let locked_until = self.store.gate().blocked_until(&subject).await?;
        let released_until = self.store.desk().released_until(&user.id).await?;
        let devices = self.own_devices(user).await?.into_iter();
        Ok(DeskUser {
            id: user.id.to_string(),
            name: user.shown_name().to_owned(),
            account: user.name.clone(),
            disabled: user.status == UserStatus::Disabled,
            locked: self.now() < locked_until,
            released_until: (self.now() < released_until).then_some(released_until.0),
            card: self.card_standing(user).await?,
            devices: devices
                .map(|device| DeskDevice {
                    id: device.id,
                    name: device.name,
                    standing: device.standing,
                    last_used_at: device.last_used_at,
                })
                .collect(),
            events: Vec::new(),
        })
    }

    /// The act, if it may be done by this operator to that person for that reason.
    async fn desk_act(
        &self,
        operator: &SelfSession,
        id: &str,
        action: &'static str,
        reason: &str,
    ) -> Result<DeskAct, DeskRefusal> {
        let user = self.desk_target(id).await?;
        if user.id == operator.user.id {
            let entry = operator.audit(self.now(), action, user.id.as_str(), "own_account");
            self.store.note(entry).await?;
            return Err(DeskRefusal::NotAllowed);
        }
        let (now, prover) = (self.now(), Prover::of(operator));
        let own = self.owned_devices(&operator.user).await?;
        if own.iter().any(|owned| prover.is_too_young_for(owned, now)) {
            let entry = operator.audit(now, action, user.id.as_str(), "young_proof");
            self.store.note(entry).await?;
            return Err(DeskRefusal::ProofTooYoung);
        }
        let told = Label::new(reason);
        let says_something = told.as_str().chars().count() >= SHORTEST_REASON
            && reason.trim().chars().count() <= Label::MAX_CHARS;
        if !says_something {
            return Err(DeskRefusal::Reason);
        }
        Ok(DeskAct {
            operator: operator.user.id.clone(),
            session: operator.id.clone(),
            user: user.id.clone(),
            audit: operator.audit(self.now(), action, user.id.as_str(), "done"),
            reason: told.as_str().to_owned(),
        })
    }

    /// Makes a bypass code for a person; it is good for an hour and once (row O7).
    pub async fn desk_bypass(
        &self,
        operator: &SelfSession,
        id: &str,
        reason: &str,
    ) -> Result<DeskBypass, DeskRefusal> {
        let act = self.desk_act(operator, id, "desk.bypass", reason).await?;
        let random = self.random.as_ref();
        let code = Zeroizing::new(random::digits(random, BYPASS_DIGITS).map_err(Fault::from)?);
        let salt = random::bytes::<16>(random).map_err(Fault::from)?;
        let copy = code.clone();
        let hash = self.slow_hashes.run(move || bypass_hash(&copy, &salt));
        let stored = BypassCode {
            id: super::session::random_id(random)?,
            kind: CodeKind::Desk,
            hash: hash.await??.to_vec(),
            salt: salt.to_vec(),
            expires_at: self.now() + DESK_BYPASS_LIFE_MS,
        };
        let desk = self.store.desk();
        done(desk.make_bypass(&act, &stored, DESK_BYPASS_PER_DAY).await?)?;
        self.wake_devices_of(&act.user).await;
        Ok(DeskBypass {
            code: code.as_str().to_owned(),
            expires_at: stored.expires_at.0,
        })
    }

    /// Lets a person's passcodes and password be tried again.
    pub async fn desk_unlock(
        &self,
        operator: &SelfSession,
        id: &str,
        reason: &str,
    ) -> Result<DeskUser, DeskRefusal> {
        let act = self.desk_act(operator, id, "desk.unlock", reason).await?;
        done(self.store.desk().unlock(&act, DESK_ACTS_PER_DAY).await?)?;
        self.wake_devices_of(&act.user).await;
        self.desk_person(id).await
    }

    /// Lets a person without a device in use add one by themselves, once, within a day (row A4).
    pub async fn desk_release(
        &self,
        operator: &SelfSession,
        id: &str,
        reason: &str,
    ) -> Result<DeskUser, DeskRefusal> {
        let act = self.desk_act(operator, id, "desk.release", reason).await?;
        let until = self.now() + RELEASE_LIFE_MS;
        let desk = self.store.desk();
        done(desk.release(&act, until, DESK_ACTS_PER_DAY).await?)?;
        self.desk_person(id).await
    }

    /// Takes a person's recovery card back.
    pub async fn desk_stop_card(
        &self,
        operator: &SelfSession,
        id: &str,
        reason: &str,
    ) -> Result<DeskUser, DeskRefusal> {
        let act = self.desk_act(operator, id, "desk.card", reason).await?;
        done(self.store.desk().stop_card(&act, DESK_ACTS_PER_DAY).await?)?;
        self.wake_devices_of(&act.user).await;
        self.desk_person(id).await
    }

    /// Stops a person's device until it is activated again.
    pub async fn desk_suspend(
        &self,
        operator: &SelfSession,
        id: &str,
        device: &str,
        reason: &str,
    ) -> Result<DeskUser, DeskRefusal> {
        let act = self.desk_act(operator, id, "desk.suspend", reason).await?;
        let device = DeviceId::parse(device).map_err(|_| DeskRefusal::NotFound)?;
        let desk = self.store.desk();
        done(desk.suspend(&act, &device, DESK_ACTS_PER_DAY).await?)?;
        self.waker.wake(&Topic::Device(device));
        self.wake_devices_of(&act.user).await;
        self.desk_person(id).await
    }
}

fn done(done: DeskDone) -> Result<(), DeskRefusal> {
    match done {
        DeskDone::Done => Ok(()),
        DeskDone::TooMany(until) => Err(DeskRefusal::TooMany(until)),
        DeskDone::NotThere => Err(DeskRefusal::NotFound),
        DeskDone::NotAllowed => Err(DeskRefusal::NotAllowed),
        DeskDone::NotFresh => Err(DeskRefusal::NotFresh),
        DeskDone::ByCode => Err(DeskRefusal::ByCode),
        DeskDone::NotNeeded => Err(DeskRefusal::NotNeeded),
    }
}
