//! Calls over a SIP trunk, from the real program to a real telephone: PH14, and rows H1, H2 and H4.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use crate::support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::portal::{App, SetUp, set_up};
use support::service::Service;
use support::sip_phone::{Scripted, SipPhone, free_ports, until};

const NUMBER: &str = "+447700900471";
const UNDER_WAY: [&str; 3] = ["calling", "ringing", "answered"];

/// A site whose trunk is whatever answers SIP on that port.
fn site(port: u16, more: &str) -> Service {
    Service::start_with(&format!(
        "enrolment = \"open\"\n[texts]\nsimulated = true\n[calls.sip]\ntrunk = \"sip:127.0.0.1:{port}\"\n\
         from = \"+442079460000\"\naddress = \"127.0.0.1\"\nlisten = \"127.0.0.1:0\"\n{more}"
    ))
}

fn prompt(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("prompts/en/{name}.wav"))
}

/// Asks for a call, on the page of whoever has only the password.
async fn ask<'s>(service: &'s Service, alice: &SetUp<'s>) -> (App<'s>, Value, String) {
    let mut page = App::of(service);
    assert_eq!(page.sign_in("alice").await["stage"], "prove");
    let wanted = json!({ "way": "call", "device": alice.device["id"] });
    let proof = page.post("/proofs", wanted).await;
    let shown = proof["number"].as_str().unwrap().to_owned();
    (page, proof, shown)
}

/// Nothing of a call is in the log but its name and the last four digits, even where everything is logged.
fn nothing_is_told(service: &Service) {
    let log = service.log();
    assert!(log.contains("a call is placed"), "the log is looked at");
    for secret in [
        NUMBER,
        "447700900471",
        "Signal=",
        "INVITE sip",
        "raw_message",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log (row H4)");
    }
}

#[tokio::test]
async fn ph14_a_real_telephone_hears_the_prompt_and_types_the_number() {
    let port = free_ports();
    let service = site(port, "");
    let alice = set_up(&service, NUMBER).await;
    let mut phone = SipPhone::start(NUMBER, port, &[]);
    let (mut page, proof, shown) = ask(&service, &alice).await;
    let answered = page.follow(&proof, &UNDER_WAY[..2]).await;
    assert_eq!(answered["state"], "answered", "the page is told at once");
    phone.has_heard(4).await;
    phone.press(&shown);
    let proof = page.follow(&answered, &UNDER_WAY).await;
    assert_eq!(proof["state"], "confirmed");
    assert_eq!(page.get("/session").await["stage"], "open");
    phone.wait_for("CALL_CLOSED").await;
    let (is_heard, correlation) = phone.heard(&prompt("ask-number"), 3);
    assert!(is_heard, "{correlation}");
    nothing_is_told(&service);
}

#[tokio::test]
async fn ph14_keys_come_by_info_and_the_trunk_is_told_the_password() {
    let port = free_ports();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("password");
    std::fs::write(&secret, "trunkpass\n").unwrap();
    let account = format!("name = \"trunkuser\"\npassword_file = {secret:?}\n");
    let service = site(port, &account);
    let alice = set_up(&service, NUMBER).await;
    let (mut page, proof, shown) = ask(&service, &alice).await;
    let mut phone = Scripted::start(port, &shown);
    let proof = page.follow(&proof, &UNDER_WAY).await;
    assert_eq!(proof["state"], "confirmed");
    assert!(phone.went_well(), "the script of the other end");
    nothing_is_told(&service);
    assert!(!service.log().contains("trunkpass"));
}

/// Asks for one call, lets `during` do what it does once somebody answered, and gives what came of it. Nothing may have
/// changed by it.
async fn came_of(arguments: &[&str], during: impl AsyncFnOnce(&mut SipPhone)) -> String {
    let port = free_ports();
    let service = site(port, "");
    let alice = set_up(&service, NUMBER).await;
    let mut phone = SipPhone::start(NUMBER, port, arguments);
    let (mut page, proof, _) = ask(&service, &alice).await;
    let now = page.follow(&proof, &UNDER_WAY[..2]).await;
    if now["state"] == "answered" {
        phone.wait_for("CALL_ESTABLISHED").await;
        during(&mut phone).await;
    } else {
        let is_wanted = matches!(arguments, ["--reject" | "--no-answer"]);
        assert!(is_wanted, "the telephone takes its call: {now}");
    }
    let proof = page.follow(&now, &UNDER_WAY).await;
    assert_eq!(page.get("/session").await["stage"], "prove");
    assert_eq!(proof["number"], Value::Null);
    nothing_is_told(&service);
    proof["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn ph14_a_busy_line_is_told() {
    assert_eq!(came_of(&["--reject"], async |_| ()).await, "busy");
}

#[tokio::test]
async fn ph14_nobody_answers() {
    assert_eq!(came_of(&["--no-answer"], async |_| ()).await, "no_answer");
}

#[tokio::test]
async fn h2_voicemail_answers_and_presses_nothing() {
    assert_eq!(came_of(&[], async |_| ()).await, "no_answer");
}

#[tokio::test]
async fn h2_whoever_hangs_up_in_the_prompt_proves_nothing() {
    let hung_up = came_of(&["--hangup-after", "1.5"], async |_| ()).await;
    assert_eq!(hung_up, "no_answer");
}

#[tokio::test]
async fn h2_another_number_twice_ends_the_call() {
    let typed = came_of(&[], async |phone| {
        phone.press("000000");
        phone.press("111111");
        phone.wait_for("CALL_CLOSED").await;
    });
    assert_eq!(typed.await, "wrong_number");
}

#[tokio::test]
async fn h2_the_star_key_reports() {
    let reported = came_of(&[], async |phone| phone.press("*"));
    assert_eq!(reported.await, "reported");
}

#[tokio::test]
async fn h2_a_stream_that_breaks_ends_the_call() {
    let broken = came_of(&[], async |phone| {
        phone.has_heard(1).await;
        let mut stop = Command::new("kill");
        assert!(
            stop.args(["-STOP", phone.process()])
                .status()
                .unwrap()
                .success()
        );
    });
    assert_eq!(broken.await, "call_failed");
}

#[tokio::test]
async fn h1_a_trunk_that_is_down_fails_the_call() {
    let port = free_ports();
    let service = site(port, "");
    let alice = set_up(&service, NUMBER).await;
    let (mut page, proof, _) = ask(&service, &alice).await;
    let proof = page.follow(&proof, &UNDER_WAY).await;
    assert_eq!(proof["state"], "call_failed");
    assert_eq!(page.get("/session").await["stage"], "prove");
    assert!(service.log().contains("the trunk does not answer"));
}

#[tokio::test]
async fn h1_a_service_that_stops_hangs_up() {
    let port = free_ports();
    let mut service = site(port, "");
    let phone = SipPhone::start(NUMBER, port, &[]);
    {
        let alice = set_up(&service, NUMBER).await;
        let (mut page, proof, _) = ask(&service, &alice).await;
        page.follow(&proof, &UNDER_WAY[..2]).await;
    }
    assert!(!phone.has_seen("CALL_CLOSED"));
    assert!(service.terminate().success());
    until(|| phone.has_seen("CALL_CLOSED"), "a BYE").await;
}
