//! What a device says about itself when it is activated.

use countersign_protocol::label::Label;
use countersign_protocol::wire::self_service::DeviceKind;

/// What a device says about itself. Shown, never believed.
#[derive(Debug, Default)]
pub struct DeviceFacts {
    /// `Android`, `iOS`, `Linux`.
    pub platform: String,
    /// The model.
    pub model: String,
    /// The name its owner gave it.
    pub device_name: String,
    /// The app's version.
    pub app_version: String,
    /// Where the private key lives.
    pub key_storage: String,
}

impl DeviceFacts {
    /// The first of its names that says something.
    pub(super) fn name(&self) -> String {
        [&self.device_name, &self.model, &self.platform]
            .into_iter()
            .map(|text| label(text))
            .find(|text| !text.is_empty())
            .unwrap_or_else(|| "Device".to_owned())
    }

    /// What it is where nobody told.
    pub(super) fn kind(&self) -> DeviceKind {
        let computers = ["linux", "windows", "macos", "mac os", "ipados", "chromeos"];
        let is_computer = computers.contains(&self.platform.to_lowercase().as_str());
        if is_computer || self.model.starts_with("iPad") {
            DeviceKind::Tablet
        } else {
            DeviceKind::Phone
        }
    }

    /// Where it keeps its key; nothing is believed that is not known.
    pub(super) fn key_storage(&self) -> String {
        match self.key_storage.as_str() {
            known @ ("keystore" | "hardware") => known.to_owned(),
            _ => "software".to_owned(),
        }
    }
}

/// As it is kept and shown.
pub(super) fn label(text: &str) -> String {
    Label::new(text).as_str().to_owned()
}
