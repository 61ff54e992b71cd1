//! How the app speaks to a service: `countersign/1`, or Duo's plain dialect where a host knows nothing else.

pub(crate) mod countersign;
pub(crate) mod plain;
mod signer;

pub(crate) use signer::Signer;

use countersign_protocol::{params::Params, signing::keys::Scheme};

use crate::surroundings::DeviceFacts;

/// Version of Duo's app that the plain dialect passes for; from 4.49 on passcodes follow the clock.
const PLAIN_APP_VERSION: &str = "4.110.0";

/// The parameters of an activation that both dialects have.
fn device_params(device: &DeviceFacts, scheme: Scheme, public_key: String) -> Params {
    Params::new()
        .with("customer_protocol", "1")
        .with("pubkey", public_key)
        .with("pkpush", scheme.as_str())
        .with("platform", &*device.platform)
        .with("model", &*device.model)
        .with("device_name", &*device.name)
}
