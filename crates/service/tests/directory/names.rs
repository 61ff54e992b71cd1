//! Who is who: names that are typed to be more than a name, names that two have, and names that change (row L3).

use countersign_service::names::CanonicalName;

use super::domain::{Administrator, SECRET, asked};
use crate::common::Service;
use crate::common::client::Client;

#[tokio::test]
async fn l3_what_is_typed_is_a_name_and_nothing_more() {
    let service = Service::in_domain(asked("")).await;
    let long = "a".repeat(300);
    for typed in [
        "*",
        "a*",
        "alic?",
        "alice)(|(sAMAccountName=*",
        "alice)(objectClass=*",
        "alice)(&",
        "*)(sAMAccountName=alice",
        "alice\\2a",
        "\\61lice",
        "alice)(memberOf=CN=MFA-Users,OU=Staff,DC=hosp,DC=test",
        "CN=Alice Åberg,OU=Staff,DC=hosp,DC=test",
        "alice,OU=Staff",
        "*@hosp.test",
        "x)(userPrincipalName=alice.aberg@hosp.test",
        "alice@hosp.test)(cn=*",
        "objectGUID=*",
        long.as_str(),
    ] {
        let reply = Client::browser(&service)
            .try_password(typed, "Al1ce.Secret")
            .await;
        reply.refused(401, "wrong_password");
    }
    // A name that has to be escaped is somebody's all the same
    Client::browser(&service)
        .try_password("odd(1)", "0dd.Secret")
        .await
        .good();
    Client::browser(&service)
        .try_password("HOSP\\ODD(1)", "0dd.Secret")
        .await
        .good();
}

#[tokio::test]
async fn l3_a_name_of_two_people_lets_in_neither() {
    let service = Service::in_domain(asked("")).await;
    let browser = Client::browser(&service);
    let reply = browser.try_password("twin@ward.test", "Tw1n.Secret").await;
    reply.refused(401, "wrong_password");
    let view = browser.try_password("twin", "Tw1n.Secret").await.good();
    assert_eq!(view["person"]["account"], "twin");
}

#[tokio::test]
async fn l3_a_renamed_account_keeps_its_devices_and_the_old_name_brings_none() {
    let mut administrator = Administrator::arrive().await;
    administrator.add("married", &[]).await;
    let service = Service::in_domain(asked("")).await;
    let browser = Client::browser(&service);
    browser.try_password("married", SECRET).await.good();
    let user = user(&service, "married").await.unwrap();
    let phone = service.phone(&user).await;

    administrator
        .set("married", "sAMAccountName", "renamed")
        .await;
    // Somebody else is given the name before she is seen again
    administrator
        .add("successor", &[("userPrincipalName", "successor@hosp.test")])
        .await;
    administrator
        .set("successor", "sAMAccountName", "married")
        .await;
    let other = Client::browser(&service)
        .try_password("married", SECRET)
        .await
        .good();
    assert_eq!(other["devices"].as_array().unwrap().len(), 0);
    let view = browser.try_password("renamed", SECRET).await.good();
    assert_eq!(view["devices"][0]["id"], phone.device.id.as_str());
    assert_eq!(view["person"]["account"], "renamed");
    assert_eq!(self::user(&service, "renamed").await.unwrap().id, user.id);
    assert_ne!(self::user(&service, "married").await.unwrap().id, user.id);

    // One who is gone leaves the name as well
    administrator.remove("successor").await;
    administrator.add("third", &[]).await;
    administrator
        .set("third", "sAMAccountName", "married")
        .await;
    let third = Client::browser(&service)
        .try_password("married", SECRET)
        .await
        .good();
    assert_eq!(third["person"]["account"], "married");
    assert_eq!(service.audit_count("user.rename", "freed").await, 1);
}

#[tokio::test]
async fn l3_two_accounts_whose_names_are_one_here_do_not_take_it_from_each_other() {
    let mut administrator = Administrator::arrive().await;
    administrator.add("looks alike", &[]).await;
    administrator.add("looksalike", &[]).await;
    let service = Service::in_domain(asked("")).await;
    let view = Client::browser(&service)
        .try_password("looksalike", SECRET)
        .await
        .good();
    assert_eq!(view["person"]["account"], "looksalike");
    let first = user(&service, "looksalike").await.unwrap();
    let reply = Client::browser(&service)
        .try_password("looks alike", SECRET)
        .await;
    reply.refused(403, "account_not_entitled");
    assert_eq!(user(&service, "looksalike").await.unwrap().id, first.id);
}

#[tokio::test]
async fn a_user_who_was_added_before_is_the_person_of_that_name_unless_they_have_a_password_here() {
    let mut administrator = Administrator::arrive().await;
    administrator.add("early", &[]).await;
    administrator.add("own-password", &[]).await;
    let service = Service::start().await;
    let early = service.user("Early").await;
    let phone = service.phone(&early).await;
    let kept = service.person("own-password").await;
    let service = service.asking(asked(""));
    let view = Client::browser(&service)
        .try_password("early", SECRET)
        .await
        .good();
    assert_eq!(view["devices"][0]["id"], phone.device.id.as_str());
    assert_eq!(service.audit_count("user.directory", "adopted").await, 1);
    let reply = Client::browser(&service)
        .try_password("own-password", SECRET)
        .await;
    reply.refused(401, "wrong_password");
    assert_eq!(user(&service, "own-password").await.unwrap().id, kept.id);
}

async fn user(service: &Service, name: &str) -> Option<countersign_service::model::User> {
    let name = CanonicalName::of(name).unwrap();
    service.core.store.user_by_name(&name).await.unwrap()
}
