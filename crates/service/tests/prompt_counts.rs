//! How many sign-in prompts one person may have: whoever has links of theirs neither keeps them out nor fills the database
//! (row R1). Judged by the rows, not by the answers alone.

use crate::common;

use axum::http::StatusCode;
use common::prompt::{App, Tab, alice, location};
use common::{ADDRESS, Service};
use countersign_service::clock::Clock as _;
use countersign_service::policy::{
    MINUTE_MS, PROMPT_LIFE_MS, PROMPTS_FROM_A_NETWORK, PROMPTS_OF_A_LINK, PROMPTS_OF_A_PERSON,
};
use serde_json::json;

/// Somebody else's.
const STRANGER: &str = "198.51.100.66";

/// A link as the application makes it for its `nth` sign-in.
fn link(service: &Service, app: &App, name: &str, nth: i64) -> String {
    let mut claims = app.wish(name, service.clock.now());
    claims["state"] = json!(format!("the application's state {nth}"));
    app.query(&app.jwt(&claims))
}

/// How many prompts are stored.
fn rows(service: &Service) -> i64 {
    let file = service.folder.path().join("countersign.db");
    let database = rusqlite::Connection::open(file).unwrap();
    database
        .query_row("select count(*) from prompts", [], |row| row.get(0))
        .unwrap()
}

/// Opens new links of hers from there until one is refused; how often that was.
async fn open_all(service: &Service, app: &App, address: &str) -> i64 {
    let mut opened = 0;
    loop {
        let reply = app
            .open_from(&link(service, app, "alice", opened), "", address)
            .await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(location(&reply.headers), "");
            assert!(reply.headers.get("set-cookie").is_none());
            return opened;
        }
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        opened += 1;
    }
}

#[tokio::test]
async fn r1_one_link_begins_ten_prompts_wherever_it_is_opened() {
    let (service, _, phone, app) = alice().await;
    let link = link(&service, &app, "alice", 1);
    for nth in 0..PROMPTS_OF_A_LINK {
        let reply = app.open_from(&link, "", ADDRESS).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{nth}");
    }
    for address in [ADDRESS, STRANGER, "2001:db8::7"] {
        let reply = app.open_from(&link, "", address).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{address}");
    }
    assert_eq!(rows(&service), PROMPTS_OF_A_LINK);
    // Her next sign-in has a link of its own, even from where that was
    let tab = app.send(&service, "alice").await;
    tab.confirm(&service, &phone).await;
    tab.leave().await;
}

#[tokio::test]
async fn r1_a_person_has_no_more_than_twenty_prompts_from_one_network() {
    let (service, _, _, app) = alice().await;
    for nth in 0..PROMPTS_FROM_A_NETWORK / 2 {
        for name in ["alice", "HOSPITAL\\ALICE"] {
            let link = link(&service, &app, name, nth);
            let reply = app.open_from(&link, "", "2001:db8::7").await;
            assert_eq!(reply.status, StatusCode::SEE_OTHER);
        }
    }
    // A machine has as many addresses of its network as it likes
    for address in ["2001:db8::7", "2001:db8::8", "2001:db8::dead:beef"] {
        let opened = open_all(&service, &app, address).await;
        assert_eq!(opened, 0, "{address}");
    }
    assert_eq!(rows(&service), PROMPTS_FROM_A_NETWORK);
}

#[tokio::test]
async fn r1_a_stranger_with_links_does_not_keep_their_person_out() {
    let (service, _, phone, app) = alice().await;
    assert_eq!(
        open_all(&service, &app, STRANGER).await,
        PROMPTS_FROM_A_NETWORK
    );
    let tab = app.send(&service, "alice").await;
    tab.confirm(&service, &phone).await;
    tab.leave().await;
}

#[tokio::test]
async fn r1_giving_up_makes_no_room_for_more() {
    let (service, _, _, app) = alice().await;
    for nth in 0..PROMPTS_FROM_A_NETWORK {
        let link = link(&service, &app, "alice", nth);
        let reply = app.open_from(&link, "", STRANGER).await;
        let mut tab = Tab::after(&service, &reply);
        tab.view().await;
        tab.post("/give-up", json!({})).await;
    }
    assert_eq!(open_all(&service, &app, STRANGER).await, 0);
}

#[tokio::test]
async fn r1_refusals_leave_a_row_a_minute_and_no_more() {
    let (service, _, _, app) = alice().await;
    open_all(&service, &app, STRANGER).await;
    let before = service.audit().await.len();
    for _ in 0..50 {
        assert_eq!(open_all(&service, &app, STRANGER).await, 0);
    }
    assert_eq!(service.audit().await.len(), before);
    assert_eq!(service.audit_count("prompt.begin", "too_many").await, 1);
    service.clock.advance(MINUTE_MS + 1);
    for _ in 0..3 {
        assert_eq!(open_all(&service, &app, STRANGER).await, 0);
    }
    assert_eq!(service.audit_count("prompt.begin", "too_many").await, 2);
}

#[tokio::test]
async fn r1_two_hundred_strangers_at_once_make_two_hundred_rows_at_most() {
    let (service, _, phone, app) = alice().await;
    // She confirmed from here before
    let tab = app.send(&service, "alice").await;
    tab.confirm(&service, &phone).await;
    tab.leave().await;
    let strangers: Vec<(String, String)> = (0..200)
        .map(|nth| {
            (
                format!("203.0.113.{nth}"),
                link(&service, &app, "alice", nth),
            )
        })
        .collect();
    for _ in 0..2 {
        let all = strangers
            .iter()
            .map(|(address, link)| app.open_from(link, "", address));
        futures_util::future::join_all(all).await;
    }
    assert_eq!(rows(&service), PROMPTS_OF_A_PERSON);
    let begun = service.audit_count("prompt.begin", "done").await;
    assert_eq!(i64::try_from(begun).unwrap(), PROMPTS_OF_A_PERSON);
    assert_eq!(service.audit_count("prompt.begin", "too_many").await, 1);
    // Where she is at home she gets in all the same, and other people anywhere
    let link = link(&service, &app, "alice", 200);
    assert_eq!(
        app.open_from(&link, "", STRANGER).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        app.open_from(&link, "", ADDRESS).await.status,
        StatusCode::SEE_OTHER
    );
    service.user("bob").await;
    app.send(&service, "bob").await;
}

#[tokio::test]
async fn r1_two_hundred_at_once_from_one_network_make_twenty_rows() {
    let (service, _, _, app) = alice().await;
    let links: Vec<String> = (0..200)
        .map(|nth| link(&service, &app, "alice", nth))
        .collect();
    let all = links.iter().map(|link| app.open_from(link, "", STRANGER));
    let all = futures_util::future::join_all(all).await;
    let opened = all
        .iter()
        .filter(|reply| reply.status == StatusCode::SEE_OTHER);
    assert_eq!(
        i64::try_from(opened.count()).unwrap(),
        PROMPTS_FROM_A_NETWORK
    );
    assert_eq!(rows(&service), PROMPTS_FROM_A_NETWORK);
    assert_eq!(service.audit_count("prompt.begin", "too_many").await, 1);
}

#[tokio::test]
async fn whoever_signs_in_often_is_not_held_up() {
    let (service, _, phone, app) = alice().await;
    for turn in 0..=PROMPTS_FROM_A_NETWORK {
        // Within the ten minutes, all of them
        service.clock.advance(1000);
        let tab = app.send(&service, "alice").await;
        tab.confirm(&service, &phone).await;
        let code = tab.leave().await;
        let jti = format!("0123456789abcdef-{turn}");
        app.exchange_by_form(&service, &code, &jti).await.good();
    }
}

#[tokio::test]
async fn r1_there_is_room_again_when_the_window_is_over() {
    let (service, _, _, app) = alice().await;
    for _ in 0..2 {
        let opened = open_all(&service, &app, STRANGER).await;
        assert_eq!(opened, PROMPTS_FROM_A_NETWORK);
        service.clock.advance(PROMPT_LIFE_MS);
    }
}

#[tokio::test]
async fn r4_what_was_counted_while_the_clock_was_ahead_holds_nobody_up_once_it_is_right() {
    let (service, _, _, app) = alice().await;
    for step in [60 * MINUTE_MS, -60 * MINUTE_MS] {
        service.clock.advance(step);
        let opened = open_all(&service, &app, STRANGER).await;
        assert_eq!(opened, PROMPTS_FROM_A_NETWORK);
    }
}
