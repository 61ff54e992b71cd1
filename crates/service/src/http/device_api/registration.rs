//! `POST /push/v2/device/registration`: a device offers a token for wake-ups (`device.md` §4).

use crate::http::{device_auth::FreshDeviceCall, envelope::Answer};

/// The handler. No push relay is configured, so the token is not kept; the device is told that all is well, because for
/// it all is: it learns of requests by polling (decision 3).
pub async fn registration(_call: FreshDeviceCall) -> Answer<&'static str> {
    Answer("")
}
