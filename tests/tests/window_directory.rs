//! The way back in the app's own window, with everything real around it: the domain's password, a push that reaches nobody,
//! and a call to a telephone.

use std::path::Path;

use anyhow::Result;
use countersign_tests::{
    browser::{Browser, Screen},
    directory::ActiveDirectory,
    headless::{Headless, Start},
    person::Person,
    phone::{Phones, TEXTED},
    portal::{
        CHANGED, add_phone, approve, at_step, by_link, give_password, give_password_in_app, number,
    },
    service::Service,
    telephone::Telephone,
};

/// Her account in the domain, and her password there.
const ALICE: (&str, &str) = ("alice", "Al1ce.Secret");
/// Her number as she types it, and as it is dialled.
const NUMBER: (&str, &str) = ("07700 900471", "+447700900471");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph07_ph10_ph14_ph15_in_the_app_she_is_back_by_active_directory_and_a_call() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut telephone = Telephone::start(NUMBER.1)?;
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("directories");
    let domain = ActiveDirectory::shared(&cache);
    let settings = format!(
        "{TEXTED}{}{}",
        telephone.settings()?,
        domain.settings(folder.path(), "")
    );
    let service = Service::start_timed(&folder.path().join("service"), &settings).await?;

    // Her phone before, which she added in the portal
    let managed = [service.address()];
    let app = |name: &str| {
        let start = Start {
            managed: &managed,
            ca: Some(&service.ca),
            ..Start::default()
        };
        Headless::open(&folder.path().join(name), start)
    };
    let (mut before, mut after) = (app("before")?, app("after")?);
    let browser = Browser::open(&service, Screen::Wide).await?;
    give_password(&browser, ALICE.0, ALICE.1).await?;
    browser.press("Add a device").await?;
    let mut phones = Phones::of(&service);
    add_phone(&browser, &mut phones, NUMBER.0, &mut before).await?;
    browser.close().await?;
    before.kill();

    // The app as it is installed
    let person = Person::new(&folder.path().join("phone"), &service)?;
    let window = person.open(&[]).await?;
    Person::choose_pin_after(&window, CHANGED).await?;
    give_password_in_app(&window, ALICE.0, ALICE.1).await?;
    window.screen("needs").await?;
    window.press("I restored or reinstalled").await?;
    window.press("Choose how").await?;
    window.screen("prove").await?;
    window.press("Send a push").await?;
    number(&window).await?;
    window.press("Nothing arrived?").await?;
    window
        .reads("Restored or new phone? It is out of step: use a call.")
        .await?;
    service.advance_to(61)?;
    window.reads("We can’t reach that phone").await?;
    window
        .reads("Restored or new phone? It is out of step: use a call.")
        .await?;

    window.press("Call me").await?;
    telephone.rings(1).await?;
    at_step(&window, "Ringing").await?;
    let shown = number(&window).await?;
    telephone.pick_up()?;
    at_step(&window, &format!("Answered. Type {shown}")).await?;
    telephone.hears(4).await?;
    telephone.press(&shown)?;
    window.screen("guide-restored").await?;
    telephone.is_over(1).await?;
    telephone.heard_the_question()?;

    // This app is a computer's, so her phone is put in step by a link that is texted to it
    window.press("Reactivate").await?;
    window.press("Android").await?;
    window.press("I have Countersign installed").await?;
    window.screen("reactivate-code").await?;
    by_link(&window, &mut phones, &mut after).await?;
    window.reads("Phone reactivated").await?;
    window.press("Send a test request").await?;
    approve(&mut after, None).await?;
    window.reads("Approved at").await?;
    window.close().await
}
