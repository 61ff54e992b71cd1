//! The trunk alone, against real telephones: transports, extensions, and what the doctor says of it; and
//! PH15 with a telephone that rings.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use crate::common;
use crate::support::{sip_phone, trunk::trunk};

use std::path::Path;
use std::time::Duration;

use common::client::Client;
use common::hospital::{Hospital, MOBILE, over};
use countersign_service::calls::doctor::{TrunkFault, doctor};
use countersign_service::carrier::limits::Limits;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::MINUTE_MS;
use countersign_service::self_service::call::{
    CallEnd, CallOutcome, CallStep, Caller as _, Heard, Prompt, ask_number,
};
use countersign_service::self_service::phone_number::E164;
use serde_json::json;
use sip_phone::{Scripted, SipPhone, free_ports};

fn mobile() -> E164 {
    E164::from_stored(MOBILE.into())
}

#[tokio::test]
async fn h2_an_extension_is_dialled_after_the_answer() {
    let port = free_ports();
    let phone = SipPhone::start(MOBILE, port, &[]);
    let trunk = trunk(&format!("127.0.0.1:{port}"), "").await;
    let mut line = trunk.call(&mobile(), "4071").await.unwrap();
    let mut heard = line.heard().await;
    while matches!(heard, Heard::Ringing | Heard::Taken) {
        heard = line.heard().await;
    }
    assert_eq!(heard, Heard::Answered);
    assert_eq!(phone.seen("CALL_DTMF_START"), "4071");
    drop(line);
    phone.wait_for("CALL_CLOSED").await;
    trunk.close().await;
    assert!(trunk.call(&mobile(), "").await.is_err(), "it is closed");
}

/// A certificate for 127.0.0.1 of an authority of its own: the authority's file, and the telephone's.
fn certificate(folder: &Path) -> (String, String) {
    let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let signed = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let (ca, phone) = (folder.join("ca.pem"), folder.join("phone.pem"));
    std::fs::write(&ca, signed.pem()).unwrap();
    std::fs::write(&phone, leaf.pem() + &key.serialize_pem()).unwrap();
    (ca.display().to_string(), phone.display().to_string())
}

#[tokio::test]
async fn h1_a_trunk_is_reached_by_tcp_and_by_tls_whose_certificate_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, certificate) = certificate(folder.path());
    let (other, _) = {
        let folder = folder.path().join("other");
        std::fs::create_dir(&folder).unwrap();
        self::certificate(&folder)
    };
    let port = free_ports();
    let tls = format!("127.0.0.1:{};transport=tls", port + 1);
    for (address, more, outcome) in [
        (
            format!("127.0.0.1:{port};transport=tcp"),
            String::new(),
            CallOutcome::Confirmed,
        ),
        (
            tls.clone(),
            format!("authorities = {authority:?}"),
            CallOutcome::Confirmed,
        ),
        (tls, format!("authorities = {other:?}"), CallOutcome::Failed),
    ] {
        let mut phone = SipPhone::start(MOBILE, port, &["--certificate", &certificate]);
        let trunk = trunk(&address, &more).await;
        let mut line = trunk.call(&mobile(), "").await.unwrap();
        let (answer, answered) = tokio::sync::oneshot::channel();
        let mut answer = Some(answer);
        let asked = ask_number(line.as_mut(), "General Hospital", "483920", move |step| {
            if step == CallStep::Answered {
                let _ = answer.take().unwrap().send(());
            }
            std::future::ready(())
        });
        let typed = async {
            if answered.await.is_ok() {
                phone.wait_for("CALL_ESTABLISHED").await;
                phone.press("483920");
            }
        };
        let (came, ()) = tokio::join!(asked, typed);
        assert_eq!(came, outcome, "{address} {more}");
        drop(line);
        trunk.close().await;
    }
}

#[tokio::test]
async fn h1_the_doctor_says_what_is_wrong_with_a_trunk() {
    let port = free_ports();
    let address = format!("127.0.0.1:{port}");
    let silent = trunk(&address, "").await;
    assert_eq!(
        doctor(&silent).await,
        Err(TrunkFault::Silent(address.clone()))
    );
    let down = trunk(&format!("{address};transport=tcp"), "").await;
    let error = doctor(&down).await.unwrap_err();
    assert!(matches!(error, TrunkFault::Unreachable { .. }), "{error}");
    let _phone = SipPhone::start(MOBILE, port, &[]);
    assert_eq!(doctor(&silent).await, Ok(()));
    assert_eq!(doctor(&down).await, Ok(()));
}

#[tokio::test]
async fn h1_a_registrar_is_told_where_we_are_and_when_we_are_gone() {
    let port = free_ports();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("password");
    std::fs::write(&secret, "trunkpass").unwrap();
    let mut registrar = Scripted::registrar(port);
    let account = format!("register = true\nname = \"trunkuser\"\npassword_file = {secret:?}\n");
    let trunk = trunk(&format!("127.0.0.1:{port}"), &account).await;
    let registered = async {
        while !trunk.is_registered() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), registered)
        .await
        .unwrap();
    trunk.close().await;
    assert!(registrar.went_well(), "the script of the registrar");
}

#[tokio::test]
async fn h2_a_line_that_was_hung_up_says_nothing_more() {
    let port = free_ports();
    let phone = SipPhone::start(MOBILE, port, &["--hangup-after", "0.2"]);
    let trunk = trunk(&format!("127.0.0.1:{port}"), "").await;
    let mut line = trunk.call(&mobile(), "").await.unwrap();
    while line.heard().await != Heard::Answered {}
    line.say(Prompt::Reported).await.unwrap();
    assert_eq!(line.heard().await, Heard::Over(CallEnd::HungUp));
    phone.wait_for("CALL_CLOSED").await;
    line.say(Prompt::Confirmed).await.unwrap();
    assert_eq!(line.heard().await, Heard::Over(CallEnd::Failed));
}

#[tokio::test]
async fn ph15_a_call_comes_first_when_the_app_is_out_of_step_and_the_telephone_rings() {
    let port = free_ports();
    let trunk = trunk(&format!("127.0.0.1:{port}"), "").await;
    let site = Hospital::called_by(trunk, Limits::calls()).await;
    let (alice, phone, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let core = &site.service.core;
    let removed = core.remove_device(&alice, &phone.device.id, OPERATOR).await;
    assert!(removed.unwrap());
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    // A push that nobody fetches: the app is out of step
    site.service.clock.advance(1);
    half.ask(&added).await;
    site.service.clock.advance(MINUTE_MS);
    let view = half.session().await;
    let first = &view["ways"][0];
    assert_eq!(
        (&first["kind"], &first["best"]),
        (&json!("call"), &json!(true))
    );
    let mut phone = SipPhone::start(MOBILE, port, &[]);
    let wanted = json!({ "way": "call", "device": first["device"] });
    let proof = half.post("/proofs", wanted).await.good();
    let shown = proof["number"].as_str().unwrap().to_owned();
    phone.wait_for("CALL_ESTABLISHED").await;
    phone.press(&shown);
    let proof = over(&half, &proof).await;
    assert_eq!(proof["state"], "confirmed");
    assert_eq!(half.session().await["stage"], "open");
}
