//! Signing in by the password that people have anyway, and what is told of an account that cannot be used (PH10).

use std::sync::Arc;

use countersign_service::access::AsUser;
use countersign_service::model::UserStatus;
use countersign_service::operator::OPERATOR;
use countersign_service::self_service::phone_number::E164;

use super::domain::{Administrator, SECRET, asked, connect, place};
use crate::common::client::Client;
use crate::common::{PASSWORD, Service};

#[tokio::test]
async fn ph10_everybody_signs_in_with_the_password_they_have_anyway_by_any_spelling_of_their_name()
{
    let service = Service::in_domain(asked("")).await;
    for (name, password, account, shown) in [
        ("alice", "Al1ce.Secret", "alice", "Alice Åberg"),
        ("ALICE", "Al1ce.Secret", "alice", "Alice Åberg"),
        ("HOSP\\alice", "Al1ce.Secret", "alice", "Alice Åberg"),
        ("alice@hosp.test", "Al1ce.Secret", "alice", "Alice Åberg"),
        (
            " alice.aberg@hosp.test ",
            "Al1ce.Secret",
            "alice",
            "Alice Åberg",
        ),
        ("bob", "B0b.Secret", "bob", "bob"),
        ("odd(1)", "0dd.Secret", "odd(1)", "Odd (1)"),
    ] {
        let browser = Client::browser(&service);
        let view = browser.try_password(name, password).await.good();
        assert_eq!(view["person"]["account"], account, "{name}");
        assert_eq!(view["person"]["name"], shown, "{name}");
        assert_eq!(view["stage"], "prove", "a password alone opens nothing");
        browser.session().await;
    }
    assert_eq!(
        service.audit_count("user.directory", "first_sight").await,
        3
    );
    for (name, password) in [
        ("alice", "al1ce.secret"),
        ("bob", "Al1ce.Secret"),
        ("nobody", "x"),
    ] {
        let reply = Client::browser(&service).try_password(name, password).await;
        reply.refused(401, "wrong_password");
        assert_eq!(
            reply.body["number"], 1,
            "one try is left, whether or not somebody has the name"
        );
    }
}

#[tokio::test]
async fn ph10_each_standing_of_an_account_is_told_after_the_right_password_alone() {
    let service = Service::in_domain(asked("")).await;
    for (name, password, code) in [
        ("oldpw", "0ld.Secret", "password_expired"),
        ("mustchange", "Must.Chng1", "password_must_change"),
        ("disabled", "D1sabled.x", "account_disabled"),
        ("expired", "Exp1red.x", "account_expired"),
    ] {
        let browser = Client::browser(&service);
        let wrong = browser.try_password(name, "a wrong guess").await;
        wrong.refused(401, "wrong_password");
        for _ in 0..3 {
            let right = browser.try_password(name, password).await;
            right.refused(403, code);
            assert!(!right.headers.contains_key("set-cookie"));
        }
        let wrong = browser.try_password(name, "a wrong guess").await;
        wrong.refused(401, "wrong_password");
        assert_eq!(
            wrong.body["number"], 0,
            "the right ones were no failures, the wrong ones were"
        );
        assert_eq!(service.audit_count("self_service.sign_in", code).await, 3);
    }
    assert_eq!(
        service.audit_count("user.add", "done").await,
        0,
        "nobody of them is anybody here"
    );
}

#[tokio::test]
async fn ph10_who_was_locked_elsewhere_is_told_so() {
    let mut administrator = Administrator::arrive().await;
    administrator.add("locked-elsewhere", &[]).await;
    let mut elsewhere = connect().await;
    for _ in 0..3 {
        let bound = elsewhere
            .simple_bind(&place("locked-elsewhere"), "a wrong guess")
            .await;
        assert_eq!(bound.unwrap().rc, 49);
    }
    let service = Service::in_domain(asked("")).await;
    let reply = Client::browser(&service)
        .try_password("locked-elsewhere", SECRET)
        .await;
    reply.refused(403, "account_locked");
}

#[tokio::test]
async fn ph10_groups_within_groups_say_who_may_use_the_portal_and_who_helps() {
    let more = "people = \"CN=MFA-All,OU=Staff,DC=hosp,DC=test\"\noperators = \"CN=Service-Desk,OU=Staff,DC=hosp,DC=test\"";
    let service = Service::in_domain(asked(more)).await;
    let browser = Client::browser(&service);
    let alice = browser.try_password("alice", "Al1ce.Secret").await.good();
    assert_eq!(alice["person"]["operator"], false);
    for (name, password) in [("clinicaldesktop", "Gen3ric.pw"), ("olga", "Olga.Secret1")] {
        let reply = browser.try_password(name, password).await;
        reply.refused(403, "account_not_entitled");
        browser
            .try_password(name, "wrong")
            .await
            .refused(401, "wrong_password");
    }
    assert_eq!(service.audit_count("user.add", "done").await, 1);

    let everybody = more.lines().nth(1).unwrap();
    let service = Service::in_domain(asked(everybody)).await;
    let browser = Client::browser(&service);
    let olga = browser.try_password("olga", "Olga.Secret1").await.good();
    assert_eq!(olga["person"]["operator"], true);
    assert_eq!(service.audit_count("user.operator", "granted").await, 1);
    // Where no group says so, an operator does
    let service = Service::in_domain(asked("")).await;
    let browser = Client::browser(&service);
    let olga = browser.try_password("olga", "Olga.Secret1").await.good();
    assert_eq!(olga["person"]["operator"], false);
}

#[tokio::test]
async fn numbers_of_the_directory_are_taken_as_e164_or_not_at_all() {
    let mut administrator = Administrator::arrive().await;
    for (name, mobile, telephone, number) in [
        (
            "n-mobile",
            "070-174 06 05",
            "08-123 456 78",
            Some("+46701740605"),
        ),
        (
            "n-words",
            "ask the ward",
            "+46 (0)8 123 456 78",
            Some("+46812345678"),
        ),
        ("n-abroad", "+1 202 555 0143", "4711", None),
    ] {
        let more = [("mobile", mobile), ("telephoneNumber", telephone)];
        administrator.add(name, &more).await;
        let service = Service::in_domain(asked("")).await;
        let browser = Client::browser(&service);
        browser.try_password(name, SECRET).await.good();
        let user = service
            .core
            .store
            .user_by_name(&canonical(name))
            .await
            .unwrap()
            .unwrap();
        let known = service
            .core
            .store
            .own()
            .listed_number(&AsUser::of(&user))
            .await
            .unwrap();
        assert_eq!(known.as_ref().map(E164::as_str), number, "{name}");
        let view = browser.session().await;
        assert_eq!(
            view["devices"].as_array().unwrap().len(),
            0,
            "it is no way to prove anything"
        );
    }
}

#[tokio::test]
async fn people_of_both_directories_sign_in_side_by_side() {
    let service = Service::start().await;
    let service = {
        service.person("embedded").await;
        service.asking(asked(""))
    };
    let browser = Client::browser(&service);
    browser.try_password("embedded", PASSWORD).await.good();
    browser.try_password("bob", "B0b.Secret").await.good();
    assert_eq!(
        service.core.slow_hashes.made(),
        2,
        "set once, compared once"
    );
    // Bob's is the directory's: none can be set here
    let bob = service
        .core
        .store
        .user_by_name(&canonical("bob"))
        .await
        .unwrap()
        .unwrap();
    let typed = countersign_service::self_service::password::TypedPassword::of(PASSWORD);
    let set = service
        .core
        .set_password(&bob, typed, OPERATOR)
        .await
        .unwrap();
    assert_eq!(
        set,
        countersign_service::self_service::password::PasswordSet::Elsewhere
    );
    browser
        .try_password("bob", PASSWORD)
        .await
        .refused(401, "wrong_password");
    // Who was disabled here is, whatever the directory says
    let disabled = UserStatus::Disabled;
    assert!(
        service
            .core
            .set_user_status(&bob, disabled, OPERATOR)
            .await
            .unwrap()
    );
    browser
        .try_password("bob", "B0b.Secret")
        .await
        .refused(403, "account_disabled");
    service.core.keep_in_step().await.unwrap();
    browser
        .try_password("bob", "B0b.Secret")
        .await
        .refused(403, "account_disabled");
}

#[tokio::test]
async fn l6_a_password_is_kept_nowhere_on_disk() {
    let service = Service::in_domain(asked("")).await;
    let browser = Client::browser(&service);
    browser
        .try_password("bob", "Canary.Wr0ng")
        .await
        .refused(401, "wrong_password");
    browser
        .try_password("Canary.Wr0ng", "B0b.Secret")
        .await
        .refused(401, "wrong_password");
    browser.try_password("bob", "B0b.Secret").await.good();
    let disk = service.bytes_on_disk();
    for secret in ["Canary.Wr0ng", "B0b.Secret", "Svc.Secret1"] {
        assert!(
            !crate::common::contains(&disk, secret.as_bytes()),
            "{secret}"
        );
    }
    let unshown = format!("{:?}", Arc::new(super::domain::settings("")));
    assert!(!unshown.contains("Svc.Secret1"));
}

fn canonical(name: &str) -> countersign_service::names::CanonicalName {
    countersign_service::names::CanonicalName::of(name).unwrap()
}
