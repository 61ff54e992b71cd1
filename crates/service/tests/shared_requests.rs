//! One request, many devices (PROTOCOL.md §4): who is asked, that the first answer decides, and what the others are told.

use crate::common;

use std::sync::Arc;
use std::time::Duration;

use common::{Phone, Service, ask};
use countersign_protocol::ids::Txid;
use countersign_protocol::wire::device::{AnsweredElsewhere, SharedResult};
use countersign_service::access::{AsIntegration, AsUser};
use countersign_service::challenge::{Answer, AnswerRefusal, Choice, Verdict};
use countersign_service::device_api::PendingList;
use countersign_service::model::{Integration, User};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{IntegrationPolicy, SHARED_ANSWER_TOLD_MS};
use countersign_service::request::Outcome;
use countersign_service::sign_in::{AskedFactor, AuthAsk, Begun, DeviceChoice};
use countersign_service::status::StatusResult;

const APPROVED: Verdict = Verdict::Decide {
    outcome: Outcome::Approved,
    reported: false,
};
const DENIED: Verdict = Verdict::Decide {
    outcome: Outcome::Denied,
    reported: false,
};
const TOO_LATE: Verdict = Verdict::Refuse(AnswerRefusal::DecidedOtherwise);

/// Somebody with two phones, at an application that shows a number.
async fn two_phones(service: &Service) -> (User, Phone, Phone, Integration) {
    let alice = service.user("alice").await;
    // The first is the one that is chosen where a sign-in names none
    let first = service.phone(&alice).await;
    service.clock.advance(1);
    let second = service.phone(&alice).await;
    let vpn = service.integration(3).await;
    (alice, first, second, vpn)
}

async fn list(service: &Service, phone: &Phone) -> PendingList {
    let list = service.core.pending(&phone.device, None, Duration::ZERO);
    list.await.unwrap().unwrap()
}

/// What the phone would sign to the only request on its list.
async fn answer(service: &Service, phone: &Phone, choice: Choice, number: Option<&str>) -> Answer {
    phone.answer(&service.one_pending(phone).await, choice, number)
}

fn told(by: &Phone, result: SharedResult, list: &PendingList) -> bool {
    let [
        AnsweredElsewhere {
            device,
            result: said,
            ..
        },
    ] = list.answered.as_slice()
    else {
        return false;
    };
    device.as_str() == by.device.name && *said == result
}

#[tokio::test]
async fn a_sign_in_that_names_no_device_is_on_every_phone_and_the_first_answer_decides() {
    let service = Service::start().await;
    let (_, first, second, vpn) = two_phones(&service).await;
    let (txid, number) = service.pushed_with_number(&vpn, "alice").await;
    let late = answer(&service, &first, Choice::Deny, None).await;
    let in_time = answer(&service, &second, Choice::Approve, Some(&number)).await;
    assert_eq!(service.answer(&in_time).await, APPROVED);
    let refused = service.core.answer(&late).await.unwrap();
    assert_eq!(refused.verdict, TOO_LATE);
    let elsewhere = refused.elsewhere.unwrap();
    assert_eq!(
        (elsewhere.device_name.as_str(), elsewhere.approved),
        (second.device.name.as_str(), true)
    );
    assert_eq!(
        service.status(&vpn, &txid).await.result,
        StatusResult::Allow
    );
    // The other is told for a while; the one that answered knows
    let other = list(&service, &first).await;
    assert!(other.requests.is_empty() && told(&second, SharedResult::Approve, &other));
    assert_eq!(list(&service, &second).await.answered, []);
    service.clock.advance(SHARED_ANSWER_TOLD_MS + 1);
    assert_eq!(list(&service, &first).await.answered, []);
    // The same answer again is a repeat, as ever
    assert_eq!(service.answer(&in_time).await, Verdict::Repeat);
}

#[tokio::test]
async fn a_held_list_of_another_phone_ends_with_the_news() {
    let service = Arc::new(Service::start().await);
    let (_, first, second, vpn) = two_phones(&service).await;
    let (_, number) = service.pushed_with_number(&vpn, "alice").await;
    let seen = list(&service, &first).await.revision;
    let held = {
        let (service, device) = (Arc::clone(&service), first.device.clone());
        tokio::spawn(async move {
            let wait = Duration::from_secs(30);
            let list = service.core.pending(&device, Some(&seen), wait).await;
            list.unwrap().unwrap()
        })
    };
    tokio::task::yield_now().await;
    let approved = answer(&service, &second, Choice::Approve, Some(&number)).await;
    assert_eq!(service.answer(&approved).await, APPROVED);
    let news = tokio::time::timeout(Duration::from_secs(5), held).await;
    let news = news.unwrap().unwrap();
    assert!(news.requests.is_empty() && told(&second, SharedResult::Approve, &news));
}

/// "Two devices raced on one request 500 times: one answer, the other told."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c2_two_phones_raced_500_times_give_one_answer_each_time() {
    const ROUNDS: usize = 500;
    let service = Arc::new(Service::start().await);
    let (_, first, second, vpn) = two_phones(&service).await;
    let mut won = [0, 0];
    for round in 0..ROUNDS {
        // So that the denials of earlier rounds pause nothing
        service.clock.advance(24 * 60 * 60 * 1000);
        let (txid, number) = service.pushed_with_number(&vpn, "alice").await;
        let approval = answer(&service, &first, Choice::Approve, Some(&number)).await;
        let denial = answer(&service, &second, Choice::Deny, None).await;
        let sent = |answer: Answer| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { service.core.answer(&answer).await.unwrap() })
        };
        // Each begins first in turn
        let (approved, denied) = if round % 2 == 0 {
            let approval = sent(approval);
            (approval, sent(denial))
        } else {
            let denial = sent(denial);
            (sent(approval), denial)
        };
        let (approved, denied) = (approved.await.unwrap(), denied.await.unwrap());
        let (winner, result, loser, by) = match (approved.verdict, denied.verdict) {
            (APPROVED, TOO_LATE) => (0, StatusResult::Allow, (denied, &second), &first),
            (TOO_LATE, DENIED) => (1, StatusResult::Deny, (approved, &first), &second),
            both => panic!("round {round}: {both:?}"),
        };
        won[winner] += 1;
        let (loser, phone) = loser;
        let elsewhere = loser.elsewhere.expect("the other is told");
        assert_eq!(elsewhere.device_name, by.device.name, "round {round}");
        let said = if winner == 0 {
            SharedResult::Approve
        } else {
            SharedResult::Deny
        };
        assert!(
            told(by, said, &list(&service, phone).await),
            "round {round}"
        );
        assert_eq!(service.status(&vpn, &txid).await.result, result);
    }
    let approved = service.audit_count("request.approve", "done").await;
    let denied = service.audit_count("request.deny", "done").await;
    assert_eq!([approved, denied], won);
    println!("the first phone won {approved} times, the second {denied}");
}

#[tokio::test]
async fn wrong_numbers_are_counted_over_all_phones() {
    let service = Service::start().await;
    let (_, first, second, vpn) = two_phones(&service).await;
    let (txid, number) = service.pushed_with_number(&vpn, "alice").await;
    let wrong = if number == "000" { "001" } else { "000" };
    let counted = |tries_left| Verdict::WrongNumber {
        tries_left,
        counted: false,
    };
    let tried = answer(&service, &first, Choice::Approve, Some(wrong)).await;
    assert_eq!(service.answer(&tried).await, counted(1));
    let right = answer(&service, &first, Choice::Approve, Some(&number)).await;
    let tried = answer(&service, &second, Choice::Approve, Some(wrong)).await;
    assert_eq!(service.answer(&tried).await, counted(0));
    assert_eq!(service.answer(&right).await, TOO_LATE);
    assert!(told(
        &second,
        SharedResult::Deny,
        &list(&service, &first).await
    ));
    assert_eq!(service.status(&vpn, &txid).await.result, StatusResult::Deny);
}

#[tokio::test]
async fn only_the_phone_that_denied_can_report_it() {
    let service = Service::start().await;
    let (_, first, second, vpn) = two_phones(&service).await;
    service.pushed_with_number(&vpn, "alice").await;
    let pending = service.one_pending(&first).await;
    let denial = answer(&service, &second, Choice::Deny, None).await;
    assert_eq!(service.answer(&denial).await, DENIED);
    let report = first.answer(&pending, Choice::Report, None);
    assert_eq!(service.answer(&report).await, TOO_LATE);
    let report = second.answer(&pending, Choice::Report, None);
    assert_eq!(service.answer(&report).await, Verdict::Report);
}

#[tokio::test]
async fn nobody_else_is_asked_with_it() {
    let service = Service::start().await;
    let (alice, first, second, _) = two_phones(&service).await;
    let bob = service.user("bob").await;
    let bobs = service.phone(&bob).await;
    service.clock.advance(1);
    let legacy = service.legacy_phone(&alice).await;
    let policy = IntegrationPolicy {
        allow_legacy: true,
        ..IntegrationPolicy::with_digits(3).unwrap()
    };
    let vpn = service.integration_with(policy).await;
    let (_, number) = service.pushed_with_number(&vpn, "alice").await;
    assert_eq!(list(&service, &bobs).await.requests.len(), 0);
    assert_eq!(list(&service, &legacy).await.requests.len(), 0);
    let pending = service.one_pending(&first).await;
    for stranger in [&bobs, &legacy] {
        let forged = stranger.answer(&pending, Choice::Approve, Some(&number));
        let verdict = service.answer(&forged).await;
        assert_eq!(verdict, Verdict::Refuse(AnswerRefusal::Unknown));
    }
    let approved = second.answer(&pending, Choice::Approve, Some(&number));
    assert_eq!(service.answer(&approved).await, APPROVED);
    assert_eq!(list(&service, &bobs).await.answered, []);
    assert_eq!(list(&service, &legacy).await.answered, []);
}

async fn started(service: &Service, vpn: &Integration, device: DeviceChoice) -> Txid {
    let asked = AuthAsk {
        device,
        ..ask("alice", AskedFactor::Push)
    };
    match service.core.begin(vpn, &asked).await.unwrap() {
        Begun::Waiting(txid) => txid,
        other @ Begun::Decided { .. } => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sign_in_that_names_its_device_is_that_devices_alone() {
    let service = Service::start().await;
    let (_, first, second, _) = two_phones(&service).await;
    let vpn = service.integration(0).await;
    let named = DeviceChoice::Id(second.device.id.to_string());
    started(&service, &vpn, named).await;
    assert_eq!(list(&service, &first).await.requests.len(), 0);
    let pending = service.one_pending(&second).await;
    let forged = first.answer(&pending, Choice::Approve, None);
    let verdict = service.answer(&forged).await;
    assert_eq!(verdict, Verdict::Refuse(AnswerRefusal::Unknown));
    let denial = second.answer(&pending, Choice::Deny, None);
    assert_eq!(service.answer(&denial).await, DENIED);
    assert_eq!(list(&service, &first).await.answered, []);
}

#[tokio::test]
async fn c9_the_chosen_phone_takes_the_request_along_when_it_is_stopped_and_another_does_not() {
    for chosen_goes in [true, false] {
        let service = Service::start().await;
        let (alice, first, second, vpn) = two_phones(&service).await;
        let (txid, number) = service.pushed_with_number(&vpn, "alice").await;
        let [goes, stays] = if chosen_goes {
            [&first, &second]
        } else {
            [&second, &first]
        };
        let from_removed = answer(&service, goes, Choice::Approve, Some(&number)).await;
        let from_other = answer(&service, stays, Choice::Approve, Some(&number)).await;
        let id = &goes.device.id;
        let removed = service.core.remove_device(&alice, id, OPERATOR).await;
        assert!(removed.unwrap());
        let unauthorized = Verdict::Refuse(AnswerRefusal::Unauthorized);
        assert_eq!(service.answer(&from_removed).await, unauthorized);
        let (verdict, result) = if chosen_goes {
            let unknown = Verdict::Refuse(AnswerRefusal::Unknown);
            (unknown, StatusResult::Deny)
        } else {
            (APPROVED, StatusResult::Allow)
        };
        assert_eq!(service.answer(&from_other).await, verdict);
        assert_eq!(service.status(&vpn, &txid).await.result, result);
    }
}

#[tokio::test]
async fn a_phone_that_came_later_was_not_asked() {
    let service = Service::start().await;
    let (alice, first, _, vpn) = two_phones(&service).await;
    let (_, number) = service.pushed_with_number(&vpn, "alice").await;
    service.clock.advance(1);
    let late = service.phone(&alice).await;
    assert_eq!(list(&service, &late).await.requests.len(), 0);
    let pending = service.one_pending(&first).await;
    let forged = late.answer(&pending, Choice::Approve, Some(&number));
    let verdict = service.answer(&forged).await;
    assert_eq!(verdict, Verdict::Refuse(AnswerRefusal::Unknown));
    let approved = first.answer(&pending, Choice::Approve, Some(&number));
    assert_eq!(service.answer(&approved).await, APPROVED);
    assert_eq!(list(&service, &late).await.answered, []);
}

async fn is_silent(service: &Service, owner: &User, phone: &Phone) -> bool {
    let own = service.core.store.own();
    let owner = AsUser::of(owner);
    let devices = own.own_devices(&owner, service.core.now());
    let devices = devices.await.unwrap();
    let found = devices.iter().find(|own| own.device.id == phone.device.id);
    found.unwrap().silent
}

/// The chosen phone lies in a drawer and another one answers: it is as silent as if nobody had. One that fetched it is not.
#[tokio::test]
async fn ph15_a_chosen_phone_that_fetches_nothing_is_silent_whatever_another_answers() {
    for fetches in [false, true] {
        for wrong in [false, true] {
            let service = Service::start().await;
            let (alice, chosen, tablet, vpn) = two_phones(&service).await;
            service.clock.advance(60_000);
            let (_, number) = service.pushed_with_number(&vpn, "alice").await;
            if fetches {
                service.one_pending(&chosen).await;
            }
            if wrong {
                let number = if number == "000" { "001" } else { "000" };
                for _ in 0..2 {
                    let tried = answer(&service, &tablet, Choice::Approve, Some(number)).await;
                    service.answer(&tried).await;
                }
            } else {
                let approved = answer(&service, &tablet, Choice::Approve, Some(&number)).await;
                assert_eq!(service.answer(&approved).await, APPROVED);
            }
            let silent = is_silent(&service, &alice, &chosen).await;
            assert_eq!(silent, !fetches, "fetches {fetches}, wrong {wrong}");
            assert!(!is_silent(&service, &alice, &tablet).await);
        }
    }
}

#[tokio::test]
async fn what_tells_that_a_phone_is_silent_is_kept_once() {
    let service = Service::start().await;
    let (alice, chosen, tablet, vpn) = two_phones(&service).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        service.clock.advance(60_000);
        let (txid, number) = service.pushed_with_number(&vpn, "alice").await;
        let approved = answer(&service, &tablet, Choice::Approve, Some(&number)).await;
        assert_eq!(service.answer(&approved).await, APPROVED);
        names.push(txid);
    }
    service.clock.advance(3 * 24 * 60 * 60 * 1000);
    service.core.tidy().await.unwrap();
    let mut kept = Vec::new();
    for txid in &names {
        let scope = AsIntegration::of(&vpn);
        let found = service.core.store.request(&scope, txid);
        kept.push(found.await.unwrap().is_some());
    }
    assert_eq!(kept, [false, false, true]);
    assert!(is_silent(&service, &alice, &chosen).await);
}
