//! A person's own devices, as they see them.

use countersign_protocol::wire::self_service::{DeviceKind, DeviceStanding, First, OwnDevice};

use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::model::{Device, DeviceState, Dialect, User};

impl Core {
    /// The devices of a user, the default first.
    pub async fn own_devices(&self, user: &User) -> Result<Vec<OwnDevice>, Fault> {
        let devices = self.store.devices_of(&AsUser::of(user)).await?;
        Ok(devices
            .iter()
            .enumerate()
            .map(|(place, device)| own(device, place == 0))
            .collect())
    }
}

fn own(device: &Device, default: bool) -> OwnDevice {
    let active = device.state == DeviceState::Active;
    OwnDevice {
        id: device.id.to_string(),
        name: device.name.clone(),
        kind: if matches!(device.platform.as_str(), "Android" | "iOS") {
            DeviceKind::Phone
        } else {
            DeviceKind::Tablet
        },
        number: None,
        standing: if active {
            DeviceStanding::Works
        } else {
            DeviceStanding::NeedsReactivating
        },
        default,
        first: First::Push,
        push: active && device.dialect == Dialect::Countersign1,
        passcode: active,
        call: false,
        last_used_at: Some(device.last_seen_at.0),
        added_at: device.activated_at.0,
    }
}
