//! Self-service on the real program: passwords from the command line, signing in over TLS, the portal's page.

use crate::support;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::service::Service;

const PASSWORD: &str = "correct horse battery";

async fn sign_in(service: &Service, password: &str) -> reqwest::Response {
    let typed = json!({ "username": "alice", "password": password });
    service
        .client()
        .post(service.url("/self-service/v1/session"))
        .header("origin", service.url(""))
        .json(&typed)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_password_from_standard_input_signs_in_and_is_nowhere_to_be_read() {
    let service = Service::start();
    let add = ["user", "add", "alice", "--display-name", "Alice Hart"];
    service.command(&add);
    let reply = sign_in(&service, PASSWORD).await;
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "she has none yet");
    let set = ["user", "password", "alice"];
    let (done, printed) = service.command_with_input(&set, "short\n");
    assert!(!done && printed.contains("8 characters"), "{printed}");
    let (done, printed) = service.command_with_input(&set, &format!("{PASSWORD}\r\n"));
    assert!(done && !printed.contains(PASSWORD), "{printed}");
    let reply = sign_in(&service, PASSWORD).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let cookie = reply.headers()["set-cookie"].to_str().unwrap().to_owned();
    let view: Value = reply.json().await.unwrap();
    assert_eq!(view["person"]["name"], "Alice Hart");
    assert_eq!(view["person"]["operator"], false);
    service.command(&["user", "operator", "alice"]);
    let (pair, _) = cookie.split_once(';').unwrap();
    let session = service
        .client()
        .get(service.url("/self-service/v1/session"))
        .header("cookie", pair)
        .send()
        .await
        .unwrap();
    let view: Value = session.json().await.unwrap();
    assert_eq!(view["person"]["operator"], true);
    service.command(&["user", "disable", "alice"]);
    let disabled = sign_in(&service, PASSWORD).await;
    assert_eq!(disabled.status(), StatusCode::UNAUTHORIZED);
    service.command(&["user", "enable", "alice"]);
    assert_eq!(sign_in(&service, PASSWORD).await.status(), StatusCode::OK);
    let (_, token) = pair.split_once('=').unwrap();
    let log = service.log();
    assert!(
        log.contains("/self-service/v1/session"),
        "it logs at the finest level"
    );
    for secret in [PASSWORD, token, view["csrf"].as_str().unwrap()] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[tokio::test]
async fn the_portals_addresses_answer_one_page_and_nothing_else() {
    let service = Service::start();
    let client = service.client();
    for method in [Method::GET, Method::HEAD] {
        for path in ["/", "/devices", "/sign-in", "/desk"] {
            let reply = client
                .request(method.clone(), service.url(path))
                .send()
                .await
                .unwrap();
            let headers = reply.headers().clone();
            assert_eq!(
                headers["content-type"], "text/html; charset=utf-8",
                "{path}"
            );
            assert!(
                headers["content-security-policy"]
                    .to_str()
                    .unwrap()
                    .contains("script-src 'self'")
            );
            assert_eq!(headers["cache-control"], "no-store");
        }
    }
    for path in [
        "/assets/nothing.js",
        "/assets/..%2findex.html",
        "/nothing.php",
        "/devices/x",
    ] {
        let reply = client.get(service.url(path)).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let alive = client.get(service.url("/healthz")).send().await.unwrap();
    assert_eq!(
        alive.status(),
        StatusCode::OK,
        "what was there before stays"
    );
}
