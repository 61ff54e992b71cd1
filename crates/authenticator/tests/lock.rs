//! The lock against a real vault: by time, by the screen, by the tenth wrong PIN; and what the PIN is asked for again.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::{fs, time::Duration};

use common::{Device, PASSPHRASE, PIN, add, happened, listed, open, secret};
use countersign_authenticator::{
    Authenticator,
    view::{
        ActivityKind, AppView, CheckKind, LockAfter, ProblemCode, SettingsView, UnlockMethod,
        VaultFault,
    },
};

async fn is_locked(app: &Authenticator) -> bool {
    matches!(app.view().await, AppView::Locked { .. })
}

/// Waits for the app to say that something is different.
async fn locks_by_itself(app: &Authenticator, within: Duration) -> bool {
    let mut changes = app.changes();
    changes.mark_unchanged();
    // Nobody asks the app anything meanwhile: a view would lock it too
    tokio::time::timeout(within, changes.changed())
        .await
        .is_ok()
}

async fn choose(app: &Authenticator, lock_after: LockAfter) {
    let settings = open(app).await.settings;
    app.change_settings(SettingsView {
        lock_after,
        ..settings
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn untouched_for_five_minutes_it_locks_by_itself() {
    let device = Device::new();
    let app = device.opened().await;
    tokio::time::sleep(Duration::from_secs(299)).await;
    app.touched().await;
    assert!(!locks_by_itself(&app, Duration::from_secs(299)).await);
    assert!(locks_by_itself(&app, Duration::from_secs(2)).await);
    assert!(is_locked(&app).await);
    assert_eq!(
        app.passcodes(Vec::new()).await.unwrap_err().code,
        ProblemCode::Locked
    );
}

#[tokio::test(start_paused = true)]
async fn in_the_background_it_locks_after_the_time_that_was_chosen() {
    let device = Device::new();
    let app = device.opened().await;
    app.went_to_background().await;
    assert!(!locks_by_itself(&app, Duration::from_secs(59)).await);
    assert!(locks_by_itself(&app, Duration::from_secs(2)).await);
    assert!(is_locked(&app).await);

    app.unlock(secret(PIN)).await.unwrap();
    choose(&app, LockAfter::FiveMinutes).await;
    app.went_to_background().await;
    tokio::time::sleep(Duration::from_secs(290)).await;
    app.came_to_foreground().await;
    assert!(!is_locked(&app).await);

    choose(&app, LockAfter::StraightAway).await;
    assert!(!is_locked(&app).await);
    app.went_to_background().await;
    assert!(is_locked(&app).await);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_slept_finds_the_app_locked_although_no_timer_ran() {
    let device = Device::new();
    let app = device.opened().await;
    app.went_to_background().await;
    // The clock that counts sleep goes on in one leap
    tokio::time::advance(Duration::from_hours(1)).await;
    app.came_to_foreground().await;
    assert!(is_locked(&app).await);
}

#[tokio::test(start_paused = true)]
async fn with_the_screen_it_locks_at_once() {
    let device = Device::new();
    let app = device.opened().await;
    app.screen_locked().await;
    assert!(is_locked(&app).await);
}

#[tokio::test(start_paused = true)]
async fn wrong_pins_before_a_good_one_are_told_of_once() {
    let device = Device::new();
    let app = device.opened().await;
    app.lock().await;
    for wrong in ["111222", "222333", "333444"] {
        let refused = app.unlock(secret(wrong)).await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::WrongSecret);
    }
    // Another start of the app does not forget them
    common::end(app).await;
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    let activity = app.activity().await.unwrap();
    assert_eq!(activity.len(), 1);
    assert_eq!(activity[0].kind, ActivityKind::UnlockRefused);
    assert_eq!(activity[0].times, 3);
    let app = device.restarted(app).await;
    assert_eq!(happened(&app).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_pin_is_changed_once_the_present_one_is_typed() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    let next = "947163";
    let wrong = app.change_secret(secret("111222"), secret(next)).await;
    assert_eq!(wrong.unwrap_err().code, ProblemCode::WrongSecret);
    let weak = app.change_secret(secret(PIN), secret("123456")).await;
    assert_eq!(weak.unwrap_err().code, ProblemCode::WeakSecret);
    app.change_secret(secret(PIN), secret(next)).await.unwrap();
    assert_eq!(happened(&app).await[0], ActivityKind::SecretChanged);

    common::end(app).await;
    let app = device.app();
    assert!(app.unlock(secret(PIN)).await.is_err());
    app.unlock(secret(next)).await.unwrap();
    assert_eq!(listed(&app).await, ["Library"]);
}

#[tokio::test(start_paused = true)]
async fn a_passphrase_is_rated_and_changed_and_the_check_up_says_that_there_is_no_keystore() {
    let device = Device::without_keystore();
    let app = device.app();
    assert!(
        !app.rate_passphrase(secret("password1234"))
            .await
            .unwrap()
            .enough
    );
    let rated = app.rate_passphrase(secret(PASSPHRASE)).await.unwrap();
    assert!(rated.enough && rated.score == 4);
    app.create_vault(secret(PASSPHRASE)).await.unwrap();
    let next = "another four quiet words";
    app.change_secret(secret(PASSPHRASE), secret(next))
        .await
        .unwrap();
    app.confirm_secret(secret(next)).await.unwrap();
    let found = app.check_up().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, CheckKind::PassphraseOnly);
}

#[tokio::test(start_paused = true)]
async fn v11_the_tenth_wrong_one_closes_an_open_app_and_starting_again_keeps_the_file() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    let early = app.start_again().await.unwrap_err();
    assert_eq!(early.code, ProblemCode::AlreadyHere);

    for _ in 0..10 {
        let refused = app.confirm_secret(secret("111222")).await.unwrap_err();
        assert!(matches!(
            refused.code,
            ProblemCode::WrongSecret | ProblemCode::MustWait
        ));
        // Longer than the longest wait, by somebody who keeps the window in use
        for _ in 0..4 {
            app.touched().await;
            tokio::time::advance(Duration::from_secs(299)).await;
        }
    }
    let AppView::Locked { stopped: true, .. } = app.view().await else {
        panic!("it is closed for good: {:?}", app.view().await);
    };
    assert!(app.unlock(secret(PIN)).await.is_err());

    let view = app.start_again().await.unwrap();
    assert_eq!(
        view,
        AppView::First {
            unlock_with: UnlockMethod::Pin,
            reinstalled: false,
        }
    );
    app.create_vault(secret(PIN)).await.unwrap();
    assert_eq!(listed(&app).await, [""; 0]);
    // The old file lies beside it under a dated name
    let kept = fs::read_dir(device.vault_file().parent().unwrap())
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().contains("2026-")
        })
        .count();
    assert!(kept >= 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_forgot_the_pin_starts_again_beside_the_old_file() {
    let device = Device::new();
    common::end(device.opened().await).await;
    let old = fs::read(device.vault_file()).unwrap();
    let app = device.app();
    assert!(matches!(
        app.start_again().await.unwrap(),
        AppView::First { .. }
    ));
    assert!(!device.vault_file().exists());
    let kept = fs::read_dir(device.vault_file().parent().unwrap())
        .unwrap()
        .any(|entry| fs::read(entry.unwrap().path()).is_ok_and(|bytes| bytes == old));
    assert!(kept);
}

#[tokio::test(start_paused = true)]
async fn v15_a_damaged_file_is_said_and_kept_when_starting_again() {
    let device = Device::new();
    common::end(device.opened().await).await;
    let damaged = vec![0x55; 8192];
    fs::write(device.vault_file(), &damaged).unwrap();
    let app = device.app();
    assert!(matches!(
        app.view().await,
        AppView::Faulty {
            fault: VaultFault::NotAVault | VaultFault::Damaged,
            ..
        }
    ));
    assert!(matches!(
        app.start_again().await.unwrap(),
        AppView::First { .. }
    ));
    let folder = device.vault_file();
    let kept = fs::read_dir(folder.parent().unwrap())
        .unwrap()
        .any(|entry| fs::read(entry.unwrap().path()).is_ok_and(|bytes| bytes == damaged));
    assert!(kept);
}
