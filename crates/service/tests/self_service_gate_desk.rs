//! Rows K6, O7 and S1 on the help desk's page: who may do what, to whom, how often, and what remains of it.

use crate::common;

use axum::http::Method;
use common::client::Client;
use common::desk::desk;
use common::{Phone, START};
use countersign_service::model::User;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{DESK_SEEN_MS, MINUTE_MS};
use serde_json::{Value, json};

const REASON: &str = "Phone lost, badge seen";

fn person(user: &User) -> String {
    format!("/desk/people/{}", user.id)
}

/// Every route of the desk about a person.
fn routes(user: &User, phone: &Phone) -> Vec<(Method, String, Option<Value>)> {
    let reason = json!({ "reason": REASON });
    let (at, device) = (person(user), &phone.device.id);
    vec![
        (Method::GET, "/desk/people?name=al".into(), None),
        (Method::GET, at.clone(), None),
        (Method::POST, format!("{at}/bypass"), Some(reason.clone())),
        (Method::POST, format!("{at}/unlock"), Some(reason.clone())),
        (
            Method::POST,
            format!("{at}/devices/{device}/suspend"),
            Some(reason.clone()),
        ),
        // Last: it is for who has no device in use
        (Method::POST, format!("{at}/release"), Some(reason)),
    ]
}

#[tokio::test]
async fn k6_role_by_route_matrix() {
    let desk = desk().await;
    let service = &desk.service;
    let bobs = service.phone(&desk.bob).await;
    let signed_out = Client::browser(service);
    let password_only = Client::browser(service);
    password_only.sign_in("olga").await;
    let nobody_special = Client::browser(service);
    nobody_special.open(service, "bob", &bobs).await;
    for (method, path, body) in routes(&desk.alice, &desk.alices) {
        for (client, status, code) in [
            (&signed_out, 401, "signed_out"),
            (&password_only, 403, "proof_needed"),
            (&nobody_special, 403, "not_allowed"),
        ] {
            let reply = client.call(method.clone(), &path, body.clone()).await;
            reply.refused(status, code);
        }
        desk.client.call(method, &path, body).await.good();
    }
    // Who is no operator any more is none at once
    let taken = service
        .core
        .set_operator(&desk.olga, false, "operator")
        .await;
    assert!(taken.unwrap());
    desk.client
        .get("/desk/people?name=al")
        .await
        .refused(403, "not_allowed");
    assert_eq!(desk.client.session().await["person"]["operator"], false);
}

#[tokio::test]
async fn k6_nothing_is_done_to_ones_own_account() {
    let desk = desk().await;
    let before = desk.service.audit().await.len();
    for (method, path, body) in routes(&desk.olga, &desk.phone) {
        if method == Method::POST {
            desk.client
                .call(method, &path, body)
                .await
                .refused(403, "not_allowed");
        }
    }
    // Nothing but that it was tried
    assert_eq!(desk.service.audit().await.len(), before + 4);
    for action in ["desk.bypass", "desk.unlock", "desk.release", "desk.suspend"] {
        assert_eq!(desk.service.audit_count(action, "own_account").await, 1);
    }
    desk.client.get(&person(&desk.olga)).await.good();
}

#[tokio::test]
async fn k6_a_code_lets_an_operator_do_nothing_to_others() {
    let desk = desk().await;
    let codes = desk
        .service
        .core
        .make_bypass_codes(&desk.olga, 1, OPERATOR)
        .await;
    let found = Client::browser(&desk.service);
    found.sign_in("olga").await;
    found.try_passcode(&codes.unwrap().codes[0]).await.good();
    let mut routes = routes(&desk.alice, &desk.alices);
    let reason = json!({ "reason": REASON });
    let card = format!("{}/card", person(&desk.alice));
    routes.push((Method::POST, card, Some(reason.clone())));
    for (method, path, body) in routes {
        let acts = method == Method::POST;
        let reply = found.call(method, &path, body).await;
        if acts {
            reply.refused(403, "device_needed");
        } else {
            reply.good();
        }
    }
    for action in ["bypass", "unlock", "release", "suspend", "card"] {
        let rows = desk.service.audit().await.into_iter();
        let act = format!("desk.{action}");
        let results: Vec<_> = rows
            .filter(|row| row.fields[1] == act)
            .map(|row| row.fields[3].clone())
            .collect();
        assert_eq!(results, ["by_code"], "{action}");
    }
    found.prove(&desk.service, &desk.phone).await;
    let path = format!("{}/unlock", person(&desk.alice));
    found.post(&path, reason).await.good();
}

#[tokio::test]
async fn k6_every_act_needs_a_reason_that_the_audit_log_keeps() {
    let desk = desk().await;
    let long = "x".repeat(201);
    for reason in ["", "    ", "lost", " \u{200b}ab\u{202e}c ", &long] {
        for (method, path, _) in routes(&desk.alice, &desk.alices) {
            if method == Method::POST {
                let body = json!({ "reason": reason });
                desk.client
                    .post(&path, body)
                    .await
                    .refused(422, "reason_needed");
            }
        }
    }
    let path = format!("{}/unlock", person(&desk.alice));
    desk.client
        .post(&path, json!({ "reason": REASON }))
        .await
        .good();
    let rows = desk.service.audit().await;
    let of = |action: &str| {
        rows.iter()
            .filter(|row| row.fields[1] == action)
            .collect::<Vec<_>>()
    };
    let (act, reason) = (of("desk.unlock"), of("desk.reason"));
    assert_eq!((act.len(), reason.len()), (1, 1));
    assert_eq!(act[0].fields[0], format!("user:{}", desk.olga.id));
    assert_eq!(act[0].fields[2], desk.alice.id.as_str());
    assert_eq!(reason[0].fields[2], REASON);
    assert_eq!(
        desk.service.core.verify_audit().await.unwrap().broken_at,
        None
    );
}

#[tokio::test]
async fn s1_an_act_needs_a_proof_of_the_last_five_minutes() {
    let desk = desk().await;
    let path = format!("{}/unlock", person(&desk.alice));
    let body = json!({ "reason": REASON });
    desk.service.clock.advance(5 * MINUTE_MS);
    desk.client.post(&path, body.clone()).await.good();
    desk.service.clock.advance(1_000);
    desk.client
        .post(&path, body.clone())
        .await
        .refused(403, "proof_needed");
    desk.client.get("/desk/people?name=al").await.good();
    desk.client.prove(&desk.service, &desk.phone).await;
    desk.client.post(&path, body).await.good();
}

#[tokio::test]
async fn o7_a_bypass_code_of_the_desk_is_good_for_an_hour_and_once() {
    let desk = desk().await;
    let path = format!("{}/bypass", person(&desk.alice));
    let body = json!({ "reason": REASON });
    let first = desk.client.post(&path, body.clone()).await.good();
    assert_eq!(first["expires_at"], START.0 + 60 * MINUTE_MS);
    let second = desk.client.post(&path, body).await.good();
    let (first, second) = (
        first["code"].as_str().unwrap(),
        second["code"].as_str().unwrap(),
    );
    let stored = desk.service.bytes_on_disk();
    assert!(
        !stored.windows(9).any(|part| part == second.as_bytes()),
        "no plain code is kept"
    );
    let alice = Client::browser(&desk.service);
    alice.sign_in("alice").await;
    alice
        .try_passcode(first)
        .await
        .refused(422, "wrong_passcode");
    desk.service.clock.advance(60 * MINUTE_MS - 1);
    alice.sign_in("alice").await;
    assert_eq!(
        alice.try_passcode(second).await.good()["state"],
        "confirmed"
    );
    alice
        .try_passcode(second)
        .await
        .refused(422, "passcode_used");
    // Told: the person's record has both, and its use
    desk.client.open(&desk.service, "olga", &desk.phone).await;
    let events = desk.client.get(&person(&desk.alice)).await.good()["events"].clone();
    let told = |action: &str, result: &str| {
        let events = events.as_array().unwrap();
        events
            .iter()
            .filter(|event| event["action"] == action && event["result"] == result)
            .count()
    };
    assert_eq!(
        (
            told("desk.bypass", "done"),
            told("passcode.check", "bypass_code")
        ),
        (2, 1)
    );
    let expired = desk
        .client
        .post(&path, json!({ "reason": REASON }))
        .await
        .good();
    desk.service.clock.advance(60 * MINUTE_MS);
    alice.sign_in("alice").await;
    let late = expired["code"].as_str().unwrap();
    alice
        .try_passcode(late)
        .await
        .refused(422, "wrong_passcode");
}

#[tokio::test]
async fn a4_a_bypass_code_of_the_desk_lets_somebody_add_the_first_device_where_enrolment_is_closed()
{
    let desk = desk().await;
    let bob = &desk.bob;
    let client = Client::browser(&desk.service);
    client.sign_in("bob").await;
    let tablet = json!({ "for": "new", "kind": "tablet", "platform": "ios", "number": null });
    let refused = client.post("/activations", tablet.clone()).await;
    refused.refused(403, "enrolment_closed");
    let path = format!("{}/bypass", person(bob));
    let made = desk
        .client
        .post(&path, json!({ "reason": REASON }))
        .await
        .good();
    client
        .try_passcode(made["code"].as_str().unwrap())
        .await
        .good();
    let activation = client.post("/activations", tablet).await.good();
    assert_eq!(activation["state"], "waiting");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn k6_an_operator_makes_twenty_codes_a_day_however_they_are_asked_for() {
    let desk = desk().await;
    let client = std::sync::Arc::new(desk.client);
    let path = format!("{}/bypass", person(&desk.alice));
    let asks: Vec<_> = (0..200)
        .map(|_| {
            let (client, path) = (client.clone(), path.clone());
            tokio::spawn(async move { client.post(&path, json!({ "reason": REASON })).await })
        })
        .collect();
    let until = START.0 + 24 * 60 * MINUTE_MS;
    let (mut made, mut over) = (0, 0);
    for ask in asks {
        let reply = ask.await.unwrap();
        match reply.status.as_u16() {
            200 => made += 1,
            // The queue of derivations was full (row R1), and nothing was looked at
            503 => reply.refused(503, "unavailable"),
            _ => {
                reply.refused(429, "too_many");
                assert_eq!(reply.body["until"], until);
                over += 1;
            }
        }
    }
    assert!((1..=20).contains(&made), "{made}");
    for _ in made..20 {
        client.post(&path, json!({ "reason": REASON })).await.good();
    }
    let reply = client.post(&path, json!({ "reason": REASON })).await;
    reply.refused(429, "too_many");
    assert_eq!(reply.body["until"], until);
    for (result, count) in [("done", 20), ("too_many", over + 1)] {
        let rows = desk.service.audit_count("desk.bypass", result).await;
        assert_eq!(rows, count, "{result}");
    }
    desk.service.clock.advance(24 * 60 * MINUTE_MS);
    client.open(&desk.service, "olga", &desk.phone).await;
    client.post(&path, json!({ "reason": REASON })).await.good();
}

#[tokio::test]
async fn o6_the_desk_unlocks() {
    let desk = desk().await;
    let alice = Client::browser(&desk.service);
    alice.sign_in("alice").await;
    for _ in 0..5 {
        alice.try_passcode("000000").await;
    }
    for _ in 0..5 {
        Client::browser(&desk.service)
            .try_password("alice", "a wrong guess")
            .await;
    }
    assert_eq!(
        desk.client.get(&person(&desk.alice)).await.good()["locked"],
        true
    );
    let path = format!("{}/unlock", person(&desk.alice));
    let told = desk
        .client
        .post(&path, json!({ "reason": REASON }))
        .await
        .good();
    assert_eq!(told["locked"], false);
    alice
        .try_passcode("000000")
        .await
        .refused(422, "wrong_passcode");
    alice.sign_in("alice").await;
}

#[tokio::test]
async fn a_suspended_device_is_asked_nothing_more_and_its_persons_sessions_end() {
    let desk = desk().await;
    let alice = Client::browser(&desk.service);
    alice.open(&desk.service, "alice", &desk.alices).await;
    alice.ask(&desk.alices).await;
    let path = format!(
        "{}/devices/{}/suspend",
        person(&desk.alice),
        desk.alices.device.id
    );
    let told = desk
        .client
        .post(&path, json!({ "reason": REASON }))
        .await
        .good();
    assert_eq!(told["devices"][0]["standing"], "needs_reactivating");
    alice.get("/session").await.refused(401, "signed_out");
    assert!(desk.service.pending(&desk.alices).await.is_empty());
    let view = alice.sign_in("alice").await;
    assert_eq!(view["ways"][1]["why_not"], "out_of_step");
    // Not somebody else's
    let path = format!(
        "{}/devices/{}/suspend",
        person(&desk.alice),
        desk.phone.device.id
    );
    let body = json!({ "reason": REASON });
    desk.client
        .post(&path, body.clone())
        .await
        .refused(404, "not_found");
    let path = format!(
        "/desk/people/DUAAAAAAAAAAAAAAAAAA/devices/{}/suspend",
        desk.alices.device.id
    );
    desk.client
        .post(&path, body)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn people_are_found_by_how_their_account_begins() {
    let desk = desk().await;
    for n in 0..25 {
        desk.service.user(&format!("alf{n:02}")).await;
    }
    let found = async |beginning: &str| {
        let reply = desk
            .client
            .get(&format!("/desk/people?name={beginning}"))
            .await;
        let people = reply.good()["people"].as_array().unwrap().clone();
        people
            .iter()
            .map(|person| person["account"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("AL").await.len(), 20);
    assert_eq!(found("ward%5CAli").await, ["alice"]);
    assert_eq!(found("alf07").await, ["alf07"]);
    assert!(
        found("").await.is_empty() && found("%25").await.is_empty() && found("zz").await.is_empty()
    );
}

#[tokio::test]
async fn k6_the_person_sees_what_the_desk_did_once_they_proved_who_they_are() {
    let desk = desk().await;
    let (service, at) = (&desk.service, person(&desk.alice));
    let reason = json!({ "reason": REASON });
    for path in ["bypass", "unlock"] {
        let path = format!("{at}/{path}");
        desk.client.post(&path, reason.clone()).await.good();
        service.clock.advance(MINUTE_MS);
    }
    // What was refused, and what was done for another person, is not among it
    let own = person(&desk.olga);
    desk.client
        .post(&format!("{own}/bypass"), reason)
        .await
        .refused(403, "not_allowed");
    let alice = Client::browser(service);
    let before = alice.sign_in("alice").await;
    assert_eq!(before["by_desk"], json!([]), "{before}");
    alice.prove(service, &desk.alices).await;
    let expected = json!([
        { "at": START.0 + MINUTE_MS, "act": "unlock" },
        { "at": START.0, "act": "bypass" },
    ]);
    assert_eq!(alice.session().await["by_desk"], expected);
    assert_eq!(desk.client.session().await["by_desk"], json!([]));
    // A month later it is old news
    service.clock.advance(DESK_SEEN_MS);
    let later = Client::browser(service);
    later.open(service, "alice", &desk.alices).await;
    assert_eq!(later.session().await["by_desk"], json!([]));
}
