//! Calls that no well-behaved client sends: repeated, altered, undated, captured, for another host.

use crate::support;

use countersign_protocol::{
    params::Params,
    signing::{
        integration::{Digest, Version},
        keys::SigningKey,
    },
    time::format_http_date,
};
use reqwest::{Method, StatusCode};
use ring::rand::SystemRandom;
use support::{
    device::{Device, activation_request, failure, now, send},
    integration::{Call, good},
    service::Service,
};

#[tokio::test]
async fn k2_a_repeated_call_gets_the_first_answer_and_does_nothing() {
    let service = Service::start();
    let integration = service.add_integration(&["Ward terminal", "--number-digits", "0"]);
    let device = Device::activate(&service, &service.add_user("alice")).await;
    let client = service.client();
    let params = Params::new()
        .with("async", "1")
        .with("device", "auto")
        .with("factor", "push")
        .with("username", "alice");
    let call = Call::v2(
        &service,
        &integration,
        Method::POST,
        "/auth/v2/auth",
        &params,
    );
    let first = good(call.send(&client).await);
    let again = good(call.send(&client).await);
    assert_eq!(first, again);
    assert_eq!(device.poll().await.transactions.len(), 1);

    let enrol = Call::v2(
        &service,
        &integration,
        Method::POST,
        "/auth/v2/enroll",
        &Params::new().with("username", "bob"),
    );
    assert_eq!(
        good(enrol.send(&client).await),
        good(enrol.send(&client).await)
    );
}

#[tokio::test]
async fn k2_dates_digests_and_versions_are_checked() {
    let service = Service::start();
    let integration = service.add_integration(&["Ward terminal"]);
    let client = service.client();
    let at = |offset: i64| format_http_date(now() + offset * 1000);
    let v2 = (Version::V2, Digest::Sha512);
    for (version, date, code) in [
        (v2, at(0), 0),
        (v2, at(-290), 0),
        (v2, at(290), 0),
        (v2, at(-302), 40105),
        (v2, at(302), 40105),
        (v2, Some("yesterday".to_owned()), 40105),
        (v2, None, 40104),
        ((Version::V1, Digest::Sha1), None, 40104),
        ((Version::V1, Digest::Sha1), at(0), 40103),
        ((Version::V2, Digest::Sha1), at(0), 40103),
        ((Version::V5, Digest::Sha512), at(0), 0),
    ] {
        let call = Call::signed(
            &service,
            &integration,
            Method::GET,
            "/auth/v2/check",
            &Params::new(),
            version,
            date.clone(),
        );
        let reply = call.send(&client).await;
        assert_eq!(reply.code(), code, "{version:?} {date:?}: {}", reply.body);
    }
}

#[tokio::test]
async fn k2_what_was_not_signed_is_refused() {
    let service = Service::start();
    let integration = service.add_integration(&["Ward terminal"]);
    let client = service.client();
    let params = Params::new().with("username", "alice");
    let good = Call::v2(
        &service,
        &integration,
        Method::POST,
        "/auth/v2/preauth",
        &params,
    );
    let changes: [fn(&mut Call); 4] = [
        |call| call.path.push_str("?ipaddr=192.0.2.1"),
        |call| call.params.push_str("&ipaddr=192.0.2.1"),
        |call| call.path = "/auth/v2/enroll".into(),
        |call| call.authorization.push('A'),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut call = good.clone();
        change(&mut call);
        assert_eq!(
            call.send(&client).await.status,
            StatusCode::UNAUTHORIZED,
            "change {at}"
        );
    }
    let twice = Params::new()
        .with("username", "alice")
        .with("username", "bob");
    let call = Call::v2(
        &service,
        &integration,
        Method::POST,
        "/auth/v2/preauth",
        &twice,
    );
    assert_eq!(call.send(&client).await.code(), 40002);
}

#[tokio::test]
async fn k2_another_host_is_refused() {
    let service = Service::start();
    let response = service
        .client()
        .get(format!(
            "https://127.0.0.1:{}/auth/v2/check",
            service.port()
        ))
        .header("authorization", "Basic RElXSjhYNkFFWU9SNU9NQzZUUTE6YjBh")
        .header("date", format_http_date(now()).unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.json::<serde_json::Value>().await.unwrap()["code"],
        40106
    );
}

#[tokio::test]
async fn c10_a_captured_poll_is_refused() {
    let service = Service::start();
    let device = Device::activate(&service, &service.add_user("alice")).await;
    let poll = device.sign_poll(0, None);
    assert_eq!(device.send(&poll).await.status, StatusCode::OK);
    let again = device.send(&poll).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::UNAUTHORIZED, 40103)
    );
}

#[tokio::test]
async fn a5_unknown_used_and_malformed_codes_look_alike() {
    let service = Service::start();
    let code = service.add_user("alice");
    Device::activate(&service, &code).await;
    let (client, host) = (service.client(), service.host());
    let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    let mut bodies = Vec::new();
    for tried in [code.as_str(), "AAAAAAAAAAAAAAAAAAAA", "short"] {
        let reply = send(&client, &host, &activation_request(&host, tried, &key)).await;
        assert_eq!(
            (reply.status, reply.code()),
            (StatusCode::NOT_FOUND, 40403),
            "{tried}"
        );
        bodies.push(reply.body);
    }
    assert!(bodies.iter().all(|body| body == &bodies[0]));
}

#[tokio::test]
async fn a1_a_lost_answer_is_given_again_to_the_same_key_only() {
    let service = Service::start();
    let code = service.add_user("alice");
    let (client, host) = (service.client(), service.host());
    let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    let first = send(&client, &host, &activation_request(&host, &code, &key)).await;
    let again = send(&client, &host, &activation_request(&host, &code, &key)).await;
    for field in ["akey", "pkey", "hotp_secret", "service_key", "user"] {
        assert!(first.body["response"][field].is_string(), "{field}");
        assert_eq!(
            first.body["response"][field], again.body["response"][field],
            "{field}"
        );
    }
    let other = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    assert_eq!(
        send(&client, &host, &activation_request(&host, &code, &other))
            .await
            .code(),
        40403
    );
}

#[tokio::test]
async fn an_activation_without_proof_of_its_key_is_refused_and_the_code_still_works() {
    let service = Service::start();
    let code = service.add_user("alice");
    let (client, host) = (service.client(), service.host());
    let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    let mut stolen = activation_request(&host, &code, &key);
    let other = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    stolen.authorization = activation_request(&host, &code, &other).authorization;
    assert_eq!(send(&client, &host, &stolen).await.code(), 40112);
    Device::activate(&service, &code).await;
}

#[tokio::test]
async fn a_phone_with_a_wrong_clock_learns_the_time() {
    let service = Service::start();
    let device = Device::activate(&service, &service.add_user("alice")).await;
    let late = device.sign_poll_at(now() + -300_000);
    let reply = device.send(&late).await;
    assert_eq!(
        (reply.status, reply.code()),
        (StatusCode::UNAUTHORIZED, 40105)
    );
    let failure = failure(&reply);
    assert!(failure.time.unwrap().abs_diff(now().0) < 5_000);
    assert!(failure.time_signature.is_some());
}

#[tokio::test]
async fn k2_sha1_works_only_where_an_integration_allows_it() {
    let service = Service::start();
    let client = service.client();
    for (arguments, status) in [
        (&["Old terminal", "--allow-sha1"][..], StatusCode::OK),
        (&["Ward terminal"][..], StatusCode::UNAUTHORIZED),
    ] {
        let integration = service.add_integration(arguments);
        let call = Call::signed(
            &service,
            &integration,
            Method::GET,
            "/auth/v2/check",
            &Params::new(),
            (Version::V2, Digest::Sha1),
            format_http_date(now()),
        );
        assert_eq!(call.send(&client).await.status, status, "{arguments:?}");
    }
}
