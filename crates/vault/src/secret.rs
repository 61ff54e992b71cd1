//! The secret types: wiped when dropped, and without `Debug`, `Clone` or `Serialize` (rows V8 and D2).
//!
//! The two classes differ by type, so that code which writes a backup cannot name a device's secret:
//! there is no conversion between them.

use zeroize::Zeroizing;

/// A secret that never leaves this device: a push key, an organisation's passcode seed, a pending activation code.
pub struct DeviceBound(Zeroizing<Vec<u8>>);

/// A secret that the encrypted backup may hold: a third party's seed.
pub struct Restorable(Zeroizing<Vec<u8>>);

/// Text that a person typed to open the vault.
pub struct SecretText(Zeroizing<String>);

impl DeviceBound {
    /// Takes the bytes over; they are wiped when this is dropped.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Copies bytes that the caller wipes itself.
    pub fn copied_from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The bytes. Say at the call why they are needed; do not copy them into something that is not wiped.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Restorable {
    /// Takes the bytes over; they are wiped when this is dropped.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Copies bytes that the caller wipes itself.
    pub fn copied_from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The bytes. Say at the call why they are needed; do not copy them into something that is not wiped.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl SecretText {
    /// Takes the text over; it is wiped when this is dropped.
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

/// ```compile_fail
/// fn needs_debug<T: std::fmt::Debug>() {}
/// needs_debug::<countersign_vault::DeviceBound>();
/// ```
/// ```compile_fail
/// fn needs_clone<T: Clone>() {}
/// needs_clone::<countersign_vault::DeviceBound>();
/// ```
/// ```compile_fail
/// fn needs_debug<T: std::fmt::Debug>() {}
/// needs_debug::<countersign_vault::Restorable>();
/// ```
/// ```compile_fail
/// fn needs_clone<T: Clone>() {}
/// needs_clone::<countersign_vault::Restorable>();
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>() {}
/// needs_serialize::<countersign_vault::DeviceBound>();
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>() {}
/// needs_serialize::<countersign_vault::Restorable>();
/// ```
/// ```compile_fail
/// fn needs_debug<T: std::fmt::Debug>() {}
/// needs_debug::<countersign_vault::SecretText>();
/// ```
/// ```compile_fail
/// fn needs_debug<T: std::fmt::Debug>() {}
/// needs_debug::<countersign_vault::Account>();
/// ```
/// The same bounds accept a type that has them, so the refusals above are about the secret types:
/// ```
/// fn needs_debug<T: std::fmt::Debug>() {}
/// fn needs_clone<T: Clone>() {}
/// fn needs_serialize<T: serde::Serialize>() {}
/// needs_debug::<String>();
/// needs_clone::<String>();
/// needs_serialize::<String>();
/// ```
#[cfg(doctest)]
pub mod v8_secret_types_have_no_debug_clone_or_serialize {}
