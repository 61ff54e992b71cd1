//! A code that a page shows is scanned, and the page's person compares what both show: who gets a device, and who does not
//! (rows A1, A2, A5).

use crate::common;

use std::sync::Arc;
use std::time::Duration;

use common::client::{Client, list_call};
use common::scanning::{again, alice, ask, code, confirm, digits, key, new, path, scan, state};
use common::{Service, activation_ask};
use countersign_protocol::signing::keys::SigningKey;
use countersign_service::activation::{ActivationOutcome, OfferedKey};
use countersign_service::policy::MINUTE_MS;
use ring::rand::SystemRandom;
use serde_json::{Value, json};

/// What two hundred phones are answered that ask at the same time, each from its own address.
async fn race(service: &Service, made: &Value, keys: &[Arc<SigningKey>]) -> Vec<ActivationOutcome> {
    let asks = keys.iter().enumerate().map(|(n, key)| {
        let mut ask = activation_ask(&code(made), key);
        ask.address = format!("192.0.2.{}", n % 250);
        let core = service.core.clone();
        tokio::spawn(async move { core.activate(&ask).await.unwrap() })
    });
    let asks: Vec<_> = asks.collect();
    let mut outcomes = Vec::new();
    for ask in asks {
        outcomes.push(ask.await.unwrap());
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a1_a2_of_two_hundred_parallel_scans_one_is_compared_and_makes_one_device() {
    let (service, _, _, browser) = alice().await;
    let made = browser
        .post("/activations", new("phone", "android"))
        .await
        .good();
    let keys: Vec<_> = (0..200).map(|_| Arc::new(key())).collect();
    let outcomes = race(&service, &made, &keys).await;
    let bound: Vec<_> = outcomes
        .iter()
        .zip(&keys)
        .filter(|(outcome, _)| matches!(outcome, ActivationOutcome::Compare { .. }))
        .map(|(_, key)| key)
        .collect();
    assert_eq!(bound.len(), 1);
    assert_eq!(service.audit_count("activation.scan", "done").await, 1);
    confirm(&browser, &made, &digits(&service, &made, bound[0])).await;
    let outcomes = race(&service, &made, &keys).await;
    let activated = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, ActivationOutcome::Activated(_)));
    assert_eq!(activated.count(), 1);
    let devices = browser.session().await["devices"].clone();
    assert_eq!(devices.as_array().unwrap().len(), 2);
    assert_eq!(service.audit_count("device.activate", "done").await, 2);
}

#[tokio::test]
async fn a2_a_second_phone_that_scans_first_shows_on_the_page_and_is_no_device() {
    let (service, _, phone, browser) = alice().await;
    let made = browser.post("/activations", again(&phone)).await.good();
    let (thief, own) = (key(), key());
    assert!(matches!(
        ask(&service, &made, &thief).await,
        ActivationOutcome::Compare { .. }
    ));
    // The phone in hand is refused, and the page shows digits that are not its own
    assert!(matches!(
        ask(&service, &made, &own).await,
        ActivationOutcome::UnknownCode
    ));
    let news = browser.get(&path(&made)).await.good();
    assert_eq!(news["state"], "scanned");
    assert_eq!(news["scanned"]["check"], digits(&service, &made, &thief));
    assert_ne!(news["scanned"]["check"], digits(&service, &made, &own));
    // Until somebody says yes the thief's key is good for nothing and the earlier one works
    for _ in 0..3 {
        assert!(matches!(
            ask(&service, &made, &thief).await,
            ActivationOutcome::Compare { .. }
        ));
    }
    let call = list_call(&service, &phone);
    assert_eq!(browser.send(call).await.status.as_u16(), 200);
    assert_eq!(service.audit_count("device.reactivate", "done").await, 0);
    // Nor does a yes about other digits, or from another session, help it
    let route = format!("{}/confirm", path(&made));
    for other in [digits(&service, &made, &own), "12345".to_owned()] {
        let body = json!({ "check": other });
        browser
            .post(&route, body)
            .await
            .refused(409, "cannot_do_that");
    }
    let other = Client::browser(&service);
    other.open(&service, "alice", &phone).await;
    let body = json!({ "check": news["scanned"]["check"] });
    other.post(&route, body).await.refused(404, "not_found");

    let news = browser.delete(&path(&made)).await.good();
    assert_eq!(news["state"], "cancelled");
    assert!(matches!(
        ask(&service, &made, &thief).await,
        ActivationOutcome::UnknownCode
    ));
    let made = browser.post("/activations", again(&phone)).await.good();
    scan(&service, &browser, &made).await.unwrap();
}

#[tokio::test]
async fn a2_a_phone_that_waits_is_told_as_soon_as_the_digits_were_compared() {
    let (service, _, phone, browser) = alice().await;
    let made = browser.post("/activations", again(&phone)).await.good();
    let key = Arc::new(key());
    ask(&service, &made, &key).await;
    let mut held_ask = activation_ask(&code(&made), &key);
    held_ask.wait = Duration::from_secs(50);
    let core = service.core.clone();
    let held = tokio::spawn(async move { core.activate(&held_ask).await.unwrap() });
    confirm(&browser, &made, &digits(&service, &made, &key)).await;
    let outcome = tokio::time::timeout(Duration::from_secs(20), held).await;
    assert!(matches!(
        outcome.unwrap().unwrap(),
        ActivationOutcome::Activated(_)
    ));
    // A lost answer is asked for again, by the same key alone
    assert!(matches!(
        ask(&service, &made, &key).await,
        ActivationOutcome::Activated(_)
    ));
}

#[tokio::test]
async fn a5_a_phone_that_asks_on_and_on_while_it_is_compared_locks_nobody_out() {
    let (service, alice, phone, browser) = alice().await;
    let made = browser.post("/activations", again(&phone)).await.good();
    let waiting = key();
    // More than the wrong codes that are taken from everywhere in a minute
    for _ in 0..3_001 {
        assert!(matches!(
            ask(&service, &made, &waiting).await,
            ActivationOutcome::Compare { .. }
        ));
    }
    service.phone(&alice).await;
    confirm(&browser, &made, &digits(&service, &made, &waiting)).await;
    assert!(matches!(
        ask(&service, &made, &waiting).await,
        ActivationOutcome::Activated(_)
    ));
}

#[tokio::test]
async fn a2_what_was_scanned_ends_with_its_session_and_its_time() {
    let (service, _, phone, browser) = alice().await;
    let made = browser.post("/activations", again(&phone)).await.good();
    let late = key();
    ask(&service, &made, &late).await;
    confirm(&browser, &made, &digits(&service, &made, &late)).await;
    service.clock.advance(10 * MINUTE_MS);
    assert!(matches!(
        ask(&service, &made, &late).await,
        ActivationOutcome::UnknownCode
    ));
    assert_eq!(state(&browser, &made).await, "expired");

    browser.prove(&service, &phone).await;
    let made = browser.post("/activations", again(&phone)).await.good();
    let key = key();
    ask(&service, &made, &key).await;
    confirm(&browser, &made, &digits(&service, &made, &key)).await;
    browser.delete("/session").await;
    assert!(matches!(
        ask(&service, &made, &key).await,
        ActivationOutcome::UnknownCode
    ));
    assert_eq!(service.audit_count("device.reactivate", "done").await, 0);
}

#[tokio::test]
async fn a2_a_phone_that_can_show_no_digits_is_refused() {
    let (service, _, phone, browser) = alice().await;
    let made = browser.post("/activations", again(&phone)).await.good();
    let pem = SigningKey::make_rsa()
        .unwrap()
        .public(&SystemRandom::new())
        .unwrap()
        .to_pem()
        .unwrap();
    for plain in [OfferedKey::Legacy(pem), OfferedKey::None] {
        let mut ask = activation_ask(&code(&made), &key());
        ask.key = plain;
        let outcome = service.core.activate(&ask).await.unwrap();
        assert!(matches!(outcome, ActivationOutcome::UnusableKey));
    }
    assert_eq!(state(&browser, &made).await, "waiting");
}
