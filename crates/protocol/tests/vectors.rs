//! The vectors of `countersign/1` (PROTOCOL.md), made by another implementation.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use countersign_protocol::{
    activation::ActivationCode,
    challenge::{Challenge, context_hash, time_signing_text},
    check::{CheckValue, Compared},
    ids::{DeviceId, ServiceId},
    notice::Notice,
    params::Params,
    signing::{
        device::{canonical_request, parse_authorization},
        keys::PublicKey,
    },
    time::UnixMillis,
    wire::device::AttributeGroups,
};
use data_encoding::BASE64;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors.json")).unwrap()
}

fn list<'a>(vectors: &'a Value, name: &str) -> &'a [Value] {
    let list = vectors[name].as_array().unwrap();
    assert!(!list.is_empty());
    list
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(fields: &Value, name: &str) -> T {
    text(fields, name).parse().unwrap()
}

#[test]
fn canonical_parameters_are_spelled_alike() {
    for vector in list(&vectors(), "canonical_parameters") {
        let pairs = vector["pairs"].as_array().unwrap();
        let params = pairs.iter().fold(Params::new(), |all, pair| {
            all.with(pair[0].as_str().unwrap(), pair[1].as_str().unwrap())
        });
        assert_eq!(params.canonical(), text(vector, "canonical"));
    }
}

#[test]
fn contexts_hash_alike() {
    for vector in list(&vectors(), "context") {
        let attributes: AttributeGroups =
            serde_json::from_value(vector["attributes"].clone()).unwrap();
        assert_eq!(
            context_hash(text(vector, "type"), text(vector, "summary"), &attributes),
            text(vector, "sha256")
        );
    }
}

#[test]
fn c1_a_challenge_holds_only_as_it_was_signed() {
    let vectors = vectors();
    let service = PublicKey::from_pem(text(&vectors, "service_key")).unwrap();
    for vector in list(&vectors, "challenge") {
        let fields = &vector["fields"];
        let challenge = Challenge {
            context: text(fields, "context").to_owned(),
            created: UnixMillis(fields["created"].as_i64().unwrap()),
            expires: UnixMillis(fields["expires"].as_i64().unwrap()),
            integration: id(fields, "integration"),
            nonce: text(fields, "nonce").to_owned(),
            number_digits: u8::try_from(fields["number_digits"].as_u64().unwrap()).unwrap(),
            pkey: id(fields, "pkey"),
            service: id(fields, "service"),
            unusual: fields["unusual"] == 1,
            urgid: id(fields, "urgid"),
            user: id(fields, "user"),
        };
        assert_eq!(challenge.signing_text(), text(vector, "text"));
        let signature = BASE64.decode(text(vector, "signature").as_bytes()).unwrap();
        let holds = service.verify(challenge.signing_text().as_bytes(), &signature);
        assert_eq!(holds, vector["ok"], "{}", text(vector, "name"));
    }
}

#[test]
fn the_signed_time_holds_only_for_its_request() {
    let vectors = vectors();
    let service = PublicKey::from_pem(text(&vectors, "service_key")).unwrap();
    for vector in list(&vectors, "time") {
        let fields = &vector["fields"];
        let (pkey, id_of_service): (DeviceId, ServiceId) =
            (id(fields, "pkey"), id(fields, "service"));
        let time = UnixMillis(fields["time"].as_i64().unwrap());
        let signed = time_signing_text(text(fields, "nonce"), &pkey, &id_of_service, time);
        assert_eq!(signed, text(vector, "text"));
        let signature = BASE64.decode(text(vector, "signature").as_bytes()).unwrap();
        assert_eq!(
            service.verify(signed.as_bytes(), &signature),
            vector["ok"],
            "{}",
            text(vector, "name")
        );
    }
}

#[test]
fn a2_check_values_are_alike_and_differ_with_everything_compared() {
    let vectors = vectors();
    let mut seen = Vec::new();
    for vector in list(&vectors, "check") {
        let code = ActivationCode::parse(text(vector, "code")).unwrap();
        let service: ServiceId = id(vector, "service");
        let compared = Compared {
            code_hash: &code.hashed(),
            device_key: text(vector, "pubkey"),
            service: &service,
            service_key: text(vector, "service_key"),
        };
        assert_eq!(compared.text(), text(vector, "text"));
        let digits = CheckValue::of(&compared);
        assert_eq!(digits.as_str(), text(vector, "digits"));
        assert!(!seen.contains(&digits));
        seen.push(digits);
    }
    assert!(seen.iter().any(|digits| digits.as_str().starts_with('0')));
}

#[test]
fn s5_a_notice_holds_only_as_it_was_signed() {
    let vectors = &vectors()["notices"];
    let service = PublicKey::from_pem(text(vectors, "service_key")).unwrap();
    for vector in list(vectors, "told") {
        let fields = &vector["fields"];
        let notice = Notice {
            created: UnixMillis(fields["created"].as_i64().unwrap()),
            device_name: text(fields, "device_name").to_owned(),
            id: id(fields, "id"),
            kind: text(fields, "kind").to_owned(),
            pkey: id(fields, "pkey"),
            service: id(fields, "service"),
            user: id(fields, "user"),
        };
        assert_eq!(notice.signing_text(), text(vector, "text"));
        let signature = BASE64.decode(text(vector, "signature").as_bytes()).unwrap();
        let holds = service.verify(notice.signing_text().as_bytes(), &signature);
        assert_eq!(holds, vector["ok"], "{}", text(vector, "name"));
    }
}

#[test]
fn c1_a_device_request_holds_only_as_it_was_signed() {
    let vectors = vectors();
    check_requests(&vectors, "requests");
}

#[test]
fn s5_an_answer_to_a_notice_holds_only_as_it_was_signed() {
    check_requests(&vectors()["notices"], "answers");
}

/// Requests of the device whose key stands beside them.
fn check_requests(vectors: &Value, name: &str) {
    let device = PublicKey::from_pem(text(vectors, "device_key")).unwrap();
    for vector in list(vectors, name) {
        let canonical = canonical_request(
            text(vector, "date"),
            text(vector, "method"),
            text(vector, "host"),
            text(vector, "path"),
            text(vector, "params"),
        );
        assert_eq!(canonical, text(vector, "canonical"));
        let (_, signature) = parse_authorization(text(vector, "authorization")).unwrap();
        assert_eq!(
            device.verify(canonical.as_bytes(), &signature),
            vector["ok"],
            "{}",
            text(vector, "name")
        );
        if vector["ok"] == true {
            assert_eq!(
                Params::decode(text(vector, "params")).canonical(),
                text(vector, "params")
            );
        }
    }
}
