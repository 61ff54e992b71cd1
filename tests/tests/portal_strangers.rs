//! Others at the portal, in real browsers: whoever stole a session, and the page of another site.

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    browser::{Browser, Screen},
    hospital::{Hospital, USER},
    impostor::Impostor,
    page::PATIENCE,
    part::await_for,
    portal::{PASSWORD, give_password, prove_by_push},
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_s7_a_stolen_session_needs_a_proof_of_its_own_and_dies_with_the_persons() -> Result<()> {
    let hospital = Hospital::timed().await?;
    let mut phone = hospital.activated("phone")?;
    let _second = hospital.activated("second")?;
    let person = hospital.signed_in().await?;
    person.screen("prove").await?;
    let thief = Browser::blank(Screen::Narrow).await?;
    thief
        .come_with(&hospital.service, &person.session_cookie().await?)
        .await?;
    thief.screen("prove").await?;

    // Her proof gives her another cookie; what was stolen before is of no use, and neither is her password
    prove_by_push(&person, &mut phone).await?;
    thief.go_to(&hospital.service, "/devices").await?;
    give_password(&thief, USER, PASSWORD).await?;
    thief.screen("prove").await?;
    thief.go_to(&hospital.service, "/devices").await?;
    thief.screen("prove").await?;

    // Stolen after the proof it opens what she opened, and five minutes later changes nothing
    thief
        .come_with(&hospital.service, &person.session_cookie().await?)
        .await?;
    thief.screen("devices").await?;
    hospital.service.advance_to(301)?;
    thief.press("Device Options for Test phone 2").await?;
    thief.press("Remove").await?;
    thief.press("Remove Test phone 2").await?;
    thief.screen("prove").await?;
    thief.reads("This change needs a fresh check.").await?;
    thief.go_to(&hospital.service, "/add").await?;
    thief.press("Tablet").await?;
    thief.press("Continue").await?;
    thief.press("Android tablet").await?;
    thief.press("Continue").await?;
    thief.press("I have Countersign installed").await?;
    thief.screen("prove").await?;
    ensure!(hospital.devices()? == ["Test phone", "Test phone 2"]);

    person.press("Sign out").await?;
    person.reads("You’re signed out").await?;
    thief.go_to(&hospital.service, "/devices").await?;
    thief.screen("sign-in").await?;
    thief.close().await?;
    person.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s7_every_other_session_ends_when_a_device_is_removed_and_all_when_the_person_is_disabled()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phone = hospital.activated("phone")?;
    let _second = hospital.activated("second")?;
    let (person, other) = (hospital.signed_in().await?, hospital.signed_in().await?);
    prove_by_push(&person, &mut phone).await?;
    prove_by_push(&other, &mut phone).await?;
    person.press("Device Options for Test phone 2").await?;
    person.press("Remove").await?;
    person.press("Remove Test phone 2").await?;
    person
        .reads("One device can confirm your sign-ins.")
        .await?;
    // What was open there is open no longer, at the next thing that is done in it
    other.press("Device Options for Test phone").await?;
    other.press("Ask me").await?;
    other.screen("sign-in").await?;
    other.reads("You were signed out").await?;

    hospital.service.run(&["user", "disable", USER])?;
    person.press("Device Options for Test phone").await?;
    person.press("Ask me").await?;
    person.screen("sign-in").await?;
    give_password(&person, USER, PASSWORD).await?;
    person.reads("Username or password isn’t right").await?;
    other.close().await?;
    person.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s8_the_page_of_another_site_reads_nothing_changes_nothing_and_frames_nothing() -> Result<()>
{
    let hospital = Hospital::new().await?;
    let mut phone = hospital.activated("phone")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut phone).await?;
    let listed: Value = hospital.service.json(&["user", "devices", USER])?;
    let device = listed["devices"][0]["device"].as_str().context("its id")?;

    let page = stranger(&hospital.service.address(), device);
    let tls = hospital.service.ca.parent().context("a folder")?;
    let stranger = Impostor::start(tls, page).await?;
    // Another port of the same host, to which the browser sends the cookie, and another host
    for host in ["localhost", "127.0.0.1"] {
        let driver = browser.driver();
        driver
            .goto(format!("https://{host}:{}/", stranger.port))
            .await?;
        let tried = await_for(PATIENCE, async || {
            let title = driver.title().await?;
            ensure!(title.starts_with("tried"), "the page is still trying");
            Ok(title)
        })
        .await?;
        ensure!(
            tried
                == "tried read:blocked, rename:blocked, remove:blocked, test:opaque, sign-in:opaque",
            "from {host}: {tried}"
        );
        for frame in [0, 1] {
            driver.enter_frame(frame).await?;
            let shown = driver.source().await?;
            ensure!(
                !shown.contains("My Settings") && !shown.contains("data-screen"),
                "a frame of {host} shows {shown}"
            );
            driver.enter_default_frame().await?;
        }
    }

    // She is still signed in, as herself, and has what she had
    browser.go_to(&hospital.service, "/devices").await?;
    browser.screen("devices").await?;
    browser
        .reads("One device can confirm your sign-ins.")
        .await?;
    ensure!(hospital.devices()? == ["Test phone"]);
    let view = phone.ask("view", json!({}))?;
    ensure!(view["requests"] == json!([]), "{view}");
    // The same calls from her own page do something, or are refused for what they want
    let own = "const done = arguments[arguments.length - 1], device = arguments[0]; (async () => { \
        const base = '/self-service/v1'; \
        const { csrf } = await (await fetch(base + '/session')).json(); \
        const headers = { 'content-type': 'application/json', 'x-countersign-csrf': csrf }; \
        const body = JSON.stringify({ name: 'Renamed' }); \
        const renamed = await fetch(`${base}/devices/${device}/name`, { method: 'PUT', headers, body }); \
        const removed = await fetch(`${base}/devices/${device}`, { method: 'DELETE', headers }); \
        done([renamed.status, removed.status, (await removed.json()).code]); })();";
    let said = browser
        .driver()
        .execute_async(own, vec![json!(device)])
        .await?;
    ensure!(
        *said.json() == json!([200, 409, "last_way"]),
        "{}",
        said.json()
    );
    ensure!(hospital.devices()? == ["Renamed"]);
    browser.close().await
}

/// A page that tries what it can on the session of whoever looks at it; its title tells what came of it.
fn stranger(service: &str, device: &str) -> String {
    let page = format!(
        r#"<!doctype html><title>trying</title>
<iframe src="https://{service}/devices"></iframe>
<iframe name="sink"></iframe>
<form action="https://{service}/self-service/v1/landlines" method="post" enctype="text/plain" target="sink">
<input name='{{"number":"+441632960142","x":"' value='"}}'></form>
<script>
const base = "https://{service}/self-service/v1", tried = [], json = {{ "content-type": "application/json" }};
const attempt = async (name, path, init) => {{
  const came = await fetch(base + path, {{ credentials: "include", ...init }}).then(({{ type }}) => type, () => "blocked");
  tried.push(name + ":" + came);
}};
(async () => {{
  document.forms[0].submit();
  await attempt("read", "/session", {{}});
  await attempt("rename", "/devices/{device}/name", {{ method: "PUT", headers: json, body: '{{"name":"Mine"}}' }});
  await attempt("remove", "/devices/{device}", {{ method: "DELETE", headers: json }});
  await attempt("test", "/devices/{device}/test", {{ method: "POST", mode: "no-cors", body: "{{}}" }});
  await attempt("sign-in", "/session", {{ method: "POST", mode: "no-cors", body: '{{"username":"x","password":"y"}}' }});
  document.title = "tried " + tried.join(", ");
}})();
</script>"#
    );
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
}
