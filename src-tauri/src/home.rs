//! Where the app keeps its files, and what a site's administrator has written there.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use countersign_authenticator::BackupPlace;
use countersign_protocol::host::Host;
use serde::Deserialize;
use tauri::{AppHandle, Manager as _};

/// Names the data folder.
const HOME: &str = "COUNTERSIGN_HOME";
/// The administrator's file, in the data folder.
const SETTINGS: &str = "countersign-app.toml";

/// The data folder: `COUNTERSIGN_HOME` where it is set, else the platform's own.
pub(crate) fn folder(app: &AppHandle) -> tauri::Result<PathBuf> {
    match std::env::var_os(HOME) {
        Some(folder) if !folder.is_empty() => Ok(PathBuf::from(folder)),
        _ => app.path().app_data_dir(),
    }
}

/// Where files for a person are put: with what they downloaded. An app with a data folder of its own puts them beside it.
/// `None` on phones, where an app reaches no folder of the person's.
pub(crate) fn saved(app: &AppHandle, folder: &Path) -> Option<PathBuf> {
    if cfg!(mobile) {
        return None;
    }
    if has_a_folder_of_its_own() {
        return Some(folder.join("saved"));
    }
    let paths = app.path();
    let downloads = paths
        .download_dir()
        .or_else(|_| paths.home_dir().map(|home| home.join("Downloads")));
    downloads.ok()
}

/// Where this installation's marks lie: with what a program remembers and no backup takes along, apart from the vault. An app
/// with a data folder of its own keeps it there.
pub(crate) fn marks(app: &AppHandle, folder: &Path) -> PathBuf {
    let own = has_a_folder_of_its_own() || cfg!(mobile);
    let state = (!own).then(|| state_folder(app)).flatten();
    state.unwrap_or_else(|| folder.join("state"))
}

/// `$XDG_STATE_HOME/<app>` on Linux. On Windows what the keystore keeps roams from computer to computer with the person, and
/// so do the marks.
fn state_folder(app: &AppHandle) -> Option<PathBuf> {
    let paths = app.path();
    if cfg!(target_os = "linux") {
        let named = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        let state = named
            .filter(|folder| folder.is_absolute())
            .or_else(|| Some(paths.home_dir().ok()?.join(".local/state")))?;
        return Some(state.join(&app.config().identifier));
    }
    if cfg!(windows) {
        return Some(paths.app_data_dir().ok()?.join("state"));
    }
    paths.app_local_data_dir().ok()
}

fn has_a_folder_of_its_own() -> bool {
    std::env::var_os(HOME).is_some_and(|folder| !folder.is_empty())
}

/// What a site may set for the app.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Hosts that may be used although they are local names or have odd ports (row Q2).
    #[serde(default)]
    pub(crate) hosts: Vec<Host>,
    /// The folder of the backups, for a drive that outlives the machine.
    #[serde(default)]
    backups: Option<PathBuf>,
    /// Seconds that a passcode stays on the clipboard.
    #[serde(default)]
    clipboard_seconds: Option<u64>,
}

impl Settings {
    /// Reads the administrator's file. One that cannot be understood sets nothing and says so in the log.
    pub(crate) fn read(folder: &Path) -> Self {
        let text = match fs::read_to_string(folder.join(SETTINGS)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                tracing::error!(%error, "{SETTINGS} cannot be read: no host beyond public names is allowed");
                return Self::default();
            }
        };
        toml::from_str(&text).unwrap_or_else(|error| {
            tracing::error!(
                error = error.message(),
                "{SETTINGS} is not understood: no host beyond public names is allowed"
            );
            Self::default()
        })
    }

    /// Where backups are kept: where the administrator says, else in the person's documents, which outlive the app. An app
    /// with a data folder of its own keeps them beside it. `None` on phones, whose apps have no such folder.
    pub(crate) fn backups(&self, app: &AppHandle, folder: &Path) -> Option<BackupPlace> {
        if cfg!(mobile) {
            return None;
        }
        match &self.backups {
            Some(managed) if managed.is_absolute() => {
                return Some(BackupPlace::Managed(managed.clone()));
            }
            Some(_) => tracing::error!("backups in {SETTINGS} is no absolute path: it is left out"),
            None => {}
        }
        if has_a_folder_of_its_own() {
            return Some(BackupPlace::Usual(folder.join("backups")));
        }
        let paths = app.path();
        let documents = paths
            .document_dir()
            .or_else(|_| paths.home_dir().map(|home| home.join("Documents")));
        Some(BackupPlace::Usual(documents.ok()?.join("Countersign")))
    }

    /// How long a passcode stays on the clipboard: 30 seconds where nothing is set, never more than 60 (row U3).
    pub(crate) fn passcode_stays(&self) -> Duration {
        Duration::from_secs(self.clipboard_seconds.unwrap_or(30).min(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q2_only_a_well_formed_list_allows_hosts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Settings::read(folder.path()).hosts, []);
        let write = |text: &str| fs::write(folder.path().join(SETTINGS), text).unwrap();
        write("hosts = [\"localhost:8443\"]");
        assert_eq!(
            Settings::read(folder.path()).hosts,
            [Host::parse("localhost:8443").unwrap()]
        );
        for wrong in [
            "hosts = [\"not a host\"]",
            "hosts = \"localhost:8443\"",
            "host = [\"localhost:8443\"]",
            "]",
        ] {
            write(wrong);
            assert_eq!(Settings::read(folder.path()).hosts, [], "{wrong}");
        }
    }

    #[test]
    fn u3_a_passcode_leaves_the_clipboard_within_a_minute() {
        let stays = |text: &str| toml::from_str::<Settings>(text).unwrap().passcode_stays();
        assert_eq!(stays(""), Duration::from_secs(30));
        assert_eq!(stays("clipboard_seconds = 5"), Duration::from_secs(5));
        assert_eq!(stays("clipboard_seconds = 3600"), Duration::from_mins(1));
    }
}
