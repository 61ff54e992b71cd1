//! What the window may call about copies of the accounts: the backup, bringing one back, and saving accounts for another app.

use countersign_authenticator::view::{
    BackupFound, BackupView, ExportForm, ExportView, ExportedView, Problem, RehearsalView,
    RestoreReceipt,
};
use serde::Deserialize;
use tauri::{Manager as _, WebviewWindow, ipc::Request};
use zeroize::Zeroizing;

use crate::{
    commands::{Engine, SecretRequest, bytes, wiped},
    folder_dialog,
    presence::Presence,
};

/// A backup, and its passphrase.
#[derive(Deserialize)]
pub(crate) struct RestoreRequest {
    draft: String,
    #[serde(deserialize_with = "wiped")]
    secret: Zeroizing<String>,
}

/// What the dialog for a folder is headed by, in the person's language.
#[derive(Deserialize)]
pub(crate) struct FolderRequest {
    title: String,
}

/// How accounts are to be saved, and the password of the file where it has one of its own.
#[derive(Deserialize)]
pub(crate) struct ExportRequest {
    form: ExportForm,
    #[serde(deserialize_with = "wiped")]
    password: Zeroizing<String>,
}

#[tauri::command]
pub(crate) async fn backup(engine: Engine<'_>) -> Result<BackupView, Problem> {
    engine.backup().await
}

#[tauri::command]
pub(crate) async fn turn_on_backup(
    engine: Engine<'_>,
    request: SecretRequest,
) -> Result<BackupView, Problem> {
    engine.turn_on_backup(request.secret).await
}

#[tauri::command]
pub(crate) async fn turn_off_backup(engine: Engine<'_>) -> Result<BackupView, Problem> {
    engine.turn_off_backup().await
}

#[tauri::command]
pub(crate) async fn back_up_now(engine: Engine<'_>) -> Result<BackupView, Problem> {
    engine.back_up_now().await
}

/// Lets the person choose another folder in the system's own dialog: the window names none. `None` where they chose none.
#[tauri::command]
pub(crate) async fn choose_backup_folder(
    window: WebviewWindow,
    engine: Engine<'_>,
    request: FolderRequest,
) -> Result<Option<BackupView>, Problem> {
    let choice = engine.choose_backup_folder().await?;
    let chosen = async {
        match folder_dialog::ask(&window, &request.title, choice.present()).await {
            Some(folder) => engine.keep_backup_in(choice, folder).await.map(Some),
            None => Ok(None),
        }
    };
    window.state::<Presence>().aside_while(chosen).await
}

#[tauri::command]
pub(crate) async fn rehearse_backup(
    engine: Engine<'_>,
    request: SecretRequest,
) -> Result<RehearsalView, Problem> {
    engine.rehearse_backup(request.secret).await
}

#[tauri::command]
pub(crate) async fn find_backup(engine: Engine<'_>) -> Result<Option<BackupFound>, Problem> {
    engine.find_backup().await
}

/// The file's bytes are the body itself.
#[tauri::command]
pub(crate) async fn read_backup(
    engine: Engine<'_>,
    request: Request<'_>,
) -> Result<BackupFound, Problem> {
    engine.read_backup(bytes(request.body())?).await
}

#[tauri::command]
pub(crate) async fn restore(
    engine: Engine<'_>,
    request: RestoreRequest,
) -> Result<RestoreReceipt, Problem> {
    engine.restore(&request.draft, request.secret).await
}

#[tauri::command]
pub(crate) async fn export_view(engine: Engine<'_>) -> Result<ExportView, Problem> {
    engine.export_view().await
}

#[tauri::command]
pub(crate) async fn export(
    engine: Engine<'_>,
    request: ExportRequest,
) -> Result<ExportedView, Problem> {
    engine.export(request.form, request.password).await
}
