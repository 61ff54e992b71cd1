//! Row A4: who adds a first device by the password alone, and whom the help desk lets do so.

use crate::common;

use common::client::Client;
use common::scanning;
use common::{Phone, START, Service, activation_ask};
use countersign_service::access::AsUser;
use countersign_service::activation::ActivationOutcome;
use countersign_service::model::{User, UserStatus};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{DAY_MS, DORMANT_MS, Enrolment, MINUTE_MS, RELEASE_LIFE_MS};
use countersign_service::store::desk::Released;
use serde_json::{Value, json};

const REASON: &str = "New on ward 4, badge seen";

struct Desk {
    service: Service,
    phone: Phone,
    client: Client,
}

/// Olga, an operator with an open session.
async fn desk_at(enrolment: Enrolment) -> Desk {
    let service = Service::at_site(|site| site.enrolment = enrolment).await;
    let olga = service.person("olga").await;
    let phone = service.phone(&olga).await;
    service.make_operator(&olga).await;
    let client = Client::browser(&service);
    client.open(&service, "olga", &phone).await;
    Desk {
        service,
        phone,
        client,
    }
}

impl Desk {
    async fn act(&self, user: &User, what: &str) -> common::client::Reply {
        let path = format!("/desk/people/{}/{what}", user.id);
        self.client.post(&path, json!({ "reason": REASON })).await
    }
}

fn new() -> Value {
    json!({ "for": "new", "kind": "tablet", "platform": "ios", "number": null })
}

/// A phone scans the picture; whether it is a device after it was compared.
async fn scan(service: &Service, client: &Client, activation: &Value) -> bool {
    scanning::scan(service, client, activation).await.is_some()
}

async fn devices(service: &Service, user: &User) -> usize {
    let store = &service.core.store;
    store.devices_of(&AsUser::of(user)).await.unwrap().len()
}

#[tokio::test]
async fn a4_an_account_that_lay_still_for_ninety_days_adds_nothing_by_its_password() {
    let service = Service::at_site(|site| site.enrolment = Enrolment::Open).await;
    let bob = service.person("bob").await;
    let carol = service.person("carol").await;
    let client = Client::browser(&service);
    service.clock.advance(DORMANT_MS - 1);
    assert_eq!(client.sign_in("bob").await["stage"], "first_device");
    // Carol's last proof was a bypass code, a while ago
    let made = service.core.make_bypass_codes(&carol, 1, OPERATOR).await;
    let hers = Client::browser(&service);
    hers.sign_in("carol").await;
    hers.try_passcode(&made.unwrap().codes[0]).await.good();
    let begun = client.post("/activations", new()).await.good();
    service.clock.advance(1);
    // The person who is at it finishes; nobody begins anew
    assert_eq!(client.session().await["stage"], "prove");
    client
        .post("/activations", new())
        .await
        .refused(403, "enrolment_closed");
    assert!(scan(&service, &client, &begun).await);
    assert_eq!(devices(&service, &bob).await, 1);
    assert_eq!(hers.sign_in("carol").await["stage"], "first_device");
    service.clock.advance(DORMANT_MS - 2);
    assert_eq!(hers.sign_in("carol").await["stage"], "first_device");
    service.clock.advance(1);
    assert_eq!(hers.sign_in("carol").await["stage"], "prove");
    hers.post(
        "/numbers",
        json!({ "number": "07400 123471", "landline": false, "extension": null }),
    )
    .await
    .refused(403, "enrolment_closed");
}

#[tokio::test]
async fn a4_the_help_desk_lets_somebody_add_one_device_within_a_day() {
    for (enrolment, dormant) in [(Enrolment::Closed, false), (Enrolment::Open, true)] {
        let desk = desk_at(enrolment).await;
        let service = &desk.service;
        let bob = service.person("bob").await;
        if dormant {
            service.clock.advance(DORMANT_MS);
            desk.client.open(service, "olga", &desk.phone).await;
        }
        let client = Client::browser(service);
        assert_eq!(client.sign_in("bob").await["stage"], "prove");
        let told = desk.act(&bob, "release").await.good();
        let now = countersign_service::clock::Clock::now(service.clock.as_ref());
        assert_eq!(told["released_until"], now.0 + RELEASE_LIFE_MS);
        // The page that was refused a moment ago goes on
        assert_eq!(client.session().await["stage"], "first_device");
        let first = client.post("/activations", new()).await.good();
        let second = client.post("/activations", new()).await.good();
        assert!(scan(service, &client, &first).await);
        assert!(
            !scan(service, &client, &second).await,
            "there is a device by now"
        );
        client
            .post("/activations", new())
            .await
            .refused(403, "proof_needed");
        // Used up: what was added can go, and the release does not come back
        let owned = service
            .core
            .store
            .devices_of(&AsUser::of(&bob))
            .await
            .unwrap();
        let removed = service
            .core
            .remove_device(&bob, &owned[0].id, OPERATOR)
            .await;
        assert!(removed.unwrap());
        assert_eq!(client.sign_in("bob").await["stage"], "prove");
        assert_eq!(service.audit_count("desk.release", "done").await, 1);
        let rows = service.audit().await;
        let why = rows.iter().find(|row| row.fields[1] == "desk.reason");
        assert_eq!(why.unwrap().fields[2], REASON);
    }
}

#[tokio::test]
async fn a4_a_release_ends_with_its_day_and_when_its_person_is_disabled() {
    let desk = desk_at(Enrolment::Closed).await;
    let service = &desk.service;
    let bob = service.person("bob").await;
    let client = Client::browser(service);
    desk.act(&bob, "release").await.good();
    service.clock.advance(RELEASE_LIFE_MS - 1);
    assert_eq!(client.sign_in("bob").await["stage"], "first_device");
    let late = client.post("/activations", new()).await.good();
    service.clock.advance(1);
    assert_eq!(client.session().await["stage"], "prove");
    assert!(!scan(service, &client, &late).await, "a day is over");
    desk.client.open(service, "olga", &desk.phone).await;
    desk.act(&bob, "release").await.good();
    assert!(
        !scan(service, &client, &late).await,
        "it was made by an earlier one"
    );
    for status in [UserStatus::Disabled, UserStatus::Active] {
        let set = service.core.set_user_status(&bob, status, OPERATOR).await;
        assert!(set.unwrap());
    }
    assert_eq!(client.sign_in("bob").await["stage"], "prove");
    let disabled = service
        .core
        .set_user_status(&bob, UserStatus::Disabled, OPERATOR);
    disabled.await.unwrap();
    desk.act(&bob, "release").await.refused(409, "not_needed");
}

#[tokio::test]
async fn a4_a_release_is_for_somebody_without_a_device_in_use_and_activates_none_again() {
    let desk = desk_at(Enrolment::Closed).await;
    let service = &desk.service;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    desk.act(&alice, "release").await.refused(409, "not_needed");
    assert_eq!(service.audit_count("desk.release", "done").await, 0);
    let suspend = format!("devices/{}/suspend", phone.device.id);
    desk.act(&alice, &suspend).await.good();
    desk.act(&alice, "release").await.good();
    let client = Client::browser(service);
    assert_eq!(client.sign_in("alice").await["stage"], "first_device");
    // What was stopped may be in the wrong hands, with the password
    let again = json!({ "for": "again", "device": phone.device.id.as_str(), "platform": "ios" });
    client
        .post("/activations", again)
        .await
        .refused(403, "proof_needed");
    let made = client.post("/activations", new()).await.good();
    assert!(scan(service, &client, &made).await);
    assert_eq!(client.session().await["stage"], "prove");
    // The command line has the same rule
    let (released, _) = service
        .core
        .release_enrolment(&alice, OPERATOR)
        .await
        .unwrap();
    assert_eq!(released, Released::NotNeeded);
    let bob = service.person("bob").await;
    let (released, until) = service
        .core
        .release_enrolment(&bob, OPERATOR)
        .await
        .unwrap();
    assert_eq!((released, until), (Released::Done, START + RELEASE_LIFE_MS));
    assert_eq!(client.sign_in("bob").await["stage"], "first_device");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a4_of_two_hundred_parallel_scans_of_one_release_one_makes_a_device() {
    let desk = desk_at(Enrolment::Closed).await;
    let service = desk.service;
    let bob = service.person("bob").await;
    let path = format!("/desk/people/{}/release", bob.id);
    desk.client
        .post(&path, json!({ "reason": REASON }))
        .await
        .good();
    let client = Client::browser(&service);
    client.sign_in("bob").await;
    // Every phone was compared; the release is good for one of them
    let mut asks = Vec::new();
    for n in 0..200 {
        let made = client.post("/activations", new()).await.good();
        let key = scanning::key();
        let mut ask = activation_ask(&scanning::code(&made), &key);
        ask.address = format!("192.0.2.{n}");
        let first = service.core.activate(&ask).await.unwrap();
        assert!(matches!(first, ActivationOutcome::Compare { .. }));
        let shown = scanning::digits(&service, &made, &key);
        scanning::confirm(&client, &made, &shown).await;
        let core = service.core.clone();
        asks.push(async move { core.activate(&ask).await.unwrap() });
    }
    let asks: Vec<_> = asks.into_iter().map(tokio::spawn).collect();
    let mut activated = 0;
    for ask in asks {
        let outcome = ask.await.unwrap();
        activated += usize::from(matches!(outcome, ActivationOutcome::Activated(_)));
    }
    assert_eq!((activated, devices(&service, &bob).await), (1, 1));
    // Olga's phone is the other one
    assert_eq!(service.audit_count("device.activate", "done").await, 2);
    let until = service.core.store.desk().released_until(&bob.id).await;
    assert_eq!(until.unwrap().0, 0, "used up");
}

#[tokio::test]
async fn k6_releases_are_limited_a_day_and_never_of_ones_own_account() {
    let desk = desk_at(Enrolment::Closed).await;
    let service = &desk.service;
    let bob = service.person("bob").await;
    for _ in 0..50 {
        desk.act(&bob, "release").await.good();
    }
    let reply = desk.act(&bob, "release").await;
    reply.refused(429, "too_many");
    assert_eq!(reply.body["until"], START.0 + DAY_MS);
    let olga = service.core.store.device(&desk.phone.device.id).await;
    let olga = service
        .core
        .store
        .user(&olga.unwrap().unwrap().user_id)
        .await;
    desk.act(&olga.unwrap().unwrap(), "release")
        .await
        .refused(403, "not_allowed");
    service.clock.advance(5 * MINUTE_MS + 1_000);
    desk.act(&bob, "release").await.refused(403, "proof_needed");
    assert_eq!(service.audit_count("desk.release", "done").await, 50);
}
