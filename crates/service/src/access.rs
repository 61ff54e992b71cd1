//! Who asks: every query about a device or a request is made as somebody, and finds only what is theirs (row S4).
//!
//! A foreign id and one that never existed are answered alike, because the store looks for both at once.

use countersign_protocol::ids::{DeviceId, IntegrationKey, UserId};

use crate::device_api::Waiting;
use crate::model::{Device, Integration, User};

/// A user, resolved by name or id.
#[derive(Debug, Clone, Copy)]
pub struct AsUser<'a>(&'a UserId);

impl<'a> AsUser<'a> {
    /// As the user that was found.
    pub fn of(user: &'a User) -> Self {
        Self(&user.id)
    }

    /// The id to look for.
    pub fn id(&self) -> &UserId {
        self.0
    }
}

/// A device whose signature was checked.
#[derive(Debug, Clone, Copy)]
pub struct AsDevice<'a>(&'a DeviceId);

impl<'a> AsDevice<'a> {
    /// As the device that signed.
    pub fn of(device: &'a Device) -> Self {
        Self(&device.id)
    }

    /// As the device that signed and waits since.
    pub fn waiting(device: &'a Waiting) -> Self {
        Self(device.id())
    }

    /// The id to look for.
    pub fn id(&self) -> &DeviceId {
        self.0
    }
}

/// An integration whose signature was checked.
#[derive(Debug, Clone, Copy)]
pub struct AsIntegration<'a>(&'a IntegrationKey);

impl<'a> AsIntegration<'a> {
    /// As the integration that signed.
    pub fn of(integration: &'a Integration) -> Self {
        Self(&integration.id)
    }

    /// The id to look for.
    pub fn id(&self) -> &IntegrationKey {
        self.0
    }
}
