//! Saving accounts for another app, through the engine: what is asked for first, where files go, and what stays.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::{fs, path::PathBuf, time::Duration};

use common::{Device, PASSPHRASE, add, happened, open, secret};
use countersign_authenticator::{
    Authenticator,
    view::{ActivityKind, ExportForm, ExportedView, LeftOutWhy, ProblemCode, TypedAccount},
};
use countersign_vault::{SecretText, backup, import};

const PASSWORD: &str = "vier Worte für Aegis";

async fn saved(app: &Authenticator, form: ExportForm) -> ExportedView {
    app.export(form, secret(PASSWORD)).await.unwrap()
}

fn file(view: &ExportedView) -> Vec<u8> {
    fs::read(view.path.as_ref().unwrap()).unwrap()
}

fn files(device: &Device) -> Vec<PathBuf> {
    let folder = fs::read_dir(device.folder.path().join("downloads"));
    let files = folder.into_iter().flatten();
    files.map(|file| file.unwrap().path()).collect()
}

#[tokio::test(start_paused = true)]
async fn d7_nothing_is_saved_by_an_unlock_of_two_minutes_ago() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    tokio::time::sleep(Duration::from_mins(2)).await;
    for form in [
        ExportForm::Locked,
        ExportForm::Aegis,
        ExportForm::Text,
        ExportForm::Codes,
    ] {
        let refused = app.export(form, secret(PASSWORD)).await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::FreshUnlock, "{form:?}");
    }
    assert!(files(&device).is_empty());
    app.confirm_secret(secret(common::PIN)).await.unwrap();
    assert_eq!(saved(&app, ExportForm::Text).await.accounts, 1);
}

#[tokio::test(start_paused = true)]
async fn each_form_holds_every_account_and_is_noted() {
    let device = Device::new();
    let app = device.opened().await;
    for name in ["Library", "Post"] {
        add(&app, name).await;
    }
    assert_eq!(app.export_view().await.unwrap().accounts, 2);
    let read = |bytes: &[u8], password: Option<&str>| {
        let password = password.map(SecretText::from);
        let import = import::read(bytes, password.as_ref()).unwrap();
        let entries = import.entries.into_iter();
        entries
            .map(|entry| entry.account.issuer)
            .collect::<Vec<_>>()
    };
    let text = saved(&app, ExportForm::Text).await;
    assert_eq!(read(&file(&text), None), ["Library", "Post"]);
    let aegis = saved(&app, ExportForm::Aegis).await;
    assert_eq!(read(&file(&aegis), Some(PASSWORD)), ["Library", "Post"]);
    let codes = saved(&app, ExportForm::Codes).await;
    assert_eq!((codes.codes.len(), codes.path), (1, None));
    assert!(codes.codes[0].starts_with("data:image/png;base64,"));
    // Without a backup there is no passphrase that could open our own
    let refused = app.export(ExportForm::Locked, secret("")).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::NotABackup);
    app.turn_on_backup(secret(PASSPHRASE)).await.unwrap();
    let locked = saved(&app, ExportForm::Locked).await;
    let opened = backup::open(&file(&locked), SecretText::from(PASSPHRASE));
    assert_eq!((opened.unwrap().len(), locked.accounts), (2, 2));
    let noted = happened(&app).await;
    let noted = noted.iter().filter(|kind| **kind == ActivityKind::Exported);
    assert_eq!(noted.count(), 4);
    assert_eq!(files(&device).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_easy_to_guess_locks_no_file() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    for weak in ["", "1234", "password"] {
        let refused = app.export(ExportForm::Aegis, secret(weak)).await;
        assert_eq!(refused.unwrap_err().code, ProblemCode::WeakSecret, "{weak}");
    }
    assert!(files(&device).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_form_has_no_place_for_is_named() {
    let device = Device::new();
    let app = device.opened().await;
    app.add_typed(TypedAccount {
        period_seconds: 60,
        ..common::typed("Garden")
    })
    .await
    .unwrap();
    let codes = saved(&app, ExportForm::Codes).await;
    assert_eq!((codes.accounts, codes.codes.len()), (0, 0));
    assert_eq!(codes.left_out[0].why, LeftOutWhy::Kind);
    assert!(codes.left_out[0].title.contains("Garden"));
    assert_eq!(open(&app).await.accounts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_cannot_be_written_is_said_and_nothing_is_saved() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    fs::write(device.folder.path().join("downloads"), "").unwrap();
    let refused = app.export(ExportForm::Text, secret("")).await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::SaveFolder);
    assert!(!happened(&app).await.contains(&ActivityKind::Exported));
}
