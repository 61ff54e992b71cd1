//! Rows O1 to O6: what a passcode is, how often, and how many guesses are looked at.

use crate::common;

use std::sync::Arc;

use common::{START, Service, ask};
use countersign_service::challenge::{Choice, Verdict};
use countersign_service::operator::OPERATOR;
use countersign_service::request::Outcome;
use countersign_service::sign_in::{AskedFactor, AuthRefusal, Begun};
use countersign_service::status::StatusResult;
use zeroize::Zeroizing;

/// Twenty ways to write one name.
const SPELLINGS: [&str; 20] = [
    "alice",
    "Alice",
    "ALICE",
    " alice",
    "alice ",
    "al ice",
    "\talice",
    "WARD\\alice",
    "ward\\ALICE",
    "ward/alice",
    "ａｌｉｃｅ",
    "ali\u{200b}ce",
    "\u{feff}alice",
    "alice\u{202e}",
    "ⓐlice",
    "ali\u{ad}ce",
    "𝐚𝐥𝐢𝐜𝐞",
    "aLiCe",
    "al\u{a0}ice",
    "alice\u{0}",
];

#[tokio::test]
async fn o1_our_own_seeds_have_160_random_bits_and_are_sealed() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let (one, two) = (service.phone(&alice).await, service.phone(&alice).await);
    for phone in [&one, &two] {
        assert_eq!(phone.hotp_secret.len(), 40);
        assert!(
            phone
                .hotp_secret
                .bytes()
                .all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
        );
        assert!(!common::contains(
            &service.bytes_on_disk(),
            phone.hotp_secret.as_bytes()
        ));
    }
    assert_ne!(*one.hotp_secret, *two.hotp_secret);
}

#[tokio::test]
async fn o2_spaces_are_no_new_code_and_other_characters_are_no_code() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    let code = phone.code_at(START);
    let full_width: String = code
        .chars()
        .map(|c| char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap())
        .collect();
    for bad in [
        full_width,
        format!("{code}\n"),
        format!("\t{code}"),
        format!("0{code}"),
        code[..5].to_owned(),
    ] {
        assert_eq!(
            service.passcode(&vpn, "alice", &bad).await.unwrap().result,
            StatusResult::Deny,
            "{bad:?}"
        );
        service.clock.advance(0);
        clear(&service, "alice").await;
    }
    let spaced = format!(" {} {}", &code[..3], &code[3..]);
    assert_eq!(
        service
            .passcode(&vpn, "alice", &spaced)
            .await
            .unwrap()
            .result,
        StatusResult::Allow
    );
    for again in [code.clone(), spaced, format!("{code} ")] {
        assert_eq!(
            service
                .passcode(&vpn, "alice", &again)
                .await
                .unwrap()
                .result,
            StatusResult::Deny,
            "{again:?}"
        );
    }
}

/// The help desk takes back a user's failures.
async fn clear(service: &Service, name: &str) {
    let user = service
        .core
        .find_user(&countersign_service::sign_in::UserRef::Name(name.into()))
        .await
        .unwrap()
        .unwrap();
    let subject = countersign_service::throttle::Subject::User(user.id);
    service.core.store.clear_attempts(&subject).await.unwrap();
}

#[tokio::test]
async fn o3_counters_look_ahead_and_never_back() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.legacy_phone(&alice).await;
    let vpn = service.integration(0).await;
    for (counter, result) in [
        (9, StatusResult::Allow),
        (9, StatusResult::Deny),
        (3, StatusResult::Deny),
        (10, StatusResult::Allow),
        (22, StatusResult::Deny),
        (21, StatusResult::Allow),
    ] {
        let status = service
            .passcode(&vpn, "alice", &phone.code_of(counter))
            .await
            .unwrap();
        assert_eq!(status.result, result, "counter {counter}");
        clear(&service, "alice").await;
    }
}

#[tokio::test]
async fn o3_three_consecutive_codes_within_a_thousand_find_a_lost_counter() {
    for (ahead, found) in [(11, true), (997, true), (1001, false)] {
        let service = Service::start().await;
        let alice = service.user("alice").await;
        let phone = service.legacy_phone(&alice).await;
        let vpn = service.integration(0).await;
        let mut results = Vec::new();
        for counter in ahead..ahead + 3 {
            results.push(
                service
                    .passcode(&vpn, "alice", &phone.code_of(counter))
                    .await
                    .unwrap()
                    .result,
            );
        }
        let last = if found {
            StatusResult::Allow
        } else {
            StatusResult::Deny
        };
        assert_eq!(
            results,
            [StatusResult::Deny, StatusResult::Deny, last],
            "{ahead} ahead"
        );
        let used = service
            .passcode(&vpn, "alice", &phone.code_of(ahead + 2))
            .await
            .unwrap();
        assert_eq!(used.result, StatusResult::Deny, "a used code");
    }
}

#[tokio::test]
async fn o3_codes_apart_or_too_slow_do_not_find_a_lost_counter() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.legacy_phone(&alice).await;
    let vpn = service.integration(0).await;
    for counter in [100, 101, 103, 104] {
        assert_eq!(
            service
                .passcode(&vpn, "alice", &phone.code_of(counter))
                .await
                .unwrap()
                .result,
            StatusResult::Deny
        );
    }
    clear(&service, "alice").await;
    service.clock.advance(5 * 60_000 + 1);
    assert_eq!(
        service
            .passcode(&vpn, "alice", &phone.code_of(105))
            .await
            .unwrap()
            .result,
        StatusResult::Deny
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn o3_of_two_hundred_parallel_uses_of_one_code_one_succeeds() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.legacy_phone(&alice).await;
    assert_eq!(race(&service, 200, &phone.code_of(0)).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn o4_of_two_hundred_parallel_uses_of_one_step_one_succeeds() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    assert_eq!(race(&service, 200, &phone.code_at(START)).await, 1);
}

/// How many of so many parallel uses of a code are let in.
async fn race(service: &Service, uses: usize, code: &str) -> usize {
    let vpn = Arc::new(service.integration(0).await);
    let racers: Vec<_> = (0..uses)
        .map(|_| {
            let (service, vpn, code) = (
                service.core.clone(),
                vpn.clone(),
                Zeroizing::new(code.to_owned()),
            );
            tokio::spawn(async move {
                service
                    .begin(&vpn, &ask("alice", AskedFactor::Passcode(code)))
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut allowed = 0;
    for racer in racers {
        let Begun::Decided { status, .. } = racer.await.unwrap() else {
            panic!("a passcode is decided at once")
        };
        allowed += usize::from(status.result == StatusResult::Allow);
    }
    assert_eq!(
        service.audit_count("passcode.check", "right").await,
        allowed
    );
    allowed
}

#[tokio::test]
async fn o4_a_step_is_taken_once_and_only_near_the_services_time() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    for (offset, result) in [
        (-60_000, StatusResult::Deny),
        (60_000, StatusResult::Deny),
        (-30_000, StatusResult::Allow),
        (0, StatusResult::Allow),
        (-30_000, StatusResult::Deny),
        (0, StatusResult::Deny),
        (30_000, StatusResult::Allow),
    ] {
        let code = phone.code_at(START + offset);
        assert_eq!(
            service.passcode(&vpn, "alice", &code).await.unwrap().result,
            result,
            "{offset} ms"
        );
        clear(&service, "alice").await;
    }
    // At the border of two steps the code of the one that just ended, used before, stays used
    service.clock.advance(30_000);
    let code = phone.code_at(START + 30_000);
    assert_eq!(
        service.passcode(&vpn, "alice", &code).await.unwrap().result,
        StatusResult::Deny
    );
    let service = service.restart().await;
    assert_eq!(
        service.passcode(&vpn, "alice", &code).await.unwrap().result,
        StatusResult::Deny,
        "after a restart"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn o5_of_five_hundred_parallel_guesses_at_most_ten_are_looked_at() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = Arc::new(service.integration(0).await);
    let right = phone.code_at(START);
    let guesses: Vec<String> = (0..501)
        .map(|n| format!("{n:06}"))
        .filter(|guess| !near(&phone, guess))
        .take(500)
        .collect();
    let racers: Vec<_> = guesses
        .into_iter()
        .enumerate()
        .map(|(n, guess)| {
            let (core, vpn) = (service.core.clone(), vpn.clone());
            tokio::spawn(async move {
                let ask = ask(
                    SPELLINGS[n % SPELLINGS.len()],
                    AskedFactor::Passcode(Zeroizing::new(guess)),
                );
                core.begin(&vpn, &ask).await.unwrap()
            })
        })
        .collect();
    for racer in racers {
        let Begun::Decided { status, .. } = racer.await.unwrap() else {
            panic!("a passcode is decided at once")
        };
        assert_eq!(status.result, StatusResult::Deny);
    }
    let looked_at = service.audit_count("passcode.check", "wrong").await;
    assert!((1..=10).contains(&looked_at), "{looked_at}");
    assert_eq!(
        service.audit_count("passcode.check", "locked").await,
        500 - looked_at
    );

    let service = service.restart().await;
    let status = service.passcode(&vpn, "alice", &right).await.unwrap();
    assert_eq!(status.status, "locked_out", "a restart keeps the count");
}

fn near(phone: &common::Phone, guess: &str) -> bool {
    [-30_000, 0, 30_000]
        .iter()
        .any(|offset| phone.code_at(START + *offset) == guess)
}

#[tokio::test]
async fn o5_a_success_takes_the_failures_back() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    for step in 0..5_i64 {
        for guess in ["000000", "111111", "222222"] {
            assert_eq!(
                service.passcode(&vpn, "alice", guess).await.unwrap().status,
                "deny"
            );
        }
        let code = phone.code_at(START + step * 30_000);
        assert_eq!(
            service.passcode(&vpn, "alice", &code).await.unwrap().result,
            StatusResult::Allow
        );
        service.clock.advance(30_000);
    }
}

#[tokio::test]
async fn o5_names_nobody_has_are_counted_by_their_canonical_form() {
    let service = Service::start().await;
    let vpn = service.integration(0).await;
    let mut unknown = 0;
    for round in 0..5 {
        for spelling in SPELLINGS {
            match service
                .passcode(&vpn, spelling, &format!("{round:06}"))
                .await
            {
                Err(AuthRefusal::UnknownUser) => unknown += 1,
                Ok(status) => assert_eq!(status.status, "locked_out"),
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert_eq!(unknown, 5);
}

#[tokio::test]
async fn o6_locked_passcodes_leave_the_push_open_and_an_approval_unlocks_them() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(3).await;
    for guess in 0..20 {
        service
            .passcode(&vpn, "alice", &format!("{guess:06}"))
            .await
            .unwrap();
    }
    let code = phone.code_at(START);
    assert_eq!(
        service.passcode(&vpn, "alice", &code).await.unwrap().status,
        "locked_out"
    );
    let (_, number) = service.pushed_with_number(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let verdict = service
        .answer(&phone.answer(&pending, Choice::Approve, Some(&number)))
        .await;
    assert_eq!(
        verdict,
        Verdict::Decide {
            outcome: Outcome::Approved,
            reported: false
        }
    );
    assert_eq!(
        service.passcode(&vpn, "alice", &code).await.unwrap().result,
        StatusResult::Allow
    );
}

#[tokio::test]
async fn o7_bypass_codes_end_after_a_day_and_new_ones_replace_old_ones() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let vpn = service.integration(0).await;
    let old = service
        .core
        .make_bypass_codes(&alice, 1, OPERATOR)
        .await
        .unwrap();
    let new = service
        .core
        .make_bypass_codes(&alice, 2, OPERATOR)
        .await
        .unwrap();
    assert_eq!(
        service
            .passcode(&vpn, "alice", &old.codes[0])
            .await
            .unwrap()
            .result,
        StatusResult::Deny
    );
    assert_eq!(
        service
            .passcode(&vpn, "alice", &new.codes[0])
            .await
            .unwrap()
            .result,
        StatusResult::Allow
    );
    service.clock.advance(24 * 60 * 60_000);
    assert_eq!(
        service
            .passcode(&vpn, "alice", &new.codes[1])
            .await
            .unwrap()
            .result,
        StatusResult::Deny
    );
}
