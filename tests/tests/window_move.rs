//! Moving to a new phone with both in hand, in two real windows against the real service: nobody types a password, the old phone
//! stops when the new one said yes, and not before.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    hospital::{Hospital, USER},
    part::await_for,
    person::{PIN, Person},
    window::{PATIENCE, Window},
};

/// From the list to a code on the screen; gives what stands in it.
async fn show_code(window: &Window, hospital: &Hospital) -> Result<String> {
    window.press("Settings").await?;
    window.press("Move to a new phone").await?;
    window.screen("move-start").await?;
    window.press("Show the code").await?;
    // The PIN was typed a while ago on a slow machine; then it is asked for
    if window.is_on("confirm-secret").await? {
        window.type_into("PIN", PIN).await?;
    }
    window.screen("move-shown").await?;
    let picture = hospital.file("screen.png");
    window.picture(&picture).await?;
    let read = Command::new("zbarimg")
        .args(["--quiet", "--raw"])
        .arg(&picture)
        .output()
        .context("zbarimg (scripts/setup codes)")?;
    ensure!(read.status.success(), "no code on the screen: {read:?}");
    Ok(String::from_utf8(read.stdout)?.trim().to_owned())
}

/// A new app that scanned `code`, up to the digits.
async fn scan(hospital: &Hospital, code: &str) -> Result<(Person, Window)> {
    let person = Person::new(&hospital.file("new"), &hospital.service)?;
    let window = person.open(&[code]).await?;
    Person::choose_pin(&window).await?;
    window.screen("confirm").await?;
    window.press("Activate this phone").await?;
    window.screen("compare").await?;
    Ok((person, window))
}

/// The six digits on a screen, whatever stands between them.
async fn digits(window: &Window) -> Result<String> {
    let shown = window.text().await?;
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    ensure!(digits.len() >= 6, "{shown}");
    Ok(digits[..6].to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_with_both_phones_in_hand_the_new_one_takes_over() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let (_old, old) = hospital.window("old").await?;
    let before = hospital.devices()?;
    Person::add_typed(&old, "Library").await?;
    let code = show_code(&old, &hospital).await?;
    let (_new, new) = scan(&hospital, &code).await?;

    old.screen("move-compare").await?;
    ensure!(
        digits(&old).await? == digits(&new).await?,
        "both show the same"
    );
    ensure!(
        hospital.devices()? == before,
        "nothing is added before the yes"
    );
    old.press("Yes, they match").await?;

    // Until the new phone said yes both work
    old.screen("move-testing").await?;
    old.reads("this phone stops").await?;
    new.screen("request").await?;
    new.reads("The last step of your move").await?;
    ensure!(hospital.devices()?.len() == 2, "both are there");
    new.press_on("Approve").await?;
    new.screen("approved").await?;
    new.reads("This phone confirms your sign-ins now").await?;

    old.screen("moved").await?;
    old.reads("Your 1 other account is still only here").await?;
    ensure!(
        hospital.devices()? == before,
        "the new one stands in the old one's place"
    );

    // The new phone is asked from here on, and its passcode counts
    new.press("Done").await?;
    new.screen("home").await?;
    let passcode = new.passcode().await?;
    let answer = duo.passcode(USER, &passcode).await?;
    ensure!(answer["result"] == "allow", "{answer}");
    let (number, txid) = duo.push_with_number(USER).await?;
    new.screen("number").await?;
    new.type_into("Number", &number).await?;
    new.press_on("Approve").await?;
    new.screen("approved").await?;
    let status = duo.decided(&txid).await?;
    ensure!(status["status"] == "allow", "{status}");

    // The old one knows that it has stopped, and the other account leaves it as a code
    old.press("Show the codes of 1 other account").await?;
    old.screen("export").await?;
    old.press("Back").await?;
    old.press("Done").await?;
    old.screen("home").await?;
    await_for(PATIENCE, async || {
        let text = old.text().await?;
        ensure!(text.contains("Moved to your new phone"), "{text}");
        ensure!(!text.contains("Reactivate"), "nothing to do here: {text}");
        Ok(())
    })
    .await?;
    old.close().await?;
    new.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_other_digits_close_the_code_and_the_old_phone_goes_on() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let (_old, old) = hospital.window("old").await?;
    let code = show_code(&old, &hospital).await?;
    let (_new, new) = scan(&hospital, &code).await?;
    old.screen("move-compare").await?;
    old.press("No, it shows something else").await?;
    old.reads("Nothing was moved").await?;
    // The other one learns that the code is of no use
    await_for(PATIENCE, async || {
        ensure!(!new.is_on("compare").await?, "it still waits");
        Ok(())
    })
    .await?;
    ensure!(hospital.devices()?.len() == 1, "nothing was added");
    old.press("Back").await?;
    old.press("Back").await?;
    let passcode = old.passcode().await?;
    let answer = duo.passcode(USER, &passcode).await?;
    ensure!(answer["result"] == "allow", "{answer}");
    old.close().await?;
    new.close().await
}
