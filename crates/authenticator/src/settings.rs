//! What a person chose, as the vault keeps it: one setting, all choices in it.

use countersign_vault::{Vault, VaultError};

use crate::view::{LockAfter, SettingsView};

/// Name of the vault's setting.
const NAME: &str = "choices";

/// Until somebody chooses.
const DEFAULT: SettingsView = SettingsView {
    lock_after: LockAfter::OneMinute,
    hide_passcodes: false,
    ask_before_approving: false,
    notification_details: false,
};

/// What was chosen. A text that does not read is as good as none: the defaults are safe.
pub(crate) fn read(vault: &Vault) -> SettingsView {
    vault
        .setting(NAME)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(DEFAULT)
}

/// Keeps what was chosen.
pub(crate) fn write(vault: &mut Vault, settings: SettingsView) -> Result<(), VaultError> {
    let text = serde_json::to_string(&settings).map_err(|_| VaultError::NotStored)?;
    vault.set_setting(NAME, Some(&text))
}
