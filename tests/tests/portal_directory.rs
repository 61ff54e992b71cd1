//! PH10 in a real browser: people sign in to the portal with their Active Directory password, against a real domain
//! controller.

use std::{process::Command, time::Duration};

use anyhow::{Result, ensure};
use countersign_tests::{
    browser::{Browser, Screen},
    directory::ActiveDirectory,
    headless::{Headless, Start},
    memory::{Canary, Search},
    part::await_for,
    phone::{Phones, TRIAL},
    portal::{give_password, prove_by_push, scan},
    service::Service,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(15);

/// A service whose people are the domain's.
async fn service(folder: &TempDir) -> Result<Service> {
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("directories");
    let domain = ActiveDirectory::shared(&cache);
    let settings = format!("{TRIAL}{}", domain.settings(folder.path(), ""));
    Service::start_with(&folder.path().join("service"), &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph10_active_directory_passwords_open_the_portal_and_a_phone_proves_the_rest() -> Result<()>
{
    let folder = tempfile::tempdir()?;
    let service = service(&folder).await?;
    let browser = Browser::open(&service, Screen::Wide).await?;
    give_password(&browser, "HOSP\\alice", "a wrong guess").await?;
    browser.reads("Username or password isn’t right").await?;
    browser.go_to(&service, "/").await?;
    for (name, password) in [
        ("bob", "B0b.Secret"),
        ("odd(1)", "0dd.Secret"),
        ("alice.aberg@hosp.test", "Al1ce.Secret"),
    ] {
        give_password(&browser, name, password).await?;
        // Their first time: here anybody may add a first device
        browser.reads("Add your first device").await?;
        browser.press("Sign out").await?;
        browser.reads("You’re signed out").await?;
        browser.go_to(&service, "/").await?;
    }
    let managed = [service.address()];
    let start = Start {
        managed: &managed,
        ca: Some(&service.ca),
        ..Start::default()
    };
    let mut app = Headless::open(&folder.path().join("phone"), start)?;
    app.activate(&service.activation("alice")?.text)?;
    give_password(&browser, "alice@hosp.test", "Al1ce.Secret").await?;
    browser.reads("Alice Åberg").await?;
    prove_by_push(&browser, &mut app).await?;
    let listed: Value = service.json(&["user", "devices", "alice"])?;
    ensure!(
        listed["devices"].as_array().map(Vec::len) == Some(1),
        "{listed}"
    );
    browser.close().await
}

/// Nobody types what the hospital knows, and whoever only knows her password learns none of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph18_the_number_that_the_hospital_has_is_offered_and_confirmed_by_a_code() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("directories");
    let domain = ActiveDirectory::shared(&cache).settings(folder.path(), "");
    let settings = format!("{TRIAL}{domain}[numbers]\ncountry = \"SE\"\n");
    let service = Service::start_with(&folder.path().join("service"), &settings).await?;
    let managed = [service.address()];
    let start = Start {
        managed: &managed,
        ca: Some(&service.ca),
        ..Start::default()
    };
    let mut app = Headless::open(&folder.path().join("phone"), start)?;
    let mut phones = Phones::of(&service);
    let browser = Browser::open(&service, Screen::Wide).await?;
    give_password(&browser, "alice", "Al1ce.Secret").await?;
    browser.press("Add a device").await?;
    browser.press("Mobile phone").await?;
    browser.press("Continue").await?;
    browser.screen("add-number").await?;
    browser
        .reads("The number that Marlowe University Hospital has for you")
        .await?;
    browser
        .reads("A call or text is less safe than a push")
        .await?;
    browser.press("Text me a code").await?;
    browser.press("Continue").await?;
    browser.screen("add-confirm").await?;
    let (to, code) = phones.code_to().await?;
    ensure!(to == "+46701234567", "the code went to {to}");
    let source = browser.driver().source().await?;
    let told = ["70 123", "70123", "123 45"]
        .iter()
        .any(|part| source.contains(part));
    ensure!(!told, "the page tells the number");
    browser.type_into("Code", &code).await?;
    browser.press("Android").await?;
    browser.press("Continue").await?;
    browser.press("I have Countersign installed").await?;
    scan(&browser, "add-code", &mut app).await?;
    browser.reads("is ready").await?;
    browser.press("Done").await?;
    // It is a way to prove the rest from now on
    browser.screen("prove").await?;
    browser.reads("Android phone, ending 4567").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph10_an_account_that_cannot_be_used_is_told_what_to_do() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let service = service(&folder).await?;
    let browser = Browser::open(&service, Screen::Narrow).await?;
    for (name, password, words) in [
        (
            "oldpw",
            "0ld.Secret",
            "Your password has expired. Change it at a hospital computer",
        ),
        (
            "mustchange",
            "Must.Chng1",
            "Your password has to be changed first.",
        ),
        (
            "disabled",
            "D1sabled.x",
            "Your account is disabled. Ask the Service Desk.",
        ),
        ("expired", "Exp1red.x", "Your account has run out."),
        ("oldpw", "a wrong guess", "Username or password isn’t right"),
    ] {
        give_password(&browser, name, password).await?;
        browser.reads(words).await?;
        browser.go_to(&service, "/sign-in").await?;
    }
    browser.close().await
}

/// Right and wrong passwords, and those of people whom nobody knows, are gone from the service when their call is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l6_no_password_stays_in_the_memory_of_the_service() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let service = service(&folder).await?;
    service.add_user("embedded")?;
    service.set_password("embedded", "Emb3dded.Secret.Canary")?;
    for (name, password, status) in [
        ("bob", "B0b.Secret", "200"),
        ("alice", "Wr0ng.Secret.Canary", "401"),
        ("nobody.at.all", "N0body.Secret.Canary", "401"),
        ("embedded", "Emb3dded.Secret.Canary", "200"),
    ] {
        let answered = Command::new("curl")
            .args([
                "--silent",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code}",
            ])
            .args(["--header", "sec-fetch-site: same-origin", "--cacert"])
            .arg(&service.ca)
            .args([
                "--json",
                &json!({ "username": name, "password": password }).to_string(),
            ])
            .arg(format!(
                "https://{}/self-service/v1/session",
                service.address()
            ))
            .output()?;
        ensure!(answered.stdout == status.as_bytes(), "{name}: {answered:?}");
    }
    let canaries = [
        Canary::text("bob's password", "B0b.Secret"),
        Canary::text("a wrong password", "Wr0ng.Secret.Canary"),
        Canary::text("nobody's password", "N0body.Secret.Canary"),
        Canary::text("a password kept here", "Emb3dded.Secret.Canary"),
    ];
    let search = Search::new(&canaries);
    // The connections close a moment after their answers
    await_for(PATIENCE, async || {
        let found = search.in_process(service.id().try_into()?)?;
        ensure!(found.is_empty(), "{found:#?}");
        Ok(())
    })
    .await
}
