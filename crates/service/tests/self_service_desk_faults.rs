//! Row C11 for the help desk and for notices: the database fails at each call in turn, before or after it did its work. No
//! act is half done or without its reason, and "Not me" stops whole or can be said again.

use crate::common;

use std::time::Duration;

use common::client::Client;
use common::faulty::{When, service};
use common::{ADDRESS, Phone, Service};
use countersign_protocol::notice::NoticeAnswer;
use countersign_service::model::{DeviceState, User};
use countersign_service::store::notices::{NoticeReplied, NoticeReply};
use serde_json::json;

/// Olga at the help desk, and Alice with a phone.
async fn desk(service: &Service) -> (Client, User, Phone) {
    let olga = service.person("olga").await;
    let olgas = service.phone(&olga).await;
    service.make_operator(&olga).await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let desk = Client::browser(service);
    desk.open(service, "olga", &olgas).await;
    (desk, alice, phone)
}

#[tokio::test]
async fn c11_an_act_of_the_help_desk_that_meets_a_fault_is_whole_or_not_at_all() {
    for action in ["bypass", "unlock", "release", "suspend"] {
        for when in [When::Before, When::After] {
            let (service, faulty) = service(when).await;
            let (desk, alice, phone) = desk(&service).await;
            let bob = service.user("bob").await;
            let path = match action {
                "suspend" => {
                    let device = &phone.device.id;
                    format!("/desk/people/{}/devices/{device}/suspend", alice.id)
                }
                "release" => format!("/desk/people/{}/release", bob.id),
                _ => format!("/desk/people/{}/{action}", alice.id),
            };
            let body = json!({ "reason": "Phone lost, badge seen" });
            for call in 0.. {
                faulty.arm(call);
                let reply = desk.post(&path, body.clone()).await;
                let met = faulty.disarm();
                let what = format!("{action} {when:?} call {call}");
                let acted = service.audit_count(&format!("desk.{action}"), "done").await;
                let reasons = service.audit_count("desk.reason", "done").await;
                assert_eq!(acted, reasons, "{what}");
                if !met {
                    reply.good();
                    assert!(call >= 4, "the faults were in the way of {what}");
                    break;
                }
                // Whom to wake is no part of the act: then everybody is
                if reply.status != 200 {
                    reply.refused(503, "unavailable");
                    assert_eq!(reply.body["code"], "unavailable", "no passcode is told");
                    assert_eq!(reply.body.as_object().unwrap().len(), 1, "{what}");
                }
                desk.post(&path, body.clone()).await.good();
            }
        }
    }
}

#[tokio::test]
async fn c11_not_me_that_meets_a_fault_stops_whole_or_can_be_said_again() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let (service, faulty) = service(when).await;
            let alice = service.user("alice").await;
            let first = service.phone(&alice).await;
            let strange = service.phone(&alice).await;
            let core = &service.core;
            let list = core.pending(&first.device, None, Duration::ZERO).await;
            let notice = list.unwrap().unwrap().notices.remove(0);
            let not_me = NoticeReply {
                device_id: first.device.id.clone(),
                generation: first.device.generation,
                id: notice.id,
                answer: NoticeAnswer::NotMe,
                address: ADDRESS.into(),
            };
            faulty.arm(call);
            let replied = core.answer_notice(&not_me).await;
            let what = format!("{when:?} call {call}");
            if !faulty.disarm() {
                assert!(matches!(replied.unwrap(), NoticeReplied::Taken { .. }));
                assert!(call >= 1, "the faults were in the way");
                break;
            }
            // Whom to wake is no part of the answer: then everybody is
            let told = replied.is_ok();
            let reported = service.audit_count("notice.report", "done").await;
            let device = core.store.device(&strange.device.id).await.unwrap();
            let stopped = device.unwrap().state == DeviceState::Suspended;
            assert_eq!(stopped, reported == 1, "{what}");
            assert!(stopped || !told, "{what}");
            let again = core.answer_notice(&not_me).await.unwrap();
            if stopped {
                assert_eq!(again, NoticeReplied::Repeated, "{what}");
            } else {
                assert!(matches!(again, NoticeReplied::Taken { .. }), "{what}");
            }
            let stops = service.audit_count("device.suspend", "not_me").await;
            assert_eq!(stops, 1, "{what}");
        }
    }
}
