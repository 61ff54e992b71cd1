//! Row H3: how many calls there may be, and what they may cost, counted in the database.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use crate::common;
use crate::support::{sip_peer::SipPeer, trunk::trunk};

use std::sync::{Arc, Mutex};

use common::Service;
use common::client::Client;
use common::hospital::{Hospital, MOBILE, call, over};
use countersign_service::carrier::limits::Limits;
use countersign_service::clock::Clock as _;
use countersign_service::model::User;
use countersign_service::policy::{
    ANSWER_RATE_CALLS, ANSWER_RATE_MS, ANSWER_RATE_PERCENT, CALL_LONGEST_MS, DAY_MS, MINUTE_MS,
};
use countersign_service::self_service::phone_number::E164;
use countersign_service::store::carriers::{
    Admitted, CallPurpose, Carried, PlacedCallOver, Planned,
};
use rusqlite::Connection;
use serde_json::json;

const HOUR_MS: i64 = 60 * MINUTE_MS;

/// No limit but those that a test sets.
fn unlimited() -> Limits {
    Limits {
        person_an_hour: u32::MAX,
        person_a_day: u32::MAX,
        number_a_day: u32::MAX,
        an_hour: u32::MAX,
        spend_a_day: u32::MAX,
        ..Limits::calls()
    }
}

fn planned(site: &Service, user: &User, id: usize, number: usize) -> Planned {
    Planned {
        id: format!("call-{id}"),
        user: user.id.clone(),
        number: E164::from_stored(format!("+44740{number:07}")),
        what: Carried::Call {
            purpose: CallPurpose::Proof,
            extension: String::new(),
        },
        cost: 20,
        at: site.clock.now(),
    }
}

async fn end(site: &Service, id: usize, outcome: &'static str, cost: i64) -> bool {
    let at = site.clock.now();
    let over = PlacedCallOver {
        outcome,
        answered_at: (cost > 0).then_some(at),
        cost,
        at,
    };
    let calls = site.core.store.carriers();
    calls.end_call(&format!("call-{id}"), over).await.unwrap()
}

fn rows(site: &Service) -> (i64, i64) {
    let path = site.folder.path().join("countersign.db");
    let connection = Connection::open(path).unwrap();
    let sql = "select count(*), coalesce(sum(cost), 0) from calls";
    connection
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h3_a_thousand_numbers_side_by_side_never_cost_more_than_the_cap() {
    let site = Service::start().await;
    let alice = site.person("alice").await;
    let limits = Arc::new(Limits {
        spend_a_day: 777,
        ..unlimited()
    });
    let mut asked = tokio::task::JoinSet::new();
    for at in 0..1000 {
        let (core, limits) = (site.core.clone(), limits.clone());
        let call = planned(&site, &alice, at, at);
        asked.spawn(async move {
            let calls = core.store.carriers();
            let admitted = calls.admit(&call, &limits).await.unwrap();
            if admitted == Admitted::Yes && at % 3 == 0 {
                // Some end at once, some of them unpaid, while others are asked for
                let over = PlacedCallOver {
                    outcome: "confirmed",
                    answered_at: None,
                    cost: if at % 2 == 0 { 0 } else { 20 },
                    at: call.at,
                };
                calls.end_call(&call.id, over).await.unwrap();
            }
            admitted
        });
    }
    let admitted = asked.join_all().await;
    let let_through = admitted.iter().filter(|one| **one == Admitted::Yes);
    let until = site.clock.now() + DAY_MS;
    assert!(
        admitted
            .iter()
            .all(|one| matches!(one, Admitted::Yes) || *one == Admitted::SpendStop(until)),
        "nothing else keeps a call back"
    );
    let (count, cost) = rows(&site);
    assert_eq!(usize::try_from(count).unwrap(), let_through.count());
    assert!((1..=777).contains(&cost), "{cost}: never over");
    // What ended unpaid made room again, which is filled to the brim and not beyond
    for at in 2000..2100 {
        let call = planned(&site, &alice, at, at);
        let _admitted = site.core.store.carriers().admit(&call, &limits).await;
    }
    let (_, cost) = rows(&site);
    assert!((758..=777).contains(&cost), "{cost}: full, and never over");
    site.clock.advance(DAY_MS);
    let next = planned(&site, &alice, 1000, 1000);
    let admitted = site.core.store.carriers().admit(&next, &limits).await;
    assert_eq!(admitted.unwrap(), Admitted::Yes, "another day");
}

#[tokio::test]
async fn h3_a_number_has_one_call_at_a_time_even_after_a_crash() {
    let site = Service::start().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let limits = unlimited();
    let calls = site.core.store.carriers();
    let first = planned(&site, &alice, 1, 7);
    assert_eq!(calls.admit(&first, &limits).await.unwrap(), Admitted::Yes);
    let second = planned(&site, &bob, 2, 7);
    let busy = calls.admit(&second, &limits).await.unwrap();
    assert_eq!(busy, Admitted::NumberBusy);
    assert!(end(&site, 1, "no_answer", 0).await);
    assert!(!end(&site, 1, "confirmed", 20).await, "it is over once");
    assert_eq!(calls.admit(&second, &limits).await.unwrap(), Admitted::Yes);
    // Its end is never noted
    site.clock.advance(CALL_LONGEST_MS);
    let third = planned(&site, &alice, 3, 7);
    assert_eq!(calls.admit(&third, &limits).await.unwrap(), Admitted::Yes);
    assert_eq!(rows(&site), (3, 40), "what may have been paid counts");
}

/// Half a hospital stands behind one number.
#[tokio::test]
async fn h3_a_switchboards_extensions_are_lines_of_their_own() {
    let site = Service::start().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let mut limits = unlimited();
    limits.number_a_day = 1;
    let calls = site.core.store.carriers();
    let at = |user: &User, id: usize, extension: &str| Planned {
        what: Carried::Call {
            purpose: CallPurpose::Proof,
            extension: extension.to_owned(),
        },
        ..planned(&site, user, id, 7)
    };
    let ward = at(&alice, 1, "4711");
    assert_eq!(calls.admit(&ward, &limits).await.unwrap(), Admitted::Yes);
    let office = at(&bob, 2, "4712");
    assert_eq!(calls.admit(&office, &limits).await.unwrap(), Admitted::Yes);
    let both = at(&bob, 3, "4711");
    let busy = calls.admit(&both, &limits).await.unwrap();
    assert_eq!(busy, Admitted::NumberBusy);
    assert!(end(&site, 1, "no_answer", 0).await);
    let until = site.clock.now() + DAY_MS;
    let enough = calls.admit(&both, &limits).await.unwrap();
    assert_eq!(enough, Admitted::TooMany(until));
    let switchboard = at(&bob, 4, "");
    let itself = calls.admit(&switchboard, &limits).await.unwrap();
    assert_eq!(itself, Admitted::Yes);
}

#[tokio::test]
async fn h3_people_numbers_and_the_site_have_their_limits() {
    let site = Service::start().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let begun = site.clock.now();
    let calls = site.core.store.carriers();
    let limits = |change: fn(&mut Limits)| {
        let mut limits = unlimited();
        change(&mut limits);
        limits
    };
    for id in 1..=2 {
        let call = planned(&site, &alice, id, 7);
        assert_eq!(
            calls.admit(&call, &unlimited()).await.unwrap(),
            Admitted::Yes
        );
        end(&site, id, "no_answer", 0).await;
    }
    let too_many = |within: i64| Admitted::TooMany(begun + within);
    let ask = async |user: &User, number: usize, limits: &Limits| {
        let call = planned(&site, user, 99, number);
        calls.admit(&call, limits).await.unwrap()
    };
    let an_hour = limits(|limits| limits.person_an_hour = 2);
    let a_day = limits(|limits| limits.person_a_day = 2);
    let number = limits(|limits| limits.number_a_day = 2);
    let all = limits(|limits| limits.an_hour = 2);
    assert_eq!(ask(&alice, 8, &an_hour).await, too_many(HOUR_MS));
    assert_eq!(ask(&alice, 8, &a_day).await, too_many(DAY_MS));
    assert_eq!(
        ask(&bob, 7, &number).await,
        too_many(DAY_MS),
        "whoever asks"
    );
    assert_eq!(ask(&bob, 8, &all).await, too_many(HOUR_MS));
    site.clock.advance(HOUR_MS);
    assert_eq!(ask(&alice, 8, &a_day).await, too_many(DAY_MS));
    assert_eq!(ask(&alice, 8, &an_hour).await, Admitted::Yes);
    end(&site, 99, "confirmed", 20).await;
    // What was confirmed keeps nobody from the next call
    let three = limits(|limits| limits.person_a_day = 3);
    let call = planned(&site, &alice, 100, 8);
    assert_eq!(calls.admit(&call, &three).await.unwrap(), Admitted::Yes);
}

async fn hospital(change: impl FnOnce(&mut Limits)) -> Hospital {
    let mut limits = unlimited();
    change(&mut limits);
    Hospital::limited(limits).await
}

#[tokio::test]
async fn h3_the_page_is_told_when_there_were_too_many() {
    let site = hospital(|limits| limits.person_an_hour = 2).await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    for _ in 0..2 {
        call(&site, &half, MOBILE, "1", "hangup").await;
    }
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    half.post("/proofs", wanted.clone())
        .await
        .refused(429, "too_many");
    site.service.clock.advance(HOUR_MS);
    half.sign_in("alice").await;
    let proof = call(&site, &half, MOBILE, "", "right").await;
    assert_eq!(proof["state"], "confirmed");
    assert_eq!(rows(&site.service).0, 3, "what was refused was not placed");
}

/// The operator may call fewer countries than when a number was confirmed.
#[tokio::test]
async fn h3_a_number_of_a_country_that_is_called_no_longer_is_not_called() {
    let site = hospital(|_| ()).await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let path = site.service.folder.path().join("countersign.db");
    let database = Connection::open(path).unwrap();
    let abroad = "update devices set number = '+46701740605' where number = ?1";
    assert_eq!(database.execute(abroad, [MOBILE]).unwrap(), 1);
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    let before = rows(&site.service);
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    let refused = half.post("/proofs", wanted).await;
    refused.refused(409, "cannot_do_that");
    assert_eq!(rows(&site.service), before, "nobody is dialled");
}

#[tokio::test]
async fn h3_the_spend_stop_refuses_and_tells_the_site() {
    // Answered calls cost their minutes, so the second does not fit any more
    let site = hospital(|limits| limits.spend_a_day = 29).await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    let proof = call(&site, &half, MOBILE, "", "right").await;
    assert_eq!(proof["state"], "confirmed");
    assert_eq!(rows(&site.service), (1, 10), "a minute begun");
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    let refused = half.post("/proofs", wanted).await;
    refused.refused(429, "too_many");
    assert_eq!(site.service.audit_count("call.stop", "spend").await, 1);
    assert_eq!(rows(&site.service), (1, 10));
}

/// Whoever takes a call is paid for it, whether or not anybody can be spoken to there.
#[tokio::test]
async fn h3_a_call_that_was_taken_costs_although_nobody_could_be_asked() {
    let mut peer = SipPeer::start().await;
    let trunk = trunk(&peer.address().to_string(), "").await;
    let limits = Limits {
        spend_a_day: 29,
        ..unlimited()
    };
    let site = Hospital::called_by(trunk, limits).await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    let asked = half.post("/proofs", wanted.clone()).await.good();
    let invite = peer.next("INVITE").await;
    peer.take(&invite, "no speech").await;
    assert_eq!(over(&half, &asked).await["state"], "call_failed");
    assert_eq!(rows(&site.service), (1, 10), "a minute begun");
    let refused = half.post("/proofs", wanted).await;
    refused.refused(429, "too_many");
}

#[tokio::test]
async fn h3_a_number_that_rings_already_is_busy() {
    let site = hospital(|_| ()).await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    let first = browser.post("/proofs", wanted.clone()).await.good();
    assert_eq!(first["state"], "calling");
    let other = Client::browser(&site.service);
    other.sign_in("alice").await;
    let second = other.post("/proofs", wanted).await.good();
    assert_eq!(over(&other, &second).await["state"], "busy");
    site.command(&format!("answer {MOBILE}")).await;
    let shown = first["number"].as_str().unwrap();
    site.command(&format!("keys {MOBILE} {shown}")).await;
    assert_eq!(over(&browser, &first).await["state"], "confirmed");
}

/// Places so many calls that nobody answers, and as many more as are told that somebody does.
async fn calls_came_to(site: &Hospital, alice: &User, unanswered: i64, answered: i64) {
    let calls = site.service.core.store.carriers();
    let before = usize::try_from(rows(&site.service).0).unwrap();
    for at in 0..usize::try_from(unanswered + answered).unwrap() {
        let id = before + at;
        let call = planned(&site.service, alice, id, at);
        let admitted = calls.admit(&call, &unlimited()).await.unwrap();
        assert_eq!(admitted, Admitted::Yes);
        let cost = i64::from(i64::try_from(at).unwrap() >= unanswered);
        assert!(end(&site.service, id, "no_answer", cost).await);
    }
}

/// Somebody answers a call and hangs up; what the service logs meanwhile.
async fn logged_by_a_call(site: &Hospital, half: &Client) -> String {
    let log: Arc<Mutex<Vec<u8>>> = Arc::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || Written(writer.clone()))
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    call(site, half, MOBILE, "1", "hangup").await;
    String::from_utf8(log.lock().unwrap().clone()).unwrap()
}

struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn h3_the_site_is_told_when_few_calls_are_answered() {
    const TOLD: &str = "few calls of the last hour were answered";
    let site = hospital(|_| ()).await;
    let (alice, _, browser) = site.alice().await;
    site.phone_with(&browser, MOBILE).await;
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    // With this call there are as many as say something, and exactly the share that is enough was answered
    let enough = ANSWER_RATE_CALLS * ANSWER_RATE_PERCENT / 100;
    calls_came_to(&site, &alice, ANSWER_RATE_CALLS - enough, enough - 1).await;
    let log = logged_by_a_call(&site, &half).await;
    assert!(!log.contains(TOLD), "{log}");
    calls_came_to(&site, &alice, 1 + 100 / ANSWER_RATE_PERCENT, 0).await;
    let log = logged_by_a_call(&site, &half).await;
    assert!(log.contains(TOLD), "{log}");
    assert!(
        log.contains("calls=27") && log.contains("answered=5"),
        "{log}"
    );
    // What is long ago says nothing any more, and a few calls never do
    site.service.clock.advance(ANSWER_RATE_MS);
    half.sign_in("alice").await;
    calls_came_to(&site, &alice, ANSWER_RATE_CALLS - 2, 0).await;
    let log = logged_by_a_call(&site, &half).await;
    assert!(!log.contains(TOLD), "{log}");
}
