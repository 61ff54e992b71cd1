//! "If you lose this phone today": what would let somebody back in is seen before it happens, and what is missing is added from
//! there, in the portal and in the app's window.

use anyhow::{Result, ensure};
use countersign_tests::{
    hospital::{Hospital, USER},
    phone::Phones,
    portal::{add_this_phone, prove_by_passcode, prove_by_push, sign_in_at_tab},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_with_one_device_is_told_and_adds_another_from_there() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut tablet = hospital.activated("tablet")?;
    let mut phone = hospital.app("phone")?;
    let mut phones = Phones::of(&hospital.service);
    let browser = hospital.signed_in().await?;
    browser.screen("prove").await?;
    // The page itself opens to nobody who has not proved who they are
    browser.go_to(&hospital.service, "/lose").await?;
    browser.screen("prove").await?;
    browser.go_to(&hospital.service, "/devices").await?;
    prove_by_push(&browser, &mut tablet).await?;
    browser
        .reads("Only the Service Desk could let you back in.")
        .await?;
    browser.press("What you can do").await?;
    browser.screen("lose").await?;
    browser.reads("If you lose your tablet today").await?;
    browser.press("Add a mobile phone").await?;
    browser.screen("add-number").await?;
    add_this_phone(&browser, &mut phones, "07700 900471", &mut phone).await?;
    browser.screen("devices").await?;
    let shown = browser.text().await?;
    ensure!(
        shown.contains("You can still sign in with") && !shown.contains("What you can do"),
        "{shown}"
    );
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_app_says_it_of_the_device_it_is_on() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (_person, window) = hospital.window("phone").await?;
    let passcode = window.passcode().await?;
    sign_in_at_tab(&window, USER).await?;
    prove_by_passcode(&window, &passcode).await?;
    window.press("What you can do").await?;
    window.screen("lose").await?;
    window.reads("If you lose this device today").await?;
    window.press("Add a mobile phone").await?;
    window.screen("add-number").await?;
    window.press("Back").await?;
    window.screen("lose").await?;
    window.press("Back").await?;
    window.screen("devices").await?;
    window.close().await
}
