//! What the window may call about moving to another phone.

use countersign_authenticator::view::{MoveAct, MoveStanding, MoveView, Problem};
use serde::Deserialize;

use crate::commands::{Engine, IdRequest};

/// How the move stood when it was asked about last.
#[derive(Deserialize)]
pub(crate) struct NewsRequest {
    seen: String,
}

/// What the person says about it.
#[derive(Deserialize)]
pub(crate) struct ActRequest {
    act: MoveAct,
}

#[tauri::command]
pub(crate) async fn move_view(engine: Engine<'_>) -> Result<MoveView, Problem> {
    engine.move_view().await
}

#[tauri::command]
pub(crate) async fn begin_move(
    engine: Engine<'_>,
    request: IdRequest,
) -> Result<MoveStanding, Problem> {
    engine.begin_move(&request.id).await
}

#[tauri::command]
pub(crate) async fn move_news(
    engine: Engine<'_>,
    request: NewsRequest,
) -> Result<MoveStanding, Problem> {
    engine.move_news(&request.seen).await
}

#[tauri::command]
pub(crate) async fn act_on_move(
    engine: Engine<'_>,
    request: ActRequest,
) -> Result<MoveStanding, Problem> {
    engine.act_on_move(request.act).await
}
