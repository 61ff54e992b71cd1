//! Another folder for the backup, chosen in the system's own dialog over the real window.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    hospital::Hospital,
    keyboard::{ENTER, ESCAPE, Keyboard},
    part::await_for,
    person::{PIN, Person},
    window::{PATIENCE, Window},
};

const PASSPHRASE: &str = "zwei kleine Katzen";
const ANOTHER: &str = "Choose another folder";

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Presses the row, types the PIN where that is asked for, and waits for the dialog.
async fn open_dialog(window: &Window, keyboard: &Keyboard) -> Result<()> {
    window.press(ANOTHER).await?;
    await_for(PATIENCE, async || {
        if window.is_on("confirm-secret").await? {
            window.type_into("PIN", PIN).await?;
        }
        keyboard.focus_dialog().context("the dialog")
    })
    .await?;
    // It takes keys once it has drawn itself
    tokio::time::sleep(Duration::from_secs(1)).await;
    keyboard.focus_dialog()
}

/// Chooses a folder as somebody does who knows its name: a slash opens the field for it.
async fn choose(window: &Window, folder: &Path) -> Result<()> {
    let keyboard = Keyboard::plug(&window.desktop().display)?;
    open_dialog(window, &keyboard).await?;
    keyboard.type_text(folder.to_str().context("a path of ASCII")?)?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    keyboard.press(&[], ENTER)?;
    back_to_window(&keyboard).await
}

/// Once the dialog is gone the window has the focus again, as a window manager gives it.
async fn back_to_window(keyboard: &Keyboard) -> Result<()> {
    await_for(PATIENCE, async || {
        ensure!(
            keyboard.focus_dialog().is_err(),
            "the dialog is still there"
        );
        Ok(())
    })
    .await?;
    keyboard.focus_window()
}

async fn leave(window: &Window) -> Result<()> {
    let keyboard = Keyboard::plug(&window.desktop().display)?;
    open_dialog(window, &keyboard).await?;
    keyboard.press(&[], ESCAPE)?;
    back_to_window(&keyboard).await?;
    window.reads(ANOTHER).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_backup_goes_to_a_folder_that_is_chosen_in_the_systems_dialog() -> Result<()> {
    let hospital = Hospital::new().await?;
    let person = Person::new(&hospital.file("phone"), &hospital.service)?;
    person.unmanaged()?;
    let usual = person.app.join("backups");
    let drive = hospital.file("drive");
    fs::create_dir(&drive)?;
    let window = person.open(&[]).await?;
    Person::choose_pin(&window).await?;
    window.press("Close").await?;
    Person::add_typed(&window, "Library").await?;
    window.press("Settings").await?;
    // The strictest choice: whoever looks through folders is still at the app
    window.press("Lock after").await?;
    window.press("Straight away").await?;
    let keyboard = Keyboard::plug(&window.desktop().display)?;
    keyboard.focus_window()?;
    keyboard.press(&[], ESCAPE)?;
    window.press("Backup").await?;
    window.screen("backup").await?;
    window.press("Back up on this phone").await?;
    window.screen("choose-passphrase").await?;
    window.type_into("Passphrase", PASSPHRASE).await?;
    window.press("Continue").await?;
    window.screen("repeat-passphrase").await?;
    window.type_into("Passphrase", PASSPHRASE).await?;
    window.press("Turn on backup").await?;
    window.screen("backup").await?;
    window.reads("Your account is in it.").await?;
    let before = count(&usual);
    ensure!(before > 0, "it is in the usual folder");

    leave(&window).await?;
    ensure!(count(&usual) == before, "nothing was chosen");
    choose(&window, &drive).await?;
    window
        .reads(&format!("Folder: {}", drive.display()))
        .await?;
    ensure!(count(&drive) == before + 1, "what was there went along");
    ensure!(count(&usual) == 0, "it is in one place");

    // The drive is unplugged, and the page says what to do
    let away = hospital.file("away");
    fs::rename(&drive, &away)?;
    window.press("Back up now").await?;
    window.reads("The folder for backups can’t be used").await?;
    choose(&window, &usual).await?;
    window
        .reads(&format!("Folder: {}", usual.display()))
        .await?;
    window.reads("Your account is in it.").await?;
    window.close().await
}
