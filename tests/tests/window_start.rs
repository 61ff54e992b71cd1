//! What the app finds when it starts, in its real window against the real service: files and keystore entries are really
//! deleted, restored and copied, and each state's one button leads to a phone that answers again.

use std::{fs, time::Duration};

use anyhow::{Result, ensure};
use countersign_tests::{
    duo::DuoClient,
    hospital::{Hospital, USER},
    person::{PIN, Person},
    portal::{PASSWORD, give_password_in_app, prove_by_bypass, reactivate_here},
    window::Window,
};

/// A phone that is asked shows it within a second.
const NOTHING_ARRIVES: Duration = Duration::from_secs(3);

/// The app's own lock, then `screen`.
async fn unlock_to(window: &Window, screen: &str) -> Result<()> {
    window.screen("lock").await?;
    window.type_into("PIN", PIN).await?;
    window.screen(screen).await.map(drop)
}

/// The list shows a passcode that the service takes.
async fn passcode_works(window: &Window, duo: &DuoClient) -> Result<()> {
    window.press("Accounts").await?;
    let passcode = window.passcode().await?;
    let answer = duo.passcode(USER, &passcode).await?;
    ensure!(answer["result"] == "allow", "{answer}");
    Ok(())
}

/// From "bring my accounts back", where no backup lies, to a phone that answered a test request.
async fn back_in_step(window: &Window, hospital: &Hospital) -> Result<()> {
    window.press("Bring my accounts back").await?;
    if window.is_on("start-again").await? {
        window.press("Start again").await?;
    }
    window.screen("choose-pin").await?;
    window.type_into("PIN", PIN).await?;
    window.screen("repeat-pin").await?;
    window.type_into("PIN", PIN).await?;
    give_password_in_app(window, USER, PASSWORD).await?;
    window.screen("needs").await?;
    window.press("I restored or reinstalled").await?;
    window.press("Choose how").await?;
    let code = hospital.service.bypass(USER)?;
    prove_by_bypass(window, &code, "guide-restored").await?;
    window.press("Reactivate this phone").await?;
    window.press("Send a test request").await?;
    window.screen("request").await?;
    window.press_on("Approve").await?;
    window.press("Done").await?;
    window.reads("Approved at").await?;
    window.press("Done").await?;
    window.screen("devices").await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_device_just_opens() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (person, window) = hospital.window("phone").await?;
    window.close().await?;
    let window = person.open(&[]).await?;
    unlock_to(&window, "home").await?;
    passcode_works(&window, &hospital.duo()?).await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reinstalled_app_says_so_and_leads_back() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (person, window) = hospital.window("phone").await?;
    window.close().await?;
    person.reinstall_app()?;

    let window = person.open(&[]).await?;
    window.screen("reinstalled").await?;
    window.reads("What still works").await?;
    back_in_step(&window, &hospital).await?;
    passcode_works(&window, &hospital.duo()?).await?;
    window.close().await?;

    // It is the same device from now on
    let window = person.open(&[]).await?;
    unlock_to(&window, "home").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_restored_from_another_phone_say_so_and_lead_back() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (lost, window) = hospital.window("lost").await?;
    window.close().await?;
    let new = Person::new(&hospital.file("new"), &hospital.service)?;
    lost.copy_vault(&new.app.join("vault"))?;

    let window = new.open(&[]).await?;
    window.screen("from-elsewhere").await?;
    window.reads("Nothing was deleted here").await?;
    window.press("Try again").await?;
    window.screen("from-elsewhere").await?;
    back_in_step(&window, &hospital).await?;
    passcode_works(&window, &hospital.duo()?).await?;
    window.close().await?;
    let kept = fs::read_dir(new.app.join("vault"))?.filter_map(Result::ok);
    let kept = kept.filter(|file| file.file_name().to_string_lossy().contains(".vault.20"));
    ensure!(kept.count() == 1, "the restored file is kept");

    // The lost phone is none any more
    let window = lost.open(&[]).await?;
    unlock_to(&window, "home").await?;
    window.reads("Activated again elsewhere").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v7_a_copied_phone_answers_nothing_until_it_is_the_only_one() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let (original, window) = hospital.window("original").await?;
    window.close().await?;
    let copy = original.copied_without_mark(&hospital.file("copy"), &hospital.service)?;

    let window = copy.open(&[]).await?;
    unlock_to(&window, "another-copy").await?;
    window.press("Show my passcodes").await?;
    window.screen("home").await?;
    window.reads("These accounts are a copy").await?;
    // A request is nowhere to be answered here
    let (_, txid) = duo.push_with_number(USER).await?;
    tokio::time::sleep(NOTHING_ARRIVES).await;
    ensure!(window.is_on("home").await?, "nothing arrives");

    window.press("Decide").await?;
    window.screen("another-copy").await?;
    window.press("Use this phone from now on").await?;
    reactivate_here(&window, &hospital.service, USER).await?;
    let status = duo.decided(&txid).await?;
    ensure!(status["success"] == false, "{status}");
    passcode_works(&window, &duo).await?;
    window.close().await?;

    let window = original.open(&[]).await?;
    unlock_to(&window, "home").await?;
    window.reads("Activated again elsewhere").await?;
    window.close().await?;
    let window = copy.open(&[]).await?;
    unlock_to(&window, "home").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_a_copied_disk_that_answers_stops_both_phones_and_each_says_why() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let (original, window) = hospital.window("original").await?;
    window.close().await?;
    let copy = original.copied(&hospital.file("copy"), &hospital.service)?;
    // Nothing tells the copy apart: keystore, mark and machine are the same
    let copied = copy.open(&[]).await?;
    unlock_to(&copied, "home").await?;
    let (_, first) = duo.push_with_number(USER).await?;
    copied.screen("number").await?;
    copied.press_on("Deny").await?;
    copied.screen("denied").await?;
    duo.decided(&first).await?;

    let window = original.open(&[]).await?;
    unlock_to(&window, "home").await?;
    duo.push_with_number(USER).await?;
    window.screen("number").await?;
    window.press_on("Deny").await?;
    window.reads("The service didn’t take your answer").await?;
    window.press("Done").await?;
    window.screen("home").await?;
    window.reads("Two phones used the same keys").await?;
    window.reads("Reactivate the one you keep").await?;
    copied.press("It was me").await?;
    copied.reads("Two phones used the same keys").await?;
    copied.close().await?;

    // The one button leads back
    window.press("Reactivate").await?;
    reactivate_here(&window, &hospital.service, USER).await?;
    passcode_works(&window, &duo).await?;
    window.close().await?;
    let copied = copy.open(&[]).await?;
    unlock_to(&copied, "home").await?;
    copied.reads("Activated again elsewhere").await?;
    copied.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v7_yesterdays_file_answers_nothing_until_it_is_told_to_go_on() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (person, window) = hospital.window("phone").await?;
    window.close().await?;
    let yesterday = hospital.file("yesterday");
    person.copy_vault(&yesterday)?;
    let window = person.open(&[]).await?;
    unlock_to(&window, "home").await?;
    Person::add_typed(&window, "Library").await?;
    window.close().await?;
    // The keystore is told of small changes at the next unlock at the latest
    let window = person.open(&[]).await?;
    unlock_to(&window, "home").await?;
    window.close().await?;
    person.reinstall_app()?;
    fs::rename(&yesterday, person.app.join("vault"))?;

    let window = person.open(&[]).await?;
    unlock_to(&window, "older-copy").await?;
    window.press("Go on with this copy").await?;
    reactivate_here(&window, &hospital.service, USER).await?;
    passcode_works(&window, &hospital.duo()?).await?;
    window.close().await
}
