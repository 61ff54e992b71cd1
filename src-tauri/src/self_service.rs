//! My Settings & Devices: one command, since each of its calls is one call of the engine to the account's service.

use countersign_authenticator::{
    Authenticator, SelfServiceAsk, SelfServiceView,
    view::{SelfServiceAnswer, SelfServiceProblem},
};
use serde::Deserialize;
use tauri::State;

/// What is asked, and of which account's organisation.
#[derive(Deserialize)]
pub(crate) struct SelfServiceRequest {
    account: String,
    call: SelfServiceAsk,
}

#[tauri::command]
pub(crate) async fn self_service(
    engine: State<'_, Authenticator>,
    request: SelfServiceRequest,
) -> Result<SelfServiceAnswer<SelfServiceView>, SelfServiceProblem> {
    let service = engine.self_service(&request.account).await?;
    service.put(request.call).await
}
