//! Rows S7, S9, S10 and R1: the sessions of self-service, by browser and app.

use crate::common;

use common::client::{Client, device_header};
use common::{PASSWORD, START, Service};
use countersign_protocol::time::UnixMillis;
use countersign_service::model::UserStatus;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{Enrolment, MINUTE_MS};
use countersign_service::self_service::password::TypedPassword;
use serde_json::{Value, json};

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

/// "Remember this browser" is not offered (SELF-SERVICE.md section 2), so there must be nothing that would do it.
#[tokio::test]
async fn s11_no_browser_is_remembered_after_it_was_closed_or_signed_out() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    let signed_in = browser.try_password("alice", PASSWORD).await;
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    // One cookie, which ends with the browser
    assert_eq!(signed_in.headers.get_all("set-cookie").iter().count(), 1);
    let lasting = cookie.to_lowercase();
    assert!(
        !lasting.contains("max-age") && !lasting.contains("expires"),
        "{cookie}"
    );
    browser.sign_in("alice").await;
    browser.prove(&service, &phone).await;
    // The browser of a moment ago, signing in anew with all that it kept, proves it anew
    let view = browser.sign_in("alice").await;
    assert_eq!(
        (&view["stage"], &view["proven_until"]),
        (&json!("prove"), &Value::Null)
    );
    browser.prove(&service, &phone).await;
    browser.delete("/session").await;
    let view = browser.sign_in("alice").await;
    assert_eq!(view["stage"], "prove");
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
