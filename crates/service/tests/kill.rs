//! The service is killed in the middle of approvals, as by a power cut, and must never remember half of one.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, with its place"
)]

use crate::support;

use std::time::{Duration, Instant};

use countersign_protocol::{params::Params, wire::device::Transaction};
use countersign_service::audit::{FIRST, chain};
use reqwest::{Method, StatusCode};
use sqlx::{Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};
use support::{
    device::Device,
    integration::{Call, good},
    service::{Integration, Service},
};

const ROUNDS: u32 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn c11_an_approval_cut_short_is_whole_or_not_there() {
    let mut service = Service::start();
    let integration = service.add_integration(&["Ward terminal", "--number-digits", "0"]);
    let mut device = Device::activate(&service, &service.add_user("alice")).await;

    let (txid, request) = ask(&service, &integration, &device).await;
    let started = Instant::now();
    assert_eq!(
        device.answer(&request, "approve", None).await.status,
        StatusCode::OK
    );
    let usual = started.elapsed();
    assert_eq!(
        status(&service, &integration, &txid).await["result"],
        "allow"
    );

    let mut cut_before = 0;
    for round in 0..ROUNDS {
        let (txid, request) = ask(&service, &integration, &device).await;
        let answer = device.sign_answer(&request, "approve", None);
        // From at once to well after the answer, in even steps.
        let delay = usual * 2 * round / (ROUNDS - 1);
        let (sent, confirmed) = (answer.clone(), service.client());
        let host = service.host();
        let sending = tokio::spawn(async move { try_send(&confirmed, &host, &sent).await });
        std::thread::sleep(delay);
        service.kill();
        let confirmed = sending.await.unwrap();

        let approved = stored(&service, &request).await;
        if confirmed {
            assert!(
                approved,
                "round {round}: the device was told, so it must be remembered"
            );
        }
        cut_before += u32::from(!approved);
        service.restart();
        let seen = status(&service, &integration, &txid).await;
        assert_eq!(
            seen["result"],
            if approved { "allow" } else { "waiting" },
            "round {round}: {seen}"
        );
        // The device never heard back, so it sends the same again, and the sign-in ends as the person wanted.
        assert_eq!(
            device.send(&answer).await.status,
            StatusCode::OK,
            "round {round}"
        );
        assert!(stored(&service, &request).await);
    }
    assert!(
        (1..ROUNDS).contains(&cut_before),
        "the cuts came before and after the commit: {cut_before}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn c10_k2_what_was_seen_once_is_known_after_a_kill() {
    let mut service = Service::start();
    let integration = service.add_integration(&["Ward terminal", "--number-digits", "0"]);
    let device = Device::activate(&service, &service.add_user("alice")).await;
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
    let first = good(call.send(&service.client()).await);
    let poll = device.sign_poll(0, None);
    assert_eq!(device.send(&poll).await.status, StatusCode::OK);
    // Neither was forced to disk by what came after it
    service.kill();
    service.restart();
    assert_eq!(device.send(&poll).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(good(call.send(&service.client()).await), first);
    assert_eq!(device.poll().await.transactions.len(), 1);
}

async fn ask(
    service: &Service,
    integration: &Integration,
    device: &Device,
) -> (String, Transaction) {
    let params = Params::new()
        .with("async", "1")
        .with("device", "auto")
        .with("factor", "push")
        .with("username", "alice")
        // Within one second two calls without a difference would be one (row K2).
        .with(
            "pushinfo",
            format!(
                "Round={}",
                countersign_protocol::random::nonce(&ring::rand::SystemRandom::new()).unwrap()
            ),
        );
    let call = Call::v2(service, integration, Method::POST, "/auth/v2/auth", &params);
    let txid = good(call.send(&service.client()).await)["txid"]
        .as_str()
        .unwrap()
        .to_owned();
    (txid, device.next_request().await)
}

async fn status(service: &Service, integration: &Integration, txid: &str) -> serde_json::Value {
    let params = Params::new().with("txid", txid);
    let call = Call::v2(
        service,
        integration,
        Method::GET,
        "/auth/v2/auth_status",
        &params,
    );
    good(call.send(&service.client()).await)
}

/// Whether the device was told that its approval counts.
async fn try_send(client: &reqwest::Client, host: &str, signed: &support::device::Signed) -> bool {
    let response = client
        .post(format!("https://{host}{}", signed.path))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-duo-date", &signed.date)
        .header("authorization", &signed.authorization)
        .body(signed.params.clone())
        .timeout(Duration::from_secs(10))
        .send()
        .await;
    response.is_ok_and(|response| response.status() == StatusCode::OK)
}

/// Whether the request is approved; checks that the audit log says so exactly then, and that its chain is whole.
async fn stored(service: &Service, request: &Transaction) -> bool {
    let options = SqliteConnectOptions::new().filename(service.data().join("countersign.db"));
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    let row = sqlx::query("select txid, state, outcome from requests where urgid = $1")
        .bind(request.urgid.as_str())
        .fetch_one(&mut database)
        .await
        .unwrap();
    let (state, outcome): (String, Option<String>) = (row.get("state"), row.get("outcome"));
    let approved = match (state.as_str(), outcome.as_deref()) {
        ("pending", None) => false,
        ("decided", Some("approved")) => true,
        other => panic!("neither pending nor approved: {other:?}"),
    };
    let rows = sqlx::query("select * from audit order by seq")
        .fetch_all(&mut database)
        .await
        .unwrap();
    let mut previous = FIRST.to_vec();
    let mut approvals = 0;
    for row in rows {
        let text = |name: &str| -> String { row.get(name) };
        let fields = [
            text("actor"),
            text("action"),
            text("object"),
            text("result"),
            text("source"),
        ];
        let at = countersign_protocol::time::UnixMillis(row.get("at"));
        assert_eq!(row.get::<Vec<u8>, _>("prev"), previous);
        previous = row.get("hash");
        assert_eq!(
            chain(
                &row.get::<Vec<u8>, _>("prev"),
                at,
                fields.each_ref().map(String::as_str)
            )
            .to_vec(),
            previous
        );
        approvals += u32::from(
            text("action") == "request.approve" && text("object") == request.urgid.as_str(),
        );
    }
    assert_eq!(
        approvals,
        u32::from(approved),
        "one audit row for an approval, none without"
    );
    approved
}
