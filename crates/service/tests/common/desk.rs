//! An operator at the help desk.

use countersign_service::model::User;

use super::client::Client;
use super::{Phone, Service};

/// Who is at the help desk, and whom they help.
pub struct Desk {
    pub service: Service,
    pub olga: User,
    pub phone: Phone,
    pub alice: User,
    pub alices: Phone,
    /// Somebody without a device.
    pub bob: User,
    pub client: Client,
}

/// Olga, an operator with an open session, Alice with a phone, and Bob.
pub async fn desk() -> Desk {
    let service = Service::start().await;
    let olga = service.person("olga").await;
    let phone = service.phone(&olga).await;
    let alice = service.person("alice").await;
    let alices = service.phone(&alice).await;
    let bob = service.person("bob").await;
    service.make_operator(&olga).await;
    let client = Client::browser(&service);
    client.open(&service, "olga", &phone).await;
    Desk {
        service,
        olga,
        phone,
        alice,
        alices,
        bob,
        client,
    }
}
