//! Disabled there is disabled here, within minutes and with all that it ends (rows A4, C9, S7).

use countersign_service::directory::in_step::{InStep, OutOfStep};
use countersign_service::model::{User, UserStatus};
use countersign_service::names::CanonicalName;
use countersign_service::operator::OPERATOR;
use countersign_service::sign_in::Begun;
use serde_json::json;

use super::domain::{Administrator, SECRET, asked};
use crate::common::Service;
use crate::common::client::Client;

const ENABLED: &str = "66048";
const DISABLED: &str = "66050";

#[tokio::test]
async fn a4_who_is_disabled_there_is_signed_out_and_asked_nothing_here() {
    let mut administrator = Administrator::arrive().await;
    administrator.add("leaver", &[]).await;
    let service = Service::in_domain(asked("")).await;
    let browser = Client::browser(&service);
    browser.try_password("leaver", SECRET).await.good();
    let leaver = user(&service, "leaver").await;
    let phone = service.phone(&leaver).await;
    let integration = service.integration(0).await;
    service.push(&integration, "leaver").await.unwrap();
    assert_eq!(service.pending(&phone).await.len(), 1);
    assert_eq!(
        looked(&service).await,
        InStep {
            known: 1,
            barred: 0,
            gone: 0
        }
    );
    browser.session().await;

    administrator
        .set("leaver", "userAccountControl", DISABLED)
        .await;
    assert_eq!(
        looked(&service).await,
        InStep {
            known: 1,
            barred: 1,
            gone: 0
        }
    );
    browser.get("/session").await.refused(401, "signed_out");
    assert_eq!(
        service.pending(&phone).await.len(),
        0,
        "the open request ended"
    );
    let pushed = service.push(&integration, "leaver").await;
    assert!(!matches!(pushed, Ok(Begun::Waiting(_))));
    looked(&service).await;
    assert_eq!(
        service.audit_count("user.status", "disabled").await,
        1,
        "once"
    );

    administrator
        .set("leaver", "userAccountControl", ENABLED)
        .await;
    looked(&service).await;
    assert_eq!(user(&service, "leaver").await.status, UserStatus::Active);
    let view = browser.try_password("leaver", SECRET).await.good();
    assert_eq!(
        view["devices"][0]["id"],
        phone.device.id.as_str(),
        "with all that they had"
    );
}

#[tokio::test]
async fn a4_signing_in_again_is_enough_to_be_let_in_again_and_an_operators_word_stays() {
    let mut administrator = Administrator::arrive().await;
    for name in ["back", "stopped"] {
        administrator.add(name, &[]).await;
    }
    let service = Service::in_domain(asked("")).await;
    let browser = Client::browser(&service);
    for name in ["back", "stopped"] {
        browser.try_password(name, SECRET).await.good();
        administrator
            .set(name, "accountExpires", "130000000000000000")
            .await;
    }
    let stopped = user(&service, "stopped").await;
    let disable = service
        .core
        .set_user_status(&stopped, UserStatus::Disabled, OPERATOR);
    assert!(disable.await.unwrap());
    looked(&service).await;
    assert_eq!(user(&service, "back").await.status, UserStatus::Disabled);
    for name in ["back", "stopped"] {
        administrator.set(name, "accountExpires", "0").await;
    }
    browser.try_password("back", SECRET).await.good();
    looked(&service).await;
    browser
        .try_password("stopped", SECRET)
        .await
        .refused(403, "account_disabled");
    let enable = service
        .core
        .set_user_status(&stopped, UserStatus::Active, OPERATOR);
    assert!(enable.await.unwrap());
    browser.try_password("stopped", SECRET).await.good();
}

#[tokio::test]
async fn who_leaves_the_group_of_those_who_help_helps_no_longer() {
    let mut administrator = Administrator::arrive().await;
    administrator.add("helper", &[]).await;
    administrator.put("helper", "Desk-Team", true).await;
    let service = Service::in_domain(asked(
        "operators = \"CN=Service-Desk,OU=Staff,DC=hosp,DC=test\"",
    ))
    .await;
    let browser = Client::browser(&service);
    let view = browser.try_password("helper", SECRET).await.good();
    assert_eq!(view["person"]["operator"], json!(true));
    administrator.put("helper", "Desk-Team", false).await;
    looked(&service).await;
    assert_eq!(browser.session().await["person"]["operator"], json!(false));
}

#[tokio::test]
async fn s7_who_leaves_the_group_of_those_who_may_use_the_portal_is_signed_out_of_it() {
    let mut administrator = Administrator::arrive().await;
    administrator.add("mover", &[]).await;
    administrator.put("mover", "Desk-Team", true).await;
    let service = Service::in_domain(asked(
        "people = \"CN=Service-Desk,OU=Staff,DC=hosp,DC=test\"",
    ))
    .await;
    let browser = Client::browser(&service);
    browser.try_password("mover", SECRET).await.good();
    let phone = service.phone(&user(&service, "mover").await).await;
    looked(&service).await;
    browser.session().await;
    administrator.put("mover", "Desk-Team", false).await;
    looked(&service).await;
    browser.get("/session").await.refused(401, "signed_out");
    looked(&service).await;
    let ended = service.audit_count("user.sessions", "not_entitled").await;
    assert_eq!(ended, 1, "once");
    // Applications may still ask their phone: what they let whom use is theirs to say
    let integration = service.integration(0).await;
    service.push(&integration, "mover").await.unwrap();
    assert_eq!(service.pending(&phone).await.len(), 1);
    administrator.put("mover", "Desk-Team", true).await;
    browser.try_password("mover", SECRET).await.good();
}

#[tokio::test]
async fn who_is_gone_is_barred_but_not_everybody_at_once() {
    let mut administrator = Administrator::arrive().await;
    let service = Service::in_domain(asked("")).await;
    let names: Vec<_> = (0..12).map(|n| format!("ward-{n}")).collect();
    for name in &names {
        administrator.add(name, &[]).await;
        Client::browser(&service)
            .try_password(name, SECRET)
            .await
            .good();
    }
    administrator.remove(&names[0]).await;
    assert_eq!(
        looked(&service).await,
        InStep {
            known: 12,
            barred: 1,
            gone: 1
        }
    );
    assert_eq!(user(&service, &names[0]).await.status, UserStatus::Disabled);

    // Under another base nobody of them is found: that is a mistake, and no reason to lock a hospital out
    let base = "OU=Domain Controllers,DC=hosp,DC=test";
    let service = elsewhere(service, base);
    let looked = service.core.keep_in_step().await;
    assert!(
        matches!(
            looked,
            Err(OutOfStep::TooManyGone {
                gone: 12,
                known: 12
            })
        ),
        "{looked:?}"
    );
    for name in &names[1..] {
        assert_eq!(user(&service, name).await.status, UserStatus::Active);
    }
}

/// The same service with another base.
fn elsewhere(service: Service, base: &str) -> Service {
    use super::domain::{domain, read};
    use countersign_service::clock::SystemClock;
    use countersign_service::directory::ldap::LdapDirectory;
    use std::sync::Arc;

    let folder = tempfile::tempdir().unwrap();
    let text = domain().settings(folder.path(), "");
    let text = text.replace("base = \"DC=hosp,DC=test\"", &format!("base = \"{base}\""));
    service.asking(Arc::new(
        LdapDirectory::of(&read(&text), Arc::new(SystemClock)).unwrap(),
    ))
}

async fn looked(service: &Service) -> InStep {
    service.core.keep_in_step().await.unwrap()
}

async fn user(service: &Service, name: &str) -> User {
    let name = CanonicalName::of(name).unwrap();
    service
        .core
        .store
        .user_by_name(&name)
        .await
        .unwrap()
        .unwrap()
}
