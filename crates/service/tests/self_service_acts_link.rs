//! An activation's link by text, for somebody who reads the page on the phone that is to be activated.

use crate::common;

use common::client::Client;
use common::hospital::{Hospital, MOBILE};
use common::scanning::{path, scan};
use countersign_service::policy::MINUTE_MS;
use serde_json::{Value, json};

fn again(device: &str) -> Value {
    json!({ "for": "again", "device": device, "platform": "android" })
}

#[tokio::test]
async fn a_link_is_texted_to_the_devices_own_number_and_activates_it() {
    let site = Hospital::start().await;
    let alice = site.service.person("alice").await;
    let old = site.service.phone(&alice).await;
    let browser = Client::browser(&site.service);
    browser.open(&site.service, "alice", &old).await;
    let phone = site.phone_with(&browser, MOBILE).await;
    let made = browser
        .post("/activations", again(phone.device.id.as_str()))
        .await
        .good();
    assert_eq!(made["text_to"], "+44 •••• ••0471");
    let route = format!("{}/text", path(&made));
    let link = json!({ "text": made["text"] });
    let news = browser.post(&route, link.clone()).await.good();
    assert_eq!(
        (&news["state"], &news["text"]),
        (&json!("waiting"), &Value::Null)
    );
    let text = site.last("text");
    assert!(text.contains(made["text"].as_str().unwrap()), "{text}");
    scan(&site.service, &browser, &made).await.unwrap();
    // Once it is used there is nothing to send
    let reply = browser.post(&route, link).await;
    reply.refused(409, "cannot_do_that");
    assert_eq!(site.service.audit_count("activation.text", "done").await, 1);
}

#[tokio::test]
async fn h3_links_count_with_the_codes_and_go_to_no_other_number() {
    let site = Hospital::start().await;
    let alice = site.service.person("alice").await;
    let tablet = site.service.phone(&alice).await;
    let browser = Client::browser(&site.service);
    browser.open(&site.service, "alice", &tablet).await;
    let phone = site.phone_with(&browser, MOBILE).await;

    // A device without a number
    let made = browser
        .post("/activations", again(tablet.device.id.as_str()))
        .await
        .good();
    assert_eq!(made["text_to"], Value::Null);
    let route = format!("{}/text", path(&made));
    let link = json!({ "text": made["text"] });
    browser
        .post(&route, link.clone())
        .await
        .refused(409, "cannot_do_that");

    // Another activation's link, a link elsewhere, something else
    let made = browser
        .post("/activations", again(phone.device.id.as_str()))
        .await
        .good();
    let route = format!("{}/text", path(&made));
    let elsewhere = made["text"].as_str().unwrap().replace("api-", "abc-");
    for other in [link["text"].as_str().unwrap(), &elsewhere, "call me"] {
        let body = json!({ "text": other });
        browser.post(&route, body).await.refused(404, "not_found");
    }
    // Another session
    let other = Client::browser(&site.service);
    other.open(&site.service, "alice", &tablet).await;
    let link = json!({ "text": made["text"] });
    other
        .post(&route, link.clone())
        .await
        .refused(404, "not_found");

    // One text confirmed the number, two are left in this hour
    for _ in 0..2 {
        browser.post(&route, link.clone()).await.good();
    }
    browser
        .post(&route, link.clone())
        .await
        .refused(429, "too_many");
    site.service.clock.advance(10 * MINUTE_MS);
    let reply = browser.post(&route, link).await;
    reply.refused(409, "cannot_do_that");
    assert_eq!(site.service.audit_count("activation.text", "done").await, 2);
}
