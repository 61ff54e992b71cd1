//! The operating system's real keystore: a PIN vault made in one process and opened in another (rows V2, V11).
//!
//! On Linux that is gnome-keyring on a D-Bus session of its own, which this test program starts around itself;
//! inside it runs the tests again, each of which then meets a real Secret Service.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use common::{NOW_MS, PIN, chosen_pin, issuers, other, pin, unlock};
use countersign_vault::{KdfProfile, Keystore, OsKeystore, Place, UnlockError, VaultFile};

const INSIDE: &str = "VAULT_KEYSTORE_FOLDER";

fn os_place(folder: &Path) -> Place {
    Place {
        directory: folder.join("vault"),
        keystore: Arc::new(OsKeystore::new("org.countersign.test")),
        kdf: KdfProfile::FLOOR,
    }
}

/// Runs one of the functions below in a session with an unlocked gnome-keyring whose files are in `folder`.
fn inside(folder: &Path, function: &str) {
    // The daemon says where it listens and stays; the session's end ends it. Its files stand in `folder` alone
    let script = "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null \
                  && exec \"$0\" --exact \"$1\" --nocapture --test-threads=1";
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .arg(env::current_exe().unwrap())
        .arg(function)
        .env(INSIDE, folder)
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_RUNTIME_DIR", folder)
        .output()
        .expect("dbus-run-session is installed (packages dbus-daemon and gnome-keyring)");
    let [out, complaint] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{function}: {out}\n{complaint}"
    );
}

/// The folder, when this process runs inside a session of its own. In an ordinary run there is none, and nothing to do.
fn session() -> Option<std::path::PathBuf> {
    env::var_os(INSIDE).map(Into::into)
}

#[test]
fn first_session() {
    let Some(folder) = session() else { return };
    let place = os_place(&folder);
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(other("kept")).unwrap();
    drop(vault);
    assert_eq!(
        unlock(&place, &pin("111111"), NOW_MS).err(),
        Some(UnlockError::Refused { tries_left: 4 })
    );
}

#[test]
fn second_session() {
    let Some(folder) = session() else { return };
    let place = os_place(&folder);
    assert_eq!(
        unlock(&place, &pin("111111"), NOW_MS).err(),
        Some(UnlockError::Refused { tries_left: 3 })
    );
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), ["kept"]);
}

#[test]
fn session_with_an_empty_keystore() {
    let Some(folder) = session() else { return };
    assert_eq!(
        unlock(&os_place(&folder), &pin(PIN), NOW_MS).err(),
        Some(UnlockError::KeystoreLost)
    );
    let keystore = OsKeystore::new("org.countersign.test");
    assert!(keystore.read("nothing").unwrap().is_none());
    keystore.write("something", &[0, 255, 10]).unwrap();
    assert_eq!(
        keystore.read("something").unwrap().unwrap().as_slice(),
        [0, 255, 10]
    );
    keystore.write("something", b"newer").unwrap();
    assert_eq!(
        keystore.read("something").unwrap().unwrap().as_slice(),
        b"newer"
    );
    keystore.erase("something").unwrap();
    keystore.erase("something").unwrap();
    assert!(keystore.read("something").unwrap().is_none());
}

#[test]
fn v2_a_pin_vault_opens_with_the_real_keystore_and_not_without_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    inside(folder.path(), "first_session");
    inside(folder.path(), "second_session");

    let elsewhere = tempfile::tempdir().unwrap();
    let copied = os_place(elsewhere.path());
    std::fs::create_dir(&copied.directory).unwrap();
    std::fs::copy(os_place(folder.path()).vault_path(), copied.vault_path()).unwrap();
    inside(elsewhere.path(), "session_with_an_empty_keystore");
}

#[test]
fn without_a_keystore_service_a_pin_is_not_held_against_the_person() {
    let folder = tempfile::tempdir().unwrap();
    inside(folder.path(), "first_session");
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "no_session", "--nocapture"])
        .env(INSIDE, folder.path())
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn no_session() {
    let Some(folder) = session() else { return };
    assert_eq!(
        unlock(&os_place(&folder), &pin(PIN), NOW_MS).err(),
        Some(UnlockError::KeystoreUnavailable)
    );
}
