//! Another folder for the backup: chosen by somebody who just typed the PIN, taken once a backup is in it, kept over restarts.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::{fs, path::PathBuf, time::Duration};

use common::{Device, PIN, add, happened, open, secret};
use countersign_authenticator::{
    Authenticator,
    view::{ActivityKind, BackupFault, BackupHold, BackupView, Problem, ProblemCode},
};
use tokio::time::sleep;

const BACKUP: &str = "zwei kleine Katzen";

fn usual(device: &Device) -> PathBuf {
    device.folder.path().join("documents/Countersign")
}

/// A drive that was plugged in.
fn drive(device: &Device) -> PathBuf {
    let drive = device.folder.path().join("drive");
    fs::create_dir_all(&drive).unwrap();
    drive
}

fn count(folder: &PathBuf) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

async fn keep_in(app: &Authenticator, folder: PathBuf) -> Result<BackupView, Problem> {
    let choice = app.choose_backup_folder().await?;
    app.keep_backup_in(choice, folder).await
}

/// An app with an account in its backup.
async fn backed_up(device: &Device) -> Authenticator {
    let app = device.opened().await;
    add(&app, "Library").await;
    app.turn_on_backup(secret(BACKUP)).await.unwrap();
    app
}

fn is_whole(view: &BackupView) -> bool {
    let mut accounts = view.accounts.iter();
    view.fault.is_none() && accounts.all(|account| account.held == BackupHold::Whole)
}

#[tokio::test]
async fn another_folder_gets_what_was_there_and_all_that_follows() {
    let device = Device::new();
    let app = backed_up(&device).await;
    let before = count(&usual(&device));
    let drive = drive(&device);
    let choice = app.choose_backup_folder().await.unwrap();
    assert_eq!(choice.present(), usual(&device));
    let view = app.keep_backup_in(choice, drive.clone()).await.unwrap();
    assert!(view.is_on && view.may_choose && is_whole(&view));
    assert_eq!(view.folder, drive.to_string_lossy());
    assert_eq!(count(&drive), before + 1, "earlier ones went along");
    assert_eq!(count(&usual(&device)), 0, "and are in one place");
    assert!(happened(&app).await.contains(&ActivityKind::BackupMoved));

    // After a restart a change goes there too
    let app = device.restarted(app).await;
    add(&app, "Garden").await;
    let mut view = app.backup().await.unwrap();
    for _ in 0..600 {
        if is_whole(&view) {
            break;
        }
        sleep(Duration::from_millis(50)).await;
        view = app.backup().await.unwrap();
    }
    assert_eq!(view.accounts.len(), 2);
    assert_eq!(view.folder, drive.to_string_lossy());
    assert_eq!(count(&usual(&device)), 0);

    // And back
    app.confirm_secret(secret(PIN)).await.unwrap();
    let view = keep_in(&app, usual(&device)).await.unwrap();
    assert_eq!(view.folder, usual(&device).to_string_lossy());
    assert!(is_whole(&view));
    assert_eq!(count(&drive), 0);
}

/// Longer than a PIN counts as typed just now.
async fn a_while() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn d7_another_folder_needs_the_pin_just_now() {
    let device = Device::new();
    let app = backed_up(&device).await;
    a_while().await;
    let refused = keep_in(&app, drive(&device)).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::FreshUnlock);
    app.confirm_secret(secret(PIN)).await.unwrap();
    // Looking through folders takes a while
    let choice = app.choose_backup_folder().await.unwrap();
    a_while().await;
    app.keep_backup_in(choice, drive(&device)).await.unwrap();
    // Behind a lock nothing is chosen any more
    app.confirm_secret(secret(PIN)).await.unwrap();
    let choice = app.choose_backup_folder().await.unwrap();
    app.lock().await;
    let locked = app.keep_backup_in(choice, usual(&device)).await;
    assert_eq!(locked.unwrap_err().code, ProblemCode::Locked);
    assert_eq!(count(&usual(&device)), 0);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_changes_nothing() {
    let device = Device::new();
    let app = backed_up(&device).await;
    let before = count(&usual(&device));
    let gone = device.folder.path().join("gone");
    let file = device.folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    for folder in [gone.clone(), file, PathBuf::from("not/absolute")] {
        let refused = keep_in(&app, folder.clone()).await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::BackupFolder);
        assert_eq!(refused.subject.as_deref(), folder.to_str());
    }
    assert!(!gone.exists(), "a drive that is not there is not made up");
    let view = app.backup().await.unwrap();
    assert_eq!(view.folder, usual(&device).to_string_lossy());
    assert_eq!(count(&usual(&device)), before);
    assert!(!happened(&app).await.contains(&ActivityKind::BackupMoved));
}

#[tokio::test]
async fn a_drive_that_is_gone_is_told_and_another_folder_helps() {
    let device = Device::new();
    let app = backed_up(&device).await;
    let drive = drive(&device);
    keep_in(&app, drive.clone()).await.unwrap();
    let away = device.folder.path().join("away");
    fs::rename(&drive, &away).unwrap();
    let refused = app.back_up_now().await.unwrap_err();
    assert_eq!(refused.subject.as_deref(), drive.to_str());
    // Not even for another passphrase is it made anew
    let refused = app.turn_on_backup(secret("drei alte Hunde am See")).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::BackupFolder);
    assert!(!drive.exists());
    let view = app.backup().await.unwrap();
    assert_eq!(view.fault, Some(BackupFault::Folder));
    let view = keep_in(&app, usual(&device)).await.unwrap();
    assert!(is_whole(&view));
    assert_eq!(count(&usual(&device)), 1);
    assert!(count(&away) > 0, "what is on the drive stays there");
}

#[tokio::test]
async fn nothing_is_written_by_itself_to_another_drive_in_the_place_of_theirs() {
    let device = Device::new();
    let app = backed_up(&device).await;
    let drive = drive(&device);
    keep_in(&app, drive.clone()).await.unwrap();
    fs::rename(&drive, device.folder.path().join("away")).unwrap();
    fs::create_dir(&drive).unwrap();
    add(&app, "Garden").await;
    let mut view = app.backup().await.unwrap();
    for _ in 0..600 {
        if view.fault.is_some() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
        view = app.backup().await.unwrap();
    }
    assert_eq!(view.fault, Some(BackupFault::Folder));
    assert_eq!(count(&drive), 0, "somebody else's drive");
    // Whoever wants it there says so
    let view = app.back_up_now().await.unwrap();
    assert!(is_whole(&view));
    assert_eq!(count(&drive), 1);
}

#[tokio::test]
async fn a_restore_says_that_the_drive_is_gone() {
    let device = Device::new();
    let app = backed_up(&device).await;
    let drive = drive(&device);
    keep_in(&app, drive.clone()).await.unwrap();
    assert!(app.find_backup().await.unwrap().is_some());
    fs::rename(&drive, device.folder.path().join("away")).unwrap();
    let gone = app.find_backup().await.unwrap_err();
    assert_eq!(gone.code, ProblemCode::BackupFolder);
    assert_eq!(gone.subject.as_deref(), drive.to_str());
}

#[tokio::test]
async fn a_folder_chosen_before_the_backup_is_on_is_where_it_begins() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    let drive = drive(&device);
    let view = keep_in(&app, drive.clone()).await.unwrap();
    assert!(!view.is_on);
    assert_eq!(count(&drive), 0);
    let view = app.turn_on_backup(secret(BACKUP)).await.unwrap();
    assert_eq!(view.folder, drive.to_string_lossy());
    assert!(is_whole(&view) && !usual(&device).exists());
    assert!(open(&app).await.backup_on);
}

#[tokio::test]
async fn where_the_administrator_chose_nobody_else_does() {
    let device = Device::new().with_managed_backups();
    let app = backed_up(&device).await;
    assert!(!app.backup().await.unwrap().may_choose);
    let refused = keep_in(&app, drive(&device)).await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::BackupFolder);
    assert_eq!(count(&drive(&device)), 0);
}
