//! Row C11 at the gate of self-service: the database fails at each call in turn, before or after it did its work. Nothing
//! is open that was not committed, and nobody is given a token that does not work.

use crate::common;

use common::client::{Client, Reply};
use common::faulty::{When, service};
use common::{PASSWORD, Phone, START, Service};
use countersign_service::challenge::Choice;

/// Whether an answer gives a token.
fn gives(reply: &Reply) -> bool {
    reply.headers.contains_key("set-cookie")
}

/// What holds after a proof met a fault: as it was, or proven and nobody was told.
async fn assert_whole(
    service: &Service,
    browser: &Client,
    reply: &Reply,
    proven: bool,
    what: &str,
) {
    reply.refused(503, "unavailable");
    assert!(!gives(reply), "{what}");
    let now = browser.get("/session").await;
    if proven {
        assert_eq!(now.status, 401, "{what}: its token was replaced");
    } else {
        assert_eq!(now.good()["stage"], "prove", "{what}");
    }
    assert_eq!(
        service.core.verify_audit().await.unwrap().broken_at,
        None,
        "{what}"
    );
}

#[tokio::test]
async fn c11_a_sign_in_that_meets_a_fault_gives_no_token() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let (service, faulty) = service(when).await;
            service.person("alice").await;
            let browser = Client::browser(&service);
            faulty.arm(call);
            let reply = browser.try_password("alice", PASSWORD).await;
            if !faulty.disarm() {
                reply.good();
                assert!(call >= 5, "the faults were in the way");
                break;
            }
            reply.refused(503, "unavailable");
            // The session may be there, but its token was told to nobody
            assert!(!gives(&reply), "{when:?} call {call}");
            browser.sign_in("alice").await;
        }
    }
}

#[tokio::test]
async fn c11_a_passcode_that_meets_a_fault_opens_whole_or_not_at_all() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let (service, faulty) = service(when).await;
            let alice = service.person("alice").await;
            let phone = service.phone(&alice).await;
            let browser = Client::browser(&service);
            browser.sign_in("alice").await;
            let code = phone.code_at(START);
            faulty.arm(call);
            let reply = browser.try_passcode(&code).await;
            if !faulty.disarm() {
                assert!(gives(&reply));
                assert!(call >= 4, "the faults were in the way");
                break;
            }
            let proven = service.audit_count("passcode.check", "right").await == 1;
            let what = format!("{when:?} call {call}");
            assert_whole(&service, &browser, &reply, proven, &what).await;
            browser.sign_in("alice").await;
            let again = browser.try_passcode(&code).await;
            if proven {
                again.refused(422, "passcode_used");
            } else {
                again.good();
            }
        }
    }
}

#[tokio::test]
async fn c11_a_push_that_meets_a_fault_opens_whole_or_not_at_all() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let (service, faulty) = service(when).await;
            let alice = service.person("alice").await;
            let phone = service.phone(&alice).await;
            let browser = Client::browser(&service);
            browser.sign_in("alice").await;
            let path = approved(&service, &browser, &phone).await;
            faulty.arm(call);
            let reply = browser.get(&path).await;
            if !faulty.disarm() {
                assert!(gives(&reply));
                assert_eq!(reply.good()["state"], "confirmed");
                assert!(call >= 3, "the faults were in the way");
                break;
            }
            let proven = service.audit_count("self_service.proof", "push").await == 1;
            let what = format!("{when:?} call {call}");
            assert_whole(&service, &browser, &reply, proven, &what).await;
            if !proven {
                assert_eq!(
                    browser.get(&path).await.good()["state"],
                    "confirmed",
                    "{what}"
                );
            }
        }
    }
}

/// Where to ask for a proof that the phone approved.
async fn approved(service: &Service, browser: &Client, phone: &Phone) -> String {
    let proof = browser.ask(phone).await;
    let pending = service.one_pending(phone).await;
    let answer = phone.answer(&pending, Choice::Approve, proof["number"].as_str());
    service.answer(&answer).await;
    format!("/proofs/{}", proof["id"].as_str().unwrap())
}
