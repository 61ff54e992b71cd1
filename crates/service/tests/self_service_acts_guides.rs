//! Rows PH7 to PH9: the three ways back in, each from beginning to end as the service sees it.

use crate::common;

use common::Phone;
use common::client::{Client, list_call};
use common::hospital::{Hospital, MOBILE, call};
use common::scanning::scan;
use countersign_service::challenge::Choice;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{MINUTE_MS, YOUNG_MS};
use serde_json::{Value, json};

const NEW_MOBILE: &str = "+447700900482";

/// Reactivates a device: its page shows a code, and the phone scans it.
async fn reactivate(site: &Hospital, browser: &Client, id: &str) -> Phone {
    let body = json!({ "for": "again", "device": id, "platform": "android" });
    let made = browser.post("/activations", body).await.good();
    scan(&site.service, browser, &made).await.unwrap()
}

/// A test request that the phone approves.
async fn try_it(site: &Hospital, browser: &Client, phone: &Phone) -> Value {
    let path = format!("/devices/{}/test", phone.device.id);
    let test = browser.post(&path, json!({})).await.good();
    let pending = site.service.one_pending(phone).await;
    let answer = phone.answer(&pending, Choice::Approve, None);
    site.service.answer(&answer).await;
    let path = format!("/tests/{}", test["id"].as_str().unwrap());
    browser.get(&path).await.good()["state"].clone()
}

/// The status of a signed call of a phone.
async fn status(site: &Hospital, browser: &Client, phone: &Phone) -> u16 {
    let call = list_call(&site.service, phone);
    browser.send(call).await.status.as_u16()
}

#[tokio::test]
async fn ph07_a_restored_phone_works_again() {
    let site = Hospital::start().await;
    let alice = site.service.person("alice").await;
    let wiped = site.service.phone(&alice).await;
    site.service.clock.advance(1);
    // Push no longer arrives, and the page says so
    let browser = Client::browser(&site.service);
    browser.sign_in("alice").await;
    let proof = browser.ask(&wiped).await;
    site.service.clock.advance(MINUTE_MS);
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    assert_eq!(browser.get(&path).await.good()["state"], "unreached");
    let view = browser.session().await;
    assert_eq!(view["devices"][0]["standing"], "silent");
    assert_eq!(view["ways"][0]["kind"], "passcode");
    let codes = site
        .service
        .core
        .make_bypass_codes(&alice, 1, OPERATOR)
        .await;
    browser.try_passcode(&codes.unwrap().codes[0]).await.good();

    let id = wiped.device.id.as_str();
    let again = reactivate(&site, &browser, id).await;
    assert_eq!(try_it(&site, &browser, &again).await, "approved");
    assert_eq!(status(&site, &browser, &again).await, 200);
    assert_eq!(status(&site, &browser, &wiped).await, 401);
    let devices = browser.session().await["devices"].clone();
    assert_eq!(devices.as_array().unwrap().len(), 1);
    assert_eq!(
        (&devices[0]["id"], &devices[0]["standing"]),
        (&json!(id), &json!("works"))
    );
}

#[tokio::test]
async fn ph08_a_new_phone_with_the_same_number_takes_over_by_a_call() {
    let site = Hospital::start().await;
    let (_, first, browser) = site.alice().await;
    let old = site.phone_with(&browser, MOBILE).await;
    let id = old.device.id.as_str();
    browser
        .delete(&format!("/devices/{}", first.device.id))
        .await
        .good();
    let body = json!({ "name": "My own", });
    browser
        .put(&format!("/devices/{id}/name"), body)
        .await
        .good();

    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    call(&site, &half, MOBILE, "", "right").await;
    let new = reactivate(&site, &half, id).await;
    assert_eq!(try_it(&site, &half, &new).await, "approved");
    let device = half.session().await["devices"][0].clone();
    assert_eq!(device["name"], "My own");
    assert_eq!(device["number"], "+44 •••• ••0471");
    assert_eq!(status(&site, &half, &new).await, 200);
    assert_eq!(status(&site, &half, &old).await, 401);
    browser.get("/session").await.refused(401, "signed_out");
}

#[tokio::test]
async fn ph09_a_new_phone_with_a_new_number_is_added_and_tried_before_the_old_one_goes() {
    let site = Hospital::start().await;
    let (_, old, browser) = site.alice().await;
    site.service.clock.advance(YOUNG_MS);
    browser.open(&site.service, "alice", &old).await;
    let path = format!("/devices/{}", old.device.id);
    browser.delete(&path).await.refused(409, "last_way");
    let new = site.phone_with(&browser, NEW_MOBILE).await;
    assert_eq!(try_it(&site, &browser, &new).await, "approved");
    assert_eq!(status(&site, &browser, &old).await, 200);
    let view = browser.delete(&path).await.good();
    let devices = view["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0]["id"], new.device.id.as_str());
    assert_eq!(devices[0]["default"], true);
    assert_eq!(status(&site, &browser, &old).await, 401);
    assert_eq!(status(&site, &browser, &new).await, 200);
}
