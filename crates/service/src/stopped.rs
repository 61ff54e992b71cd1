//! What became of a key that a device still holds (PROTOCOL.md §12).

use countersign_protocol::{
    ids::DeviceId,
    label::Label,
    wire::stopped::{Stopped, StoppedCause},
};

use crate::core::Core;
use crate::model::{Device, DeviceState, StoppedBy, UserStatus};
use crate::store::StoreError;

/// Which of a device's keys somebody proved to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldKey {
    /// The present one.
    Present,
    /// The one that the last activation replaced.
    Replaced,
}

impl HeldKey {
    /// The key of a device that called when `then` was its generation, now that it is `now`. `None` for an earlier one than
    /// the last that was replaced: of that nothing is told.
    fn of_generation(then: i64, now: i64) -> Option<Self> {
        match now.checked_sub(then)? {
            0 => Some(Self::Present),
            1 => Some(Self::Replaced),
            _ => None,
        }
    }
}

impl Core {
    /// What is told to a device whose call began with a key that was good, that of its `generation`. `None` where the key still
    /// is, or where nothing is told.
    pub async fn stopped_meanwhile(
        &self,
        device: &DeviceId,
        generation: i64,
    ) -> Result<Option<Stopped>, StoreError> {
        let device = self.store.device(device).await?;
        Ok(device.and_then(|device| {
            let held = HeldKey::of_generation(generation, device.generation)?;
            told(&device, held)
        }))
    }
}

/// What is told to whoever holds that key of `device`. `None` where the key is good.
pub fn told(device: &Device, held: HeldKey) -> Option<Stopped> {
    let (cause, at) = match (held, device.state) {
        (HeldKey::Replaced, _) => (StoppedCause::Replaced, Some(device.activated_at)),
        (HeldKey::Present, DeviceState::Removed) => {
            let cause = match device.stopped_by {
                Some(StoppedBy::Moved) => StoppedCause::Moved,
                _ => StoppedCause::Removed,
            };
            (cause, device.stopped_at)
        }
        (HeldKey::Present, _) if device.user_status == UserStatus::Disabled => {
            (StoppedCause::Disabled, None)
        }
        (HeldKey::Present, DeviceState::Suspended) => {
            let cause = match device.stopped_by {
                Some(StoppedBy::Copied) => StoppedCause::Copied,
                Some(StoppedBy::Desk) => StoppedCause::Desk,
                Some(StoppedBy::NotMe) => StoppedCause::NotMe,
                Some(StoppedBy::Moved) | None => StoppedCause::Suspended,
            };
            (cause, device.stopped_at)
        }
        (HeldKey::Present, DeviceState::Active) => return None,
    };
    Some(Stopped {
        cause,
        at: at.map(|at| at.0),
        device: (held == HeldKey::Replaced).then(|| Label::new(&device.name)),
    })
}
