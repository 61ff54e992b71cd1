//! Rows H1 and H3, PH2 and PH17: numbers are confirmed, within limits, before they are used.

use crate::common;

use std::sync::Arc;

use common::client::Client;
use common::hospital::{Hospital, LANDLINE, MOBILE, confirm, wanted, wrong};
use common::{Service, contains};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::MINUTE_MS;
use serde_json::{Value, json};

const HOUR_MS: i64 = 60 * MINUTE_MS;

#[tokio::test]
async fn h1_without_anybody_who_texts_or_calls_no_number_is_taken() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &phone).await;
    let reply = browser
        .post("/numbers", wanted("07400 123471", false))
        .await;
    reply.refused(409, "cannot_do_that");
    let site = browser.get("/site").await.good();
    assert_eq!(
        (&site["calls"], &site["texts"]),
        (&json!(false), &json!(false))
    );
}

#[tokio::test]
async fn ph02_a_phone_gets_the_number_that_was_confirmed() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let told = browser.get("/site").await.good();
    assert_eq!(
        (&told["calls"], &told["texts"]),
        (&json!(true), &json!(true))
    );
    let view = browser
        .post("/numbers", wanted(" 07700 900 471", false))
        .await
        .good();
    assert_eq!(view["shown"], "+44 7700 900471");
    assert_eq!(view["by"], json!(["text", "call"]));
    assert_eq!(
        (&view["confirmed"], &view["again_at"]),
        (&json!(false), &Value::Null)
    );
    let added = site.phone_with(&browser, "07700 900471").await;
    let devices = browser.session().await["devices"].clone();
    let device = &devices[1];
    assert_eq!(device["id"], added.device.id.as_str());
    assert_eq!(device["number"], "+44 •••• ••0471");
    assert_eq!(device["call"], true);
    assert_eq!(device["name"], "Android phone");
    let code = site.code();
    let on_disk = site.service.bytes_on_disk();
    assert!(!contains(&on_disk, format!("{code} is").as_bytes()));
}

#[tokio::test]
async fn h1_a_number_that_was_not_confirmed_is_not_used() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let view = browser.post("/numbers", wanted(MOBILE, false)).await.good();
    let body = json!({ "for": "new", "kind": "phone", "platform": "ios", "number": view["id"] });
    browser
        .post("/activations", body)
        .await
        .refused(404, "not_found");
    let view = browser
        .post("/numbers", wanted(LANDLINE, true))
        .await
        .good();
    assert_eq!(view["by"], json!(["call"]));
    let body = json!({ "number": view["id"] });
    browser
        .post("/landlines", body)
        .await
        .refused(404, "not_found");
    assert_eq!(
        browser.session().await["devices"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn h3_what_cannot_be_dialled_or_costs_more_is_refused() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    for bad in ["", "12", "999", "09098 790000", "+1 202 555 0143", "hello"] {
        let reply = browser.post("/numbers", wanted(bad, false)).await;
        reply.refused(422, "bad_number");
    }
    let mut with_extension = wanted(MOBILE, false);
    with_extension["extension"] = "12".into();
    browser
        .post("/numbers", with_extension)
        .await
        .refused(422, "bad_number");
    for _ in 0..20 {
        browser.post("/numbers", wanted(MOBILE, false)).await.good();
    }
    let reply = browser.post("/numbers", wanted(MOBILE, false)).await;
    reply.refused(429, "too_many");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h1_of_two_hundred_parallel_guesses_three_are_looked_at() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let view = browser.post("/numbers", wanted(MOBILE, false)).await.good();
    let id = view["id"].as_str().unwrap().to_owned();
    let body = json!({ "by": "text" });
    browser
        .post(&format!("/numbers/{id}/code"), body)
        .await
        .good();
    let code = site.code();
    let browser = Arc::new(browser);
    let races: Vec<_> = (0..200)
        .map(|_| {
            let (browser, id, guess) = (browser.clone(), id.clone(), wrong(&code));
            tokio::spawn(async move { confirm(&browser, &id, guess).await })
        })
        .collect();
    let mut looked_at = Vec::new();
    for race in races {
        let reply = race.await.unwrap();
        if reply.body["code"] == "wrong_code" {
            looked_at.push(reply.body["number"].as_u64().unwrap());
        } else {
            reply.refused(422, "code_over");
        }
    }
    looked_at.sort_unstable();
    assert_eq!(looked_at, [0, 1, 2]);
    assert_eq!(site.service.audit_count("number.confirm", "wrong").await, 3);
    confirm(&browser, &id, &code)
        .await
        .refused(422, "code_over");
}

#[tokio::test]
async fn h1_a_code_lives_ten_minutes_and_the_next_one_replaces_it() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    let view = browser.post("/numbers", wanted(MOBILE, false)).await.good();
    let id = view["id"].as_str().unwrap();
    confirm(&browser, id, "123456")
        .await
        .refused(422, "code_over");
    let send = || async {
        let body = json!({ "by": "text" });
        browser.post(&format!("/numbers/{id}/code"), body).await
    };
    send().await.good();
    let first = site.code();
    send().await.refused(429, "too_many");
    site.service.clock.advance(MINUTE_MS);
    send().await.good();
    let second = site.code();
    if first != second {
        confirm(&browser, id, &first)
            .await
            .refused(422, "wrong_code");
    }
    for _ in 0..2 {
        // The session is used, and the proof new
        site.service.clock.advance(5 * MINUTE_MS);
        browser.prove(&site.service, &phone).await;
    }
    confirm(&browser, id, &second)
        .await
        .refused(422, "code_over");
    send().await.good();
    let third = site.code();
    let spaced = format!(" {} {} ", &third[..3], &third[3..]);
    assert_eq!(
        confirm(&browser, id, &spaced).await.good()["confirmed"],
        true
    );
    assert_eq!(
        confirm(&browser, id, "again").await.good()["confirmed"],
        true
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h3_a_person_is_sent_three_codes_an_hour_and_ten_a_day() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    let browser = Arc::new(browser);
    let mut sent = 0;
    let numbers: Vec<String> = (0..6).map(|n| format!("0770090048{n}")).collect();
    for hour in 0..6 {
        let mut this_hour = 0;
        browser.open(&site.service, "alice", &phone).await;
        let mut paths = Vec::new();
        for number in &numbers {
            let view = browser.post("/numbers", wanted(number, false)).await.good();
            paths.push(format!("/numbers/{}/code", view["id"].as_str().unwrap()));
        }
        let races: Vec<_> = (0..200)
            .map(|n| {
                let (browser, path) = (browser.clone(), paths[n % paths.len()].clone());
                tokio::spawn(async move { browser.post(&path, json!({ "by": "text" })).await })
            })
            .collect();
        for race in races {
            let reply = race.await.unwrap();
            if reply.status.is_success() {
                this_hour += 1;
            } else {
                reply.refused(429, "too_many");
            }
        }
        sent += this_hour;
        assert_eq!(
            this_hour,
            if hour < 3 {
                3
            } else {
                (10 - (sent - this_hour)).min(3)
            }
        );
        site.service.clock.advance(HOUR_MS + 1);
    }
    assert_eq!(sent, 10);
    let told = site.told.lock().unwrap();
    let texts = told
        .iter()
        .filter(|value| value["text"].is_string())
        .count();
    assert_eq!(texts, sent);
}

#[tokio::test]
async fn ph17_a_number_of_ones_own_wants_reactivating_and_anothers_is_not_taken() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let reply = browser
        .post("/numbers", wanted("07700 900471", false))
        .await;
    reply.refused(409, "number_known");
    assert_eq!(reply.body["device"], added.device.id.as_str());
    let mallory = site.service.person("mallory").await;
    let phone = site.service.phone(&mallory).await;
    let other = Client::browser(&site.service);
    other.open(&site.service, "mallory", &phone).await;
    let reply = other.post("/numbers", wanted(MOBILE, false)).await;
    reply.refused(409, "number_taken");
    assert_eq!(reply.body["device"], Value::Null);
    // Whose device is removed gives the number free
    site.service
        .core
        .remove_device(
            &site
                .service
                .core
                .store
                .user(&added.device.user_id)
                .await
                .unwrap()
                .unwrap(),
            &added.device.id,
            OPERATOR,
        )
        .await
        .unwrap();
    other.post("/numbers", wanted(MOBILE, false)).await.good();
}

#[tokio::test]
async fn s4_a_number_is_of_its_session_alone() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    let view = browser.post("/numbers", wanted(MOBILE, false)).await.good();
    let id = view["id"].as_str().unwrap();
    let other = Client::browser(&site.service);
    other.open(&site.service, "alice", &phone).await;
    let body = json!({ "by": "text" });
    let reply = other.post(&format!("/numbers/{id}/code"), body).await;
    reply.refused(404, "not_found");
    confirm(&other, id, "123456")
        .await
        .refused(404, "not_found");
}
