//! A lost phone in the real window, against the real service: what the backup brings back, and what is reactivated.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    hospital::{Hospital, USER},
    part::await_for,
    person::{Person, backups},
    portal::reactivate_here,
    window::{PATIENCE, Window},
};

const PASSPHRASE: &str = "zwei kleine Katzen";

/// From the list to a backup that is on.
async fn turn_on(window: &Window) -> Result<()> {
    window.press("Settings").await?;
    window.press("Backup").await?;
    window.screen("backup").await?;
    window.reads("your accounts come back from it").await?;
    window.press("Back up on this phone").await?;
    window.screen("choose-passphrase").await?;
    window.type_into("Passphrase", PASSPHRASE).await?;
    window.reads("Good: 3 words, hard to guess").await?;
    window.press("Continue").await?;
    window.screen("repeat-passphrase").await?;
    window.type_into("Passphrase", PASSPHRASE).await?;
    window.press("Turn on backup").await?;
    window.screen("backup").await.map(drop)
}

fn newest(folder: &Path) -> Result<PathBuf> {
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files = files.collect::<Result<Vec<_>>>()?;
    files.sort();
    files.pop().context("there is a backup")
}

/// Back to the list, from a page that lies behind the settings.
async fn to_list(window: &Window) -> Result<()> {
    window.press("Back").await?;
    window.screen("settings").await?;
    window.press("Back").await?;
    window.screen("home").await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_lost_phones_backup_brings_back_its_accounts_and_the_hospitals_in_one_tap()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let (lost, window) = hospital.window("lost").await?;
    Person::add_typed(&window, "Library").await?;
    turn_on(&window).await?;
    window.reads("1 of your 2 accounts is in it.").await?;
    window.reads("Reactivate it on a new phone.").await?;

    // On an ordinary day: does the passphrase open it?
    window.press("Try the passphrase").await?;
    window.screen("rehearse").await?;
    window.type_into("Backup passphrase", "zwei Katzen").await?;
    window.press("Open the backup").await?;
    window
        .reads("That passphrase doesn’t open this backup.")
        .await?;
    let field = window.field("Backup passphrase").await?;
    field.clear().await?;
    window.type_into("Backup passphrase", PASSPHRASE).await?;
    window.press("Open the backup").await?;
    window.reads("1 of 1 account readable").await?;
    window.press("Done").await?;
    window.screen("backup").await?;

    // What is added later is in it by itself
    to_list(&window).await?;
    Person::add_typed(&window, "Garden").await?;
    window.press("Settings").await?;
    window.press("Backup").await?;
    window.reads("2 of your 3 accounts are in it.").await?;
    window.close().await?;
    let file = newest(&backups(&lost.app))?;

    let (_new, window) = hospital.fresh_window("new").await?;
    Person::choose_pin_after(&window, "Restore a backup").await?;
    window.screen("restore-none").await?;
    let notes = hospital.file("notes.txt");
    fs::write(&notes, "milk, bread")?;
    window.choose_file("Choose the file", &notes).await?;
    window.screen("restore-refused").await?;
    window.reads("This file isn’t a Countersign backup").await?;
    window.choose_file("Choose the file", &file).await?;
    window.screen("restore").await?;
    window
        .reads("Hospital accounts come back another way")
        .await?;
    window
        .type_into("Backup passphrase", "Zwei kleine Katzen")
        .await?;
    window.press("Restore 2 accounts").await?;
    window.screen("restore-wrong").await?;
    let field = window.field("Backup passphrase").await?;
    field.clear().await?;
    window.type_into("Backup passphrase", PASSPHRASE).await?;
    window.press("Restore 2 accounts").await?;
    window.screen("restore-done").await?;
    window.reads("2 accounts are back. 1 needs you.").await?;

    // A request reaches no phone that was not activated, and this one has no key to answer with
    let (_, txid) = duo.push_with_number(USER).await?;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    ensure!(window.is_on("restore-done").await?, "nothing arrives");
    let status = duo.decided(&txid).await?;
    ensure!(status["success"] == false, "{status}");

    window.press("Reactivate hospital account").await?;
    reactivate_here(&window, &hospital.service, USER).await?;
    window.press("Accounts").await?;
    window.screen("home").await?;
    for account in ["Marlowe University Hospital", "Library", "Garden"] {
        window.reads(account).await?;
    }
    let passcode = window.passcode().await?;
    let answer = duo.passcode(USER, &passcode).await?;
    ensure!(answer["result"] == "allow", "{answer}");
    window.close().await?;

    // The lost phone learns that it is none any more
    let window = lost.open(&[]).await?;
    Person::unlock(&window).await?;
    window.reads("Activated again elsewhere").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reinstalled_app_finds_the_backup_that_lies_on_the_device() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (person, window) = hospital.fresh_window("phone").await?;
    Person::choose_pin(&window).await?;
    window.press("Close").await?;
    Person::add_typed(&window, "Library").await?;
    window.press("Settings").await?;
    window.press("Security check-up").await?;
    window.reads("1 account is in no backup").await?;
    window.press("Back").await?;
    window.press("Back").await?;
    turn_on(&window).await?;
    window.reads("Your account is in it.").await?;
    window.close().await?;

    person.reinstall(&hospital.service)?;
    let window = person.open(&[]).await?;
    Person::choose_pin_after(&window, "Restore a backup").await?;
    window.screen("restore").await?;
    window.reads("We found a backup").await?;
    window.type_into("Backup passphrase", PASSPHRASE).await?;
    window.press("Restore 1 account").await?;
    window.screen("restore-done").await?;
    window.reads("1 account is back.").await?;
    window.press("Done").await?;
    window.screen("home").await?;
    window.reads("Library").await?;
    window.close().await?;

    // The folder vanishes while the backup is on, and comes back
    let window = person.open(&[]).await?;
    Person::unlock(&window).await?;
    turn_on(&window).await?;
    let away = hospital.file("away");
    fs::rename(backups(&person.app), &away)?;
    window.press("Back up now").await?;
    await_for(PATIENCE, async || {
        let shown = window.text().await?;
        ensure!(
            shown.contains("The folder for backups can’t be used"),
            "{shown}"
        );
        Ok(())
    })
    .await?;
    fs::rename(&away, backups(&person.app))?;
    window.press("Back up now").await?;
    await_for(PATIENCE, async || {
        let shown = window.text().await?;
        ensure!(!shown.contains("can’t be used"), "{shown}");
        Ok(())
    })
    .await?;
    window.close().await
}
