//! The portal in a real browser, against the real service and the app's engine: one test for each promise to its users.

use anyhow::{Result, ensure};
use countersign_tests::{
    browser::{Browser, Screen},
    headless::Headless,
    hospital::{Hospital, USER, passcode},
    phone::Phones,
    portal::{
        PASSWORD, add_phone, approve, by_link, give_password, number, prove_by_passcode,
        prove_by_push, rename_to, scan,
    },
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph01_ph13_ph14_ph16_devices_are_seen_first_and_open_after_a_proof() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut app = hospital.activated("phone")?;
    let browser = hospital.signed_in().await?;
    browser.screen("prove").await?;
    browser.reads(USER).await?;
    browser.reads("To Test phone").await?;
    ensure!(
        !browser.text().await?.contains("Device Options"),
        "options are shown before the proof"
    );
    // A loaded page asks for the proof again: the page's own idea of where it is counts for nothing
    browser.go_to(&hospital.service, "/devices").await?;
    browser.screen("prove").await?;
    prove_by_push(&browser, &mut app).await?;
    browser
        .reads("One device can confirm your sign-ins.")
        .await?;

    // Signed out, the page that was open is of no use
    browser.press("Sign out").await?;
    browser.reads("You’re signed out").await?;
    browser.go_to(&hospital.service, "/devices").await?;
    browser.screen("sign-in").await?;

    give_password(&browser, USER, PASSWORD).await?;
    prove_by_passcode(&browser, &passcode(&mut app)?).await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph03_a_device_is_renamed_and_keeps_no_name_twice() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut app = hospital.activated("phone")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut app).await?;
    browser.press("Device Options for Test phone").await?;
    rename_to(&browser, "Amara’s phone").await?;
    let listed: serde_json::Value = hospital.service.json(&["user", "devices", USER])?;
    ensure!(listed["devices"][0]["name"] == "Amara’s phone", "{listed}");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph07_restored_phone_works_again() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let mut phone = hospital.activated("phone")?;
    let (shown, txid) = duo.push_with_number(USER).await?;
    approve(&mut phone, Some(&shown)).await?;
    ensure!(duo.decided(&txid).await?["success"] == true);

    // Restored: the keys are gone, and nothing arrives
    phone.kill();
    hospital.copy("phone", "kept")?;
    hospital.wipe("phone")?;
    let mut phone = hospital.app("phone")?;
    let browser = hospital.signed_in().await?;
    browser.screen("prove").await?;
    browser.press("Send a push").await?;
    number(&browser).await?;
    browser.press("Another way").await?;
    browser.press("None of these work for me").await?;
    browser.reads("Call extension 4477, day and night.").await?;
    browser.press("I have a one-time passcode").await?;
    browser
        .type_into("One-time passcode", &hospital.service.bypass(USER)?)
        .await?;
    browser.press("Continue").await?;
    browser.screen("devices").await?;

    browser.press("Device Options for Test phone").await?;
    browser.press("Reactivate").await?;
    browser.press("Android").await?;
    browser.press("I have Countersign installed").await?;
    scan(&browser, "reactivate-code", &mut phone).await?;
    browser.reads("Test phone works again").await?;
    browser.press("Send a test request").await?;
    approve(&mut phone, None).await?;
    browser.reads("Approved at").await?;
    browser.press("Done").await?;
    browser.screen("devices").await?;

    let (shown, txid) = duo.push_with_number(USER).await?;
    approve(&mut phone, Some(&shown)).await?;
    ensure!(duo.decided(&txid).await?["success"] == true);
    // What was copied before answers nothing any more
    let mut old = hospital.app("kept")?;
    old.await_view("the refusal", |view| {
        view["accounts"][0]["state"] == "needs_reactivating"
    })
    .await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph18_a_link_by_text_activates_a_phone_that_cannot_be_pointed_at_the_page() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phones = Phones::of(&hospital.service);
    let (mut old, mut restored) = (hospital.app("old")?, hospital.app("restored")?);
    let browser = hospital.signed_in().await?;
    browser.press("Add a device").await?;
    add_phone(&browser, &mut phones, "07700 900471", &mut old).await?;
    prove_by_push(&browser, &mut old).await?;
    browser.press("Device Options").await?;
    browser.press("Reactivate").await?;
    browser.press("Android").await?;
    browser.press("I have Countersign installed").await?;
    browser.screen("reactivate-code").await?;
    by_link(&browser, &mut phones, &mut restored).await?;
    browser.reads("Android phone works again").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_a_second_phone_that_scans_first_gets_nothing() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (mut old, mut own, mut thief) = (
        hospital.activated("old")?,
        hospital.app("own")?,
        hospital.app("thief")?,
    );
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut old).await?;
    browser.press("Device Options for Test phone").await?;
    browser.press("Reactivate").await?;
    browser.press("Android").await?;
    browser.press("I have Countersign installed").await?;

    // Somebody photographed the code and is faster
    let picture = hospital.file("photographed.png");
    browser.screen("reactivate-code").await?;
    browser.reads("Waiting for the scan").await?;
    browser.picture(&picture).await?;
    let draft = |app: &mut Headless| -> Result<Value> {
        let found = app.ask("read_picture", json!({ "path": picture }))?;
        Ok(json!({ "draft": found[0]["draft"] }))
    };
    let photographed = draft(&mut thief)?;
    let theirs = thief.ask("activate", photographed)?;
    let scanned = draft(&mut own)?;
    let refused = own.problem("activate", scanned)?;
    ensure!(refused["code"] == "code_refused", "{refused}");
    browser.reads("Does your device show this number?").await?;
    ensure!(theirs["check"] == number(&browser).await?.as_str());
    browser.press("No, it shows something else").await?;
    browser.reads("Nothing was added").await?;
    let refused = thief.problem("finish_activation", json!({ "id": theirs["id"] }))?;
    ensure!(refused["code"] == "code_refused", "{refused}");
    let view = thief.ask("view", json!({}))?;
    ensure!(view["accounts"] == json!([]), "{view}");

    // The phone that was there answers as before, and a new code leads on
    let duo = hospital.duo()?;
    let (shown, txid) = duo.push_with_number(USER).await?;
    approve(&mut old, Some(&shown)).await?;
    ensure!(duo.decided(&txid).await?["success"] == true);
    browser.press("Show a new code").await?;
    scan(&browser, "reactivate-code", &mut own).await?;
    browser.reads("Test phone works again").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph08_a_new_phone_with_the_same_number_takes_the_entry_over() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (mut old, mut new) = (hospital.activated("old")?, hospital.app("new")?);
    let browser = hospital.signed_in().await?;
    prove_by_passcode(&browser, &passcode(&mut old)?).await?;
    browser.press("New phone, same number").await?;
    browser.press("Reactivate").await?;
    browser.press("Android").await?;
    browser.press("I have Countersign installed").await?;
    scan(&browser, "reactivate-code", &mut new).await?;
    browser.press("Send a test request").await?;
    approve(&mut new, None).await?;
    browser.reads("Approved at").await?;
    browser.press("Done").await?;
    browser
        .reads("One device can confirm your sign-ins.")
        .await?;
    old.await_view("the refusal", |view| {
        view["accounts"][0]["state"] == "needs_reactivating"
    })
    .await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph09_a_new_phone_with_a_new_number_takes_over_before_the_old_one_goes() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phones = Phones::of(&hospital.service);
    let (mut old, mut new) = (hospital.app("old")?, hospital.app("new")?);
    let browser = hospital.signed_in().await?;
    browser.press("Add a device").await?;
    add_phone(&browser, &mut phones, "07700 900142", &mut old).await?;
    prove_by_push(&browser, &mut old).await?;

    browser.press("New phone, new number").await?;
    browser.press("Add the new phone").await?;
    add_phone(&browser, &mut phones, "07700 900471", &mut new).await?;
    browser.press("Send a test request").await?;
    approve(&mut new, None).await?;
    browser.press("Remove old phone").await?;
    browser.press("Remove Android phone").await?;
    browser
        .reads("One device can confirm your sign-ins.")
        .await?;
    old.await_view("the refusal", |view| {
        view["accounts"][0]["state"] == "needs_reactivating"
    })
    .await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph05_ph20_the_default_device_is_what_an_application_asks_first() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let mut first = hospital.activated("first")?;
    let mut second = hospital.activated("second")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut first).await?;
    browser
        .reads("Two devices can confirm your sign-ins.")
        .await?;
    browser.press("Device Options for Test phone 2").await?;
    browser.press("Push").await?;
    browser
        .reads("When you sign in, we send a push to this phone straight away.")
        .await?;
    let (shown, txid) = duo.push_with_number(USER).await?;
    approve(&mut second, Some(&shown)).await?;
    ensure!(duo.decided(&txid).await?["success"] == true);
    browser.press("Ask me").await?;
    browser
        .reads("When you sign in, we ask you each time.")
        .await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph06_a_device_is_removed_but_never_the_last_one() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut first = hospital.activated("first")?;
    let mut second = hospital.activated("second")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut first).await?;
    browser.press("Device Options for Test phone 2").await?;
    browser.press("Remove").await?;
    browser.reads("Test phone stays and works.").await?;
    browser.press("Keep it").await?;
    browser
        .reads("Two devices can confirm your sign-ins.")
        .await?;
    browser.press("Remove").await?;
    browser.press("Remove Test phone 2").await?;
    browser
        .reads("One device can confirm your sign-ins.")
        .await?;
    second
        .await_view("the refusal", |view| {
            view["accounts"][0]["state"] == "needs_reactivating"
        })
        .await?;
    browser.press("Device Options for Test phone").await?;
    browser.press("Remove").await?;
    browser.reads("This is your only device").await?;
    browser.press("Close").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph02_ph04_ph14_ph17_a_phone_with_a_number_is_added_called_and_never_added_twice()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phones = Phones::of(&hospital.service);
    let mut app = hospital.app("phone")?;
    // Nobody has a device yet, and the site is open
    let browser = hospital.signed_in().await?;
    browser.reads("Add your first device").await?;
    browser.press("Add a device").await?;
    browser.press("Mobile phone").await?;
    browser.press("Continue").await?;
    browser.type_into("Phone number", "12").await?;
    browser.press("Text me a code").await?;
    browser.press("Continue").await?;
    browser.reads("That isn’t a whole phone number.").await?;
    browser.press("Back").await?;
    add_phone(&browser, &mut phones, "07700 900471", &mut app).await?;

    // A call proves it in another browser, once the number of its page is typed
    let other = hospital.signed_in().await?;
    other.screen("prove").await?;
    other.press("Call a phone").await?;
    let shown = number(&other).await?;
    let rings = phones.ringing().await?;
    ensure!(rings == "+447700900471", "{rings} rings");
    phones.answer(&rings, &shown)?;
    other.screen("devices").await?;

    other.press("Add another device").await?;
    other.press("Mobile phone").await?;
    other.press("Continue").await?;
    other.type_into("Phone number", "+44 7700 900471").await?;
    other.press("Text me a code").await?;
    other.press("Continue").await?;
    other.reads("You already have this number").await?;
    other.reads("Reactivate the entry you have.").await?;
    other.close().await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_wrong_is_said_and_changes_nothing() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut app = hospital.activated("phone")?;
    let browser = Browser::open(&hospital.service, Screen::Narrow).await?;
    give_password(&browser, USER, "a wrong password").await?;
    browser.reads("Username or password isn’t right").await?;
    browser.type_into("Password", PASSWORD).await?;
    browser.press("Sign in").await?;

    // The number, wrong twice
    browser.screen("prove").await?;
    browser.press("Send a push").await?;
    let shown = number(&browser).await?;
    let wrong: String = shown
        .chars()
        .map(|digit| if digit == '9' { '0' } else { '9' })
        .collect();
    let request = app.await_request().await?;
    for _ in 0..2 {
        app.ask(
            "answer",
            json!({ "id": request["id"], "answer": { "say": "approve", "number": wrong } }),
        )?;
    }
    browser.reads("Too many wrong numbers").await?;
    browser.press("Another way").await?;

    // A passcode, once and no second time
    let typed = passcode(&mut app)?;
    prove_by_passcode(&browser, &typed).await?;
    browser.press("Sign out").await?;
    browser.press("Sign in again").await?;
    give_password(&browser, USER, PASSWORD).await?;
    browser.screen("prove").await?;
    browser.press("Type a passcode").await?;
    browser.type_into("Passcode", &typed).await?;
    browser.reads("You used that passcode already.").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph12_a_shared_workstation_says_so_and_keeps_nobody_signed_in() -> Result<()> {
    let hospital = Hospital::with("[workstations]\nshared = [\"127.0.0.0/8\"]\n").await?;
    let mut app = hospital.activated("phone")?;
    let browser = Browser::open(&hospital.service, Screen::Wide).await?;
    browser.screen("sign-in").await?;
    browser
        .reads("This is a shared clinical workstation")
        .await?;
    give_password(&browser, USER, PASSWORD).await?;
    prove_by_push(&browser, &mut app).await?;
    // The page is closed, and whoever opens it next is a stranger
    browser.go_to(&hospital.service, "/devices").await?;
    browser.screen("sign-in").await?;

    // Half a minute before five minutes are over, by a clock that runs ahead
    give_password(&browser, USER, PASSWORD).await?;
    browser.screen("prove").await?;
    let ahead = "const real = Date.now.bind(Date); Date.now = () => real() + 275000";
    browser.driver().execute(ahead, vec![]).await?;
    browser.reads("Still there?").await?;
    browser.reads("This is a shared workstation.").await?;
    browser.press("Sign out now").await?;
    browser.reads("You’re signed out").await?;
    browser.close().await
}
