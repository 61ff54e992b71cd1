//! Whether a device works, as far as the service can know: a pure function of what is stored.

use countersign_protocol::wire::self_service::{DeviceStanding, First, OwnDevice};

use crate::model::{DeviceState, Dialect};
use crate::policy::REPLACED_KEY_GRACE_MS;
use crate::store::own::OwnedDevice;

/// Where a device stands.
pub fn standing(owned: &OwnedDevice) -> DeviceStanding {
    match (owned.device.dialect, owned.device.state) {
        (Dialect::CallsOnly, _) => DeviceStanding::CallsOnly,
        (Dialect::PasscodeOnly, _) | (_, DeviceState::Suspended | DeviceState::Removed) => {
            DeviceStanding::NeedsReactivating
        }
        (Dialect::Countersign1 | Dialect::Legacy, DeviceState::Active) => {
            if is_out_of_step(owned) {
                DeviceStanding::NeedsReactivating
            } else if owned.silent {
                DeviceStanding::Silent
            } else {
                DeviceStanding::Works
            }
        }
    }
}

/// Whether what calls as this device holds a key that was replaced, while the one that replaced it is not heard of. An
/// old phone that still calls beside its successor says nothing about the successor.
fn is_out_of_step(owned: &OwnedDevice) -> bool {
    let device = &owned.device;
    owned.replaced_key_seen_at.is_some_and(|seen| {
        seen - device.last_seen_at.max(device.activated_at) > REPLACED_KEY_GRACE_MS
    })
}

/// Whether it can be asked now.
pub fn can_be_asked(owned: &OwnedDevice) -> bool {
    owned.device.can_be_asked() && !is_out_of_step(owned)
}

/// Whether it can be asked with a number, as every proof of self-service does (row C4).
pub fn can_push(owned: &OwnedDevice) -> bool {
    can_be_asked(owned) && owned.device.dialect == Dialect::Countersign1
}

/// Whether it shows passcodes that are taken.
pub fn can_make_passcodes(owned: &OwnedDevice) -> bool {
    owned.device.can_sign_in()
}

/// Whether it can be called, where the site has somebody who calls. What was suspended may be in the wrong hands.
pub fn can_be_called(owned: &OwnedDevice, calls: bool) -> bool {
    calls && owned.number.is_some() && owned.device.state == DeviceState::Active
}

/// Whether somebody could sign in with it. What is only silent may be heard of again, so it counts.
pub fn is_a_way(owned: &OwnedDevice, calls: bool) -> bool {
    can_make_passcodes(owned) || can_be_called(owned, calls)
}

/// Whether it can be what happens first.
pub fn can_be_first(owned: &OwnedDevice, first: First, calls: bool) -> bool {
    match first {
        First::Push => owned.device.dialect != Dialect::CallsOnly,
        First::Call => can_be_called(owned, calls),
        First::Ask => true,
    }
}

/// The device as its owner sees it. `default` is whether it is the first of the list.
pub fn view(owned: &OwnedDevice, default: bool, calls: bool) -> OwnDevice {
    let device = &owned.device;
    OwnDevice {
        id: device.id.as_str().to_owned(),
        name: device.name.clone(),
        kind: owned.kind,
        number: owned.number.as_ref().map(super::phone_number::E164::masked),
        standing: standing(owned),
        default,
        first: owned.first,
        push: can_push(owned),
        passcode: can_make_passcodes(owned),
        call: can_be_called(owned, calls),
        last_used_at: (device.last_seen_at.0 > 0).then_some(device.last_seen_at.0),
        added_at: owned.added_at.0,
    }
}
