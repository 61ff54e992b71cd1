//! What a service tells a device about another one of its user, or about the user's account (PROTOCOL.md §10).

use crate::{
    ids::{DeviceId, NoticeId, ServiceId, UserId},
    params::Params,
    time::UnixMillis,
    wire::device::NoticeOfDevice,
};

/// What happened: to another device, or to the account by the help desk, a bypass code or a recovery card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// It was added.
    Added,
    /// It existed before and was activated again: it has new keys.
    Reactivated,
    /// It was removed.
    Removed,
    /// The help desk stopped it.
    Suspended,
    /// A bypass code was made for the user.
    BypassMade,
    /// A bypass code of the user was used.
    BypassUsed,
    /// A recovery card was made for the user, in place of the one before.
    CardMade,
    /// A code of the user's recovery card was used.
    CardUsed,
    /// The user's recovery card was taken back.
    CardStopped,
    /// The help desk took the user's failures back.
    Unlocked,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Added,
        Self::Reactivated,
        Self::Removed,
        Self::Suspended,
        Self::BypassMade,
        Self::BypassUsed,
        Self::CardMade,
        Self::CardUsed,
        Self::CardStopped,
        Self::Unlocked,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "device_added",
            Self::Reactivated => "device_reactivated",
            Self::Removed => "device_removed",
            Self::Suspended => "device_suspended",
            Self::BypassMade => "bypass_made",
            Self::BypassUsed => "bypass_used",
            Self::CardMade => "card_made",
            Self::CardUsed => "card_used",
            Self::CardStopped => "card_stopped",
            Self::Unlocked => "unlocked",
        }
    }

    /// The kind of that word. `None` for one that this release does not know.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a person says to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeAnswer {
    /// It was me.
    Seen,
    /// It was not me: what can be stopped is stopped.
    NotMe,
}

impl NoticeAnswer {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::NotMe => "not_me",
        }
    }

    /// The answer of that word. `None` for any other.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Seen, Self::NotMe]
            .into_iter()
            .find(|answer| answer.as_str() == word)
    }
}

/// One notice to one device, as the service vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When it happened.
    pub created: UnixMillis,
    /// The changed device's name, as it is on the wire; empty where it is about the account.
    pub device_name: String,
    /// The notice.
    pub id: NoticeId,
    /// What happened, as it is on the wire.
    pub kind: String,
    /// Which device is told.
    pub pkey: DeviceId,
    /// By which service.
    pub service: ServiceId,
    /// Whose devices they are.
    pub user: UserId,
}

impl Notice {
    /// What `service` must have signed for the device `pkey` to take `told` as it stands.
    pub fn of(told: &NoticeOfDevice, pkey: &DeviceId, service: &ServiceId) -> Self {
        Self {
            created: UnixMillis(told.created_at),
            device_name: told.device_name.clone(),
            id: told.id.clone(),
            kind: told.kind.clone(),
            pkey: pkey.clone(),
            service: service.clone(),
            user: told.user.clone(),
        }
    }

    /// The text that the service key signs.
    pub fn signing_text(&self) -> String {
        let params = Params::new()
            .with("created", self.created.0.to_string())
            .with("device_name", &*self.device_name)
            .with("id", self.id.as_str())
            .with("kind", &*self.kind)
            .with("pkey", self.pkey.as_str())
            .with("service", self.service.as_str())
            .with("user", self.user.as_str());
        format!("countersign/1 notice\n{}", params.canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written_and_others_are_none() {
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::of(kind.as_str()), Some(kind));
        }
        for answer in [NoticeAnswer::Seen, NoticeAnswer::NotMe] {
            assert_eq!(NoticeAnswer::of(answer.as_str()), Some(answer));
        }
        assert_eq!(NoticeKind::of("device_lent"), None);
        assert_eq!(NoticeAnswer::of("approve"), None);
    }
}
