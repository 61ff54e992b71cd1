//! Whether this device has a keystore that a PIN can lean on.

use countersign_vault::Place;
use ring::rand::SystemRandom;
use tokio::task::spawn_blocking;

use crate::view::UnlockMethod;

/// A name that no vault uses.
const PROBE: &str = "probe";

/// A PIN where a keystore keeps what it is given, else a passphrase.
pub(crate) async fn preferred(place: &Place) -> UnlockMethod {
    let keystore = place.keystore.clone();
    let kept = spawn_blocking(move || {
        let probe = countersign_protocol::random::bytes::<16>(&SystemRandom::new()).ok()?;
        keystore.write(PROBE, &probe).ok()?;
        let read = keystore.read(PROBE).ok()??;
        keystore.erase(PROBE).ok()?;
        Some(read.as_slice() == probe)
    });
    match kept.await {
        Ok(Some(true)) => UnlockMethod::Pin,
        _ => UnlockMethod::Passphrase,
    }
}
