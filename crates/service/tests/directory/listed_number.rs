//! The number that the directory has for a person: offered where one is added, and confirmed like every other.

use countersign_service::policy::{Enrolment, Site};
use countersign_service::self_service::call::Phones;
use serde_json::{Value, json};

use super::domain::{Administrator, SECRET, asked};
use crate::common::Service;
use crate::common::client::Client;
use crate::common::hospital::{Hospital, confirm, wrong};

/// A hospital of the domain where people add their first device by themselves.
async fn hospital() -> Hospital {
    let hospital = Hospital::at(|site| site.enrolment = Enrolment::Open).await;
    Hospital {
        service: hospital.service.asking(asked("")),
        ..hospital
    }
}

fn the_listed_one(landline: bool) -> Value {
    json!({ "number": null, "landline": landline, "extension": null })
}

#[tokio::test]
async fn the_directorys_number_is_offered_masked_and_is_a_way_once_its_code_is_typed_back() {
    let mut administrator = Administrator::arrive().await;
    let mobile = [("mobile", "07400 123 405")];
    administrator.add("l-mobile", &mobile).await;
    administrator.add("l-double", &mobile).await;
    let hospital = hospital().await;
    let browser = Client::browser(&hospital.service);
    let view = browser.try_password("l-mobile", SECRET).await.good();
    assert_eq!(view["stage"], "first_device");
    let shown = json!({ "shown": "+44 •••• ••3405", "landline": false });
    assert_eq!(view["listed_number"], shown);
    for (told, what) in [(&view, "the session"), (&shown, "the number")] {
        let digits: String = told.to_string();
        assert!(
            !digits.contains("7400") && !digits.contains("123405"),
            "{what}: {told}"
        );
    }

    // No device comes of it before its code was typed back
    let number = browser.post("/numbers", the_listed_one(false)).await.good();
    assert_eq!(
        number["shown"], shown["shown"],
        "nobody typed it, so nobody is told it"
    );
    assert_eq!(number["by"], json!(["text", "call"]));
    let id = number["id"].as_str().unwrap();
    let landline = json!({ "number": id });
    let early = browser.post("/landlines", landline.clone()).await;
    early.refused(404, "not_found");
    let code = format!("/numbers/{id}/code");
    let sent = browser.post(&code, json!({ "by": "text" })).await.good();
    assert_eq!(sent["shown"], shown["shown"]);
    assert_eq!(hospital.last("phone"), "+447400123405");
    let code = hospital.code();
    confirm(&browser, id, wrong(&code))
        .await
        .refused(422, "wrong_code");
    let confirmed = confirm(&browser, id, &code).await.good();
    assert_eq!(confirmed["shown"], shown["shown"]);
    let view = browser.post("/landlines", landline).await.good();
    assert_eq!(view["devices"][0]["number"], shown["shown"]);
    assert_eq!(view["listed_number"], Value::Null, "a device has it");

    // Nor is it offered to somebody else now, nor taken
    let other = Client::browser(&hospital.service);
    let view = other.try_password("l-double", SECRET).await.good();
    assert_eq!(view["listed_number"], Value::Null);
    let refused = other.post("/numbers", the_listed_one(false)).await;
    refused.refused(422, "bad_number");

    // A password alone is told none where there is a device to prove it with
    let again = Client::browser(&hospital.service);
    let view = again.try_password("l-mobile", SECRET).await.good();
    assert_eq!(view["stage"], "prove");
    assert_eq!(view["listed_number"], Value::Null);
}

#[tokio::test]
async fn a_line_that_takes_no_texts_is_called_and_what_cannot_be_reached_is_offered_to_nobody() {
    let mut administrator = Administrator::arrive().await;
    for (name, telephone) in [
        ("l-line", "020 7946 0112"),
        ("l-premium", "0906 123 4567"),
        ("l-inside", "4711"),
    ] {
        administrator
            .add(name, &[("telephoneNumber", telephone)])
            .await;
    }
    let hospital = hospital().await;
    let browser = Client::browser(&hospital.service);
    let view = browser.try_password("l-line", SECRET).await.good();
    let shown = json!({ "shown": "+44 •• •••• 0112", "landline": true });
    assert_eq!(view["listed_number"], shown);
    let number = browser.post("/numbers", the_listed_one(false)).await.good();
    assert_eq!(number["by"], json!(["call"]));
    for name in ["l-premium", "l-inside"] {
        let browser = Client::browser(&hospital.service);
        let view = browser.try_password(name, SECRET).await.good();
        assert_eq!(view["listed_number"], Value::Null, "{name}");
        let refused = browser.post("/numbers", the_listed_one(true)).await;
        refused.refused(422, "bad_number");
    }
}

#[tokio::test]
async fn a_directorys_number_is_offered_by_nobody_who_neither_texts_nor_calls() {
    let mut administrator = Administrator::arrive().await;
    administrator
        .add("l-unreached", &[("mobile", "07400 123 406")])
        .await;
    let open = |site: &mut Site| site.enrolment = Enrolment::Open;
    let service = Service::with_phones(Phones::default(), open).await;
    let service = service.asking(asked(""));
    let browser = Client::browser(&service);
    let view = browser.try_password("l-unreached", SECRET).await.good();
    assert_eq!(view["stage"], "first_device");
    assert_eq!(view["listed_number"], Value::Null);
}
