//! All that the window may call: each command is one call into the engine, takes one request, and gives a view or a
//! problem. Nothing secret goes out (row T4); the engine checks the lock, lengths and types itself.

use countersign_authenticator::{
    Authenticator,
    view::{
        AccountView, ActivatedView, ActivityView, Answer, AnswerOutcome, AppView, CheckView,
        ImportFound, ImportReceipt, ImportView, PasscodeView, PassphraseView, Problem, ProblemCode,
        ScanView, SettingsView, TypedAccount,
    },
};
use serde::{Deserialize, Deserializer, Serialize};
use tauri::{
    AppHandle, State, Wry,
    ipc::{Invoke, InvokeBody, Request},
};
use zeroize::Zeroizing;

use crate::{clipboard, copies, moves, self_service, unimported};

pub(crate) type Engine<'a> = State<'a, Authenticator>;

/// What the window may call, with its permissions in `capabilities/main.json`.
pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        capabilities,
        view,
        create_vault,
        unlock,
        lock,
        touched,
        confirm_secret,
        change_secret,
        rate_passphrase,
        start_again,
        use_older_copy,
        keep_copy,
        change_settings,
        activity,
        check_up,
        passcodes,
        next_passcode,
        copy_passcode,
        read_text,
        read_picture,
        read_clipboard,
        capture_screen,
        take_incoming,
        activate,
        finish_activation,
        add_other,
        add_typed,
        read_import,
        unlock_import,
        import,
        unimported::unimported,
        unimported::dismiss_unimported,
        unimported::keep_unimported,
        copies::backup,
        copies::turn_on_backup,
        copies::turn_off_backup,
        copies::back_up_now,
        copies::choose_backup_folder,
        copies::rehearse_backup,
        copies::find_backup,
        copies::read_backup,
        copies::restore,
        copies::export_view,
        copies::export,
        moves::move_view,
        moves::begin_move,
        moves::move_news,
        moves::act_on_move,
        rename,
        reorder,
        remove,
        undo_remove,
        delete_for_good,
        answer,
        deny_all,
        answer_notice,
        send_test,
        self_service::self_service,
        self_service::service_hosts,
        self_service::read_service_host,
    ]
}

/// What this platform can do; the window offers nothing else.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing of its own that a platform has or lacks"
)]
pub(crate) struct Capabilities {
    camera: bool,
    clipboard: bool,
    drop: bool,
    capture: bool,
    print: bool,
    backups: bool,
    notifications: Notifications,
}

/// Whether the system shows this app's notifications.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Notifications {
    /// It does.
    #[cfg(target_os = "linux")]
    On,
    /// The app sends none on this platform, or nothing on this desktop would show them.
    None,
}

/// A PIN or passphrase on its way to the engine.
#[derive(Deserialize)]
pub(crate) struct SecretRequest {
    #[serde(deserialize_with = "wiped")]
    pub(crate) secret: Zeroizing<String>,
}

/// The PIN or passphrase that is, and the one to be.
#[derive(Deserialize)]
pub(crate) struct ChangeSecretRequest {
    #[serde(deserialize_with = "wiped")]
    current: Zeroizing<String>,
    #[serde(deserialize_with = "wiped")]
    next: Zeroizing<String>,
}

/// Something by its opaque id.
#[derive(Deserialize)]
pub(crate) struct IdRequest {
    pub(crate) id: String,
}

/// Several things by their opaque ids.
#[derive(Deserialize)]
pub(crate) struct IdsRequest {
    pub(crate) ids: Vec<String>,
}

/// A text that was typed or pasted.
#[derive(Deserialize)]
pub(crate) struct TextRequest {
    text: String,
}

/// A draft that a person said yes to.
#[derive(Deserialize)]
pub(crate) struct DraftRequest {
    pub(crate) draft: String,
}

/// An export that is sealed, and its password.
#[derive(Deserialize)]
pub(crate) struct UnlockImportRequest {
    draft: String,
    #[serde(deserialize_with = "wiped")]
    password: Zeroizing<String>,
}

/// An export, and which of its accounts a person wants, by their places.
#[derive(Deserialize)]
pub(crate) struct ImportRequest {
    draft: String,
    positions: Vec<u32>,
}

/// An account and its new name.
#[derive(Deserialize)]
pub(crate) struct RenameRequest {
    id: String,
    name: String,
}

/// A request and what the person says to it.
#[derive(Deserialize)]
pub(crate) struct AnswerRequest {
    id: String,
    answer: Answer,
}

/// A notice of another device, and whether the person says that the change was not theirs.
#[derive(Deserialize)]
pub(crate) struct NoticeRequest {
    id: String,
    not_me: bool,
}

/// An account whose service is to send a test.
#[derive(Deserialize)]
pub(crate) struct TestRequest {
    account_id: String,
}

#[tauri::command]
async fn capabilities(app: AppHandle, engine: Engine<'_>) -> Result<Capabilities, Problem> {
    Ok(Capabilities {
        camera: cfg!(mobile),
        clipboard: true,
        drop: cfg!(desktop),
        capture: can_capture(&app),
        // Elsewhere the webview has no way to print, or asks for a permission of its own
        print: cfg!(any(target_os = "linux", windows)),
        backups: engine.has_backups(),
        notifications: notifications(&app).await,
    })
}

#[tauri::command]
async fn view(engine: Engine<'_>) -> Result<AppView, Problem> {
    Ok(engine.view().await)
}

#[tauri::command]
async fn create_vault(engine: Engine<'_>, request: SecretRequest) -> Result<AppView, Problem> {
    engine.create_vault(request.secret).await
}

#[tauri::command]
async fn unlock(engine: Engine<'_>, request: SecretRequest) -> Result<AppView, Problem> {
    engine.unlock(request.secret).await
}

#[tauri::command]
async fn lock(engine: Engine<'_>) -> Result<AppView, Problem> {
    engine.lock().await;
    Ok(engine.view().await)
}

#[tauri::command]
async fn touched(engine: Engine<'_>) -> Result<(), Problem> {
    engine.touched().await;
    Ok(())
}

#[tauri::command]
async fn confirm_secret(engine: Engine<'_>, request: SecretRequest) -> Result<(), Problem> {
    engine.confirm_secret(request.secret).await
}

#[tauri::command]
async fn change_secret(
    engine: Engine<'_>,
    request: ChangeSecretRequest,
) -> Result<AppView, Problem> {
    engine.change_secret(request.current, request.next).await
}

#[tauri::command]
async fn rate_passphrase(
    engine: Engine<'_>,
    request: SecretRequest,
) -> Result<PassphraseView, Problem> {
    engine.rate_passphrase(request.secret).await
}

#[tauri::command]
async fn start_again(engine: Engine<'_>) -> Result<AppView, Problem> {
    engine.start_again().await
}

#[tauri::command]
async fn keep_copy(engine: Engine<'_>) -> Result<AppView, Problem> {
    engine.keep_copy().await
}

#[tauri::command]
async fn use_older_copy(engine: Engine<'_>) -> Result<AppView, Problem> {
    engine.use_older_copy().await
}

#[tauri::command]
async fn change_settings(engine: Engine<'_>, request: SettingsView) -> Result<AppView, Problem> {
    engine.change_settings(request).await
}

#[tauri::command]
async fn activity(engine: Engine<'_>) -> Result<Vec<ActivityView>, Problem> {
    engine.activity().await
}

#[tauri::command]
async fn check_up(engine: Engine<'_>) -> Result<Vec<CheckView>, Problem> {
    engine.check_up().await
}

#[tauri::command]
async fn passcodes(engine: Engine<'_>, request: IdsRequest) -> Result<Vec<PasscodeView>, Problem> {
    engine.passcodes(request.ids).await
}

#[tauri::command]
async fn next_passcode(engine: Engine<'_>, request: IdRequest) -> Result<PasscodeView, Problem> {
    engine.next_passcode(&request.id).await
}

#[tauri::command]
async fn copy_passcode(
    app: AppHandle,
    engine: Engine<'_>,
    request: IdRequest,
) -> Result<(), Problem> {
    clipboard::put(&app, engine.passcode_to_copy(&request.id).await?)
}

#[tauri::command]
async fn read_text(engine: Engine<'_>, request: TextRequest) -> Result<ScanView, Problem> {
    engine.read_text(&request.text).await
}

/// The picture's bytes are the body itself.
#[tauri::command]
async fn read_picture(engine: Engine<'_>, request: Request<'_>) -> Result<Vec<ScanView>, Problem> {
    engine.read_picture(bytes(request.body())?).await
}

#[tauri::command]
async fn read_clipboard(app: AppHandle, engine: Engine<'_>) -> Result<Vec<ScanView>, Problem> {
    match clipboard::take(&app)? {
        clipboard::Found::Picture(png) => engine.read_picture(png).await,
        clipboard::Found::Text(text) => engine.read_text(&text).await.map(|view| vec![view]),
    }
}

#[tauri::command]
async fn capture_screen(app: AppHandle, engine: Engine<'_>) -> Result<Vec<ScanView>, Problem> {
    engine.read_picture(screen(app).await?).await
}

#[tauri::command]
async fn take_incoming(engine: Engine<'_>) -> Result<Vec<ScanView>, Problem> {
    engine.take_incoming().await
}

#[tauri::command]
async fn activate(engine: Engine<'_>, request: DraftRequest) -> Result<ActivatedView, Problem> {
    engine.activate(&request.draft).await
}

/// Answered when the page's person compared the digits, or the code ran out.
#[tauri::command]
async fn finish_activation(engine: Engine<'_>, request: IdRequest) -> Result<AccountView, Problem> {
    engine.finish_activation(&request.id).await
}

#[tauri::command]
async fn add_other(engine: Engine<'_>, request: DraftRequest) -> Result<AccountView, Problem> {
    engine.add_other(&request.draft).await
}

#[tauri::command]
async fn add_typed(engine: Engine<'_>, request: TypedAccount) -> Result<AccountView, Problem> {
    engine.add_typed(request).await
}

/// The file's bytes are the body itself.
#[tauri::command]
async fn read_import(engine: Engine<'_>, request: Request<'_>) -> Result<ImportView, Problem> {
    engine.read_import(bytes(request.body())?).await
}

#[tauri::command]
async fn unlock_import(
    engine: Engine<'_>,
    request: UnlockImportRequest,
) -> Result<ImportFound, Problem> {
    engine.unlock_import(&request.draft, request.password).await
}

#[tauri::command]
async fn import(engine: Engine<'_>, request: ImportRequest) -> Result<ImportReceipt, Problem> {
    engine.import(&request.draft, request.positions).await
}

#[tauri::command]
async fn rename(engine: Engine<'_>, request: RenameRequest) -> Result<(), Problem> {
    engine.rename(&request.id, &request.name).await
}

#[tauri::command]
async fn reorder(engine: Engine<'_>, request: IdsRequest) -> Result<(), Problem> {
    engine.reorder(request.ids).await
}

#[tauri::command]
async fn remove(engine: Engine<'_>, request: IdRequest) -> Result<(), Problem> {
    engine.remove(&request.id).await
}

#[tauri::command]
async fn undo_remove(engine: Engine<'_>, request: IdRequest) -> Result<(), Problem> {
    engine.undo_remove(&request.id).await
}

#[tauri::command]
async fn delete_for_good(engine: Engine<'_>, request: IdRequest) -> Result<(), Problem> {
    engine.delete_for_good(&request.id).await
}

#[tauri::command]
async fn answer(engine: Engine<'_>, request: AnswerRequest) -> Result<AnswerOutcome, Problem> {
    engine.answer(&request.id, request.answer).await
}

#[tauri::command]
async fn deny_all(engine: Engine<'_>, request: IdsRequest) -> Result<Vec<AnswerOutcome>, Problem> {
    engine.deny_all(request.ids).await
}

#[tauri::command]
async fn answer_notice(engine: Engine<'_>, request: NoticeRequest) -> Result<(), Problem> {
    engine.answer_notice(&request.id, request.not_me).await
}

#[tauri::command]
async fn send_test(engine: Engine<'_>, request: TestRequest) -> Result<(), Problem> {
    engine.send_test(&request.account_id).await
}

#[cfg(target_os = "linux")]
async fn notifications(app: &AppHandle) -> Notifications {
    use tauri::Manager as _;

    let here = app.state::<crate::notifications::Notifications>();
    if here.are_shown().await {
        Notifications::On
    } else {
        Notifications::None
    }
}

#[cfg(not(target_os = "linux"))]
async fn notifications(_: &AppHandle) -> Notifications {
    Notifications::None
}

#[cfg(target_os = "linux")]
fn can_capture(app: &AppHandle) -> bool {
    crate::screen::can_be_read(app)
}

#[cfg(not(target_os = "linux"))]
const fn can_capture(_: &AppHandle) -> bool {
    false
}

/// The screen as a picture file, where the platform lets the app look at it.
#[cfg(target_os = "linux")]
async fn screen(app: AppHandle) -> Result<Vec<u8>, Problem> {
    let read = tauri::async_runtime::spawn_blocking(move || crate::screen::read(&app)).await;
    read.map_err(Into::into).flatten().map_err(|error| {
        tracing::warn!(%error, "the screen cannot be read");
        Problem::new(ProblemCode::Unforeseen)
    })
}

#[cfg(not(target_os = "linux"))]
async fn screen(_: AppHandle) -> Result<Vec<u8>, Problem> {
    Err(Problem::new(ProblemCode::Unforeseen))
}

/// The bytes of a body. Android's bridge cannot carry raw bodies and sends a list of numbers.
pub(crate) fn bytes(body: &InvokeBody) -> Result<Vec<u8>, Problem> {
    match body {
        InvokeBody::Raw(bytes) => Ok(bytes.clone()),
        InvokeBody::Json(numbers) => {
            Vec::deserialize(numbers).map_err(|_| Problem::new(ProblemCode::NotAPicture))
        }
    }
}

pub(crate) fn wiped<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_raw_body_or_a_list_of_bytes() {
        assert_eq!(bytes(&InvokeBody::Raw(vec![1, 255])).unwrap(), [1, 255]);
        assert_eq!(
            bytes(&InvokeBody::Json(serde_json::json!([1, 255]))).unwrap(),
            [1, 255]
        );
        for wrong in [
            serde_json::json!([1, 256]),
            serde_json::json!("png"),
            serde_json::json!({ "0": 1 }),
        ] {
            assert_eq!(
                bytes(&InvokeBody::Json(wrong)).unwrap_err().code,
                ProblemCode::NotAPicture
            );
        }
    }
}
