//! My Settings & Devices: one command, since each of its calls is one call of the engine to a service, and the two that find
//! the service.

use countersign_authenticator::{
    Authenticator, SelfServiceAsk, SelfServiceView,
    view::{Problem, SelfServiceAnswer, SelfServiceProblem, ServiceHostView},
};
use serde::Deserialize;
use tauri::State;

/// Whose self-service it is.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum At {
    /// That of an account's organisation.
    Account(String),
    /// That at a host, for somebody without an account there.
    Host(String),
}

/// What is asked, and where.
#[derive(Deserialize)]
pub(crate) struct SelfServiceRequest {
    at: At,
    call: SelfServiceAsk,
}

/// An address as it was typed.
#[derive(Deserialize)]
pub(crate) struct AddressRequest {
    text: String,
}

#[tauri::command]
pub(crate) async fn self_service(
    engine: State<'_, Authenticator>,
    request: SelfServiceRequest,
) -> Result<SelfServiceAnswer<SelfServiceView>, SelfServiceProblem> {
    let service = match request.at {
        At::Account(account) => engine.self_service(&account).await?,
        At::Host(host) => engine.self_service_at(&host).await?,
    };
    service.put(request.call).await
}

#[tauri::command]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a command is given its state by value"
)]
pub(crate) fn service_hosts(engine: State<'_, Authenticator>) -> Vec<String> {
    engine.service_hosts()
}

#[tauri::command]
pub(crate) async fn read_service_host(
    engine: State<'_, Authenticator>,
    request: AddressRequest,
) -> Result<ServiceHostView, Problem> {
    engine.read_service_host(&request.text).await
}
