//! Where the app keeps its files, and what a site's administrator has written there.

use std::{fs, io, path::PathBuf};

use countersign_protocol::host::Host;
use serde::Deserialize;
use tauri::{AppHandle, Manager as _};

/// The administrator's file, in the data folder.
const SETTINGS: &str = "countersign-app.toml";

/// The data folder: `COUNTERSIGN_HOME` where it is set, else the platform's own.
pub(crate) fn folder(app: &AppHandle) -> tauri::Result<PathBuf> {
    match std::env::var_os("COUNTERSIGN_HOME") {
        Some(folder) if !folder.is_empty() => Ok(PathBuf::from(folder)),
        _ => app.path().app_data_dir(),
    }
}

/// What a site may set for the app.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Hosts that may be used although they are local names or have odd ports (row Q2).
    #[serde(default)]
    hosts: Vec<Host>,
}

/// The hosts on the managed list. A file that cannot be understood allows nothing and says so in the log.
pub(crate) fn managed_hosts(folder: &std::path::Path) -> Vec<Host> {
    let file = folder.join(SETTINGS);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::error!(%error, "{SETTINGS} cannot be read: no host beyond public names is allowed");
            return Vec::new();
        }
    };
    match toml::from_str::<Settings>(&text) {
        Ok(settings) => settings.hosts,
        Err(error) => {
            tracing::error!(
                error = error.message(),
                "{SETTINGS} is not understood: no host beyond public names is allowed"
            );
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q2_only_a_well_formed_list_allows_hosts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(managed_hosts(folder.path()), []);
        let write = |text: &str| fs::write(folder.path().join(SETTINGS), text).unwrap();
        write("hosts = [\"localhost:8443\"]");
        assert_eq!(
            managed_hosts(folder.path()),
            [Host::parse("localhost:8443").unwrap()]
        );
        for wrong in [
            "hosts = [\"not a host\"]",
            "hosts = \"localhost:8443\"",
            "host = [\"localhost:8443\"]",
            "]",
        ] {
            write(wrong);
            assert_eq!(managed_hosts(folder.path()), [], "{wrong}");
        }
    }
}
