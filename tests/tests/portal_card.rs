//! The recovery card: made and printed while all is well, and what gets somebody back in when their phone is gone; in the portal
//! and in the app's window.

use anyhow::{Result, ensure};
use countersign_tests::{
    browser::Screen,
    hospital::{Hospital, USER},
    page::{PATIENCE, Page},
    part::await_for,
    portal::{prove_by_passcode, prove_by_push, scan, sign_in, sign_in_at_tab},
};
use thirtyfour::{By, Key};

/// The codes of the card that is shown.
async fn codes(page: &Page) -> Result<Vec<String>> {
    page.screen("card-shown").await?;
    let mut codes = Vec::new();
    for shown in page.driver().find_all(By::Css("[data-code]")).await? {
        codes.push(shown.attr("data-code").await?.unwrap_or_default());
    }
    ensure!(codes.len() == 8, "{codes:?}");
    Ok(codes)
}

/// Waits until no code of the card stands anywhere in the page.
async fn shows_none(page: &Page, codes: &[String]) -> Result<()> {
    await_for(PATIENCE, async || {
        let source = page.driver().source().await?;
        let shown = codes.iter().filter(|code| source.contains(*code)).count();
        ensure!(shown == 0, "{shown} codes are still there");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o7_a_card_lets_somebody_back_in_whose_only_phone_is_gone() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let mut lost = hospital.activated("lost")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut lost).await?;
    // What is missing to somebody with one device is one tap away
    browser.press("What you can do").await?;
    browser.screen("lose").await?;
    browser.press("Make a recovery card").await?;
    browser.screen("card").await?;
    browser.press("Make a recovery card").await?;
    let codes = codes(&browser).await?;
    lost.await_view("the notice of the card", |view| {
        view["notices"][0]["change"] == "card_made"
    })
    .await?;
    browser.press("I have it").await?;
    browser.screen("devices").await?;
    browser.reads("8 codes left, good until").await?;
    browser
        .reads("You can still sign in with your recovery card: 8 codes left.")
        .await?;
    shows_none(&browser, &codes).await?;
    // Nor does the way back lead to them
    browser.driver().back().await?;
    browser.driver().forward().await?;
    shows_none(&browser, &codes).await?;
    browser.close().await?;

    // The phone is gone: a password, and a code of the card
    let browser = sign_in(&hospital.service, USER, Screen::Narrow).await?;
    browser.screen("prove").await?;
    browser.press("None of these work for me").await?;
    browser.press("I have a recovery card").await?;
    browser.screen("card-code").await?;
    browser.type_into("Code, 9 digits", "000 000 000").await?;
    browser.press("Continue").await?;
    browser
        .reads("That isn’t a code of your card. Check its digits.")
        .await?;
    let grouped = format!("{} {} {}", &codes[0][..3], &codes[0][3..6], &codes[0][6..]);
    let field = browser.field("Code, 9 digits").await?;
    field.send_keys(Key::Control + "a").await?;
    browser.type_into("Code, 9 digits", &grouped).await?;
    browser.press("Continue").await?;
    browser.screen("devices").await?;
    browser.reads("7 codes left, good until").await?;
    // A code makes no card
    browser.press("Recovery card").await?;
    browser.press("Make a new one").await?;
    browser.screen("card-make").await?;
    browser.press("Make a new card").await?;
    browser.reads("A code isn’t enough for this").await?;
    browser.press("Back").await?;
    browser.screen("devices").await?;

    let mut new = hospital.app("new")?;
    browser.press("New phone, same number").await?;
    browser.press("Reactivate").await?;
    browser.press("Android").await?;
    browser.press("I have Countersign installed").await?;
    scan(&browser, "reactivate-code", &mut new).await?;
    lost.await_view("the refusal", |view| {
        view["accounts"][0]["state"] == "needs_reactivating"
    })
    .await?;
    // Applications take a code where they take a passcode, each once
    ensure!(duo.passcode(USER, &codes[0]).await?["result"] == "deny");
    ensure!(duo.passcode(USER, &codes[1]).await?["result"] == "allow");
    ensure!(duo.passcode(USER, &codes[1]).await?["result"] == "deny");
    new.await_view("the notices of both uses", |view| {
        view["notices"][2]["change"] == "card_used"
    })
    .await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o7_the_app_makes_a_card_and_a_new_one_that_ends_it() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let (_person, window) = hospital.window("phone").await?;
    let passcode = window.passcode().await?;
    sign_in_at_tab(&window, USER).await?;
    prove_by_passcode(&window, &passcode).await?;
    window.press("Recovery card").await?;
    window.press("Make a recovery card").await?;
    let first = codes(&window).await?;
    window.press("I have it").await?;
    window.screen("devices").await?;
    window.reads("8 codes left, good until").await?;
    shows_none(&window, &first).await?;

    window.press("Recovery card").await?;
    window.press("Make a new one").await?;
    window.screen("card-make").await?;
    window
        .reads("The codes of the card you have stop working at once.")
        .await?;
    window.press("Make a new card").await?;
    let second = codes(&window).await?;
    ensure!(duo.passcode(USER, &first[0]).await?["result"] == "deny");
    ensure!(duo.passcode(USER, &second[0]).await?["result"] == "allow");
    window.press("I have it").await?;

    window.press("Recovery card").await?;
    window.press("Stop this card").await?;
    window.screen("card-stop").await?;
    window.press("Stop it now").await?;
    window.reads("Make a recovery card").await?;
    ensure!(duo.passcode(USER, &second[1]).await?["result"] == "deny");
    window.close().await
}
