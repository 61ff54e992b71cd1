//! Rows S1, S2, S7, S9, S10, A3, O6: signing in to self-service, its sessions, and what they may do.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::sync::Arc;

use common::client::{Client, device_header};
use common::{PASSWORD, START, Service};
use countersign_protocol::time::UnixMillis;
use countersign_service::model::UserStatus;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{Enrolment, MINUTE_MS, ServiceDesk};
use countersign_service::self_service::password::TypedPassword;
use serde_json::{Value, json};

#[tokio::test]
async fn the_site_tells_who_helps_before_anybody_signed_in() {
    let service = Service::at_site(|site| {
        site.enrolment = Enrolment::Open;
        site.service_desk = Some(ServiceDesk {
            extension: Some("4400".into()),
            number: None,
            always: true,
        });
    })
    .await;
    let site = Client::browser(&service).get("/site").await.good();
    assert_eq!(site["organisation"], "General Hospital");
    assert_eq!(site["service_desk"]["extension"], "4400");
    assert_eq!(site["enrolment_open"], true);
}

#[tokio::test]
async fn a_password_opens_a_session_that_has_to_be_proven() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.get("/session").await.refused(401, "signed_out");
    let view = browser.try_password(" WARD\\Alice ", PASSWORD).await;
    let cookie = view.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.starts_with("__Host-countersign=")
            && cookie.ends_with("; Secure; HttpOnly; SameSite=Strict; Path=/")
    );
    let view = view.good();
    assert_eq!(view["stage"], "prove");
    assert_eq!(
        view["person"],
        json!({ "name": "alice", "account": "alice", "operator": false })
    );
    assert_eq!(view["devices"][0]["id"], phone.device.id.as_str());
    assert_eq!(view["ways"][0]["kind"], "push");
    assert_eq!(view["ways"][1]["kind"], "passcode");
    assert_eq!(view["proven_until"], Value::Null);
    assert_eq!(view["idle_at"], START.0 + 15 * MINUTE_MS);
    assert_eq!(view["ends_at"], START.0 + 480 * MINUTE_MS);
    let again = browser.session().await;
    assert_eq!(again, view, "a call later it is the same");
    let token = browser.jar().token.unwrap();
    let disk = service.bytes_on_disk();
    assert!(
        !disk
            .windows(token.len())
            .any(|part| part == token.as_bytes()),
        "only a hash is kept"
    );
    assert!(
        !disk
            .windows(PASSWORD.len())
            .any(|part| part == PASSWORD.as_bytes())
    );
}

#[tokio::test]
async fn s10_unknown_name_no_password_and_wrong_password_look_and_cost_alike() {
    let service = Service::start().await;
    service.person("alice").await;
    service.user("bob").await;
    let carol = service.person("carol").await;
    let disabled = UserStatus::Disabled;
    assert!(
        service
            .core
            .set_user_status(&carol, disabled, OPERATOR)
            .await
            .unwrap()
    );
    let mut answers = Vec::new();
    for (name, password) in [
        ("alice", "wrong horse battery"),
        ("bob", PASSWORD),
        ("carol", PASSWORD),
        ("nobody", PASSWORD),
        ("nobody else", ""),
    ] {
        let before = service.core.slow_hashes.made();
        let reply = Client::browser(&service).try_password(name, password).await;
        reply.refused(401, "wrong_password");
        assert_eq!(service.core.slow_hashes.made() - before, 1, "{name}");
        assert!(!reply.headers.contains_key("set-cookie"));
        answers.push(reply.body);
    }
    assert!(
        answers.iter().all(|body| *body == answers[0]),
        "{answers:?}"
    );
    assert_eq!(
        service.audit_count("self_service.sign_in", "wrong").await,
        5
    );
    let rows = service.audit().await;
    assert!(
        rows.iter()
            .all(|row| !row.fields.iter().any(|field| field.contains("nobody"))),
        "a name nobody has may be a password in the wrong field"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn o5_passwords_are_counted_per_canonical_name_known_or_not() {
    let service = Service::start().await;
    service.person("alice").await;
    let client = Arc::new(Client::browser(&service));
    for name in ["alice", "nobody"] {
        let before = service.core.slow_hashes.made();
        let guesses = (0..200).map(|n| {
            let client = client.clone();
            let spelling = match n % 4 {
                0 => name.to_owned(),
                1 => name.to_uppercase(),
                2 => format!("WARD\\{name}"),
                _ => format!(" {name}\u{200b}"),
            };
            tokio::spawn(async move { client.try_password(&spelling, "a wrong guess").await })
        });
        let mut looked_at = 0;
        for guess in guesses.collect::<Vec<_>>() {
            let reply = guess.await.unwrap();
            if reply.status == 401 {
                looked_at += 1;
            } else if reply.status == 503 {
                assert_eq!(
                    reply.body["code"], "unavailable",
                    "there is a queue, and it is full"
                );
            } else {
                reply.refused(429, "locked");
                assert!(reply.body["until"].as_i64().unwrap() > START.0);
            }
        }
        assert_eq!(looked_at, 5, "{name}: from the fifth on one waits");
        assert_eq!(service.core.slow_hashes.made() - before, 5);
    }
    client
        .try_password("alice", PASSWORD)
        .await
        .refused(429, "locked");
}

#[tokio::test]
async fn o5_the_tenth_wrong_password_locks_for_a_quarter_of_an_hour_and_a_right_one_clears() {
    let service = Service::start().await;
    service.person("alice").await;
    let browser = Client::browser(&service);
    for left in (0..10).rev() {
        let reply = browser.try_password("alice", "a wrong guess").await;
        reply.refused(401, "wrong_password");
        assert_eq!(reply.body["number"], left);
        service.clock.advance(MINUTE_MS + 1);
    }
    let locked = browser.try_password("alice", PASSWORD).await;
    locked.refused(429, "locked");
    let now = START.0 + 10 * (MINUTE_MS + 1);
    assert_eq!(locked.body["until"], now - (MINUTE_MS + 1) + 15 * MINUTE_MS);
    service.clock.advance(14 * MINUTE_MS);
    browser.sign_in("alice").await;
    let reply = browser.try_password("alice", "a wrong guess").await;
    assert_eq!(reply.body["number"], 9, "the count begins anew");
}

#[tokio::test]
async fn o6_a_locked_password_keeps_neither_pushes_nor_passcodes_from_working() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let signed_in = Client::browser(&service);
    signed_in.sign_in("alice").await;
    let attacker = Client::browser(&service);
    for _ in 0..20 {
        attacker.try_password("alice", "a wrong guess").await;
        service.clock.advance(20_000);
    }
    attacker
        .try_password("alice", PASSWORD)
        .await
        .refused(429, "locked");
    // Whoever is signed in goes on
    signed_in.prove(&service, &phone).await;
    let vpn = service.integration(0).await;
    service.clock.advance(30_000);
    let code = phone.code_at(UnixMillis(START.0 + 430_000));
    let status = service.passcode(&vpn, "alice", &code).await.unwrap();
    assert_eq!(status.status, "allow");
}

#[tokio::test]
async fn o6_locked_passcodes_keep_neither_passwords_nor_pushes_from_working() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    for left in (5..10).rev() {
        let reply = browser.try_passcode("000000").await;
        reply.refused(422, "wrong_passcode");
        assert_eq!(reply.body["number"], left);
    }
    browser.try_passcode("000000").await.refused(429, "locked");
    let view = browser.session().await;
    assert_eq!(view["ways"][0]["best"], true);
    assert_eq!(view["ways"][1]["why_not"], "locked");
    let other = Client::browser(&service);
    other.open(&service, "alice", &phone).await;
    assert_eq!(
        other.session().await["ways"][1]["why_not"],
        Value::Null,
        "a success clears"
    );
}

#[tokio::test]
async fn s7_the_token_changes_with_the_proof_and_the_old_one_works_no_longer() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    let before = browser.jar();
    browser.prove(&service, &phone).await;
    let after = browser.jar();
    assert_ne!(before.token, after.token);
    let view = browser.session().await;
    assert_eq!(view["stage"], "open");
    assert_eq!(view["proven_until"], START.0 + 5 * MINUTE_MS);
    browser.set_jar(before);
    browser.get("/session").await.refused(401, "signed_out");
    browser.set_jar(after.clone());
    // A passcode as well
    service.clock.advance(MINUTE_MS);
    let code = phone.code_at(UnixMillis(START.0 + MINUTE_MS));
    assert_eq!(
        browser.try_passcode(&code).await.good()["state"],
        "confirmed"
    );
    assert_ne!(browser.jar().token, after.token);
    browser.set_jar(after);
    browser.get("/session").await.refused(401, "signed_out");
}

#[tokio::test]
async fn s7_an_old_token_is_refused_after_each_event() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let second = service.phone(&alice).await;
    let app = Client::app(&service);
    // Signing out
    for client in [&Client::browser(&service), &app] {
        client.sign_in("alice").await;
        let kept = client.jar();
        let reply = client.delete("/session").await;
        assert_eq!(reply.status, 204);
        client.set_jar(kept);
        client.get("/session").await.refused(401, "signed_out");
        client.delete("/session").await.refused(401, "signed_out");
        client.set_jar(common::client::Jar::default());
    }
    // Signing in once more in the same browser
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    let kept = browser.jar();
    browser.sign_in("alice").await;
    browser.session().await;
    browser.set_jar(kept);
    browser.get("/session").await.refused(401, "signed_out");
    // A quarter of an hour without use
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    service.clock.advance(15 * MINUTE_MS - 1);
    browser.post("/session/stay", json!({})).await.good();
    service.clock.advance(15 * MINUTE_MS);
    browser.get("/session").await.refused(401, "signed_out");
    // Eight hours of use
    browser.sign_in("alice").await;
    for _ in 0..47 {
        service.clock.advance(10 * MINUTE_MS);
        browser.post("/session/stay", json!({})).await.good();
    }
    service.clock.advance(10 * MINUTE_MS);
    browser.get("/session").await.refused(401, "signed_out");
    // A device removed by the Service Desk
    browser.sign_in("alice").await;
    assert!(
        service
            .core
            .remove_device(&alice, &second.device.id, OPERATOR)
            .await
            .unwrap()
    );
    browser.get("/session").await.refused(401, "signed_out");
    // Another password
    browser.sign_in("alice").await;
    let password = TypedPassword::of(PASSWORD);
    service
        .core
        .set_password(&alice, password, OPERATOR)
        .await
        .unwrap();
    browser.get("/session").await.refused(401, "signed_out");
    // The account disabled; its phone forgets what it was asked
    browser.sign_in("alice").await;
    browser.ask(&phone).await;
    assert_eq!(service.pending(&phone).await.len(), 1);
    let disabled = UserStatus::Disabled;
    assert!(
        service
            .core
            .set_user_status(&alice, disabled, OPERATOR)
            .await
            .unwrap()
    );
    browser.get("/session").await.refused(401, "signed_out");
}

#[tokio::test]
async fn s7_a_held_call_is_no_use_of_a_session() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    let proof = browser.ask(&phone).await;
    service.clock.advance(14 * MINUTE_MS);
    let path = format!("/proofs/{}?after=9", proof["id"].as_str().unwrap());
    assert_eq!(browser.get(&path).await.good()["state"], "unreached");
    service.clock.advance(MINUTE_MS);
    browser.get("/session").await.refused(401, "signed_out");
}

#[tokio::test]
async fn s9_a_session_of_a_device_is_that_devices_alone() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let other = service.phone(&alice).await;
    let app = Client::app_of(&service, &phone);
    let view = app.sign_in("alice").await;
    assert_eq!(view["this_device"], phone.device.id.as_str());
    assert_eq!(view["csrf"], "", "an app needs none");
    assert!(app.jar().token.is_some());
    app.post("/session/stay", json!({})).await.good();
    let token = app.jar().token.unwrap();
    let call = |value: Option<String>| {
        let plain = Client::app(&service);
        plain.set_jar(app.jar());
        let mut request = plain.request(&axum::http::Method::GET, "/session", None);
        if let Some(value) = value {
            request
                .headers_mut()
                .insert("x-countersign-device", value.parse().unwrap());
        }
        async move { plain.send(request).await }
    };
    let now = START;
    let good = device_header(&phone.device.id, &phone.key, &token, now);
    call(Some(good.clone())).await.good();
    for (what, value) in [
        ("none", None),
        (
            "another device",
            Some(device_header(&other.device.id, &other.key, &token, now)),
        ),
        (
            "another's key",
            Some(device_header(&phone.device.id, &other.key, &token, now)),
        ),
        (
            "another session",
            Some(device_header(&phone.device.id, &phone.key, "new", now)),
        ),
        (
            "too old",
            Some(device_header(
                &phone.device.id,
                &phone.key,
                &token,
                now + -301_000,
            )),
        ),
        (
            "too new",
            Some(device_header(
                &phone.device.id,
                &phone.key,
                &token,
                now + 301_000,
            )),
        ),
        ("nonsense", Some("nonsense".into())),
    ] {
        let reply = call(value).await;
        assert_eq!(
            (reply.status.as_u16(), reply.body["code"].as_str()),
            (401, Some("signed_out")),
            "{what}"
        );
    }
    call(Some(device_header(
        &phone.device.id,
        &phone.key,
        &token,
        now + -299_000,
    )))
    .await
    .good();
    // The cookie of a browser is nothing to it, and its token no cookie
    let browser = Client::browser(&service);
    browser.set_jar(app.jar());
    browser.get("/session").await.refused(401, "signed_out");
}

#[tokio::test]
async fn s9_at_sign_in_the_device_has_to_be_the_persons_own() {
    let service = Service::start().await;
    service.person("alice").await;
    let mallory = service.person("mallory").await;
    let phone = service.phone(&mallory).await;
    let app = Client::app_of(&service, &phone);
    app.try_password("alice", PASSWORD)
        .await
        .refused(401, "signed_out");
    app.sign_in("mallory").await;
    let removed = service
        .core
        .remove_device(&mallory, &phone.device.id, OPERATOR)
        .await;
    assert!(removed.unwrap());
    app.get("/session").await.refused(401, "signed_out");
}

#[tokio::test]
async fn s9_the_app_and_the_browser_have_the_same_rules() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    for client in [
        Client::browser(&service),
        Client::app(&service),
        Client::app_of(&service, &phone),
    ] {
        assert_eq!(client.sign_in("alice").await["stage"], "prove");
        let before = client.jar().token;
        client.prove(&service, &phone).await;
        assert_ne!(client.jar().token, before);
        assert_eq!(client.session().await["stage"], "open");
    }
}

#[tokio::test]
async fn s10_the_stage_is_worked_out_from_rows() {
    let open = Service::at_site(|site| site.enrolment = Enrolment::Open).await;
    let alice = open.person("alice").await;
    let browser = Client::browser(&open);
    assert_eq!(browser.sign_in("alice").await["stage"], "first_device");
    let phone = open.phone(&alice).await;
    assert_eq!(
        browser.session().await["stage"],
        "prove",
        "there is a device now"
    );
    assert!(
        open.core
            .remove_device(&alice, &phone.device.id, OPERATOR)
            .await
            .unwrap()
    );
    assert_eq!(
        browser.sign_in("alice").await["stage"],
        "prove",
        "there was one (row A4)"
    );
    let closed = Service::start().await;
    closed.person("bob").await;
    let browser = Client::browser(&closed);
    assert_eq!(browser.sign_in("bob").await["stage"], "prove");
}

#[tokio::test]
async fn r1_what_is_not_the_routes_shape_is_refused_in_the_apis_own_shape() {
    let service = Service::start().await;
    service.person("alice").await;
    let browser = Client::browser(&service);
    for body in [
        json!({}),
        json!({ "username": "alice" }),
        json!({ "username": "alice", "password": PASSWORD, "stage": "open" }),
        json!(["alice", PASSWORD, 3]),
        json!({ "username": 1, "password": PASSWORD }),
    ] {
        browser
            .post("/session", body)
            .await
            .refused(400, "bad_request");
    }
    browser.sign_in("alice").await;
    let sneaky = json!({ "way": "passcode", "passcode": "123456", "confirmed": true });
    browser
        .post("/proofs", sneaky)
        .await
        .refused(400, "bad_request");
    browser
        .post("/proofs", json!({ "way": "trust" }))
        .await
        .refused(400, "bad_request");
    browser.get("/nothing").await.refused(404, "not_found");
    browser
        .put("/session", json!({}))
        .await
        .refused(404, "not_found");
    browser
        .get("/proofs/x?after=many")
        .await
        .refused(400, "bad_request");
    browser.get("/proofs/x").await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r1_a_storm_of_sign_ins_is_bounded_and_leaves_other_calls_alone() {
    let service = Service::start().await;
    service.person("alice").await;
    let client = Arc::new(Client::browser(&service));
    let before = service.audit().await.len();
    let storm: Vec<_> = (0..300)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move { client.try_password(&format!("nobody{n}"), "a guess").await })
        })
        .collect();
    let asked = tokio::time::Instant::now();
    client.get("/site").await.good();
    assert!(asked.elapsed() < std::time::Duration::from_secs(1));
    let mut looked_at = 0;
    for guess in storm {
        let reply = guess.await.unwrap();
        if reply.status == 401 {
            looked_at += 1;
        } else {
            reply.refused(503, "unavailable");
        }
    }
    assert!((64..300).contains(&looked_at), "{looked_at}");
    let written = service.audit().await.len() - before;
    assert_eq!(written, looked_at, "what was not looked at wrote nothing");
    client.sign_in("alice").await;
}

#[tokio::test]
async fn o5_counts_of_names_that_were_tried_a_few_times_do_not_pile_up() {
    let service = Service::start().await;
    let browser = Client::browser(&service);
    for (name, tries) in [("nobody", 1), ("somebody", 5)] {
        for _ in 0..tries {
            browser.try_password(name, "a guess").await;
        }
    }
    service.clock.advance(16 * MINUTE_MS);
    service.core.tidy().await.unwrap();
    let left =
        async |name: &str| browser.try_password(name, "a guess").await.body["number"].clone();
    assert_eq!(left("nobody").await, 9);
    assert_eq!(left("somebody").await, 4);
    service.clock.advance(24 * 60 * MINUTE_MS + 1);
    service.core.tidy().await.unwrap();
    assert_eq!(left("somebody").await, 9);
}
