//! My Settings & Devices in the app's real window, against the real service: devices, their options, and new ones.

use anyhow::{Result, ensure};
use countersign_tests::{
    hospital::{Hospital, USER, passcode},
    page::Page,
    phone::Phones,
    portal::{
        PASSWORD, add_landline, add_phone, approve, by_link, give_password_in_app, number,
        prove_by_passcode, prove_by_push, rename_to, sign_in_at_tab,
    },
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph01_ph13_ph14_ph16_ph21_the_devices_and_help_are_seen_first_and_options_after_a_push()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let mut tablet = hospital.activated("tablet")?;
    let (_person, window) = hospital.window("phone").await?;
    sign_in_at_tab(&window, USER).await?;
    window.screen("prove").await?;
    window.reads(USER).await?;
    window.reads("To Test phone").await?;
    ensure!(
        !window.text().await?.contains("Device Options"),
        "options are shown before the proof"
    );
    window.press("None of these work for me").await?;
    window.reads("Call extension 4477, day and night.").await?;
    window.press("Back").await?;
    window.press("Help").await?;
    window.screen("self-help").await?;
    window.press("Back").await?;
    prove_by_push(&window, &mut tablet).await?;
    for text in [
        "a.lindqvist at Marlowe University Hospital",
        "Test phone",
        "This phone",
        "I restored or reinstalled",
    ] {
        window.reads(text).await?;
    }
    open(&window, "Test phone").await?;
    window.reads("Reactivate Countersign").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph03_ph05_ph06_ph20_a_device_is_renamed_asked_first_and_removed_but_never_the_last_one()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let (_person, window) = hospital.window("phone").await?;
    let mut tablet = hospital.activated("tablet")?;
    sign_in_at_tab(&window, USER).await?;
    prove_by_passcode(&window, &passcode(&mut tablet)?).await?;

    open(&window, "Test phone").await?;
    rename_to(&window, "Amara’s tablet").await?;
    window.press("Push").await?;
    window
        .reads("When you sign in, we send a push to this phone straight away.")
        .await?;
    let (shown, txid) = duo.push_with_number(USER).await?;
    // It is on this phone too, which says where it was answered, and leads back
    window.screen("number").await?;
    approve(&mut tablet, Some(&shown)).await?;
    ensure!(duo.decided(&txid).await?["success"] == true);
    window.screen("elsewhere").await?;
    window.press("Done").await?;
    window.press("Ask me").await?;
    window
        .reads("When you sign in, we ask you each time.")
        .await?;

    window.press("Remove").await?;
    window.reads("Remove “Amara’s tablet”?").await?;
    window.reads("stays and works.").await?;
    window.press("Keep it").await?;
    window.press("Remove").await?;
    window.press("Remove Amara’s tablet").await?;
    window.screen("devices").await?;
    let listed = devices(&hospital)?;
    ensure!(listed.len() == 1, "{listed:?}");
    tablet
        .await_view("the refusal", |view| {
            view["accounts"][0]["state"] == "needs_reactivating"
        })
        .await?;
    open(&window, "This phone").await?;
    window.press("Remove").await?;
    window.reads("This is your only device").await?;
    window
        .reads("Add another device first, then remove this one.")
        .await?;
    window.press("Close").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph02_ph04_ph05_ph17_ph18_ph19_lines_and_phones_are_added_and_one_number_leads_to_reactivating()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phones = Phones::of(&hospital.service);
    let (_person, window) = hospital.window("tablet").await?;
    let (mut phone, mut next) = (hospital.app("phone")?, hospital.app("next")?);
    let passcode = window.passcode().await?;
    sign_in_at_tab(&window, USER).await?;
    prove_by_passcode(&window, &passcode).await?;

    window.press("Add another device").await?;
    add_landline(&window, &mut phones, "020 7946 0142").await?;
    window.reads("Landline").await?;
    window.press("Add another device").await?;
    add_phone(&window, &mut phones, "07700 900471", &mut phone).await?;
    window.screen("devices").await?;

    // The same number again is no second device
    window.press("Add another device").await?;
    window.press("Mobile phone").await?;
    window.press("Continue").await?;
    window.type_into("Phone number", "+44 7700 900471").await?;
    window.press("Text me a code").await?;
    window.press("Continue").await?;
    window.reads("You already have this number").await?;
    window.reads("Reactivate the entry you have.").await?;
    window.press("Reactivate Android phone").await?;
    window.press("Android").await?;
    window.press("I have Countersign installed").await?;
    window.screen("reactivate-code").await?;
    by_link(&window, &mut phones, &mut next).await?;
    window.reads("Android phone works again").await?;
    window.press("Send a test request").await?;
    approve(&mut next, None).await?;
    window.reads("Approved at").await?;
    window.press("Done").await?;
    phone
        .await_view("the refusal", |view| {
            view["accounts"][0]["state"] == "needs_reactivating"
        })
        .await?;
    ensure!(devices(&hospital)?.len() == 3);

    open(&window, "Android phone").await?;
    window.press("Phone call").await?;
    window
        .reads("When you sign in, we call this phone straight away.")
        .await?;
    window.press("Back").await?;

    // Signed in anew, the line proves it by a call
    window.press("Sign out").await?;
    window.press("Sign in again").await?;
    give_password_in_app(&window, USER, PASSWORD).await?;
    window.screen("prove").await?;
    let landline = window.reads("ending 0142").await?;
    landline.click().await?;
    let shown = number(&window).await?;
    let rings = phones.ringing().await?;
    ensure!(rings == "+442079460142", "{rings} rings");
    phones.answer(&rings, &shown)?;
    window.screen("devices").await?;
    window.close().await
}

/// Opens the options of the device that is called so on the list.
async fn open(window: &Page, device: &str) -> Result<()> {
    window.screen("devices").await?;
    window.reads(device).await?.click().await?;
    window.screen("device-options").await.map(drop)
}

/// The person's devices, as the service has them.
fn devices(hospital: &Hospital) -> Result<Vec<Value>> {
    let listed: Value = hospital.service.json(&["user", "devices", USER])?;
    Ok(listed["devices"].as_array().cloned().unwrap_or_default())
}
