//! The portal by keyboard alone, in a real browser against the real service: nothing here ever points at anything.

use anyhow::{Result, ensure};
use countersign_tests::{
    browser::{Browser, Screen},
    hospital::{Hospital, USER, passcode},
    page::PATIENCE,
    part::await_for,
    phone::Phones,
    portal::{PASSWORD, approve, number, point_at},
};
use serde_json::{Value, json};
use thirtyfour::Key;

/// What has focus: its name, whether that can be seen, and whether it is where a new screen puts it.
const FOCUSED: &str = "const one = document.activeElement, style = getComputedStyle(one); \
    const screen = [...document.querySelectorAll('[data-screen]')].at(-1); \
    const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent; \
    return { name: name.replace(/\\s+/g, ' ').trim(), \
      seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, \
      begins: screen?.contains(one) === true && (one.tagName === 'H1' || 'first' in one.dataset || one.tagName === 'INPUT') };";

/// Hands on a keyboard.
struct Hands<'a>(&'a Browser);

impl Hands<'_> {
    async fn press(&self, key: Key) -> Result<()> {
        let chain = self.0.driver().action_chain();
        Ok(chain.key_down(key.clone()).key_up(key).perform().await?)
    }

    async fn write(&self, text: &str) -> Result<()> {
        let chain = self.0.driver().action_chain();
        Ok(chain.send_keys(text).perform().await?)
    }

    async fn with(&self, held: Key, key: char) -> Result<()> {
        let chain = self.0.driver().action_chain().key_down(held.clone());
        let chain = chain.key_down(key).key_up(key).key_up(held);
        Ok(chain.perform().await?)
    }

    async fn focused(&self) -> Result<Value> {
        let said = self.0.driver().execute(FOCUSED, Vec::new()).await?;
        Ok(said.json().clone())
    }

    /// The screen is there, and focus is at its beginning.
    async fn lands_at(&self, screen: &str) -> Result<()> {
        self.0.screen(screen).await?;
        await_for(PATIENCE, async || {
            let focused = self.focused().await?;
            ensure!(
                focused["begins"] == true,
                "{screen} begins with focus on {focused}"
            );
            Ok(())
        })
        .await
    }

    /// Goes on with Tab until what has focus is called so, which can be seen.
    async fn tab_to(&self, name: &str) -> Result<()> {
        let mut passed = Vec::new();
        for _ in 0..40 {
            let focused = self.focused().await?;
            let called = focused["name"].as_str().unwrap_or_default().to_owned();
            if called.starts_with(name) {
                ensure!(focused["seen"] == true, "focus on \"{name}\" is not seen");
                return Ok(());
            }
            passed.push(called);
            self.press(Key::Tab).await?;
        }
        anyhow::bail!("\"{name}\" is not reached: {passed:?}")
    }

    async fn take(&self, name: &str, key: Key) -> Result<()> {
        self.tab_to(name).await?;
        self.press(key).await
    }

    /// Name and password, to the question for a proof.
    async fn sign_in(&self) -> Result<()> {
        self.lands_at("sign-in").await?;
        self.tab_to("Username").await?;
        self.write(USER).await?;
        self.tab_to("Password").await?;
        self.write(PASSWORD).await?;
        self.press(Key::Enter).await?;
        self.lands_at("prove").await
    }

    async fn sign_out_and_in(&self) -> Result<()> {
        self.take("Sign out", Key::Enter).await?;
        self.lands_at("signed-out").await?;
        self.take("Sign in again", Key::Space).await?;
        self.sign_in().await
    }

    /// From the devices: a line, which says its code when it is called.
    async fn add_landline(&self, phones: &mut Phones) -> Result<()> {
        self.take("Add another device", Key::Enter).await?;
        self.lands_at("add-type").await?;
        self.tab_to("Mobile phone").await?;
        self.press(Key::Down).await?;
        self.press(Key::Down).await?;
        self.take("Continue", Key::Enter).await?;
        self.lands_at("add-number").await?;
        self.tab_to("Phone number").await?;
        self.write("020 7946 0142").await?;
        self.press(Key::Enter).await?;
        self.lands_at("add-confirm").await?;
        self.write(&phones.spoken_code().await?).await?;
        self.lands_at("add-done").await?;
        self.take("Done", Key::Enter).await?;
        self.lands_at("devices").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_is_done_by_keyboard_alone() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phones = Phones::of(&hospital.service);
    let mut app = hospital.activated("phone")?;
    let mut tablet = hospital.app("tablet")?;
    let browser = Browser::open(&hospital.service, Screen::Wide).await?;
    let hands = Hands(&browser);

    // In, by a passcode
    hands.sign_in().await?;
    hands.take("Type a passcode", Key::Enter).await?;
    hands.lands_at("passcode").await?;
    hands.write(&passcode(&mut app)?).await?;
    hands.lands_at("devices").await?;

    // Another name, another default
    hands
        .take("Device Options for Test phone", Key::Space)
        .await?;
    hands.tab_to("Push").await?;
    hands.press(Key::Right).await?;
    browser
        .reads("When you sign in, we ask you each time.")
        .await?;
    hands.take("Rename", Key::Enter).await?;
    hands.tab_to("Device name").await?;
    hands.with(Key::Control, 'a').await?;
    hands.write("Amara").await?;
    hands.press(Key::Enter).await?;
    browser.reads("Amara").await?;

    // A landline, which is called
    hands.add_landline(&mut phones).await?;

    // A tablet, which scans
    hands.take("Add another device", Key::Space).await?;
    hands.lands_at("add-type").await?;
    hands.tab_to("Mobile phone").await?;
    hands.press(Key::Down).await?;
    hands.take("Continue", Key::Enter).await?;
    hands.lands_at("add-platform").await?;
    hands.tab_to("iPad").await?;
    hands.press(Key::Down).await?;
    hands.take("Continue", Key::Enter).await?;
    hands.lands_at("add-install").await?;
    hands
        .take("I have Countersign installed", Key::Enter)
        .await?;
    hands.lands_at("add-code").await?;
    let waiting = point_at(&browser, "add-code", &mut tablet).await?;
    browser.reads("Does your device show this number?").await?;
    hands.take("They match", Key::Enter).await?;
    tablet.ask("finish_activation", json!({ "id": waiting["id"] }))?;
    hands.lands_at("add-done").await?;
    hands.take("Done", Key::Enter).await?;
    hands.lands_at("devices").await?;
    ensure!(hospital.devices()?.len() == 3, "{:?}", hospital.devices()?);

    // The landline goes again; the question begins at the answer that keeps it
    hands
        .take("Device Options for Landline", Key::Enter)
        .await?;
    hands.take("Remove", Key::Enter).await?;
    browser.reads("Remove “Landline”?").await?;
    ensure!(hands.focused().await?["name"] == "Keep it");
    hands.take("Remove Landline", Key::Enter).await?;
    browser
        .reads("Two devices can confirm your sign-ins.")
        .await?;

    // A guide, and help, and out
    hands.take("New phone, same number", Key::Enter).await?;
    hands.lands_at("guide-same").await?;
    hands.take("My Settings & Devices", Key::Enter).await?;
    hands.lands_at("devices").await?;
    hands.take("Help", Key::Enter).await?;
    hands.lands_at("self-help").await?;
    hands.take("Back", Key::Enter).await?;
    hands.lands_at("devices").await?;
    hands.take("Sign out", Key::Enter).await?;
    hands.lands_at("signed-out").await?;
    hands.take("Sign in again", Key::Space).await?;
    hands.lands_at("sign-in").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph07_ph14_ph18_push_code_and_call_and_the_way_back_by_keyboard_alone() -> Result<()> {
    let hospital = Hospital::timed().await?;
    let mut phones = Phones::of(&hospital.service);
    let (mut app, mut after) = (hospital.activated("phone")?, hospital.app("after")?);
    let browser = Browser::open(&hospital.service, Screen::Wide).await?;
    let hands = Hands(&browser);

    // In by a push, and a line to be called on
    hands.sign_in().await?;
    hands.take("Send a push", Key::Enter).await?;
    approve(&mut app, Some(&number(&browser).await?)).await?;
    hands.lands_at("devices").await?;
    hands.add_landline(&mut phones).await?;

    // In by a code of the Service Desk
    hands.sign_out_and_in().await?;
    hands.take("None of these work for me", Key::Enter).await?;
    hands.lands_at("ask-desk").await?;
    hands.take("I have a one-time passcode", Key::Enter).await?;
    hands.tab_to("One-time passcode").await?;
    hands.write(&hospital.service.bypass(USER)?).await?;
    hands.take("Continue", Key::Enter).await?;
    hands.lands_at("devices").await?;

    // The app is gone; in by a call, once the line is as old as it has to be
    app.kill();
    hands.take("Sign out", Key::Enter).await?;
    hands.lands_at("signed-out").await?;
    hospital.service.advance_to(2 * 24 * 60 * 60)?;
    hands.take("Sign in again", Key::Space).await?;
    hands.sign_in().await?;
    hands.take("Call", Key::Enter).await?;
    let shown = number(&browser).await?;
    let rings = phones.ringing().await?;
    phones.answer(&rings, &shown)?;
    hands.lands_at("devices").await?;

    // The guide to its end
    hands.take("I restored or reinstalled", Key::Enter).await?;
    hands.lands_at("guide-restored").await?;
    hands.take("Reactivate", Key::Enter).await?;
    hands.lands_at("reactivate").await?;
    // What runs here is a computer, and one is kept as a tablet.
    hands.tab_to("iPad").await?;
    hands.press(Key::Down).await?;
    hands
        .take("I have Countersign installed", Key::Enter)
        .await?;
    hands.lands_at("reactivate-code").await?;
    let waiting = point_at(&browser, "reactivate-code", &mut after).await?;
    browser.reads("Does your device show this number?").await?;
    hands.take("They match", Key::Enter).await?;
    after.ask("finish_activation", json!({ "id": waiting["id"] }))?;
    hands.lands_at("guide-restored").await?;
    hands.take("Send a test request", Key::Enter).await?;
    approve(&mut after, None).await?;
    browser.reads("Approved at").await?;
    hands.take("Done", Key::Enter).await?;
    hands.lands_at("devices").await?;
    browser.close().await
}
