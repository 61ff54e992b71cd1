//! Row C11 for what people do with their own devices: the database fails at each call in turn, before or after it did its
//! work. What is refused was done whole or not at all, and doing it again is good.

use crate::common;

use axum::http::Method;
use common::client::Client;
use common::faulty::{When, service};
use common::{Phone, Service};
use countersign_service::model::DeviceState;
use countersign_service::policy::YOUNG_MS;
use serde_json::{Value, json};

/// Alice with two phones, open by the older.
async fn alice(service: &Service) -> (Phone, Phone, Client) {
    let alice = service.person("alice").await;
    let first = service.phone(&alice).await;
    service.clock.advance(YOUNG_MS);
    let second = service.phone(&alice).await;
    let browser = Client::browser(service);
    browser.open(service, "alice", &first).await;
    (first, second, browser)
}

#[tokio::test]
async fn c11_a_removal_that_meets_a_fault_is_whole_or_not_at_all() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let (service, faulty) = service(when).await;
            let (_, second, browser) = alice(&service).await;
            let path = format!("/devices/{}", second.device.id);
            browser
                .post(&format!("{path}/test"), json!({}))
                .await
                .good();
            faulty.arm(call);
            let reply = browser.delete(&path).await;
            if !faulty.disarm() {
                reply.good();
                assert!(call >= 3, "the faults were in the way");
                break;
            }
            let what = format!("{when:?} call {call}");
            let device = service.core.store.device(&second.device.id).await.unwrap();
            let removed = device.unwrap().state == DeviceState::Removed;
            // Whom to wake afterwards is no part of it
            if !(removed && reply.status == 200) {
                reply.refused(503, "unavailable");
            }
            let noted = service.audit_count("device.remove", "done").await;
            assert_eq!(noted, usize::from(removed), "{what}");
            let waits = service
                .core
                .store
                .device_requests(
                    &countersign_service::access::AsDevice::of(&second.device),
                    countersign_service::clock::Clock::now(service.clock.as_ref()),
                )
                .await
                .unwrap();
            assert_eq!(waits.pending.is_empty(), removed, "{what}");
            let again = browser.delete(&path).await;
            if removed {
                again.refused(404, "not_found");
            } else {
                again.good();
            }
        }
    }
}

#[tokio::test]
async fn c11_other_acts_that_meet_a_fault_can_be_done_again() {
    let acts = |phone: &Phone| -> Vec<(Method, String, Value)> {
        let id = &phone.device.id;
        vec![
            (
                Method::PUT,
                format!("/devices/{id}/name"),
                json!({ "name": "Mine" }),
            ),
            (
                Method::PUT,
                format!("/devices/{id}/first"),
                json!({ "first": "ask" }),
            ),
            (Method::POST, format!("/devices/{id}/test"), json!({})),
            (
                Method::POST,
                "/activations".into(),
                json!({ "for": "again", "device": id.as_str(), "platform": "ios" }),
            ),
        ]
    };
    for act in 0..4 {
        for when in [When::Before, When::After] {
            for call in 0.. {
                let (service, faulty) = service(when).await;
                let (first, _, browser) = alice(&service).await;
                let (method, path, body) = acts(&first).swap_remove(act);
                faulty.arm(call);
                let reply = browser
                    .call(method.clone(), &path, Some(body.clone()))
                    .await;
                let met = faulty.disarm();
                if met {
                    reply.refused(503, "unavailable");
                    assert_eq!(reply.body["text"], Value::Null, "no code is told");
                    browser.call(method, &path, Some(body)).await.good();
                } else {
                    reply.good();
                    assert!(call >= 2, "the faults were in the way of {path}");
                    break;
                }
            }
        }
    }
}
