//! The app without a service: first run, accounts of third parties, the lock, and files that are not what they were.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::{fs, path::Path};

use countersign_tests::{
    desktop::DesktopOptions,
    person::{PIN, Person},
    picture,
    window::Window,
};

/// A device without any service around it.
fn device(folder: &Path) -> DesktopOptions {
    DesktopOptions::new(&folder.join("home"))
        .variable("COUNTERSIGN_HOME", &folder.join("app").to_string_lossy())
}

/// A device whose vault has one account of a third party in it; the app is closed again.
async fn device_with_an_account(folder: &Path) -> DesktopOptions {
    let options = device(folder);
    let window = Window::open(
        &options,
        &["otpauth://totp/Library:nina?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Library"],
    )
    .await
    .unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.screen("confirm-other").await.unwrap();
    window.press("Add account").await.unwrap();
    window.screen("added").await.unwrap();
    window.press("Done").await.unwrap();
    window.screen("home").await.unwrap();
    window.close().await.unwrap();
    options
}

#[tokio::test]
async fn a_typed_account_shows_its_passcode_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = device(folder.path());
    let window = Window::open(&options, &[]).await.unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.screen("add").await.unwrap();
    window.press("Type a key").await.unwrap();
    window.screen("key").await.unwrap();
    window.type_into("Name", "Library").await.unwrap();
    window.type_into("Account", "nina").await.unwrap();
    window
        .type_into("Key", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq")
        .await
        .unwrap();
    window.press("Add account").await.unwrap();
    window.screen("added").await.unwrap();
    window.press("Done").await.unwrap();
    assert_eq!(window.passcode().await.unwrap().len(), 6);
    window.close().await.unwrap();

    let window = Window::open(&options, &[]).await.unwrap();
    Person::unlock(&window).await.unwrap();
    window.reads("Library").await.unwrap();
    assert_eq!(window.passcode().await.unwrap().len(), 6);
    window.close().await.unwrap();
}

#[tokio::test]
async fn a_wrong_pin_says_so_and_the_right_one_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    let options = device_with_an_account(folder.path()).await;
    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("lock").await.unwrap();
    window.type_into("PIN", "111222").await.unwrap();
    window.reads("That PIN isn’t right.").await.unwrap();
    window.type_into("PIN", PIN).await.unwrap();
    window.screen("home").await.unwrap();
    window.reads("Library").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn without_a_keystore_a_passphrase_locks_the_app() {
    let folder = tempfile::tempdir().unwrap();
    let options = DesktopOptions {
        keystore: false,
        ..device(folder.path())
    };
    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("first").await.unwrap();
    window.press("Other ways to add an account").await.unwrap();
    for screen in ["choose-passphrase", "repeat-passphrase"] {
        window.screen(screen).await.unwrap();
        window
            .type_into("Passphrase", "four quiet garden chairs")
            .await
            .unwrap();
        window.press("Continue").await.unwrap();
    }
    window.screen("add").await.unwrap();
    window.close().await.unwrap();

    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("lock").await.unwrap();
    window
        .type_into("Passphrase", "four quiet garden chairs")
        .await
        .unwrap();
    window.press("Unlock").await.unwrap();
    window.screen("home").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn q1_a_link_waits_for_the_unlock_and_then_only_asks() {
    let folder = tempfile::tempdir().unwrap();
    let options = device_with_an_account(folder.path()).await;
    let link = "otpauth://totp/Gym:nina?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR&issuer=Gym";
    let window = Window::open(&options, &[link]).await.unwrap();
    window.screen("lock").await.unwrap();
    assert!(!window.text().await.unwrap().contains("Gym"));
    window.type_into("PIN", PIN).await.unwrap();
    window.screen("confirm-other").await.unwrap();
    window.press("Cancel").await.unwrap();
    window.screen("home").await.unwrap();
    assert!(!window.text().await.unwrap().contains("Gym"));
    window.close().await.unwrap();
}

#[tokio::test]
async fn pictures_without_a_usable_code_say_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let options = device_with_an_account(folder.path()).await;
    let window = Window::open(&options, &[]).await.unwrap();
    Person::unlock(&window).await.unwrap();

    let blank = folder.path().join("blank.png");
    picture::blank(&blank).unwrap();
    let web = folder.path().join("web.png");
    picture::qr("https://shop.example.org/menu", &web).unwrap();
    let broken = folder.path().join("broken.png");
    fs::write(&broken, b"not a picture at all").unwrap();
    let cases = [
        (&blank, "No code in that picture"),
        (&web, "shop.example.org"),
        (&broken, "That file isn’t a picture"),
    ];
    window.press("Add").await.unwrap();
    for (file, words) in cases {
        window.screen("add").await.unwrap();
        window.choose_picture(file).await.unwrap();
        window.screen("refused").await.unwrap();
        window.reads(words).await.unwrap();
        window.press("Enter it another way").await.unwrap();
    }
    window.press("Close").await.unwrap();
    window.reads("Library").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn t5_a_label_full_of_markup_is_shown_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let options = device(folder.path());
    let link = "otpauth://totp/%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D1%3E:a%E2%80%AEb?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let window = Window::open(&options, &[link]).await.unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.screen("confirm-other").await.unwrap();
    window
        .reads("<img src=x onerror=document.title=1>")
        .await
        .unwrap();
    let text = window.text().await.unwrap();
    assert!(!text.contains('\u{202e}'), "{text:?}");
    assert_eq!(window.driver().title().await.unwrap(), "Countersign");
    window.close().await.unwrap();
}

#[tokio::test]
async fn a_vault_that_is_not_what_it_was_is_not_opened_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let options = device_with_an_account(folder.path()).await;
    let file = folder.path().join("app/vault/countersign.vault");
    let log = file.with_extension("vault-wal");
    let good = fs::read(&file).unwrap();
    let good_log = fs::read(&log).unwrap_or_default();
    // What lies in the log belongs to the good file
    fs::write(&log, b"").unwrap();

    fs::write(&file, b"").unwrap();
    shows_a_fault(&options, "Your accounts file is damaged").await;
    assert_eq!(fs::read(&file).unwrap(), b"");

    let garbage = vec![7; good.len()];
    fs::write(&file, &garbage).unwrap();
    shows_a_fault(&options, "This isn’t a Countersign file").await;
    assert!(fs::read(&file).unwrap() == garbage, "the file was touched");

    // SQLite keeps the format's number at byte 60 (file format, section 1.3.15)
    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&file, &newer).unwrap();
    shows_a_fault(&options, "This file is from a newer Countersign").await;
    assert!(fs::read(&file).unwrap() == newer, "the file was touched");

    let mut flipped = good.clone();
    for byte in flipped.iter_mut().skip(4096).step_by(7) {
        *byte ^= 0x20;
    }
    fs::write(&file, &flipped).unwrap();
    let window = Window::open(&options, &[]).await.unwrap();
    if window.is_on("lock").await.unwrap() {
        window.type_into("PIN", PIN).await.unwrap();
    }
    window.reads("Your accounts file is damaged").await.unwrap();
    window.close().await.unwrap();

    fs::write(&file, &good).unwrap();
    fs::write(&log, &good_log).unwrap();
    let window = Window::open(&options, &[]).await.unwrap();
    Person::unlock(&window).await.unwrap();
    window.reads("Library").await.unwrap();
    window.close().await.unwrap();
}

async fn shows_a_fault(options: &DesktopOptions, words: &str) {
    let window = Window::open(options, &[]).await.unwrap();
    window.reads(words).await.unwrap();
    window.reads("Nothing was deleted.").await.unwrap();
    window.close().await.unwrap();
}
