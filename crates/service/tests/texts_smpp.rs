//! Rows H1, H4 and G2: texts over SMPP to a real message centre.

use crate::{common, support};

use std::net::TcpListener;
use std::time::Duration;

use common::client::Client;
use common::hospital::{confirm, wanted};
use common::{START, Service};
use countersign_service::self_service::call::Phones;
use countersign_service::self_service::phone_number::E164;
use countersign_service::self_service::text::{Handed, Text, TextError, Texter as _};
use countersign_service::store::carriers::{Kind, Rate};
use countersign_service::texts::doctor::examine;
use countersign_service::texts::reports::{Arrival, Report};
use countersign_service::texts::settings::Carrier;
use countersign_service::texts::smpp::SmppLink;
use countersign_service::texts::smpp::settings::Smpp;
use serde_json::json;
use support::smsc::Smsc;

const NUMBER: &str = "+447400123471";

fn settings(smsc: &Smsc, password: &str) -> Smpp {
    toml::from_str(&smsc.config("smpp", password, "")).unwrap()
}

async fn send(link: &SmppLink, words: &str) -> Result<Handed, TextError> {
    let to = E164::from_stored(NUMBER.into());
    let text = Text {
        id: "abc",
        to: &to,
        words,
    };
    link.send(&text).await
}

#[tokio::test]
async fn h1_a_code_that_a_message_centre_carried_confirms_a_number_and_its_receipt_counts() {
    let smsc = Smsc::start(&[]);
    let (link, reported) = SmppLink::open(settings(&smsc, "secret").open().unwrap());
    let phones = Phones {
        texter: Some(link),
        ..Phones::default()
    };
    let service = Service::with_phones(phones, |_| ()).await;
    tokio::spawn(service.core.clone().keep_reports(reported));
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &phone).await;
    let view = browser.post("/numbers", wanted(NUMBER, false)).await.good();
    let id = view["id"].as_str().unwrap();
    let path = format!("/numbers/{id}/code");
    browser.post(&path, json!({ "by": "text" })).await.good();

    let bind = &smsc.events("bind", 1).await[0];
    assert_eq!(
        (&bind["version"], &bind["kind"]),
        (&json!(0x34), &json!("bind_transceiver"))
    );
    let message = &smsc.events("message", 1).await[0];
    for (field, value) in [
        ("to", json!("447400123471")),
        ("from", json!("HOSPITAL")),
        ("from_ton", json!(5)),
        ("coding", json!(0)),
        ("class", json!(0)),
        ("receipt", json!(1)),
        ("validity", json!("set")),
    ] {
        assert_eq!(message[field], value, "{field}");
    }
    let code = &message["text"].as_str().unwrap()[..6];
    assert_eq!(confirm(&browser, id, code).await.good()["confirmed"], true);

    assert_eq!(smsc.events("receipt answered", 1).await[0]["status"], 0);
    let arrived = Rate { of: 1, reached: 1 };
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        let texts = service.core.store.carriers();
        while texts.rate(Kind::Text, START + -1).await.unwrap() != arrived {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap();
}

#[tokio::test]
async fn german_words_arrive_as_they_were_written_in_as_many_parts_as_they_need() {
    let smsc = Smsc::start(&["--state", "EXPIRED"]);
    let (link, mut reported) = SmppLink::open(settings(&smsc, "secret").open().unwrap());
    let long = "Öffnen Sie die Größenübersicht [§ 203] für 5 €: ".repeat(5);
    for (words, coding, parts) in [
        ("Für Ärzte: süße Grüße", 0, 1),
        (long.as_str(), 0, 2),
        ("Szpital w Łodzi: źródło", 8, 1),
        (&"Łódź ".repeat(20), 8, 2),
    ] {
        let before = smsc.events("message", 0).await.len();
        let handed = send(&link, words).await.unwrap();
        let messages = smsc
            .events("message", before + parts)
            .await
            .split_off(before);
        let text: String = messages
            .iter()
            .map(|m| m["text"].as_str().unwrap())
            .collect();
        assert_eq!((text.as_str(), messages.len()), (words, parts));
        let last = messages.last().unwrap();
        assert_eq!(handed.name.as_deref(), last["id"].as_str());
        for (at, message) in messages.iter().enumerate() {
            assert_eq!(message["coding"], coding);
            let header = message["udh"][0].as_str().unwrap_or_default();
            let of = if parts > 1 {
                format!("{parts:02x}{:02x}", at + 1)
            } else {
                String::new()
            };
            assert!(
                header.ends_with(&of) && header.is_empty() == (parts == 1),
                "{header}"
            );
        }
        let report = Report {
            name: handed.name.unwrap(),
            arrival: Arrival::Failed,
        };
        assert_eq!(reported.recv().await, Some(report));
    }
    let refused = send(&link, "Klinik 🏥").await.unwrap_err();
    assert!(matches!(refused, TextError::Refused(_)), "{refused}");
}

#[tokio::test]
async fn a_link_that_broke_is_made_again() {
    let smsc = Smsc::start(&[]);
    let (link, _reported) = SmppLink::open(settings(&smsc, "secret").open().unwrap());
    send(&link, "one").await.unwrap();
    let port = smsc.port.to_string();
    drop(smsc);
    let smsc = Smsc::start(&["--port", &port]);
    // A text within the moment in which the break is not noticed yet is lost; nobody sends it a second time
    let waited = tokio::time::timeout(Duration::from_mins(1), async {
        while send(&link, "two").await.is_err() {}
    });
    waited.await.unwrap();
    assert_eq!(smsc.events("message", 1).await[0]["text"], "two");
    drop(link);
    smsc.events("unbind", 1).await;
}

#[tokio::test]
async fn a_refusal_of_the_centre_costs_nothing_and_names_its_status_alone() {
    for (status, name) in [("11", "Invdstadr"), ("88", "Throttled")] {
        let smsc = Smsc::start(&["--fail", status]);
        let (link, _reported) = SmppLink::open(settings(&smsc, "secret").open().unwrap());
        let refused = send(&link, "123456 is your code").await.unwrap_err();
        assert!(matches!(refused, TextError::Refused(_)), "{refused:?}");
        let said = refused.to_string();
        assert!(said.to_lowercase().contains(&name.to_lowercase()), "{said}");
        assert!(!said.contains("123456"), "{said}");
    }
}

#[tokio::test]
async fn the_doctor_says_whether_the_centre_knows_us() {
    let smsc = Smsc::start(&[]);
    let carrier = |password: &str| Carrier::Smpp(Box::new(settings(&smsc, password)));
    let good = examine(carrier("secret")).await.unwrap();
    assert!(good.contains("which knows us; not encrypted"), "{good}");
    smsc.events("unbind", 1).await;
    let stranger = examine(carrier("wrong")).await.unwrap_err().to_string();
    assert!(stranger.contains("password_file"), "{stranger}");
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = smsc.config("smpp", "secret", "");
    let config = config.replace(&smsc.port.to_string(), &closed.port().to_string());
    let gone = Carrier::Smpp(Box::new(toml::from_str(&config).unwrap()));
    let gone = examine(gone).await.unwrap_err().to_string();
    assert!(gone.contains("cannot be reached"), "{gone}");
}

#[tokio::test]
async fn a_link_over_tls_trusts_the_named_authority_alone() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).unwrap();
    let (certificate, secret) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, key.cert.pem()).unwrap();
    std::fs::write(&secret, key.signing_key.serialize_pem()).unwrap();
    let tls = format!("{},{}", secret.display(), certificate.display());
    let smsc = Smsc::start(&["--tls", &tls]);
    let carrier = |rest: &str| {
        let smpp = toml::from_str(&smsc.config("smpps", "secret", rest)).unwrap();
        Carrier::Smpp(Box::new(smpp))
    };
    let good = examine(carrier(&format!(
        "authorities = \"{}\"\n",
        certificate.display()
    )))
    .await
    .unwrap();
    assert!(good.contains("over TLS"), "{good}");
    let stranger = examine(carrier("")).await.unwrap_err().to_string();
    assert!(stranger.contains("did not prove who it is"), "{stranger}");
}

#[tokio::test]
async fn g2_the_program_logs_no_password_of_a_centre_at_any_level() {
    let smsc = Smsc::start(&["--password", "pw93kcx"]);
    let texts = smsc.config("smpp", "pw93kcx", "");
    let config = format!("log = \"trace\"\n[texts.smpp]\n{texts}");
    let service = support::service::Service::start_with(&config);
    assert_eq!(smsc.events("bind", 1).await[0]["bound"], true);
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !service
            .log()
            .contains("the link to the message centre is up")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap();
    assert!(!service.log().contains("pw93kcx") && !service.log().contains("\"target\":\"rusmpp"));
}

#[tokio::test]
async fn a_service_that_is_told_to_stop_takes_leave_of_the_centre() {
    let smsc = Smsc::start(&[]);
    let texts = smsc.config("smpp", "secret", "");
    let mut service = support::service::Service::start_with(&format!("[texts.smpp]\n{texts}"));
    assert_eq!(smsc.events("bind", 1).await[0]["bound"], true);
    assert!(service.terminate().success());
    smsc.events("unbind", 1).await;
}
