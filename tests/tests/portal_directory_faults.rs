//! A directory that is down, slow, or not who it says, in a real browser: people read what they can do, nobody is let in,
//! nothing is changed, and the log says what is wrong with it.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use countersign_tests::{
    between::{Between, Line},
    browser::{Browser, Screen},
    directory::ActiveDirectory,
    page::PATIENCE,
    part::await_for,
    phone::TRIAL,
    portal::give_password,
    service::Service,
};
use tempfile::TempDir;

/// What whoever signs in is told, whatever it is: the rest is for the log.
const NOT_NOW: &str = "The service can’t do that just now. Nothing changed. Try again in a minute.";
/// An answer to StartTLS (RFC 4511 section 4.12): message 1, an extended response, `unavailable`.
const NO_START_TLS: [u8; 14] = [
    0x30, 0x0c, 0x02, 0x01, 0x01, 0x78, 0x07, 0x0a, 0x01, 52, 0x04, 0x00, 0x04, 0x00,
];

fn domain() -> &'static ActiveDirectory {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("directories");
    ActiveDirectory::shared(&cache)
}

/// A service that asks the domain at `url`.
async fn service_at(folder: &TempDir, name: &str, url: &str) -> Result<Service> {
    let settings = domain().settings(folder.path(), "");
    let settings = settings.replace(domain().ldaps(), url);
    ensure!(settings.contains(url), "{settings}");
    let settings = format!("{TRIAL}{settings}");
    Service::start_with(&folder.path().join(name), &settings).await
}

/// Bob tries his right password, and is told that it cannot be done now. `logged` says why.
async fn not_now(browser: &Browser, service: &Service, logged: &str) -> Result<()> {
    give_password(browser, "bob", "B0b.Secret").await?;
    browser.reads(NOT_NOW).await?;
    browser.screen("sign-in").await?;
    browser.go_to(service, "/").await?;
    browser.screen("sign-in").await?;
    await_for(PATIENCE, async || {
        let log = service.log();
        ensure!(log.contains(logged), "no word of \"{logged}\" in: {log}");
        Ok(())
    })
    .await?;
    ensure!(
        !service.log().contains("B0b.Secret"),
        "a password is in the log"
    );
    let known = service.run(&["user", "devices", "bob"]);
    ensure!(known.is_err(), "something was kept of Bob");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l1_a_directory_that_is_slow_or_down_is_told_as_that_and_works_again_by_itself()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = domain().ldaps().trim_start_matches("ldaps://");
    let line = Between::start("127.0.0.1", server).await?;
    let service = service_at(&folder, "service", &format!("ldaps://{}", line.address)).await?;
    let browser = Browser::open(&service, Screen::Narrow).await?;
    // A server may take five seconds for an answer
    line.set(Line::Slow(Duration::from_secs(6)));
    not_now(&browser, &service, "did not answer within 5 s").await?;
    line.set(Line::Cut);
    not_now(&browser, &service, "it hung up before TLS began").await?;
    line.set(Line::Clear);
    give_password(&browser, "bob", "B0b.Secret").await?;
    browser.reads("Add your first device").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l1_a_directory_with_a_wrong_certificate_or_without_tls_is_sent_no_password() -> Result<()>
{
    let folder = tempfile::tempdir()?;
    // An address that its certificate does not have
    let server = domain().ldaps().trim_start_matches("ldaps://");
    let line = Between::start("127.0.0.2", server).await?;
    let url = format!("ldaps://{}", line.address);
    let foreign = service_at(&folder, "foreign", &url).await?;
    let browser = Browser::open(&foreign, Screen::Narrow).await?;
    not_now(&browser, &foreign, "its certificate is for another name").await?;
    browser.close().await?;

    let server = domain().told("LDAP_URL").trim_start_matches("ldap://");
    let line = Between::start("127.0.0.1", server).await?;
    line.set(Line::Instead(NO_START_TLS.to_vec()));
    let stripped = service_at(&folder, "stripped", &format!("ldap://{}", line.address)).await?;
    let browser = Browser::open(&stripped, Screen::Narrow).await?;
    not_now(&browser, &stripped, "it refuses StartTLS").await?;
    line.set(Line::Clear);
    give_password(&browser, "bob", "B0b.Secret").await?;
    browser.reads("Add your first device").await?;
    browser.close().await
}
