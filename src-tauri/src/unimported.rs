//! What the window may call about entries that imports could not take.

use countersign_authenticator::view::{Problem, UnimportedView};

use crate::commands::{DraftRequest, Engine, IdsRequest};

#[tauri::command]
pub(crate) async fn unimported(engine: Engine<'_>) -> Result<Vec<UnimportedView>, Problem> {
    engine.unimported().await
}

#[tauri::command]
pub(crate) async fn dismiss_unimported(
    engine: Engine<'_>,
    request: IdsRequest,
) -> Result<String, Problem> {
    engine.dismiss_unimported(request.ids).await
}

#[tauri::command]
pub(crate) async fn keep_unimported(
    engine: Engine<'_>,
    request: DraftRequest,
) -> Result<(), Problem> {
    engine.keep_unimported(&request.draft).await
}
