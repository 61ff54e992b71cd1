//! What the engine is given by whoever hosts it.

use std::{path::PathBuf, sync::Arc};

use countersign_protocol::host::Host;
use countersign_vault::Place;

use crate::{clock::Clock, start::InstallMark};

/// The device, the vault's place and the site's rules.
pub struct Surroundings {
    /// Where the vault lies and which keystore guards it.
    pub place: Place,
    /// The mark of this installation.
    pub mark: InstallMark,
    /// The device's clock.
    pub clock: Arc<dyn Clock>,
    /// Hosts that the site's administrator allows beyond public names on the usual port (row Q2).
    pub managed: Vec<Host>,
    /// Where backups lie; it outlives the app. `None` where the platform has no such place.
    pub backups: Option<BackupPlace>,
    /// Where files for a person are put, as a browser puts what it downloads. `None` where the platform has no such place.
    pub saved: Option<PathBuf>,
    /// What the device tells a service about itself.
    pub device: DeviceFacts,
}

/// The folder of the backups, an absolute path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupPlace {
    /// Where they lie unless the person chooses another folder.
    Usual(PathBuf),
    /// Where the site's administrator says, and nowhere else.
    Managed(PathBuf),
}

/// What a device says of itself at activation.
#[derive(Clone, Debug)]
pub struct DeviceFacts {
    /// `Android`, `iOS`, `Linux`, `Windows` or `macOS`.
    pub platform: String,
    /// Model, where it is known.
    pub model: String,
    /// The name by which the person knows it.
    pub name: String,
    /// This app's version.
    pub app_version: String,
}
