//! The real `duo_client` against the real program.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, with its place"
)]

use crate::support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    device::{Device, now},
    duo_client::DuoClient,
    service::{Integration, Service},
};
use tokio::task::{JoinHandle, spawn_blocking};

/// A service, an integration and one user with one activated device.
async fn with_device(name: &str, integration: &[&str]) -> (Service, Integration, Device) {
    let service = Service::start();
    let made = service.add_integration(&[&["Ward terminal"], integration].concat());
    let device = Device::activate(&service, &service.add_user(name)).await;
    (service, made, device)
}

/// Lets the client call while the test goes on.
fn in_background(
    mut client: DuoClient,
    method: &'static str,
    arguments: Value,
) -> JoinHandle<(DuoClient, Value)> {
    spawn_blocking(move || {
        let answer = client.call(method, arguments).unwrap();
        (client, answer)
    })
}

/// Arguments of a push. The round makes each call another: within one second the same call again would be a repeat of
/// the first and get its answer (row K2).
fn push(user: &str, round: &str) -> Value {
    json!({"factor": "push", "device": "auto", "username": user, "pushinfo": format!("Round={round}")})
}

/// `auth_status` until it is decided: the undecided answers and the final one.
fn poll(client: &mut DuoClient, txid: &Value) -> (Vec<Value>, Value) {
    let mut waiting = Vec::new();
    loop {
        let status = client.call("auth_status", json!({"txid": txid})).unwrap();
        assert!(!status["status_msg"].as_str().unwrap().is_empty());
        if status["waiting"] != json!(true) {
            return (waiting, status);
        }
        waiting.push(status);
    }
}

#[test]
fn ping_and_check_tell_the_time_and_there_is_no_logo() {
    let service = Service::start();
    let integration = service.add_integration(&["Ward terminal"]);
    for version in [2, 4, 5] {
        let mut client = DuoClient::with_signatures(&service, &integration, version);
        for method in ["ping", "check"] {
            let time = client.call(method, json!({})).unwrap()["time"]
                .as_i64()
                .unwrap();
            assert!(now().seconds().abs_diff(time) <= 5, "{method}");
        }
        assert_eq!(
            client.call("logo", json!({})).unwrap_err(),
            "Received 404 Resource not found"
        );
    }
}

#[test]
fn k2_the_clients_undated_signatures_are_refused() {
    let service = Service::start();
    let integration = service.add_integration(&["Ward terminal"]);
    let mut client = DuoClient::with_signatures(&service, &integration, 1);
    assert_eq!(
        client.call("check", json!({})).unwrap_err(),
        "Received 401 Invalid signature in request credentials"
    );
}

#[test]
fn wrong_keys_are_told_apart() {
    let service = Service::start();
    let right = service.add_integration(&["Ward terminal"]);
    let wrong = Integration {
        ikey: right.ikey.clone(),
        skey: "x".repeat(40),
    };
    let unknown = Integration {
        ikey: "DIAAAAAAAAAAAAAAAAAA".into(),
        skey: right.skey,
    };
    for (integration, message) in [
        (
            wrong,
            "Received 401 Invalid signature in request credentials",
        ),
        (
            unknown,
            "Received 401 Invalid integration key in request credentials",
        ),
    ] {
        let mut client = DuoClient::start(&service, &integration);
        assert_eq!(client.call("check", json!({})).unwrap_err(), message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_enrols_and_the_client_learns_of_it() {
    let service = Service::start();
    let integration = service.add_integration(&["Ward terminal"]);
    let mut client = DuoClient::start(&service, &integration);

    let enrolled = client
        .call("enroll", json!({"username": "Alice", "valid_secs": 600}))
        .unwrap();
    assert_eq!(enrolled["username"], "Alice");
    assert!(enrolled["expiration"].as_i64().unwrap() - now().seconds() <= 600);
    let text = enrolled["activation_code"].as_str().unwrap().to_owned();
    let code = text
        .strip_prefix("duo://")
        .unwrap()
        .split('-')
        .next()
        .unwrap()
        .to_owned();
    let status = json!({"user_id": enrolled["user_id"], "activation_code": text});
    assert_eq!(
        client.call("enroll_status", status.clone()).unwrap(),
        "waiting"
    );
    let taken = client
        .call("enroll", json!({"username": "alice"}))
        .unwrap_err();
    assert!(taken.starts_with("Received 400"), "{taken}");

    let picture = service
        .client()
        .get(enrolled["activation_barcode"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");

    let device = Device::activate(&service, &code).await;
    assert_eq!(client.call("enroll_status", status).unwrap(), "success");
    let unknown =
        json!({"user_id": enrolled["user_id"], "activation_code": "duo://AAAAAAAAAAAAAAAAAAAA-eA"});
    assert_eq!(client.call("enroll_status", unknown).unwrap(), "invalid");

    let known = client
        .call("preauth", json!({"username": "alice"}))
        .unwrap();
    assert_eq!(known["result"], "auth");
    assert_eq!(known["devices"][0]["device"], device.id());
    let capabilities = known["devices"][0]["capabilities"].as_array().unwrap();
    for capability in ["auto", "push", "mobile_otp"] {
        assert!(
            capabilities.contains(&json!(capability)),
            "{capability}: {capabilities:?}"
        );
    }
}

#[test]
fn preauth_does_not_let_unknown_users_through() {
    let service = Service::start();
    let integration = service.add_integration(&["Ward terminal"]);
    let mut client = DuoClient::start(&service, &integration);
    let answer = client
        .call("preauth", json!({"username": "nobody"}))
        .unwrap();
    assert!(
        ["enroll", "deny"].contains(&answer["result"].as_str().unwrap()),
        "{answer}"
    );
    assert!(!answer["status_msg"].as_str().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passcode_lets_in_once() {
    let (service, integration, device) = with_device("alice", &[]).await;
    let mut client = DuoClient::start(&service, &integration);
    let passcode = device.passcode();
    // Another address makes another call, where the same call within a second would be a repeat of the first (row K2).
    let mut auth = |address: &str| {
        let arguments = json!({"factor": "passcode", "username": "alice", "passcode": passcode, "ipaddr": address});
        client.call("auth", arguments).unwrap()
    };
    let first = auth("192.0.2.1");
    assert_eq!(
        (&first["result"], &first["status"]),
        (&json!("allow"), &json!("allow")),
        "{first}"
    );
    let second = auth("192.0.2.2");
    assert_eq!(
        (&second["result"], &second["status"]),
        (&json!("deny"), &json!("deny")),
        "{second}"
    );

    let arguments =
        json!({"factor": "passcode", "username": "alice", "passcode": "000000", "async_txn": true});
    let txid = client.call("auth", arguments).unwrap()["txid"].clone();
    let (waiting, decided) = poll(&mut client, &txid);
    assert!(waiting.is_empty());
    assert_eq!(decided["success"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_decided_by_the_device() {
    let (service, integration, mut device) = with_device("alice", &["--number-digits", "0"]).await;
    for (answer, result, status) in [("approve", "allow", "allow"), ("deny", "deny", "deny")] {
        let call = in_background(
            DuoClient::start(&service, &integration),
            "auth",
            push("alice", answer),
        );
        let request = device.next_request().await;
        assert_eq!(request.summary.as_str(), "Ward terminal");
        let reply = device.answer(&request, answer, None).await;
        assert_eq!(reply.body["response"]["result"], answer, "{}", reply.body);
        let (_, decided) = call.await.unwrap();
        assert_eq!(
            (&decided["result"], &decided["status"]),
            (&json!(result), &json!(status)),
            "{decided}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_turns_a_denial_into_fraud() {
    let (service, integration, mut device) = with_device("alice", &["--number-digits", "0"]).await;
    let mut client = DuoClient::start(&service, &integration);
    let arguments =
        json!({"factor": "push", "device": "auto", "username": "alice", "async_txn": true});
    let txid = client.call("auth", arguments).unwrap()["txid"].clone();
    let request = device.next_request().await;
    assert_eq!(device.answer(&request, "deny", None).await.status, 200);
    assert_eq!(poll(&mut client, &txid).1["status"], "deny");
    let reply = device.answer(&request, "report", None).await;
    assert_eq!(reply.body["response"]["result"], "report", "{}", reply.body);
    let later = poll(&mut client, &txid).1;
    assert_eq!(
        (&later["success"], &later["status"]),
        (&json!(false), &json!("fraud"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_push_is_denied_after_a_minute_and_fewer_than_fifteen_polls() {
    let (service, integration, _device) = with_device("alice", &["--number-digits", "0"]).await;
    let blocking = in_background(
        DuoClient::start(&service, &integration),
        "auth",
        push("alice", "untouched"),
    );
    let mut client = DuoClient::start(&service, &integration);
    let arguments =
        json!({"factor": "push", "device": "auto", "username": "alice", "async_txn": true});
    let txid = client.call("auth", arguments).unwrap()["txid"].clone();
    let started = tokio::time::Instant::now();
    let (waiting, decided) = spawn_blocking(move || poll(&mut client, &txid))
        .await
        .unwrap();
    assert!(waiting.len() < 15, "{} undecided answers", waiting.len());
    assert!(waiting.iter().all(|status| status["status"] == "pushed"));
    assert_eq!(
        (&decided["success"], &decided["status"]),
        (&json!(false), &json!("timeout")),
        "{decided}"
    );
    assert!(started.elapsed() > Duration::from_secs(50));
    let (_, decided) = blocking.await.unwrap();
    assert_eq!(
        (&decided["result"], &decided["status"]),
        (&json!("deny"), &json!("timeout")),
        "{decided}"
    );
}

/// The one run of digits in a text.
fn number_in(text: &str) -> String {
    let runs: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .collect();
    assert_eq!(runs.len(), 1, "{text}");
    runs[0].to_owned()
}

/// A number of the same length that is not this one.
fn other_than(number: &str) -> String {
    number
        .chars()
        .map(|digit| if digit == '7' { '3' } else { '7' })
        .collect()
}

/// Prepares, starts and polls once: the client, its txid and the number it would show.
fn start_with_number(service: &Service, integration: &Integration) -> (DuoClient, Value, String) {
    let mut client = DuoClient::start(service, integration);
    let prepared = client
        .call(
            "preauth",
            json!({"username": "alice", "client_supports_verified_push": "1"}),
        )
        .unwrap();
    let arguments = json!({
        "factor": "push", "device": "auto", "username": "alice", "async_txn": true, "txid": prepared["txid"],
    });
    let txid = client.call("auth", arguments).unwrap()["txid"].clone();
    let status = client.call("auth_status", json!({"txid": txid})).unwrap();
    assert_eq!(status["waiting"], true, "{status}");
    let number = number_in(status["status_msg"].as_str().unwrap());
    (client, txid, number)
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_the_number_from_the_clients_side_is_typed_on_the_device() {
    let (service, integration, mut device) = with_device("alice", &["--number-digits", "3"]).await;
    let (mut client, txid, number) = start_with_number(&service, &integration);
    assert_eq!(number.len(), 3);
    let request = device.next_request().await;
    assert_eq!(request.countersign.as_ref().unwrap().number_digits, 3);
    assert!(
        !serde_json::to_string(&request.attributes)
            .unwrap()
            .contains(&number),
        "the number is never sent"
    );
    let none = device.answer(&request, "approve", None).await;
    assert_eq!(none.code(), 40002, "{}", none.body);
    assert_eq!(
        device
            .answer(&request, "approve", Some(&number))
            .await
            .status,
        200
    );
    assert_eq!(poll(&mut client, &txid).1["success"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_the_second_wrong_number_closes_the_request() {
    let (service, integration, mut device) = with_device("alice", &["--number-digits", "3"]).await;
    let (mut client, txid, number) = start_with_number(&service, &integration);
    let request = device.next_request().await;
    for tries_left in [1, 0] {
        let reply = device
            .answer(&request, "approve", Some(&other_than(&number)))
            .await;
        assert_eq!(
            (reply.code(), reply.body["tries_left"].as_i64()),
            (40032, Some(tries_left)),
            "{}",
            reply.body
        );
    }
    let right = device.answer(&request, "approve", Some(&number)).await;
    assert_eq!(right.status, 409, "{}", right.body);
    assert_eq!(poll(&mut client, &txid).1["success"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_a_client_that_cannot_show_a_number_is_denied_in_words() {
    let (service, integration, device) = with_device("alice", &["--number-digits", "3"]).await;
    let mut client = DuoClient::start(&service, &integration);
    let answer = client.call("auth", push("alice", "plain")).unwrap();
    assert_eq!(answer["result"], "deny");
    assert!(!answer["status_msg"].as_str().unwrap().is_empty());
    assert!(device.poll().await.transactions.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_device_answers_where_the_integration_allows_it() {
    let service = Service::start();
    let integration =
        service.add_integration(&["Ward terminal", "--number-digits", "0", "--allow-legacy"]);
    let mut device = Device::activate_legacy(&service, &service.add_user("alice")).await;
    for (answer, status) in [("approve", "allow"), ("fraud", "fraud")] {
        let call = in_background(
            DuoClient::start(&service, &integration),
            "auth",
            push("alice", answer),
        );
        let request = loop {
            // A legacy client knows no long poll; it asks again, as the real ones do every second or so.
            if let Some(request) = device.poll().await.transactions.into_iter().next() {
                break request;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!(device.answer(&request, answer, None).await.status, 200);
        assert_eq!(call.await.unwrap().1["status"], status);
    }
}
