//! A person's own devices: their list, their names, which is asked first, and removing them (rows S3, S6).

use std::str::FromStr as _;

use countersign_protocol::ids::DeviceId;
use countersign_protocol::label::Label;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{First, OwnDevice};
use unicode_normalization::UnicodeNormalization as _;

use super::session::SelfSession;
use super::standing;
use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::model::User;
use crate::policy::{DEVICE_NAME_CHARS, YOUNG_MS};
use crate::store::own::{Changed, OwnedDevice, Removed};
use crate::waker::Topic;

/// Why a change of a device was not made. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeRefused {
    /// The person has no such device.
    NotThere,
    /// The name is empty or too long.
    BadName,
    /// Another device of the person has that name.
    NameTaken,
    /// The device cannot do that.
    CannotDoThat,
    /// The session ended meanwhile, or its proof is too old.
    ProofNeeded,
    /// The rules keep the device.
    Kept(RemovalRefused),
}

/// Why a device is kept that its owner wants to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalRefused {
    /// Without it the person could not sign in (row S3).
    LastWay,
    /// What proved the session is younger than a day and than the device (row S6).
    ProofTooYoung,
}

/// What proved the session that acts.
#[derive(Debug, Clone)]
pub struct Prover {
    /// Since when it can; `None` for a bypass code.
    pub since: Option<UnixMillis>,
}

impl Prover {
    /// What proved that session.
    pub fn of(session: &SelfSession) -> Self {
        let proven = session.proven.as_ref();
        Self {
            since: proven.and_then(|proven| proven.device_since),
        }
    }

    /// Whether it is too young to remove that device, or to give it other keys, which is as much (row S6).
    pub fn is_too_young_for(&self, target: &OwnedDevice, now: UnixMillis) -> bool {
        self.since
            .is_some_and(|since| now - since < YOUNG_MS && target.added_at < since)
    }
}

/// Whether a device may be removed: `None`, or what keeps it. `devices` are all of the person's, `target` one of them.
pub fn judge_removal(
    devices: &[OwnedDevice],
    target: &OwnedDevice,
    prover: &Prover,
    now: UnixMillis,
    calls: bool,
) -> Option<RemovalRefused> {
    let others = || {
        devices
            .iter()
            .filter(|owned| owned.device.id != target.device.id)
    };
    let is_last_way = !others().any(|owned| standing::is_a_way(owned, calls))
        && (standing::is_a_way(target, calls) || others().next().is_none());
    if is_last_way {
        return Some(RemovalRefused::LastWay);
    }
    prover
        .is_too_young_for(target, now)
        .then_some(RemovalRefused::ProofTooYoung)
}

/// A name as typed, made safe to show, in the one spelling (Unicode NFC) of what looks alike. `None` if nothing is left of
/// it or too much.
pub fn read_name(typed: &str) -> Option<String> {
    let spelt: String = typed.nfc().collect();
    let visible = Label::new(&spelt);
    let words: Vec<&str> = visible.as_str().split_whitespace().collect();
    let name = words.join(" ");
    (1..=DEVICE_NAME_CHARS)
        .contains(&name.chars().count())
        .then_some(name)
}

impl Core {
    /// Whether the site has somebody who calls.
    pub fn can_call(&self) -> bool {
        self.phones.caller.is_some()
    }

    /// The devices of a person, the default first.
    pub async fn own_devices(&self, user: &User) -> Result<Vec<OwnDevice>, Fault> {
        let owned = self.owned_devices(user).await?;
        let views = owned
            .iter()
            .enumerate()
            .map(|(place, owned)| standing::view(owned, place == 0, self.can_call()));
        Ok(views.collect())
    }

    /// The same as stored.
    pub(crate) async fn owned_devices(&self, user: &User) -> Result<Vec<OwnedDevice>, Fault> {
        let own = self.store.own();
        Ok(own.own_devices(&AsUser::of(user), self.now()).await?)
    }

    /// A device of a person. `None` for another's, alike with one that never was.
    pub(crate) async fn owned_device(
        &self,
        user: &User,
        id: &str,
    ) -> Result<Option<OwnedDevice>, Fault> {
        let devices = self.owned_devices(user).await?;
        Ok(devices
            .into_iter()
            .find(|owned| owned.device.id.as_str() == id))
    }

    /// Gives a device another name.
    pub async fn rename_device(
        &self,
        session: &SelfSession,
        device: &str,
        typed: &str,
    ) -> Result<Result<(), ChangeRefused>, Fault> {
        let Some(name) = read_name(typed) else {
            return Ok(Err(ChangeRefused::BadName));
        };
        let Ok(device) = DeviceId::from_str(device) else {
            return Ok(Err(ChangeRefused::NotThere));
        };
        let entry = session.audit(self.now(), "device.rename", device.as_str(), "done");
        let owner = AsUser::of(&session.user);
        let own = self.store.own();
        let changed = own.rename_device(&owner, &device, &name, entry).await?;
        Ok(self.changed(session, changed))
    }

    /// Makes a device the one that is asked first, and says what happens with it.
    pub async fn set_first(
        &self,
        session: &SelfSession,
        device: &str,
        first: First,
    ) -> Result<Result<(), ChangeRefused>, Fault> {
        let Some(found) = self.owned_device(&session.user, device).await? else {
            return Ok(Err(ChangeRefused::NotThere));
        };
        if !standing::can_be_first(&found, first, self.can_call()) {
            return Ok(Err(ChangeRefused::CannotDoThat));
        }
        let id = found.device.id;
        let entry = session.audit(self.now(), "device.first", id.as_str(), "done");
        let owner = AsUser::of(&session.user);
        let changed = self
            .store
            .own()
            .set_first(&owner, &id, first, entry)
            .await?;
        Ok(self.changed(session, changed))
    }

    fn changed(&self, session: &SelfSession, changed: Changed) -> Result<(), ChangeRefused> {
        match changed {
            Changed::Done => {
                self.waker.wake(&Topic::Person(session.user.id.clone()));
                Ok(())
            }
            Changed::NotThere => Err(ChangeRefused::NotThere),
            Changed::NameTaken => Err(ChangeRefused::NameTaken),
        }
    }

    /// Removes a device, unless it is the last way in or the proof too young for it.
    pub async fn remove_own_device(
        &self,
        session: &SelfSession,
        device: &str,
    ) -> Result<Result<(), ChangeRefused>, Fault> {
        let Ok(device) = DeviceId::from_str(device) else {
            return Ok(Err(ChangeRefused::NotThere));
        };
        let entry = session.audit(self.now(), "device.remove", device.as_str(), "done");
        let owner = AsUser::of(&session.user);
        let own = self.store.own();
        let removed = own
            .remove_own_device(&owner, &session.id, &device, self.can_call(), entry)
            .await?;
        Ok(match removed {
            Removed::Done => {
                self.waker.wake(&Topic::Device(device));
                self.waker.wake(&Topic::Person(session.user.id.clone()));
                self.wake_devices_of(&session.user.id).await;
                Ok(())
            }
            Removed::NotThere => Err(ChangeRefused::NotThere),
            Removed::NotProven => Err(ChangeRefused::ProofNeeded),
            Removed::Refused(refused) => Err(ChangeRefused::Kept(refused)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_has_one_to_forty_characters() {
        assert_eq!(
            read_name("  Ward\u{202e}\n phone ").as_deref(),
            Some("Ward phone")
        );
        assert_eq!(read_name(&"ä".repeat(40)), Some("ä".repeat(40)));
        for bad in ["", "  ", "\u{200b}", &"ä".repeat(41)] {
            assert_eq!(read_name(bad), None, "{bad:?}");
        }
    }
}
