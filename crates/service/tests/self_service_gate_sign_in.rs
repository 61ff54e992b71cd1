//! Rows S10, O5, O6 and R1: signing in to self-service with a name and a password.

use crate::common;

use std::sync::Arc;

use common::client::Client;
use common::{PASSWORD, START, Service};
use countersign_protocol::time::UnixMillis;
use countersign_service::audit::AuditEntry;
use countersign_service::model::UserStatus;
use countersign_service::names::CanonicalName;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{Enrolment, MINUTE_MS, ServiceDesk};
use countersign_service::self_service::password::{PasswordSet, TypedPassword};
use countersign_service::self_service::session::{SessionId, SessionToken};
use countersign_service::store::gate::NewSession;
use ring::rand::SystemRandom;
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

/// A derivation takes a while, and whoever changes the password meanwhile means everybody who knows the old one.
#[tokio::test]
async fn s7_nobody_signs_in_by_a_password_that_was_changed_while_it_was_looked_at() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let gate = service.core.store.gate();
    let phc = async || {
        let name = CanonicalName::of("alice").unwrap();
        gate.password(&name).await.unwrap().unwrap().phc
    };
    let looked_at = phc().await;
    let changed = TypedPassword::of("another four words");
    let set = service.core.set_password(&alice, changed, OPERATOR).await;
    assert_eq!(set.unwrap(), PasswordSet::Done);
    for (shown, begins) in [(looked_at, false), (phc().await, true)] {
        let random = SystemRandom::new();
        let token = SessionToken::make(&random).unwrap();
        let session = NewSession {
            id: SessionId::make(&random).unwrap(),
            token: token.hash(),
            user_id: alice.id.clone(),
            device: None,
            app: false,
            csrf: String::new(),
            shared: false,
            created_at: START,
            ends_at: START + MINUTE_MS,
        };
        let entry = AuditEntry::new(START, "test".into(), "begin", alice.id.as_str(), "done");
        let begun = gate
            .add_session(&session, None, Some(&shown), &[], entry)
            .await;
        assert_eq!(begun.unwrap(), begins);
        let stored = gate.session(&token.hash()).await.unwrap();
        assert_eq!(stored.is_some(), begins);
    }
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

/// What takes time is the derivation, and each costs exactly one. The times themselves are compared by `make bench`, over
/// a thousand tries: a clock in a test would tell of the machine.
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
        assert_eq!(reply.body["minutes"], 15, "as long as the lock below");
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
    // Whoever calls from elsewhere does not notice
    client.browser_at("198.51.100.7").sign_in("alice").await;
    let mut looked_at = 0;
    for guess in storm {
        let reply = guess.await.unwrap();
        if reply.status == 401 {
            looked_at += 1;
        } else {
            reply.refused(503, "unavailable");
        }
    }
    assert!((8..300).contains(&looked_at), "{looked_at}");
    let written = service.audit().await.len() - before - 1;
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
