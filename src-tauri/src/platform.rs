//! What the device says of itself at activation, and the keystore it has.

use std::sync::Arc;

use countersign_authenticator::DeviceFacts;
use countersign_vault::Keystore;

/// The system's keystore. Android's is reached from Java only, so there a passphrase locks the vault.
pub(crate) fn keystore() -> Arc<dyn Keystore> {
    #[cfg(not(target_os = "android"))]
    let keystore = countersign_vault::OsKeystore::new("org.countersign.app");
    #[cfg(target_os = "android")]
    let keystore = countersign_vault::UnavailableKeystore;
    Arc::new(keystore)
}

/// What the system calls this machine. Phones tell apps no such name, and take no app's mark along; on Windows a person's
/// keystore and marks go from computer to computer.
pub(crate) fn machine() -> Option<String> {
    #[cfg(all(desktop, not(windows)))]
    let machine = machine_uid::get().ok();
    #[cfg(any(mobile, windows))]
    let machine = None;
    machine
}

/// This device, as an administrator would recognise it.
pub(crate) fn device() -> DeviceFacts {
    DeviceFacts {
        platform: platform().to_owned(),
        model: String::new(),
        name: name(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

const fn platform() -> &'static str {
    if cfg!(target_os = "android") {
        "Android"
    } else if cfg!(target_os = "ios") {
        "iOS"
    } else if cfg!(target_os = "macos") {
        "macOS"
    } else if cfg!(windows) {
        "Windows"
    } else {
        "Linux"
    }
}

/// The computer's own name; a phone's is not told to apps.
fn name() -> String {
    #[cfg(desktop)]
    let name = gethostname::gethostname().to_string_lossy().into_owned();
    #[cfg(mobile)]
    let name = platform().to_owned();
    name
}
