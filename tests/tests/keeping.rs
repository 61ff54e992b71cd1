//! What a person meets over the years: another PIN, wrong ones, a file put back, an account removed by mistake.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::{fs, path::Path, sync::Arc};

use countersign_tests::{
    desktop::DesktopOptions,
    duo::DuoClient,
    part::await_for,
    person::{PIN, Person},
    service::Service,
    window::{PATIENCE, Window},
};
use thirtyfour::By;

const USER: &str = "nina.holt";
const OTHER_PIN: &str = "806251";
const LIBRARY: &str =
    "otpauth://totp/Library:nina?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Library";

/// A device without any service, with one account of a third party, at the list.
async fn library(folder: &Path) -> (DesktopOptions, Window) {
    let options = DesktopOptions::new(&folder.join("home"))
        .variable("COUNTERSIGN_HOME", &folder.join("app").to_string_lossy());
    let window = Window::open(&options, &[LIBRARY]).await.unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.screen("confirm-other").await.unwrap();
    window.press("Add account").await.unwrap();
    window.screen("added").await.unwrap();
    window.press("Done").await.unwrap();
    window.screen("home").await.unwrap();
    (options, window)
}

async fn service(folder: &Path) -> Service {
    let service = Service::start(&folder.join("service")).await.unwrap();
    service.add_user(USER).unwrap();
    service
}

/// Copies the files of the vault at `app` to `to`.
fn copy_vault(app: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(app.join("vault")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[tokio::test]
async fn another_pin_is_chosen_and_only_that_one_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (options, window) = library(folder.path()).await;
    window.press("Settings").await.unwrap();
    window.screen("settings").await.unwrap();
    window.press("App lock").await.unwrap();
    for (screen, pin) in [
        ("current-pin", PIN),
        ("choose-pin", OTHER_PIN),
        ("repeat-pin", OTHER_PIN),
    ] {
        window.screen(screen).await.unwrap();
        window.type_into("PIN", pin).await.unwrap();
    }
    window.reads("Your PIN is changed").await.unwrap();
    window.close().await.unwrap();

    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("lock").await.unwrap();
    window.type_into("PIN", PIN).await.unwrap();
    window.reads("That PIN isn’t right.").await.unwrap();
    window.type_into("PIN", OTHER_PIN).await.unwrap();
    window.screen("home").await.unwrap();
    window.reads("Library").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn v11_five_wrong_pins_wait_and_a_restart_does_not_shorten_it() {
    let folder = tempfile::tempdir().unwrap();
    let (options, window) = library(folder.path()).await;
    window.close().await.unwrap();
    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("lock").await.unwrap();
    for left in ["4 tries left", "3 tries left", "2 tries left", "1 try left"] {
        window.type_into("PIN", OTHER_PIN).await.unwrap();
        window.reads(left).await.unwrap();
    }
    window.type_into("PIN", OTHER_PIN).await.unwrap();
    window.screen("wait").await.unwrap();
    window.reads("Five wrong PINs in a row.").await.unwrap();
    window.close().await.unwrap();

    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("wait").await.unwrap();
    window.reads("nothing was deleted").await.unwrap();
    window.close().await.unwrap();
    // Neither does another time of day
    let tomorrow = options.clone().clock_fast_by(24 * 3600).unwrap();
    let window = Window::open(&tomorrow, &[]).await.unwrap();
    window.screen("wait").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn after_ten_wrong_passphrases_the_way_on_is_an_empty_app_and_the_old_file_is_kept() {
    const PASSPHRASE: &str = "four quiet garden chairs";
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("app");
    let options = DesktopOptions {
        keystore: false,
        ..DesktopOptions::new(&folder.path().join("home"))
            .variable("COUNTERSIGN_HOME", &app.to_string_lossy())
    };
    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("first").await.unwrap();
    window.press("Other ways to add an account").await.unwrap();
    for screen in ["choose-passphrase", "repeat-passphrase"] {
        window.screen(screen).await.unwrap();
        window.type_into("Passphrase", PASSPHRASE).await.unwrap();
        window.press("Continue").await.unwrap();
    }
    window.screen("add").await.unwrap();
    window.close().await.unwrap();
    ten_wrong_tries(&app.join("vault")).await;
    let old = fs::read(app.join("vault/countersign.vault")).unwrap();

    let window = Window::open(&options, &[]).await.unwrap();
    window.screen("stopped").await.unwrap();
    window.press("Start again").await.unwrap();
    window.reads("Start again on this phone?").await.unwrap();
    let sheet = window
        .driver()
        .find(By::Css("[data-screen='start-again'] .btn--primary"))
        .await
        .unwrap();
    sheet.click().await.unwrap();
    window.screen("first").await.unwrap();
    window.close().await.unwrap();
    let kept = fs::read_dir(app.join("vault"))
        .unwrap()
        .any(|file| fs::read(file.unwrap().path()).is_ok_and(|bytes| bytes == old));
    assert!(kept, "the old file is gone");
}

#[tokio::test]
async fn v7_a_file_from_before_opens_with_a_warning_and_its_organisation_needs_reactivating() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    let (person, window) = Person::activated(&folder.path().join("device"), &service, USER)
        .await
        .unwrap();
    window.close().await.unwrap();
    let before = folder.path().join("before");
    copy_vault(&person.app, &before);

    // The device goes on: another account, which the older file does not know
    let window = person.open(&[LIBRARY]).await.unwrap();
    window.screen("lock").await.unwrap();
    window.type_into("PIN", PIN).await.unwrap();
    window.screen("confirm-other").await.unwrap();
    window.press("Add account").await.unwrap();
    window.screen("added").await.unwrap();
    window.press("Done").await.unwrap();
    window.press("Settings").await.unwrap();
    window.press("Lock now").await.unwrap();
    window.screen("lock").await.unwrap();
    window.close().await.unwrap();

    fs::remove_dir_all(person.app.join("vault")).unwrap();
    fs::rename(&before, person.app.join("vault")).unwrap();
    let window = person.open(&[]).await.unwrap();
    window.screen("lock").await.unwrap();
    window.type_into("PIN", PIN).await.unwrap();
    window.screen("older-copy").await.unwrap();
    window.press("Go on with this copy").await.unwrap();
    // It leads to the sign-in that reactivates; a code does it too
    window.screen("sign-in").await.unwrap();
    window.press("Back").await.unwrap();
    window.screen("home").await.unwrap();
    window
        .reads("Needs reactivating on this phone")
        .await
        .unwrap();

    // The way back: a new code for the same device
    let activation = service.activation(USER).unwrap();
    window.press("Add").await.unwrap();
    window.press("Paste a link").await.unwrap();
    window
        .type_into("Activation link", &activation.text)
        .await
        .unwrap();
    window.press("Continue").await.unwrap();
    Person::activate(&window).await.unwrap();
    assert_eq!(window.passcode().await.unwrap().len(), 6);
    window.close().await.unwrap();
}

#[tokio::test]
async fn v2_a_vault_carried_to_another_home_and_keystore_does_not_open_by_pin() {
    let folder = tempfile::tempdir().unwrap();
    let (_, window) = library(&folder.path().join("mine")).await;
    window.close().await.unwrap();

    let (thief, window) = library(&folder.path().join("thief")).await;
    window.close().await.unwrap();
    let stolen = folder.path().join("thief/app");
    fs::remove_dir_all(stolen.join("vault")).unwrap();
    copy_vault(&folder.path().join("mine/app"), &stolen.join("vault"));
    let window = Window::open(&thief, &[]).await.unwrap();
    window.screen("from-elsewhere").await.unwrap();
    assert!(!window.text().await.unwrap().contains("Library"));
    window.close().await.unwrap();
}

#[tokio::test]
async fn an_account_removed_by_mistake_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (_, window) = library(folder.path()).await;
    remove(&window).await;
    window.reads("Library removed").await.unwrap();
    window.press("Undo").await.unwrap();
    assert_eq!(window.passcode().await.unwrap().len(), 6);

    remove(&window).await;
    window.press("Settings").await.unwrap();
    window.press("Removed accounts").await.unwrap();
    window.reads("30 days left").await.unwrap();
    window.press("Put back Library").await.unwrap();
    window.reads("Nothing removed").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn an_approval_is_in_the_activity() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    let integration = service
        .add_integration("Ward Charts", &["--number-digits", "0"])
        .unwrap();
    let duo = DuoClient::new(&service, &integration).unwrap();
    let (_person, window) = Person::activated(&folder.path().join("device"), &service, USER)
        .await
        .unwrap();
    let asked = duo.push(USER);
    window.screen("request").await.unwrap();
    assert_eq!(window.press_on("Approve").await.unwrap(), "approved");
    assert_eq!(asked.answer().await.unwrap()["result"], "allow");
    window.press("Done").await.unwrap();
    window.press("Activity").await.unwrap();
    window.screen("activity").await.unwrap();
    window.reads("Approved").await.unwrap();
    window.reads("Ward Charts").await.unwrap();
    window.reads("Phone activated").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn u2_a_hidden_passcode_is_nowhere_in_the_page_before_the_tap() {
    let folder = tempfile::tempdir().unwrap();
    let (options, window) = library(folder.path()).await;
    window.press("Settings").await.unwrap();
    window.press("Hide passcodes until tapped").await.unwrap();
    window.press("Back").await.unwrap();
    window.reads("Tap to show").await.unwrap();
    assert_eq!(digits(&window).await, 0, "a passcode is in the page");
    window.close().await.unwrap();

    // It is kept with the vault, so it holds after the next unlock too
    let window = Window::open(&options, &[]).await.unwrap();
    Person::unlock(&window).await.unwrap();
    window.reads("Tap to show").await.unwrap();
    assert_eq!(digits(&window).await, 0, "a passcode is in the page");
    window.press("Library, nina. Show passcode.").await.unwrap();
    assert_eq!(window.passcode().await.unwrap().len(), 6);
    assert!(digits(&window).await > 0, "what is shown was not counted");
    window.close().await.unwrap();
}

/// How many passcodes stand in the page's texts and names.
async fn digits(window: &Window) -> u64 {
    let count = "
        const said = (node) => [
            node.getAttribute('aria-label') ?? '',
            ...[...node.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE).map((one) => one.data),
        ];
        const page = [...document.body.querySelectorAll('*')].flatMap(said);
        return page.filter((text) => /([0-9][ ,]*){6}/.test(text)).length;";
    window
        .driver()
        .execute(count, Vec::new())
        .await
        .unwrap()
        .convert()
        .unwrap()
}

/// Removes the account "Library" by way of its details.
async fn remove(window: &Window) {
    window.press("Details of Library").await.unwrap();
    window.press("Remove from this phone").await.unwrap();
    window
        .reads("Remove Library from this phone?")
        .await
        .unwrap();
    window.press("Remove").await.unwrap();
}

/// Ten wrong passphrases in a row against the closed vault in `directory`, each after its wait.
async fn ten_wrong_tries(directory: &Path) {
    use countersign_vault::{
        KdfProfile, Place, SecretText, Typed, UnavailableKeystore, UnlockError, VaultFile,
    };
    let place = Place {
        directory: directory.to_owned(),
        keystore: Arc::new(UnavailableKeystore),
        kdf: KdfProfile::FLOOR,
    };
    let typed = Typed::Passphrase(SecretText::from("not these four words"));
    // The window's process may need a moment to let go of it
    let mut file = await_for(PATIENCE, async || Ok(VaultFile::open(&place)?))
        .await
        .unwrap();
    for try_ in 1..=10_i64 {
        // Longer apart than the longest wait
        let refusal = file
            .unlock(&typed, 1_790_000_000_000 + try_ * 100 * 3_600_000)
            .err()
            .unwrap();
        assert!(
            matches!(
                refusal.error,
                UnlockError::Refused { .. } | UnlockError::MustWait { .. } | UnlockError::Stopped
            ),
            "{:?}",
            refusal.error
        );
        file = refusal.file;
    }
}
