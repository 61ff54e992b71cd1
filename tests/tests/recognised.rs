//! Being recognised on one's own computer, by a real KDC: in Chromium, and against what a computer may send.

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    browser::Browser,
    kdc::{Answered, Computer, Kdc},
    name_server::NameServer,
    portal::{PASSWORD, give_password},
    service::Service,
};
use serde_json::json;
use tempfile::TempDir;

const USER: &str = "a.lindqvist";
const NAME: &str = "Amara Lindqvist";
/// A realm with these people, and a service in it that knows one of them.
struct Ward {
    kdc: Kdc,
    service: Service,
    _folder: TempDir,
}

impl Ward {
    async fn new(people: &[&str]) -> Result<Self> {
        Self::with(Kdc::start(people)?, "").await
    }

    async fn with(kdc: Kdc, settings: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let settings = format!("{}{settings}", kdc.settings());
        let environment = [("KRB5_CONFIG", kdc.configuration().to_owned())];
        let service =
            Service::start_in(&folder.path().join("service"), &settings, &environment).await?;
        service.add_person(USER, NAME)?;
        service.set_password(USER, PASSWORD)?;
        Ok(Self {
            kdc,
            service,
            _folder: folder,
        })
    }

    /// What the service knows of whoever is signed in to `computer`.
    fn look(&self, computer: &Computer) -> Result<Answered> {
        computer.curl(
            &self.service,
            "/recognised",
            &["--negotiate", "--user", ":"],
        )
    }

    /// The same for a token of one's own making.
    fn look_with(&self, authorization: &str) -> Result<Answered> {
        let header = format!("authorization: {authorization}");
        let nobody = self.kdc.nobodys_computer()?;
        nobody.curl(&self.service, "/recognised", &["--header", &header])
    }
}

fn refused(answered: &Answered, why: &str) -> Result<()> {
    let expected = json!({ "state": "not", "why": why });
    ensure!(
        answered.status == 200 && answered.body == expected,
        "{answered:?}"
    );
    // A challenge now would make some browsers ask for a password themselves
    ensure!(answered.challenges == 0, "asked again: {answered:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph11_whoever_is_signed_in_on_the_computer_goes_on_by_one_press() -> Result<()> {
    let ward = Ward::new(&[USER]).await?;
    let computer = ward.kdc.computer(USER, &[])?;
    let browser = Browser::at_computer(&ward.service, &computer).await?;
    browser.reads("You’re signed in on this computer").await?;
    browser.reads(NAME).await?;
    // To be recognised is not to be signed in
    ensure!(
        browser.session_cookie().await.is_err(),
        "signed in by itself"
    );
    browser.press("Continue as Amara").await?;
    browser.reads("Prove it’s you").await?;
    browser.session_cookie().await?;
    let log = ward.service.log();
    ensure!(!log.contains("YII"), "a token is in the log");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph11_somebody_else_types_their_own_name_there() -> Result<()> {
    let ward = Ward::new(&["b.okafor"]).await?;
    ward.service.add_user("b.okafor")?;
    let computer = ward.kdc.computer("b.okafor", &[])?;
    let browser = Browser::at_computer(&ward.service, &computer).await?;
    browser.press("I’m someone else").await?;
    give_password(&browser, USER, PASSWORD).await?;
    browser.reads("Prove it’s you").await?;
    browser.reads(NAME).await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph12_nobody_is_recognised_as_the_account_of_a_shared_desktop() -> Result<()> {
    let ward = Ward::new(&["clinicaldesktop", r"clinicaldesktop\@hosp.test"]).await?;
    // It has an account by mistake, which must not matter
    ward.service.add_user("clinicaldesktop")?;
    let computer = ward.kdc.computer("clinicaldesktop", &[])?;
    refused(&ward.look(&computer)?, "shared")?;
    // Its name in another spelling, with which `kinit -E` slipped past a list of names
    let disguised = ward.kdc.computer("clinicaldesktop@hosp.test", &["-E"])?;
    refused(&ward.look(&disguised)?, "unknown")?;

    let browser = Browser::at_computer(&ward.service, &computer).await?;
    browser
        .reads("This is a shared clinical workstation")
        .await?;
    give_password(&browser, USER, PASSWORD).await?;
    browser.reads("Prove it’s you").await?;
    let told = browser
        .driver()
        .execute_async(
            "const done = arguments[0]; fetch('/self-service/v1/session').then(a => a.json()).then(done)",
            Vec::new(),
        )
        .await?;
    ensure!(told.json()["shared"] == true, "{}", told.json());
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph12_a_shared_workstation_is_not_even_asked() -> Result<()> {
    let shared = "[workstations]\nshared = [\"127.0.0.0/8\"]\n";
    let ward = Ward::with(Kdc::start(&[USER])?, shared).await?;
    let answered = ward.look(&ward.kdc.computer(USER, &[])?)?;
    refused(&answered, "shared")?;
    let plain = ward.kdc.nobodys_computer()?;
    refused(&plain.curl(&ward.service, "/recognised", &[])?, "shared")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph12_a_workstation_with_the_name_of_a_shared_one_is_not_even_asked() -> Result<()> {
    let names = NameServer::start(&["clin-4.hosp.test=192.0.2.4", "pc17.hosp.test=192.0.2.17"])?;
    let settings = names.settings("clin-*.hosp.test", "192.0.2.0/24");
    let ward = Ward::with(Kdc::start(&[USER])?, &settings).await?;
    let computer = ward.kdc.computer(USER, &[])?;
    // Every computer here has the address of this machine, so a proxy tells where each stands
    let looks_from = |address: &str| {
        let header = format!("x-forwarded-for: {address}");
        let negotiate = ["--negotiate", "--user", ":", "--header", &header];
        computer.curl(&ward.service, "/recognised", &negotiate)
    };
    let known = looks_from("192.0.2.17")?;
    let expected = json!({ "state": "known", "name": NAME, "account": USER });
    ensure!(known.body == expected, "{known:?}");
    refused(&looks_from("192.0.2.4")?, "shared")?;
    drop(names);
    // Nobody tells the names of others any more
    refused(&looks_from("192.0.2.18")?, "unavailable")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l5_a_token_is_good_once() -> Result<()> {
    let ward = Ward::new(&[USER]).await?;
    let answered = ward.look(&ward.kdc.computer(USER, &[])?)?;
    let known = json!({ "state": "known", "name": NAME, "account": USER });
    ensure!(
        answered.status == 200 && answered.body == known,
        "{answered:?}"
    );
    // curl asks who we are, too
    ensure!(
        answered
            .headers
            .to_lowercase()
            .contains("www-authenticate: negotiate o"),
        "{answered:?}"
    );
    let token = answered.token.context("a token was sent")?;
    refused(&ward.look_with(&format!("Negotiate {token}"))?, "unproven")
}

/// A KDC of an attacker's own, with the realm's name and people of its choice, has no key of the service.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l5_a_ticket_of_an_impostors_kdc_proves_nothing() -> Result<()> {
    let ward = Ward::new(&[USER]).await?;
    let impostor = Kdc::start(&[USER])?;
    let answered = ward.look(&impostor.computer(USER, &[])?)?;
    ensure!(answered.token.is_some(), "no ticket was sent: {answered:?}");
    ensure!(
        answered.body == json!({ "state": "not", "why": "unproven" }),
        "{answered:?}"
    );
    // The realm's own are still taken
    let answered = ward.look(&ward.kdc.computer(USER, &[])?)?;
    ensure!(answered.body["state"] == "known", "{answered:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l5_what_proves_nothing_leads_to_the_form() -> Result<()> {
    let ward = Ward::new(&["stranger"]).await?;
    for sent in [
        // NTLM, plain and in its usual first message
        "Negotiate TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==",
        "NTLM TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==",
        "Negotiate AAAA",
        "Negotiate YIIBIjANBgkqhkiG9xIBAgICBQA=",
        "Negotiate not-base64",
        "Negotiate ",
        "Negotiate",
        "Basic YS5saW5kcXZpc3Q6eA==",
    ] {
        refused(&ward.look_with(sent)?, "unproven").context(sent)?;
    }
    // A good ticket of somebody who has no account here
    refused(&ward.look(&ward.kdc.computer("stranger", &[])?)?, "unknown")?;
    // Nobody is signed in to the computer: it is asked once, and says nothing
    let nobody = ward.kdc.nobodys_computer()?;
    for answered in [
        ward.look(&nobody)?,
        nobody.curl(&ward.service, "/recognised", &[])?,
    ] {
        ensure!(
            answered.status == 401
                && answered.body["code"] == "not_recognised"
                && answered.challenges == 1
                && answered.token.is_none(),
            "{answered:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l5_only_aes_proves_anything() -> Result<()> {
    let ward = Ward::with(Kdc::with_key("arcfour-hmac", &[USER])?, "").await?;
    let answered = ward.look(&ward.kdc.computer(USER, &[])?)?;
    ensure!(answered.token.is_some(), "no ticket: {answered:?}");
    refused(&answered, "unproven")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l5_no_other_site_asks_the_computer_or_signs_anybody_in() -> Result<()> {
    let ward = Ward::new(&[USER]).await?;
    let computer = ward.kdc.computer(USER, &[])?;
    let negotiate = ["--negotiate", "--user", ":"];
    let json = ["--header", "content-type: application/json"];
    let data = ["--data", r#"{"account":"a.lindqvist"}"#];
    for foreign in ["origin: https://evil.example", "sec-fetch-site: cross-site"] {
        let asked = [&negotiate[..], &["--header", foreign]].concat();
        let looked = computer.curl(&ward.service, "/recognised", &asked)?;
        let signed = [&asked[..], &json, &data].concat();
        let signed = computer.curl(&ward.service, "/session/recognised", &signed)?;
        for answered in [looked, signed] {
            ensure!(
                answered.status == 403
                    && answered.body["code"] == "other_site"
                    && answered.challenges == 0,
                "{foreign}: {answered:?}"
            );
        }
    }
    // A form, which needs nobody's permission to be sent
    let form = [&negotiate[..], &data].concat();
    let answered = computer.curl(&ward.service, "/session/recognised", &form)?;
    ensure!(answered.status == 403, "{answered:?}");
    // Our own page, of another account than the computer's
    let other = ["--data", r#"{"account":"b.okafor"}"#];
    let asked = [&negotiate[..], &json, &other].concat();
    let answered = computer.curl(&ward.service, "/session/recognised", &asked)?;
    ensure!(
        answered.status == 403 && answered.body["code"] == "not_recognised",
        "{answered:?}"
    );
    ensure!(!answered.headers.contains("set-cookie"), "{answered:?}");
    let asked = [&negotiate[..], &json, &data].concat();
    let answered = computer.curl(&ward.service, "/session/recognised", &asked)?;
    ensure!(
        answered.status == 200
            && answered.body["stage"] == "prove"
            && answered.headers.contains("__Host-countersign"),
        "{answered:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l5_a_computer_that_cannot_reach_its_realm_shows_the_form_with_a_word() -> Result<()> {
    let mut ward = Ward::new(&[USER]).await?;
    let computer = ward.kdc.computer(USER, &[])?;
    ward.kdc.stop();
    let browser = Browser::at_computer(&ward.service, &computer).await?;
    browser
        .reads("This computer didn’t say who you are")
        .await?;
    give_password(&browser, USER, PASSWORD).await?;
    browser.reads("Prove it’s you").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keytab_that_is_missing_keeps_the_service_from_starting_and_says_so() -> Result<()> {
    let kdc = Kdc::start(&[USER])?;
    let folder = tempfile::tempdir()?;
    let settings = kdc.settings().replace("service.keytab", "missing.keytab");
    let started = Service::start_in(&folder.path().join("service"), &settings, &[]).await;
    let said = started.err().context("it started without a keytab")?;
    let said = format!("{said:#}");
    ensure!(
        said.contains("missing.keytab") && said.contains("HTTP/localhost"),
        "{said}"
    );
    Ok(())
}
