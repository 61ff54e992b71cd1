//! PH11 in a domain: computers are recognised by the tickets of a real domain controller, which is also asked who their
//! people are and what they may do.

use std::{path::Path, process::Command};

use anyhow::{Result, ensure};
use countersign_tests::{
    browser::Browser,
    directory::ActiveDirectory,
    kdc::{Answered, Computer, REALM},
    service::Service,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A service in the domain, which has seen nobody yet.
struct Ward {
    domain: &'static ActiveDirectory,
    service: Service,
    folder: TempDir,
}

impl Ward {
    async fn new(directory: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("directories");
        let domain = ActiveDirectory::shared(&cache);
        let settings = format!(
            "[recognition]\nkeytab = \"{}\"\nrealms = [\"{REALM}\"]\ninside = [\"127.0.0.0/8\"]\n{}",
            domain.told("KRB5_KTNAME"),
            domain.settings(folder.path(), directory),
        );
        let environment = [("KRB5_CONFIG", domain.told("KRB5_CONFIG").into())];
        let service =
            Service::start_in(&folder.path().join("service"), &settings, &environment).await?;
        Ok(Self {
            domain,
            service,
            folder,
        })
    }

    fn computer(&self, person: &str, password: &str) -> Result<Computer> {
        let configuration = Path::new(self.domain.told("KRB5_CONFIG"));
        let computer = Computer::of_nobody(configuration, self.folder.path())?;
        computer.sign_in(person, password, &[])?;
        Ok(computer)
    }

    fn administer(&self, act: &[&str]) -> Result<()> {
        let database = format!("--configfile={}", self.domain.told("SMB_CONF"));
        let done = Command::new("samba-tool")
            .args(act)
            .arg(database)
            .output()?;
        ensure!(done.status.success(), "{done:?}");
        Ok(())
    }

    fn look(&self, computer: &Computer) -> Result<Answered> {
        computer.curl(
            &self.service,
            "/recognised",
            &["--negotiate", "--user", ":"],
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph11_whoever_was_never_seen_here_is_recognised_by_the_domain() -> Result<()> {
    let ward = Ward::new("people = \"CN=MFA-All,OU=Staff,DC=hosp,DC=test\"").await?;
    let browser =
        Browser::at_computer(&ward.service, &ward.computer("alice", "Al1ce.Secret")?).await?;
    browser.reads("You’re signed in on this computer").await?;
    browser.press("Continue as Alice").await?;
    // Her first time, and this site leaves first devices to the Service Desk
    browser.reads("Alice Åberg").await?;
    browser.reads("The Service Desk can let you in").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph11_a_ticket_of_somebody_who_may_not_use_this_recognises_nobody() -> Result<()> {
    let ward = Ward::new("people = \"CN=MFA-All,OU=Staff,DC=hosp,DC=test\"").await?;
    let answered = ward.look(&ward.computer("olga", "Olga.Secret1")?)?;
    ensure!(
        answered.body == json!({ "state": "not", "why": "unknown" }),
        "{answered:?}"
    );
    // Nobody was made of her either
    let found = ward.service.json::<Value>(&["user", "devices", "olga"]);
    ensure!(found.is_err(), "{found:?}");
    Ok(())
}

/// Somebody with a password here is not whoever the domain calls the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l5_a_ticket_of_the_domain_opens_no_account_that_has_its_password_here() -> Result<()> {
    let ward = Ward::new("").await?;
    ward.service.add_user("alice")?;
    ward.service
        .set_password("alice", "kept here and nowhere else")?;
    let answered = ward.look(&ward.computer("alice", "Al1ce.Secret")?)?;
    ensure!(
        answered.body == json!({ "state": "not", "why": "unknown" }),
        "{answered:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l1_a_ticket_that_outlives_its_account_recognises_nobody() -> Result<()> {
    let ward = Ward::new("").await?;
    let computer = ward.computer("bob", "B0b.Secret")?;
    let before = ward.look(&computer)?;
    ensure!(before.body["state"] == "known", "{before:?}");
    ward.administer(&["user", "disable", "bob"])?;
    let after = ward.look(&computer)?;
    ward.administer(&["user", "enable", "bob"])?;
    ensure!(
        after.body == json!({ "state": "not", "why": "unknown" }),
        "{after:?}"
    );
    let again = ward.look(&computer)?;
    ensure!(again.body["state"] == "known", "{again:?}");
    Ok(())
}
