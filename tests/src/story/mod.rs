//! One person's story, told by the tour and checked by a test: alice of the domain adds her phone in the portal, signs in
//! with it, has it restored, and is back in step by a call to her telephone.
//!
//! - [`adding`]: a new phone, from her password to its first passcode
//! - [`signing`]: what she does with it in a day
//! - [`restored`]: it was restored, and nothing of it works
//! - [`back`]: it is in step again, and what its old keys are worth

pub mod adding;
pub mod back;
pub mod restored;
pub mod signing;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::{
    browser::{Browser, Screen},
    directory::ActiveDirectory,
    duo::{self, DuoClient},
    part::{built, root},
    person::Person,
    phone::{Phones, TEXTED},
    portal::{give_password, number},
    service::Service,
    telephone::Telephone,
    transcript::Transcript,
    window::Window,
};

/// Her account, as the domain has it.
pub const ALICE: &str = "alice";
/// Her password there, which the service does not know.
const PASSWORD: &str = "Al1ce.Secret";
/// Her number as she types it, and as it is dialled.
const NUMBER: (&str, &str) = ("07700 900471", "+447700900471");
/// The protected application.
const APPLICATION: &str = "Ward Charts";

/// Everything around her.
pub struct Story {
    /// The service, whose clock can be moved.
    pub service: Service,
    /// Her telephone: calls reach it by the service's trunk.
    pub telephone: Telephone,
    /// Her phone's app.
    pub person: Person,
    /// An application that asks for second signatures.
    pub duo: DuoClient,
    phones: Phones,
    folder: PathBuf,
}

impl Story {
    /// Starts all of it in `folder`. The domain's database is made once and kept in `domains`.
    pub async fn begin(record: &mut Transcript, folder: &Path, domains: PathBuf) -> Result<Self> {
        record.chapter("The hospital");
        // What takes long where it is the first time, side by side
        let domain = tokio::task::spawn_blocking(move || ActiveDirectory::shared(&domains));
        let client = tokio::task::spawn_blocking(duo::ready);
        let telephone = Telephone::start(NUMBER.1)?;
        let domain = domain.await.context("the domain controller")?;
        client.await??;
        record.says(&format!(
            "A domain controller answers on {}; {ALICE}'s password is known there alone.",
            domain.ldaps()
        ));
        std::fs::create_dir_all(folder)?;
        let settings = format!(
            "{TEXTED}{}{}",
            telephone.settings()?,
            domain.settings(folder, "")
        );
        let service = Service::start_timed(&folder.join("service"), &settings).await?;
        record.says(&format!(
            "The service listens on https://{} and calls by a SIP trunk; at its other end is {ALICE}'s telephone.",
            service.address()
        ));
        let duo = DuoClient::new(&service, &service.add_integration(APPLICATION, &[])?)?;
        record.says(&format!("It knows the application \"{APPLICATION}\"."));
        Ok(Self {
            person: Person::new(&folder.join("phone"), &service)?,
            phones: Phones::of(&service),
            service,
            telephone,
            duo,
            folder: folder.to_owned(),
        })
    }

    /// A browser at the portal in which she gave her name and the domain's password.
    async fn signed_in(&self, record: &mut Transcript, picture: &str) -> Result<Browser> {
        let browser = Browser::open(&self.service, Screen::Wide).await?;
        browser.screen("sign-in").await?;
        record
            .shows(&browser, picture, "The portal, from outside.")
            .await?;
        give_password(&browser, ALICE, PASSWORD).await?;
        browser.reads("Alice Åberg").await?;
        Ok(browser)
    }
}

/// The app reads the code that `browser` shows at `screen` from a picture of the whole page, chosen where "+" leads; both
/// show the same number, and the app is activated.
async fn scan(
    record: &mut Transcript,
    person: &Person,
    window: &Window,
    browser: &Browser,
    screen: &str,
) -> Result<()> {
    browser.screen(screen).await?;
    browser.reads("Waiting for the scan").await?;
    record
        .shows(browser, "portal-code", "The page shows a code to scan.")
        .await?;
    let code = person.file("portal.png");
    browser.picture(&code).await?;
    window.screen("add").await?;
    record
        .shows(window, "ways-to-add", "The app's \"+\".")
        .await?;
    window.choose_picture(&code).await?;
    window.screen("confirm").await?;
    record
        .shows(
            window,
            "confirm-address",
            "The code is read off a picture of the page, and the address asks for a yes.",
        )
        .await?;
    window.press("Activate this phone").await?;
    window.screen("compare").await?;
    browser.reads("Does your device show this number?").await?;
    let (here, there) = (number(window).await?, number(browser).await?);
    ensure!(here == there, "the app shows {here} and the page {there}");
    record
        .shows(window, "compare", "The app shows a number to compare.")
        .await?;
    record
        .shows(browser, "portal-compare", "The page shows the same number.")
        .await?;
    browser.press("They match").await?;
    window.screen("added").await?;
    record
        .shows(window, "activated", "The app is activated.")
        .await?;
    window.press("Done").await?;
    window.screen("home").await.map(drop)
}

/// Where programs that run one after another keep the domain's database.
pub fn domains() -> Result<PathBuf> {
    let service = built("countersign-service")?;
    let target = service.ancestors().nth(2);
    Ok(target.unwrap_or_else(|| root()).join("tmp/directories"))
}
