//! Saving accounts for another app in the real window: what is saved is read by programs that are not ours.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    hospital::{Hospital, USER},
    part::await_for,
    person::{PIN, Person},
    window::{PATIENCE, Window},
};

fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let done = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{program} (scripts/setup codes)"))?;
    ensure!(done.status.success(), "{program}: {done:?}");
    Ok(String::from_utf8(done.stdout)?.trim().to_owned())
}

/// From the list to the ways to save.
async fn save_copy(window: &Window) -> Result<()> {
    window.press("Settings").await?;
    window.press("Save a copy for another app").await?;
    window.screen("export").await?;
    window
        .reads("1 account can’t be copied and is left out")
        .await?;
    Ok(())
}

fn only_file(folder: &Path) -> Result<String> {
    let mut files = fs::read_dir(folder)?;
    let file = files.next().context("a file was saved")??.path();
    ensure!(files.next().is_none(), "one file");
    Ok(fs::read_to_string(file)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_saved_works_in_other_programs_and_the_hospitals_account_stays() -> Result<()> {
    let hospital = Hospital::new().await?;
    let (phone, window) = hospital.window("phone").await?;
    Person::add_typed(&window, "Library").await?;

    save_copy(&window).await?;
    window.press("Open text file").await?;
    window.press("Save file").await?;
    // The PIN was typed a while ago on a slow machine; then it is asked for
    if window.is_on("confirm-secret").await? {
        window.type_into("PIN", PIN).await?;
    }
    window.screen("export-saved").await?;
    window.reads("1 account saved").await?;
    window
        .reads("Delete this file as soon as the other app has it.")
        .await?;
    let text = only_file(&phone.app.join("saved"))?;
    let (before, after) = text.split_once("secret=").context("a link with a key")?;
    ensure!(before.starts_with("otpauth://totp/Library") && text.lines().count() == 1);
    ensure!(!text.contains(USER), "nothing of the hospital's");
    let key = after.split('&').next().unwrap_or_default();
    let theirs = run("oathtool", &["--totp", "--base32", key])?;
    ensure!(theirs.len() == 6 && theirs.bytes().all(|byte| byte.is_ascii_digit()));
    window.press("Done").await?;
    window.screen("settings").await?;

    // The same passcode stands in the list; around the end of a step the two looks may differ
    window.press("Back").await?;
    window.screen("home").await?;
    await_for(PATIENCE, async || {
        let theirs = run("oathtool", &["--totp", "--base32", key])?;
        let shown = window.text().await?;
        let shown: String = shown.chars().filter(|one| !one.is_whitespace()).collect();
        ensure!(shown.contains(&theirs), "{shown}");
        Ok(())
    })
    .await?;

    save_copy(&window).await?;
    window.press("Codes to scan").await?;
    window.press("Show codes").await?;
    if window.is_on("confirm-secret").await? {
        window.type_into("PIN", PIN).await?;
    }
    window.screen("export-codes").await?;
    window.reads("Scan this code").await?;
    let picture = hospital.file("screen.png");
    window.picture(&picture).await?;
    let read = run("zbarimg", &["--quiet", "--raw", &picture.to_string_lossy()])?;
    ensure!(
        read.starts_with("otpauth-migration://offline?data="),
        "{read}"
    );
    window.press("Done").await?;
    window.screen("settings").await?;
    window.close().await
}
