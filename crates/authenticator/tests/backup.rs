//! The backup as a person meets it: turned on, kept up by itself, tried out, gone wrong, and restored elsewhere.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::{fs, path::PathBuf, time::Duration};

use common::{Device, PIN, add, happened, listed, open, secret};
use countersign_authenticator::{
    Authenticator,
    view::{
        ActivityKind, BackupFault, BackupHold, BackupView, CheckKind, CheckView, ProblemCode,
        RehearsalView,
    },
};
use tokio::time::sleep;

const BACKUP: &str = "zwei kleine Katzen";

fn folder(device: &Device) -> PathBuf {
    device.folder.path().join("documents/Countersign")
}

fn files(device: &Device) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(device)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    // By when they were written: of two within a second, the second's name sorts before the first's
    files.sort_by_key(|file| fs::metadata(file).unwrap().modified().unwrap());
    files
}

fn newest(device: &Device) -> Vec<u8> {
    fs::read(files(device).last().unwrap()).unwrap()
}

fn held(view: &BackupView) -> Vec<(&str, BackupHold)> {
    let accounts = view.accounts.iter();
    accounts
        .map(|account| (&*account.title, account.held))
        .collect()
}

async fn not_backed_up(app: &Authenticator) -> Option<i32> {
    let found: Vec<CheckView> = app.check_up().await.unwrap();
    let about = found
        .iter()
        .find(|check| check.kind == CheckKind::NotBackedUp);
    about.map(|check| check.number.unwrap())
}

/// Until the backup that is kept up by itself is as wanted.
async fn until(app: &Authenticator, wanted: impl Fn(&BackupView) -> bool) -> BackupView {
    for _ in 0..600 {
        let view = app.backup().await.unwrap();
        if wanted(&view) {
            return view;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("the backup is not as wanted: {:?}", app.backup().await)
}

fn is_whole(view: &BackupView) -> bool {
    let mut accounts = view.accounts.iter();
    accounts.all(|account| account.held == BackupHold::Whole)
}

#[tokio::test]
async fn a_backup_is_kept_up_by_itself_and_comes_back_on_another_device() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    assert!(!open(&app).await.backup_on);
    assert_eq!(not_backed_up(&app).await, Some(1));
    let view = app.turn_on_backup(secret(BACKUP)).await.unwrap();
    assert!(view.is_on && view.made_at_ms.is_some());
    assert_eq!(view.folder, folder(&device).to_string_lossy());
    assert_eq!(held(&view), [("Library", BackupHold::Whole)]);
    assert_eq!(not_backed_up(&app).await, None);
    let before = files(&device).len();

    add(&app, "Garden").await;
    let view = until(&app, is_whole).await;
    assert_eq!(view.accounts.len(), 2);
    assert!(files(&device).len() > before, "the older one is kept");
    assert!(open(&app).await.backup_on);
    assert_eq!(
        happened(&app).await,
        [
            ActivityKind::Added,
            ActivityKind::BackupOn,
            ActivityKind::Added
        ]
    );

    let other = Device::new();
    let there = other.opened().await;
    assert_eq!(there.find_backup().await.unwrap(), None);
    let found = there.read_backup(newest(&device)).await.unwrap();
    assert_eq!((found.accounts, found.organisations), (2, 0));
    assert_eq!(found.device, "Test phone");
    let wrong = there
        .restore(&found.draft, secret("Zwei kleine Katzen"))
        .await;
    assert_eq!(wrong.unwrap_err().code, ProblemCode::BackupPassphrase);
    assert_eq!(listed(&there).await, Vec::<String>::new());
    let receipt = there.restore(&found.draft, secret(BACKUP)).await.unwrap();
    assert_eq!((receipt.accounts.len(), receipt.here), (2, 0));
    assert!(receipt.accounts.iter().all(|account| account.works));
    assert_eq!(listed(&there).await, ["Library", "Garden"]);
    assert_eq!(happened(&there).await, [ActivityKind::CameBack]);
    let used = there.restore(&found.draft, secret(BACKUP)).await;
    assert_eq!(used.unwrap_err().code, ProblemCode::DraftGone);

    // Once more: nothing is doubled, and what was renamed stays so
    let id = receipt.accounts[0].id.clone();
    there.rename(&id, "Books").await.unwrap();
    let found = there.read_backup(newest(&device)).await.unwrap();
    let receipt = there.restore(&found.draft, secret(BACKUP)).await.unwrap();
    assert_eq!((receipt.accounts.len(), receipt.here), (0, 2));
    let titles: Vec<_> = open(&there)
        .await
        .accounts
        .into_iter()
        .map(|account| account.title)
        .collect();
    assert_eq!(titles, ["Books", "Garden"]);
}

#[tokio::test]
async fn a_reinstalled_app_finds_the_backup_by_itself() {
    let device = Device::new();
    let app = device.opened().await;
    let id = add(&app, "Library").await;
    app.rename(&id, "Books").await.unwrap();
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    common::end(app).await;
    fs::remove_dir_all(device.place().directory).unwrap();

    let app = device.opened().await;
    let found = app.find_backup().await.unwrap().unwrap();
    let receipt = app.restore(&found.draft, secret(BACKUP)).await.unwrap();
    assert_eq!(receipt.accounts[0].title, "Books");
    // The file is still there, and nobody keeps it up until somebody says so
    let view = app.backup().await.unwrap();
    assert!(!view.is_on && view.made_at_ms.is_none());
    assert_eq!(not_backed_up(&app).await, Some(1));
}

#[tokio::test]
async fn d7_turning_on_a_backup_needs_the_secret_just_now() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    app.touched().await;
    let refused = app.turn_on_backup(secret(BACKUP)).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::FreshUnlock);
    assert!(!folder(&device).exists(), "nothing was written");
    app.confirm_secret(secret(PIN)).await.unwrap();
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
}

#[tokio::test]
async fn a_passphrase_that_is_guessed_is_refused_and_another_takes_its_files_place() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    for weak in ["short", "hospitalhospital", "password1234"] {
        let refused = app.turn_on_backup(secret(weak)).await;
        assert_eq!(refused.unwrap_err().code, ProblemCode::WeakSecret, "{weak}");
    }
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    let first = files(&device);
    app.turn_on_backup(secret("drei alte Hunde am See"))
        .await
        .unwrap();
    let second = files(&device);
    assert_eq!(second.len(), 1);
    assert!(
        !first.contains(&second[0]),
        "the old passphrase's file is gone"
    );
    let found = app.read_backup(newest(&device)).await.unwrap();
    let old = app.restore(&found.draft, secret(BACKUP)).await;
    assert_eq!(old.unwrap_err().code, ProblemCode::BackupPassphrase);
    app.restore(&found.draft, secret("drei alte Hunde am See"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_rehearsal_opens_the_real_file_with_the_real_passphrase() {
    let device = Device::new();
    let app = device.opened().await;
    let none = app.rehearse_backup(secret(BACKUP)).await;
    assert_eq!(none.unwrap_err().code, ProblemCode::NotABackup);
    for issuer in ["Library", "Garden", "Mail"] {
        add(&app, issuer).await;
    }
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    let all = app.rehearse_backup(secret(BACKUP)).await.unwrap();
    assert_eq!(all, RehearsalView { readable: 3, of: 3 });
    let wrong = app.rehearse_backup(secret("zwei kleine")).await;
    assert_eq!(wrong.unwrap_err().code, ProblemCode::BackupPassphrase);
    for file in files(&device) {
        let mut bytes = fs::read(&file).unwrap();
        bytes[1000] ^= 1;
        fs::write(&file, bytes).unwrap();
    }
    let damaged = app.rehearse_backup(secret(BACKUP)).await;
    assert_eq!(damaged.unwrap_err().code, ProblemCode::BackupDamaged);
    let found = app.find_backup().await;
    assert_eq!(found.unwrap_err().code, ProblemCode::BackupDamaged);
    let view = app.backup().await.unwrap();
    assert!(view.is_on && view.fault.is_none() && !is_whole(&view));
    // The next one beside it heals that
    let app = device.restarted(app).await;
    until(&app, is_whole).await;
}

#[tokio::test]
async fn a_folder_that_vanishes_is_told_and_nothing_is_lost() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    let away = device.folder.path().join("away");
    fs::rename(folder(&device), &away).unwrap();
    let refused = app.back_up_now().await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::BackupFolder);
    assert_eq!(
        refused.subject.as_deref(),
        Some(&*folder(&device).to_string_lossy())
    );
    assert!(
        !folder(&device).exists(),
        "a drive that is not there is not made up"
    );
    add(&app, "Garden").await;
    let view = app.backup().await.unwrap();
    assert_eq!(view.fault, Some(BackupFault::Folder));
    assert_eq!(held(&view)[1], ("Garden", BackupHold::NotYet));
    let patience = tokio::time::Instant::now() + Duration::from_secs(30);
    while not_backed_up(&app).await != Some(2) {
        assert!(
            tokio::time::Instant::now() < patience,
            "the check-up says how many"
        );
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(listed(&app).await, ["Library", "Garden"]);
    fs::rename(&away, folder(&device)).unwrap();
    let view = app.back_up_now().await.unwrap();
    assert!(view.fault.is_none() && is_whole(&view));
    assert_eq!(not_backed_up(&app).await, None);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_turns_nothing_on() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    fs::write(device.folder.path().join("documents"), "a file in its way").unwrap();
    let refused = app.turn_on_backup(secret(BACKUP)).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::BackupFolder);
    assert!(!open(&app).await.backup_on);
    assert!(!app.backup().await.unwrap().is_on);
}

#[tokio::test]
async fn a_backup_that_is_off_leaves_its_files_and_writes_no_more() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    let before = files(&device);
    let view = app.turn_off_backup().await.unwrap();
    assert_eq!(held(&view), [("Library", BackupHold::NotYet)]);
    add(&app, "Garden").await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(files(&device), before);
    assert_eq!(not_backed_up(&app).await, Some(2));
    assert!(happened(&app).await.contains(&ActivityKind::BackupOff));
}

#[tokio::test]
async fn what_changed_while_the_app_was_ended_is_backed_up_at_the_next_unlock() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    add(&app, "Garden").await;
    let app = device.restarted(app).await;
    let view = until(&app, is_whole).await;
    assert_eq!(view.accounts.len(), 2);
    // The newest is gone, and an older one stays: that one is not what is here
    let newest = files(&device).pop().unwrap();
    fs::remove_file(&newest).unwrap();
    let app = device.restarted(app).await;
    let view = until(&app, is_whole).await;
    assert_eq!(view.accounts.len(), 2);
    // All are gone
    for file in files(&device) {
        fs::remove_file(file).unwrap();
    }
    let app = device.restarted(app).await;
    until(&app, is_whole).await;
    // And where nothing changes, nothing is written
    sleep(Duration::from_secs(2)).await;
    let quiet = files(&device);
    sleep(Duration::from_secs(4)).await;
    assert_eq!(files(&device), quiet);
    app.turn_off_backup().await.unwrap();
    let nothing = app.back_up_now().await;
    assert_eq!(nothing.unwrap_err().code, ProblemCode::NotABackup);
}

#[tokio::test]
async fn what_a_person_has_twice_comes_back_twice() {
    let device = Device::new();
    let app = device.opened().await;
    for _ in 0..2 {
        add(&app, "Library").await;
    }
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    let other = Device::new();
    let there = other.opened().await;
    let found = there.read_backup(newest(&device)).await.unwrap();
    let receipt = there.restore(&found.draft, secret(BACKUP)).await.unwrap();
    assert_eq!((receipt.accounts.len(), receipt.here), (2, 0));
    let all = app.rehearse_backup(secret(BACKUP)).await.unwrap();
    assert_eq!(all, RehearsalView { readable: 2, of: 2 });
}

#[tokio::test]
async fn files_that_are_no_backup_are_each_told_what_they_are() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    let whole = newest(&device);
    let mut newer = whole.clone();
    newer[19] = 9;
    let cases = [
        (b"{\"version\":1}".to_vec(), ProblemCode::NotABackup),
        (Vec::new(), ProblemCode::NotABackup),
        (
            whole[..whole.len() - 1].to_vec(),
            ProblemCode::BackupDamaged,
        ),
        (newer, ProblemCode::BackupTooNew),
    ];
    for (bytes, expected) in cases {
        let refused = app.read_backup(bytes).await.unwrap_err();
        assert_eq!(refused.code, expected);
    }
}
