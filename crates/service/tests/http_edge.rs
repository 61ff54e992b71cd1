//! The service's edge as a stranger meets it: TLS, limits, headers, pages and what the log says.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, with its place"
)]

use crate::support;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use countersign_protocol::{params::Params, signing::keys::SigningKey};
use reqwest::{Method, StatusCode};
use ring::rand::SystemRandom;
use rustls::{ClientConfig, ClientConnection, RootCertStore, crypto::ring::default_provider};
use rustls_pki_types::ServerName;
use support::{
    device::{Device, activation_request, send},
    integration::{Call, good},
    service::Service,
};

/// One TLS handshake and what it ends in.
fn handshake(service: &Service, config: ClientConfig, name: &str) -> Result<(), rustls::Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name)?;
    let mut socket = TcpStream::connect(("127.0.0.1", service.port())).unwrap();
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(&mut socket) {
            let tls = error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>())
                .cloned();
            return Err(tls.unwrap_or_else(|| rustls::Error::General(error.to_string())));
        }
    }
    Ok(())
}

#[test]
fn n1_both_tls_versions_work_for_every_name_of_the_certificate() {
    let service = Service::start();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for name in ["localhost", "127.0.0.1"] {
            assert_eq!(
                handshake(&service, service.tls_config(&[version]), name),
                Ok(()),
                "{version:?} {name}"
            );
        }
    }
}

#[test]
fn n1_a_wrong_name_and_an_unknown_authority_fail() {
    let service = Service::start();
    let wrong_name = handshake(
        &service,
        service.tls_config(rustls::ALL_VERSIONS),
        "other.test",
    );
    assert!(
        matches!(wrong_name, Err(rustls::Error::InvalidCertificate(_))),
        "{wrong_name:?}"
    );
    let strangers = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let unknown = handshake(&service, strangers, "localhost");
    assert!(
        matches!(unknown, Err(rustls::Error::InvalidCertificate(_))),
        "{unknown:?}"
    );
}

/// What the service sends back for raw bytes on a plain connection.
fn raw(service: &Service, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(("127.0.0.1", service.port())).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    socket.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    answer
}

#[test]
fn n1_plain_http_gets_no_answer() {
    let service = Service::start();
    let answer = raw(
        &service,
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    );
    assert!(
        !answer.starts_with(b"HTTP/"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[test]
fn n1_tls_1_1_is_refused() {
    let service = Service::start();
    // A ClientHello that offers TLS 1.1 at most (RFC 4346 §7.4.1.2) with TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA and one
    // signature algorithm, so that the version is all there is to complain about.
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0x00, 0x00, 0x02, 0xc0, 0x13, 0x01, 0x00]);
    hello.extend([0x00, 0x08, 0x00, 0x0d, 0x00, 0x04, 0x00, 0x02, 0x04, 0x03]);
    let mut handshake = vec![0x01, 0x00, 0x00, u8::try_from(hello.len()).unwrap()];
    handshake.extend(hello);
    let mut record = vec![
        0x16,
        0x03,
        0x01,
        0x00,
        u8::try_from(handshake.len()).unwrap(),
    ];
    record.extend(handshake);
    let answer = raw(&service, &record);
    // A fatal alert, protocol_version (RFC 5246 §7.2.2).
    assert_eq!(
        (answer.first(), answer.get(5..7)),
        (Some(&0x15), Some([2, 70].as_slice())),
        "{answer:?}"
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_the_envelope() {
    let service = Service::start();
    let client = service.client();
    for (method, path, status, code) in [
        (Method::GET, "/nothing/here", StatusCode::NOT_FOUND, 40401),
        (
            Method::POST,
            "/auth/v2/ping",
            StatusCode::METHOD_NOT_ALLOWED,
            40501,
        ),
        (
            Method::GET,
            "/frame/qr?value=https%3A%2F%2Fevil.test",
            StatusCode::NOT_FOUND,
            40401,
        ),
        (Method::GET, "/frame/qr", StatusCode::NOT_FOUND, 40401),
        (
            Method::GET,
            "/activate/not-a-code",
            StatusCode::NOT_FOUND,
            40401,
        ),
        (
            Method::POST,
            "/auth/v2/auth",
            StatusCode::UNAUTHORIZED,
            40101,
        ),
        (
            Method::GET,
            "/push/v2/device/transactions",
            StatusCode::UNAUTHORIZED,
            40101,
        ),
    ] {
        let response = client
            .request(method, service.url(path))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{path}");
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(
            (&body["stat"], &body["code"]),
            (&"FAIL".into(), &code.into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn r1_a_large_body_is_not_read() {
    let service = Service::start();
    let response = service
        .client()
        .post(service.url("/auth/v2/auth"))
        .body(vec![b'a'; 64 * 1024 + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.json::<serde_json::Value>().await.unwrap()["code"],
        41301
    );
}

#[tokio::test]
async fn health_readiness_and_counts_are_told() {
    let service = Service::start();
    let client = service.client();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            client.get(service.url(path)).send().await.unwrap().status(),
            StatusCode::OK,
            "{path}"
        );
    }
    let code = service.add_user("alice");
    Device::activate(&service, &code).await;
    let page = client
        .get(service.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("route=\"/push/v2/activation/{code}\""),
        "{page}"
    );
    assert!(page.contains("countersign_activations_total"), "{page}");
    assert!(!page.contains(&code));
}

#[tokio::test]
async fn every_answer_carries_the_same_protective_headers() {
    let service = Service::start();
    let client = service.client();
    let mut snapshots = Vec::new();
    for path in ["/auth/v2/ping", "/nothing/here", "/activate"] {
        let response = client.get(service.url(path)).send().await.unwrap();
        let mut headers: Vec<String> = response
            .headers()
            .iter()
            .filter(|(name, _)| {
                !["date", "content-length", "x-request-id"].contains(&name.as_str())
            })
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        snapshots.push(format!(
            "{path} {}\n{}",
            response.status().as_u16(),
            headers.join("\n")
        ));
    }
    insta::assert_snapshot!(snapshots.join("\n\n"), @r"
    /auth/v2/ping 200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    x-content-type-options: nosniff

    /nothing/here 404
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    x-content-type-options: nosniff

    /activate 200
    cache-control: no-store
    content-security-policy: default-src 'none'; style-src 'sha256-w1yp5ZnJA/RqkOZpiFq+Y5KRtB4zciTsIoISUZe+Hvs='; script-src 'sha256-hagUBC7Ai/cl5FW6rXIiP0ssr5aPjFqiRA1hjy1yq1Q='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
    content-type: text/html; charset=utf-8
    referrer-policy: no-referrer
    x-content-type-options: nosniff
    ");
}

#[tokio::test]
async fn the_older_activation_page_holds_the_text_in_both_spellings() {
    let service = Service::start();
    let code = service.add_user("alice");
    let made = service.command(&["user", "activation", "alice"]);
    let (code, text) = (
        made["code"].as_str().unwrap_or(&code),
        made["duo_text"].as_str().unwrap(),
    );
    let page = service
        .client()
        .get(service.url(&format!("/activate/{code}")))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains(text));
    assert!(page.contains(&text.replace(':', "&#x3a;").replace('/', "&#x2f;")));
    let plain = service
        .client()
        .get(service.url("/activate"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(plain.contains("Open Countersign") && !plain.contains(code));
}

/// Every secret that passes through the service during one of each flow, and then a search for them.
#[tokio::test]
async fn g2_no_secret_reaches_the_log() {
    let service = Service::start();
    let integration = service.add_integration(&["Ward terminal", "--number-digits", "0"]);
    let code = service.add_user("alice");
    let mut device = Device::activate(&service, &code).await;
    let client = service.client();
    let (host, unknown) = (service.host(), "CanaryCanaryCanary12");
    let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    send(&client, &host, &activation_request(&host, unknown, &key)).await;
    client
        .get(service.url(&format!("/activate/{unknown}")))
        .send()
        .await
        .unwrap();
    client
        .get(service.url(&format!("/nothing/{unknown}?secret={unknown}")))
        .send()
        .await
        .unwrap();

    let passcode = device.passcode();
    let params = |factor: &str| {
        Params::new()
            .with("factor", factor)
            .with("username", "alice\n\u{1b}[31m{\"forged\":1}")
    };
    let typed = Params::new()
        .with("factor", "passcode")
        .with("username", "alice")
        .with("passcode", &*passcode);
    let call = Call::v2(
        &service,
        &integration,
        Method::POST,
        "/auth/v2/auth",
        &typed,
    );
    assert_eq!(good(call.send(&client).await)["result"], "allow");
    Call::v2(
        &service,
        &integration,
        Method::POST,
        "/auth/v2/auth",
        &params("push").with("device", "auto"),
    )
    .send(&client)
    .await;
    let push = Params::new()
        .with("async", "1")
        .with("device", "auto")
        .with("factor", "push")
        .with("username", "alice");
    good(
        Call::v2(&service, &integration, Method::POST, "/auth/v2/auth", &push)
            .send(&client)
            .await,
    );
    let request = device.next_request().await;
    let answer = device.sign_answer(&request, "approve", None);
    assert_eq!(device.send(&answer).await.status, StatusCode::OK);

    let log = service.log();
    assert!(
        log.contains("/push/v2/activation/{code}"),
        "requests are logged by template"
    );
    let secrets = [
        ("skey", integration.skey.as_str()),
        ("activation code", &code),
        ("unknown code", unknown),
        ("seed", &device.activation.hotp_secret),
        ("passcode", &passcode),
        ("device's authorization", &answer.authorization),
        ("integration's authorization", &call.authorization),
    ];
    for (name, secret) in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "the {name} is in the log");
    }
    for line in log.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line.is_object()),
            "g3: {line}"
        );
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_refuses_held_calls_instead_of_answering_waiting() {
    let mut service = Service::start();
    let integration = service.add_integration(&["Ward terminal", "--number-digits", "0"]);
    let device = Device::activate(&service, &service.add_user("alice")).await;
    let client = service.client();
    let push = Params::new()
        .with("device", "auto")
        .with("factor", "push")
        .with("username", "alice");
    let call = Call::v2(&service, &integration, Method::POST, "/auth/v2/auth", &push);
    let held = tokio::spawn(async move { call.send(&client).await });
    device.next_request().await;
    assert!(service.terminate().success());
    assert_eq!(held.await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
}
