//! Row C11 for numbers, landlines and calls: the database fails at each call in turn, before or after it did its work. No
//! number is confirmed, no landline added and no session opened but by a whole transaction.

use crate::common;

use common::client::{Client, Reply};
use common::faulty::{Faulty, When, hospital};
use common::hospital::{Hospital, LANDLINE, MOBILE, confirm, wanted};
use countersign_service::policy::{CALL_LIFE_MS, MINUTE_MS};
use serde_json::{Value, json};

const EACH: [When; 2] = [When::Before, When::After];

/// Whether the call met a fault; then it was refused, and told nothing. Whom to wake afterwards is no part of an act.
fn met(faulty: &Faulty, reply: &Reply, what: &str) -> bool {
    let met = faulty.disarm();
    if met && reply.status != 200 {
        assert_eq!(reply.body, json!({ "code": "unavailable" }), "{what}");
        reply.refused(503, "unavailable");
    }
    met
}

fn id(view: &Value) -> &str {
    view["id"].as_str().unwrap()
}

/// A number that was typed and to which a code was sent.
async fn with_code(site: &Hospital, browser: &Client) -> (String, String) {
    let view = browser.post("/numbers", wanted(MOBILE, false)).await;
    let number = id(&view.good()).to_owned();
    let path = format!("/numbers/{number}/code");
    browser.post(&path, json!({ "by": "text" })).await.good();
    (number, site.code())
}

#[tokio::test]
async fn c11_a_number_whose_code_meets_a_fault_is_not_confirmed() {
    for when in EACH {
        for call in 0.. {
            let (site, faulty) = hospital(when).await;
            let (_, _, browser) = site.alice().await;
            faulty.arm(call);
            let reply = browser.post("/numbers", wanted(MOBILE, false)).await;
            if !met(&faulty, &reply, "adding") {
                assert!(call >= 2, "the faults were in the way");
                break;
            }
            let again = browser.post("/numbers", wanted(MOBILE, false)).await;
            assert_eq!(again.good()["confirmed"], false);
        }
        for call in 0.. {
            let (site, faulty) = hospital(when).await;
            let (_, _, browser) = site.alice().await;
            let view = browser.post("/numbers", wanted(MOBILE, false)).await;
            let path = format!("/numbers/{}/code", id(&view.good()));
            faulty.arm(call);
            let reply = browser.post(&path, json!({ "by": "text" })).await;
            if !met(&faulty, &reply, "sending") {
                assert!(call >= 2, "the faults were in the way");
                break;
            }
            // What may have been sent counts, so that the next one waits
            site.service.clock.advance(MINUTE_MS);
            browser.post(&path, json!({ "by": "text" })).await.good();
            let number = path.split('/').nth(2).unwrap();
            let view = confirm(&browser, number, &site.code()).await;
            assert_eq!(view.good()["confirmed"], true);
        }
        for call in 0.. {
            let (site, faulty) = hospital(when).await;
            let (_, _, browser) = site.alice().await;
            let (number, code) = with_code(&site, &browser).await;
            faulty.arm(call);
            let reply = confirm(&browser, &number, &code).await;
            if !met(&faulty, &reply, "confirming") {
                assert_eq!(reply.good()["confirmed"], true);
                assert!(call >= 3, "the faults were in the way");
                break;
            }
            let done = site.service.audit_count("number.confirm", "done").await;
            assert!(done <= 1, "{when:?} call {call}");
            let again = confirm(&browser, &number, &code).await;
            assert_eq!(again.good()["confirmed"], true);
            let done = site.service.audit_count("number.confirm", "done").await;
            assert_eq!(done, 1, "{when:?} call {call}");
        }
    }
}

#[tokio::test]
async fn c11_a_landline_that_meets_a_fault_is_added_whole_or_not_at_all() {
    for when in EACH {
        for call in 0.. {
            let (site, faulty) = hospital(when).await;
            let (_, _, browser) = site.alice().await;
            let number = site.confirmed(&browser, LANDLINE, true).await;
            let body = json!({ "number": number });
            faulty.arm(call);
            let reply = browser.post("/landlines", body.clone()).await;
            if !met(&faulty, &reply, "a landline") {
                assert!(call >= 2, "the faults were in the way");
                break;
            }
            let noted = site.service.audit_count("device.landline", "done").await;
            let devices = browser.session().await["devices"].clone();
            assert_eq!(
                devices.as_array().unwrap().len(),
                1 + noted,
                "{when:?} {call}"
            );
            let again = browser.post("/landlines", body).await;
            if noted == 0 {
                again.good();
            } else {
                again.refused(409, "number_known");
            }
        }
    }
}

/// Proves by a call in which the right number is typed, until the proof is over or refused; the last answer.
async fn call_proof(site: &Hospital, faulty: &Faulty, browser: &Client, device: &Value) -> Reply {
    let wanted = json!({ "way": "call", "device": device });
    let mut reply = browser.post("/proofs", wanted).await;
    let number = reply.body["number"].as_str().unwrap_or_default();
    let keys = format!("keys {MOBILE} {number}");
    let mut commands = vec![keys, format!("answer {MOBILE}")];
    let path = format!("/proofs/{}", reply.body["id"].as_str().unwrap_or_default());
    let mut asked = 0;
    while reply.status == 200
        && ["calling", "ringing", "answered"].contains(&reply.body["state"].as_str().unwrap())
    {
        match commands.last() {
            Some(command) if site.phone.command(command) == "ok" => drop(commands.pop()),
            _ => tokio::task::yield_now().await,
        }
        // A call whose end was not kept runs out
        asked += 1;
        if faulty.is_spent() && asked % 500 == 0 {
            site.service.clock.advance(CALL_LIFE_MS);
        }
        reply = browser.get(&path).await;
    }
    reply
}

#[tokio::test]
async fn c11_a_call_that_meets_a_fault_opens_whole_or_not_at_all() {
    for when in EACH {
        for call in 0.. {
            let (site, faulty) = hospital(when).await;
            let (_, _, owner) = site.alice().await;
            site.phone_with(&owner, MOBILE).await;
            let browser = Client::browser(&site.service);
            let view = browser.sign_in("alice").await;
            let devices = view["devices"].as_array().unwrap();
            let device = devices.iter().find(|device| device["call"] == true);
            let device = device.unwrap()["id"].clone();
            faulty.arm(call);
            let reply = call_proof(&site, &faulty, &browser, &device).await;
            let met = faulty.disarm();
            let told = reply.status == 200 && reply.body["state"] == "confirmed";
            let proven = site.service.audit_count("self_service.proof", "call").await;
            let now = browser.get("/session").await;
            let what = format!("{when:?} call {call}: {} {}", reply.status, reply.body);
            if told {
                assert_eq!(
                    (now.good()["stage"].as_str(), proven),
                    (Some("open"), 1),
                    "{what}"
                );
            } else if proven == 1 {
                assert_eq!(now.status, 401, "{what}: its token was replaced");
            } else {
                assert_eq!(now.good()["stage"], "prove", "{what}");
            }
            if !met {
                assert!(told && call >= 6, "the faults were in the way: {what}");
                break;
            }
        }
    }
}
