//! Accounts out of another app in the real window: its locked file, which of its accounts are wanted, and what came of it.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use countersign_authenticator::clock::{Clock as _, SystemClock};
use countersign_protocol::passcode::{self, Algorithm, Digits, OtpSecret, Period};
use countersign_tests::{
    desktop::DesktopOptions,
    part::await_for,
    person::{PIN, Person},
    window::{PATIENCE, Window},
};

const FILE: &str = "Choose the exported file";
/// The first account of every export in `crates/vault/tests/exports`.
const KEY: &[u8] = b"12345678901234567890";

fn export(name: &str) -> PathBuf {
    let exports = "../crates/vault/tests/exports";
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(exports)
        .join(name)
}

/// From the list to the choice of the other app.
async fn to_import(window: &Window) {
    window.press("Add").await.unwrap();
    window.press("Import from another app").await.unwrap();
    window.screen("import").await.unwrap();
}

#[tokio::test]
async fn another_apps_locked_file_becomes_accounts_that_make_its_passcodes() {
    let folder = tempfile::tempdir().unwrap();
    let options = DesktopOptions::new(&folder.path().join("home")).variable(
        "COUNTERSIGN_HOME",
        &folder.path().join("app").to_string_lossy(),
    );
    let window = Window::open(&options, &[]).await.unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.press("Import from another app").await.unwrap();
    window.screen("import").await.unwrap();
    window
        .reads("Your accounts stay in the other app too.")
        .await
        .unwrap();

    // Not an export at all, then a locked one
    let picture = folder.path().join("notes.txt");
    std::fs::write(&picture, "milk, bread").unwrap();
    window.choose_file(FILE, &picture).await.unwrap();
    window.screen("import-refused").await.unwrap();
    window.reads("No accounts in that file").await.unwrap();
    window.press("Choose another").await.unwrap();
    let locked = export("aegis-locked.json");
    window.choose_file(FILE, &locked).await.unwrap();
    window.screen("import-password").await.unwrap();
    let password = "Password of the file";
    window.type_into(password, "pass word").await.unwrap();
    window.press("Open the file").await.unwrap();
    window
        .reads("That password doesn’t open the file")
        .await
        .unwrap();
    let field = window.field(password).await.unwrap();
    field.clear().await.unwrap();
    window.type_into(password, "päss word ").await.unwrap();
    window.press("Open the file").await.unwrap();

    // Nothing is there before the yes
    window.screen("import-review").await.unwrap();
    window.reads("5 accounts found").await.unwrap();
    window
        .reads("Its key is damaged, so it can’t be used")
        .await
        .unwrap();
    window.press("Lab").await.unwrap();
    window.press("Import 3 accounts").await.unwrap();
    window.screen("import-done").await.unwrap();
    window.reads("3 accounts imported").await.unwrap();
    window.reads("1 was left out.").await.unwrap();
    window.reads("1 can’t be used as it is.").await.unwrap();
    window.press("Done").await.unwrap();
    window.screen("home").await.unwrap();
    window.reads("Library").await.unwrap();
    window.reads("Ward Café").await.unwrap();
    shows_the_passcode(&window).await;

    // The same file once more: what is here is not wanted again, what was left out is
    to_import(&window).await;
    window
        .choose_file(FILE, &export("aegis.json"))
        .await
        .unwrap();
    window.screen("import-review").await.unwrap();
    window.reads("You already have this one").await.unwrap();
    window.press("Import 1 account").await.unwrap();
    window.reads("3 were here already.").await.unwrap();
    window.press("Done").await.unwrap();
    window.screen("home").await.unwrap();
    window.reads("Lab").await.unwrap();
    window.close().await.unwrap();

    // And it is all there after a restart
    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("lock").await.unwrap();
    window.type_into("PIN", PIN).await.unwrap();
    window.screen("home").await.unwrap();
    shows_the_passcode(&window).await;
    window.close().await.unwrap();
}

#[tokio::test]
async fn an_entry_that_could_not_be_imported_waits_until_its_key_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let options = DesktopOptions::new(&folder.path().join("home")).variable(
        "COUNTERSIGN_HOME",
        &folder.path().join("app").to_string_lossy(),
    );
    let window = Window::open(&options, &[]).await.unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.press("Import from another app").await.unwrap();
    window.screen("import").await.unwrap();
    let links = "otpauth://totp/Archive:amira?secret=JBSWY3DPEHPK3PXP\n\
                 otpauth://totp/Old%20VPN:amira?secret=1&digits=8&period=60&algorithm=SHA256\n";
    let file = folder.path().join("links.txt");
    std::fs::write(&file, links).unwrap();
    window.choose_file(FILE, &file).await.unwrap();
    window.screen("import-review").await.unwrap();
    window.press("Import 1 account").await.unwrap();
    window.screen("import-done").await.unwrap();
    window.reads("1 can’t be used as it is.").await.unwrap();
    window.press("Done").await.unwrap();
    window
        .reads("1 account could not be imported")
        .await
        .unwrap();
    window.close().await.unwrap();

    // It is there after a restart, behind the lock
    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("lock").await.unwrap();
    assert!(!window.text().await.unwrap().contains("imported"));
    window.type_into("PIN", PIN).await.unwrap();
    window.press("See what to do").await.unwrap();
    window.screen("unimported").await.unwrap();
    window.press("Old VPN").await.unwrap();
    window.screen("unimported-entry").await.unwrap();
    window.reads("Its key is damaged").await.unwrap();
    window.press("Type its key").await.unwrap();
    window.screen("key").await.unwrap();
    // The name and what its passcodes are like are known; only the key is not
    window
        .reads("Time-based, 8 digits, every 60 seconds")
        .await
        .unwrap();
    window
        .type_into("Key", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq")
        .await
        .unwrap();
    window.press("Add account").await.unwrap();
    window.screen("added").await.unwrap();
    window.reads("Old VPN, amira.").await.unwrap();
    window.press("Done").await.unwrap();
    window.screen("home").await.unwrap();
    let minute = Period::new(60).unwrap();
    let eight = Digits::new(8).unwrap();
    shows(&window, Algorithm::Sha256, eight, minute).await;
    assert!(
        !window
            .text()
            .await
            .unwrap()
            .contains("could not be imported")
    );

    // The same file once more brings nothing back
    to_import(&window).await;
    window.choose_file(FILE, &file).await.unwrap();
    window.screen("import-review").await.unwrap();
    window.press("Keep for later").await.unwrap();
    window.reads("No account was imported").await.unwrap();
    window.press("Done").await.unwrap();
    window.screen("home").await.unwrap();
    assert!(
        !window
            .text()
            .await
            .unwrap()
            .contains("could not be imported")
    );
    window.close().await.unwrap();
}

/// The passcode of the first account, as RFC 6238 has it.
async fn shows_the_passcode(window: &Window) {
    shows(window, Algorithm::Sha1, Digits::SIX, Period::THIRTY).await;
}

/// The passcode that [`KEY`] makes.
async fn shows(window: &Window, algorithm: Algorithm, digits: Digits, period: Period) {
    let key = OtpSecret::new(KEY.to_vec());
    await_for(PATIENCE, async || {
        let step = period.step(SystemClock.now()).context("after 1970")?;
        let code = passcode::code(&key, algorithm, digits, step);
        let shown = window.text().await?.replace(char::is_whitespace, "");
        ensure!(shown.contains(code.as_str()), "{} is not in {shown}", *code);
        Ok(())
    })
    .await
    .unwrap();
}
