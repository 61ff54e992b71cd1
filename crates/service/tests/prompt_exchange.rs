//! What an application exchanges for a token, and what it proves itself with: each good once, for it alone, for a while.

use crate::common;

use axum::http::StatusCode;
use common::prompt::{App, CALLBACK, alice, jwt_as};
use countersign_service::clock::Clock as _;
use ring::hmac;
use serde_json::json;

#[tokio::test]
async fn a_code_is_good_once_for_its_client_its_address_and_a_minute() {
    let (service, _, phone, app) = alice().await;
    let other = App::new(&service).await;
    let code = async || {
        let tab = app.send(&service, "alice").await;
        tab.confirm(&service, &phone).await;
        service.clock.advance(1);
        tab.leave().await
    };
    let refused = |reply: common::client::Reply, what: &str| {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{what}");
        assert_eq!(reply.body["error"], "invalid_grant", "{what}");
    };
    let jti = |n: u32| format!("0123456789abcdef-{n}");

    let used = code().await;
    let first = app.exchange(&service, &used, CALLBACK, &jti(1)).await;
    assert_eq!(first.status, StatusCode::OK);
    refused(
        app.exchange(&service, &used, CALLBACK, &jti(2)).await,
        "used twice",
    );

    let stolen = code().await;
    refused(
        other.exchange(&service, &stolen, CALLBACK, &jti(3)).await,
        "another client's",
    );
    refused(
        app.exchange(&service, &stolen, CALLBACK, &jti(4)).await,
        "what was shown is spent",
    );

    let moved = code().await;
    refused(
        app.exchange(&service, &moved, "https://records.hospital.test/", &jti(5))
            .await,
        "another address",
    );

    let late = code().await;
    service.clock.advance(61_000);
    refused(
        app.exchange(&service, &late, CALLBACK, &jti(6)).await,
        "after 61 s",
    );
    refused(
        app.exchange(&service, "made up", CALLBACK, &jti(7)).await,
        "made up",
    );

    let many = code().await;
    let names: Vec<String> = (100..300).map(jti).collect();
    let all = names
        .iter()
        .map(|jti| app.exchange(&service, &many, CALLBACK, jti));
    let all = futures_util::future::join_all(all).await;
    let good = all.iter().filter(|reply| reply.status == StatusCode::OK);
    assert_eq!(good.count(), 1, "side by side");
    for result in [
        "other_client",
        "other_redirect_uri",
        "too_late",
        "unknown_code",
    ] {
        assert!(
            service.audit_count("prompt.redeem", result).await > 0,
            "{result}"
        );
    }
}

#[tokio::test]
async fn k2_an_assertion_is_its_clients_for_this_address_and_once() {
    let (service, _, _, app) = alice().await;
    let other = App::new(&service).await;
    let path = "/oauth/v1/health_check";
    let now = service.clock.now();
    let check = async |app: &App, assertion: &str| {
        app.call(
            path,
            &[("client_id", app.id()), ("client_assertion", assertion)],
        )
        .await
    };
    let refused = |reply: &common::client::Reply, what: &str| {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{what}");
        assert_eq!(
            (
                &reply.body["stat"],
                &reply.body["code"],
                &reply.body["message"]
            ),
            (&json!("FAIL"), &json!(40002), &json!("invalid_client")),
            "{what}"
        );
    };
    let good = app.jwt(&app.claims_at(path, "0123456789abcdef-1", now));
    let answer = check(&app, &good).await.good();
    assert_eq!(answer["response"]["timestamp"], now.seconds());
    refused(&check(&app, &good).await, "used twice");
    // Its name is used up for another call and for a fresh signature too
    let again = app.claims_at("/oauth/v1/token", "0123456789abcdef-1", now);
    let reply = app
        .call(
            "/oauth/v1/token",
            &[
                ("grant_type", "authorization_code"),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
                ("client_id", app.id()),
                ("client_assertion", &app.jwt(&again)),
                ("code", "x"),
                ("redirect_uri", CALLBACK),
            ],
        )
        .await;
    assert_eq!(reply.body["error"], "invalid_client");

    for (n, (name, value)) in [
        ("iss", json!(other.id())),
        ("sub", json!(other.id())),
        (
            "aud",
            json!("https://api-c0ffee0.countersign.test/oauth/v1/token"),
        ),
        ("aud", json!("https://elsewhere.test/oauth/v1/health_check")),
        ("jti", json!("short")),
        ("exp", json!(now.seconds() - 61)),
        ("exp", json!(now.seconds() + 400)),
        ("iat", json!(now.seconds() - 500)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut claims = app.claims_at(path, &format!("0123456789abcdef-a{n}"), now);
        claims[name] = value;
        refused(&check(&app, &app.jwt(&claims)).await, name);
    }
    let claims = app.claims_at(path, "0123456789abcdef-9", now);
    refused(&check(&app, &other.jwt(&claims)).await, "another's secret");
    let weak = jwt_as(
        &json!({ "alg": "HS256" }),
        hmac::HMAC_SHA256,
        app.secret.as_bytes(),
        &claims,
    );
    refused(&check(&app, &weak).await, "HS256");
    let reply = app
        .call(
            path,
            &[
                ("client_id", "DIAAAAAAAAAAAAAAAAAA"),
                ("client_assertion", &good),
            ],
        )
        .await;
    refused(&reply, "an unknown client");
    let reply = app
        .call(path, &[("client_id", app.id()), ("client_assertion", "")])
        .await;
    refused(&reply, "none");
    // One that ran out in the store's memory too
    service.clock.advance(12 * 60_000);
    refused(&check(&app, &good).await, "expired");
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_interface_says() {
    let (_, _, _, app) = alice().await;
    let path = "/oauth/v1/token";
    for (what, parameters) in [
        ("no grant_type", vec![("client_id", app.id())]),
        ("another", vec![("grant_type", "password")]),
        (
            "another assertion type",
            vec![
                ("grant_type", "authorization_code"),
                ("client_assertion_type", "saml"),
            ],
        ),
        (
            "a name twice",
            vec![
                ("grant_type", "authorization_code"),
                ("grant_type", "authorization_code"),
            ],
        ),
    ] {
        let reply = app.call(path, &parameters).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{what}");
        assert_eq!(reply.body["error"], "invalid_request", "{what}");
    }
}
