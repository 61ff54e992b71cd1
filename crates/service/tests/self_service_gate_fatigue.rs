//! Rows C5 to C8 for proofs of self-service: whoever knows the password wears nobody down, confuses nobody, and is stopped by
//! one report.

use crate::common;

use std::sync::Arc;

use axum::http::Method;
use common::client::Client;
use common::{ADDRESS, Phone, START, Service};
use countersign_protocol::wire::device::Attribute;
use countersign_service::challenge::{Choice, Verdict};
use countersign_service::policy::{FATIGUE_LIMIT, PENDING_PER_USER, PUSH_PAUSE_MS};
use countersign_service::sign_in::Begun;
use serde_json::{Value, json};

async fn alice(service: &Service) -> Phone {
    let alice = service.person("alice").await;
    service.phone(&alice).await
}

fn push(phone: &Phone) -> Value {
    json!({ "way": "push", "device": phone.device.id.as_str() })
}

async fn state(browser: &Client, proof: &Value) -> String {
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    let news = browser.get(&path).await.good();
    news["state"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c5_of_a_thousand_proofs_that_are_asked_for_the_limit_reaches_the_phone() {
    const SESSIONS: usize = 200;
    let service = Arc::new(Service::start().await);
    let phone = Arc::new(alice(&service).await);
    let bob = service.person("bob").await;
    let bobs = service.phone(&bob).await;
    let mut attackers = Vec::new();
    for _ in 0..SESSIONS {
        let browser = Client::browser(&service);
        browser.sign_in("alice").await;
        attackers.push(browser);
    }
    let racers: Vec<_> = attackers
        .into_iter()
        .map(|browser| {
            let phone = phone.clone();
            tokio::spawn(async move {
                let mut asked = 0;
                for _ in 0..1000 / SESSIONS {
                    let reply = browser.post("/proofs", push(&phone)).await;
                    if reply.status == 200 {
                        asked += 1;
                    } else {
                        reply.refused(429, "too_many");
                    }
                }
                asked
            })
        })
        .collect();
    let mut asked = 0;
    for racer in racers {
        asked += racer.await.unwrap();
    }
    // Given up by the next one they count half, so that twice the limit may ring, and what waits then
    let most = usize::try_from(2 * FATIGUE_LIMIT + PENDING_PER_USER).unwrap();
    assert!((1..=most).contains(&asked), "{asked}");
    let mut refused = 0;
    for result in ["paused", "too_many_pending"] {
        refused += service.audit_count("request.ask", result).await;
    }
    assert_eq!(service.audit_count("request.ask", "done").await, asked);
    assert_eq!(asked + refused, 1000, "each left its row");
    let waiting = service.pending(&phone).await.len();
    assert!(waiting <= usize::try_from(PENDING_PER_USER).unwrap());
    // Others are asked as ever, and her passcode is taken
    let browser = Client::browser(&service);
    browser.open(&service, "bob", &bobs).await;
    browser.sign_in("alice").await;
    let code = phone.code_at(START);
    assert_eq!(
        browser.try_passcode(&code).await.good()["state"],
        "confirmed"
    );
}

#[tokio::test]
async fn c6_the_number_of_ones_own_page_fails_on_a_proof_that_another_asked_for() {
    let service = Service::start().await;
    let phone = alice(&service).await;
    let (victim, attacker) = (Client::browser(&service), Client::browser(&service));
    victim.sign_in("alice").await;
    attacker.sign_in("alice").await;
    let hers = victim.ask(&phone).await;
    service.clock.advance(200);
    let theirs = attacker.ask(&phone).await;
    let number = hers["number"].as_str().unwrap();
    assert_ne!(hers["number"], theirs["number"]);
    let pending = service.pending(&phone).await;
    assert_eq!(pending.len(), 2, "both are listed");
    let crossed = phone.answer(&pending[1], Choice::Approve, Some(number));
    let once_wrong = Verdict::WrongNumber {
        tries_left: 1,
        counted: false,
    };
    assert_eq!(service.answer(&crossed).await, once_wrong);
    let own = phone.answer(&pending[0], Choice::Approve, Some(number));
    service.answer(&own).await;
    assert_eq!(state(&victim, &hers).await, "confirmed");
    assert_eq!(state(&attacker, &theirs).await, "waiting");
    assert_eq!(attacker.session().await["stage"], "prove");
    // And once more: then it is over
    let again = phone.answer(&pending[1], Choice::Approve, Some(number));
    service.answer(&again).await;
    assert_eq!(state(&attacker, &theirs).await, "wrong_number");
}

#[tokio::test]
async fn c7_not_me_on_a_proof_stops_pushes_for_half_an_hour_and_nothing_takes_it_back() {
    let service = Service::start().await;
    let phone = alice(&service).await;
    let vpn = service.integration(0).await;
    let (attacker, victim) = (Client::browser(&service), Client::browser(&service));
    attacker.sign_in("alice").await;
    let proof = attacker.ask(&phone).await;
    let pending = service.one_pending(&phone).await;
    let report = phone.answer(&pending, Choice::DenyAndReport, None);
    service.answer(&report).await;
    assert_eq!(state(&attacker, &proof).await, "reported");
    assert_eq!(service.audit_count("request.deny", "reported").await, 1);
    // Neither a later yes nor a mere no makes less of it
    let number = proof["number"].as_str();
    for (choice, number) in [(Choice::Approve, number), (Choice::Deny, None)] {
        let verdict = service
            .answer(&phone.answer(&pending, choice, number))
            .await;
        assert!(matches!(verdict, Verdict::Refuse(_)), "{verdict:?}");
    }
    assert_eq!(state(&attacker, &proof).await, "reported");
    // Until then no session and no application rings, though she proves it otherwise
    let until = START + PUSH_PAUSE_MS;
    victim.sign_in("alice").await;
    for browser in [&attacker, &victim] {
        let refused = browser.post("/proofs", push(&phone)).await;
        refused.refused(429, "too_many");
        assert_eq!(refused.body["until"], until.0);
    }
    let view = victim.session().await;
    let ways = view["ways"].as_array().unwrap();
    let way = ways.iter().find(|way| way["kind"] == "push").unwrap();
    assert_eq!(way["why_not"], "paused");
    let decided = service.push(&vpn, "alice").await.unwrap();
    let Begun::Decided { status, .. } = decided else {
        panic!("a push was made while pushes are paused");
    };
    assert!(status.message.starts_with("Pushes are paused"));
    let code = phone.code_at(START);
    victim.try_passcode(&code).await.good();
    let refused = victim.post("/proofs", push(&phone)).await;
    refused.refused(429, "too_many");
    service.clock.advance(PUSH_PAUSE_MS - 1);
    victim.sign_in("alice").await;
    let refused = victim.post("/proofs", push(&phone)).await;
    refused.refused(429, "too_many");
    service.clock.advance(1);
    victim.ask(&phone).await;
}

#[tokio::test]
async fn c8_a_proof_says_who_what_and_from_where_and_apart_what_the_browser_says_of_itself() {
    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
    let service = Service::start().await;
    let phone = alice(&service).await;
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    let body = push(&phone);
    let mut request = browser.request(&Method::POST, "/proofs", Some(&body));
    let headers = request.headers_mut();
    headers.insert("user-agent", FIREFOX.parse().unwrap());
    // Nobody says from where they come
    headers.insert("x-forwarded-for", "198.51.100.1".parse().unwrap());
    browser.send(request).await.good();
    let context = service.one_pending(&phone).await.context;
    assert_eq!(context.kind, "Self-service");
    assert_eq!(context.summary, "My Settings & Devices");
    let groups: Vec<Vec<(String, String)>> = context
        .attributes
        .0
        .iter()
        .map(|group| {
            let pairs = group.iter();
            let pair = |pair: &Attribute| (pair.0.clone(), pair.value_text());
            pairs.map(pair).collect()
        })
        .collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        groups,
        [
            vec![
                pair("Organization", "General Hospital"),
                pair("Username", "alice")
            ],
            vec![
                pair("Integration", "My Settings & Devices"),
                pair("IP Address", ADDRESS),
                pair("Time", &START.seconds().to_string())
            ],
            vec![pair("Browser", "Firefox on Linux")],
        ]
    );
    // What is no browser says nothing, whatever it says
    let mut request = browser.request(&Method::POST, "/proofs", Some(&body));
    request
        .headers_mut()
        .insert("user-agent", "IP: trusted".parse().unwrap());
    browser.send(request).await.good();
    let context = service.one_pending(&phone).await.context;
    assert_eq!(context.attributes.0.len(), 2);
}
