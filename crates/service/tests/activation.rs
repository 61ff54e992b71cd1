//! Rows A1 and A5: a code makes one device, once, within ten minutes, and tells nothing about itself.

use crate::common;

use std::sync::Arc;

use common::{Service, activation_ask};
use countersign_protocol::activation::ActivationCode;
use countersign_protocol::signing::keys::SigningKey;
use countersign_service::access::AsUser;
use countersign_service::activation::{
    ActivationOutcome, ActivationStatus, ActivationWish, OfferedKey,
};
use countersign_service::model::UserStatus;
use countersign_service::operator::OPERATOR;
use ring::rand::SystemRandom;

fn key() -> SigningKey {
    SigningKey::make_p256(&SystemRandom::new()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a1_of_two_hundred_parallel_uses_one_makes_a_device() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let made = Arc::new(
        service
            .core
            .make_activation(&alice, ActivationWish::default(), OPERATOR)
            .await
            .unwrap()
            .unwrap(),
    );
    let racers: Vec<_> = (0..200)
        .map(|n| {
            let mut ask = activation_ask(&made.text.code, &key());
            ask.address = format!("192.0.2.{n}");
            let core = service.core.clone();
            tokio::spawn(async move { core.activate(&ask).await.unwrap() })
        })
        .collect();
    let mut activated = 0;
    for racer in racers {
        match racer.await.unwrap() {
            ActivationOutcome::Activated(_) => activated += 1,
            ActivationOutcome::UnknownCode => {}
            ActivationOutcome::Compare { .. }
            | ActivationOutcome::UnusableKey
            | ActivationOutcome::TooMany { .. } => {
                panic!("refused for another reason")
            }
        }
    }
    assert_eq!(activated, 1);
    assert_eq!(
        service
            .core
            .store
            .devices_of(&AsUser::of(&alice))
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(service.audit_count("device.activate", "done").await, 1);
    assert_eq!(
        service
            .core
            .activation_status(&alice.id, &made.text.code)
            .await
            .unwrap(),
        ActivationStatus::Success
    );
}

#[tokio::test]
async fn a1_a_code_ends_after_ten_minutes() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    for (wait_ms, good) in [(10 * 60_000 - 1000, true), (10 * 60_000 + 1000, false)] {
        let made = service
            .core
            .make_activation(&alice, ActivationWish::default(), OPERATOR)
            .await
            .unwrap()
            .unwrap();
        service.clock.advance(wait_ms);
        let outcome = service
            .core
            .activate(&activation_ask(&made.text.code, &key()))
            .await
            .unwrap();
        assert_eq!(
            matches!(outcome, ActivationOutcome::Activated(_)),
            good,
            "after {wait_ms} ms"
        );
    }
}

#[tokio::test]
async fn a1_a_code_is_nowhere_in_the_database() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let made = service
        .core
        .make_activation(&alice, ActivationWish::default(), OPERATOR)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(made.text.code.expose().len(), 20);
    assert!(!common::contains(
        &service.bytes_on_disk(),
        made.text.code.expose().as_bytes()
    ));
    service
        .core
        .activate(&activation_ask(&made.text.code, &key()))
        .await
        .unwrap();
    assert!(!common::contains(
        &service.bytes_on_disk(),
        made.text.code.expose().as_bytes()
    ));
    assert!(
        common::contains(&service.bytes_on_disk(), made.text.code.hashed().as_bytes()),
        "its hash is"
    );
}

#[tokio::test]
async fn a1_the_same_key_may_ask_again_for_a_lost_answer() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let made = service
        .core
        .make_activation(&alice, ActivationWish::default(), OPERATOR)
        .await
        .unwrap()
        .unwrap();
    let mine = key();
    let ask = activation_ask(&made.text.code, &mine);
    let ActivationOutcome::Activated(first) = service.core.activate(&ask).await.unwrap() else {
        panic!("refused")
    };
    let ActivationOutcome::Activated(again) = service.core.activate(&ask).await.unwrap() else {
        panic!("refused")
    };
    assert_eq!(
        (&first.device.id, &first.device.akey),
        (&again.device.id, &again.device.akey)
    );
    assert_eq!(*first.hotp_secret, *again.hotp_secret);
    assert_eq!(service.audit_count("device.activate", "done").await, 1);
    let other = service
        .core
        .activate(&activation_ask(&made.text.code, &key()))
        .await
        .unwrap();
    assert!(
        matches!(other, ActivationOutcome::UnknownCode),
        "another key"
    );
    service.phone_by(&alice, Some(&first.device.id)).await;
    let late = service.core.activate(&ask).await.unwrap();
    assert!(
        matches!(late, ActivationOutcome::UnknownCode),
        "activated again since"
    );
}

#[tokio::test]
async fn a1_a_later_code_for_a_device_replaces_the_earlier_one() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let make = async || {
        service
            .core
            .make_activation(
                &alice,
                ActivationWish {
                    device: Some(&phone.device.id),
                    ..ActivationWish::default()
                },
                OPERATOR,
            )
            .await
            .unwrap()
            .unwrap()
    };
    let (earlier, later) = (make().await, make().await);
    let outcome = service
        .core
        .activate(&activation_ask(&earlier.text.code, &key()))
        .await
        .unwrap();
    assert!(matches!(outcome, ActivationOutcome::UnknownCode));
    let outcome = service
        .core
        .activate(&activation_ask(&later.text.code, &key()))
        .await
        .unwrap();
    assert!(matches!(outcome, ActivationOutcome::Activated(_)));
}

#[tokio::test]
async fn a2_a_key_without_its_proof_is_refused_and_the_code_stays_good() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let made = service
        .core
        .make_activation(&alice, ActivationWish::default(), OPERATOR)
        .await
        .unwrap()
        .unwrap();
    let good = activation_ask(&made.text.code, &key());
    let mut bad = activation_ask(&made.text.code, &key());
    if let OfferedKey::Countersign { signed_texts, .. } = &mut bad.key {
        signed_texts[0].push('x');
    }
    assert!(matches!(
        service.core.activate(&bad).await.unwrap(),
        ActivationOutcome::UnusableKey
    ));
    let rsa = SigningKey::make_rsa().unwrap();
    let wrong_kind = activation_ask(&made.text.code, &rsa);
    assert!(matches!(
        service.core.activate(&wrong_kind).await.unwrap(),
        ActivationOutcome::UnusableKey
    ));
    assert!(matches!(
        service.core.activate(&good).await.unwrap(),
        ActivationOutcome::Activated(_)
    ));
}

#[tokio::test]
async fn a5_unknown_used_expired_and_disabled_are_answered_alike() {
    let service = Service::start().await;
    let (alice, bob) = (service.user("alice").await, service.user("bob").await);
    let make = async |user| {
        service
            .core
            .make_activation(user, ActivationWish::default(), OPERATOR)
            .await
            .unwrap()
            .unwrap()
    };
    let expired = make(&alice).await;
    service.clock.advance(10 * 60_000);
    let (used, disabled) = (make(&alice).await, make(&bob).await);
    service
        .core
        .activate(&activation_ask(&used.text.code, &key()))
        .await
        .unwrap();
    service
        .core
        .set_user_status(&bob, UserStatus::Disabled, OPERATOR)
        .await
        .unwrap();
    let unknown = ActivationCode::make(&SystemRandom::new()).unwrap();
    for code in [
        &expired.text.code,
        &used.text.code,
        &disabled.text.code,
        &unknown,
    ] {
        let outcome = service
            .core
            .activate(&activation_ask(code, &key()))
            .await
            .unwrap();
        assert!(matches!(outcome, ActivationOutcome::UnknownCode));
    }
    assert_eq!(
        service
            .core
            .activation_status(&bob.id, &used.text.code)
            .await
            .unwrap(),
        ActivationStatus::Invalid
    );
}

#[tokio::test]
async fn a5_guessing_is_limited_by_address() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let made = service
        .core
        .make_activation(&alice, ActivationWish::default(), OPERATOR)
        .await
        .unwrap()
        .unwrap();
    let mut looked_at = 0;
    for _ in 0..50 {
        let unknown = ActivationCode::make(&SystemRandom::new()).unwrap();
        match service
            .core
            .activate(&activation_ask(&unknown, &key()))
            .await
            .unwrap()
        {
            ActivationOutcome::UnknownCode => looked_at += 1,
            ActivationOutcome::TooMany { until } => assert!(until > common::START),
            _ => panic!("activated by a guess"),
        }
    }
    assert_eq!(looked_at, 30);
    let mut elsewhere = activation_ask(&made.text.code, &key());
    elsewhere.address = "198.51.100.1".into();
    assert!(matches!(
        service.core.activate(&elsewhere).await.unwrap(),
        ActivationOutcome::Activated(_)
    ));
}

#[tokio::test]
async fn a5_guessing_is_limited_from_everywhere_together() {
    let service = Service::start().await;
    let (mut looked_at, mut refused) = (0, 0);
    let key = key();
    for n in 0..3_010_u32 {
        let unknown = ActivationCode::make(&SystemRandom::new()).unwrap();
        let mut ask = activation_ask(&unknown, &key);
        ask.address = std::net::Ipv4Addr::from(0xc633_6400 + n).to_string();
        match service.core.activate(&ask).await.unwrap() {
            ActivationOutcome::UnknownCode => looked_at += 1,
            ActivationOutcome::TooMany { until } => {
                assert!(until > common::START);
                refused += 1;
            }
            _ => panic!("activated by a guess"),
        }
    }
    assert_eq!((looked_at, refused), (3_000, 10));
}
