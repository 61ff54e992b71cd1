//! What brings people to My Settings & Devices, in the app's real window: a reinstalled app, a restored phone, a new one.

use anyhow::{Result, ensure};
use countersign_tests::{
    headless::Headless,
    hospital::{Hospital, USER},
    person::Person,
    phone::Phones,
    portal::{
        CHANGED, PASSWORD, add_phone, approve, give_password_in_app, prove_by_bypass,
        prove_by_passcode, reactivate_here, scan, sign_in_at_tab,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph07_a_reinstalled_app_is_led_from_its_first_screen_to_a_working_passcode() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut before = hospital.activated("before")?;
    let (_person, window) = hospital.fresh_window("phone").await?;
    Person::choose_pin_after(&window, CHANGED).await?;
    // The administrator listed one address: it is shown, and nothing has to be chosen
    window.reads(&hospital.service.address()).await?;
    give_password_in_app(&window, USER, PASSWORD).await?;
    window.screen("needs").await?;
    window.press("I restored or reinstalled").await?;
    window.reads("Back in step in about a minute").await?;
    window.press("Choose how").await?;
    let code = hospital.service.bypass(USER)?;
    prove_by_bypass(&window, &code, "guide-restored").await?;
    window.press("Reactivate this phone").await?;
    window.reads("Phone reactivated").await?;
    window.press("Send a test request").await?;
    window.screen("request").await?;
    window.press_on("Approve").await?;
    window.press("Done").await?;
    window.screen("guide-restored").await?;
    window.reads("Approved at").await?;
    window.press("Done").await?;
    window.screen("devices").await?;
    window.reads("This phone").await?;
    refused(&mut before).await?;

    // The tab leads back to where the person is signed in, and the passcode works
    window.press("Accounts").await?;
    let passcode = window.passcode().await?;
    let answer = hospital.duo()?.passcode(USER, &passcode).await?;
    ensure!(answer["result"] == "allow", "{answer}");
    window.press("Devices").await?;
    window.screen("devices").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph07_a_greyed_account_is_reactivated_from_its_card() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (_person, window) = hospital.window("phone").await?;
    // Another phone took its place, as after a restored backup
    let mut other = hospital.app("other")?;
    other.activate(&hospital.service.reactivation(USER)?.text)?;
    window.press("Reactivate").await?;
    reactivate_here(&window, &hospital.service, USER).await?;
    refused(&mut other).await?;
    window.press("Accounts").await?;
    window.passcode().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph08_a_new_phone_with_the_same_number_takes_the_entry_over() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (_person, window) = hospital.window("tablet").await?;
    let mut old = hospital.activated("old")?;
    let mut new = hospital.app("new")?;
    let passcode = window.passcode().await?;
    sign_in_at_tab(&window, USER).await?;
    prove_by_passcode(&window, &passcode).await?;
    window.press("New phone, same number").await?;
    window.reads("Move to the new phone").await?;
    window.press("Reactivate").await?;
    window.press("Android").await?;
    window.press("I have Countersign installed").await?;
    scan(&window, "reactivate-code", &mut new).await?;
    window.reads("Moved to the new phone").await?;
    window.press("Send a test request").await?;
    approve(&mut new, None).await?;
    window.reads("Approved at").await?;
    window.press("Done").await?;
    window.screen("devices").await?;
    refused(&mut old).await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph09_a_new_phone_with_a_new_number_is_added_and_tested_before_the_old_one_goes()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phones = Phones::of(&hospital.service);
    let (_person, window) = hospital.window("tablet").await?;
    let (mut old, mut new) = (hospital.app("old")?, hospital.app("new")?);
    let passcode = window.passcode().await?;
    sign_in_at_tab(&window, USER).await?;
    prove_by_passcode(&window, &passcode).await?;
    window.press("Add another device").await?;
    add_phone(&window, &mut phones, "07700 900142", &mut old).await?;

    window.press("New phone, new number").await?;
    window.press("Add the new phone").await?;
    add_phone(&window, &mut phones, "07700 900471", &mut new).await?;
    window.press("Send a test request").await?;
    approve(&mut new, None).await?;
    window.press("Remove old phone").await?;
    window.press("Remove Android phone").await?;
    window.screen("devices").await?;
    refused(&mut old).await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph02_somebody_without_any_device_adds_the_one_in_her_hand() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (_person, window) = hospital.fresh_window("tablet").await?;
    Person::choose_pin_after(&window, CHANGED).await?;
    give_password_in_app(&window, USER, PASSWORD).await?;
    window.reads("Add your first device").await?;
    window.press("Add a device").await?;
    window.press("Tablet").await?;
    window.press("Continue").await?;
    window.screen("add-here").await?;
    window.press("Add this phone").await?;
    window.reads("is ready").await?;
    window.press("Done").await?;
    window.screen("prove").await?;
    window.press("Back").await?;
    let passcode = window.passcode().await?;
    let answer = hospital.duo()?.passcode(USER, &passcode).await?;
    ensure!(answer["result"] == "allow", "{answer}");
    window.close().await
}

/// Waits until the keys of `app` are refused.
async fn refused(app: &mut Headless) -> Result<()> {
    app.await_view("the refusal", |view| {
        view["accounts"][0]["state"] == "needs_reactivating"
    })
    .await
    .map(drop)
}
