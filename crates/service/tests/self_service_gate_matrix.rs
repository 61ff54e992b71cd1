//! Rows A3, S1, S10 and K6: every route against every state a session can be in. What a route asks for is written down
//! here once more, by hand, so that a route that asks for less shows.

use crate::common;

use axum::http::Method;
use common::client::{Client, Jar};
use common::{Phone, Service};
use countersign_protocol::wire::self_service::BASE;
use countersign_service::policy::{Enrolment, MINUTE_MS};
use serde_json::{Value, json};

/// What a route asks for at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// A session.
    Any,
    /// One that was proven.
    Open,
    /// One that was proven within five minutes.
    Fresh,
    /// The same, or that of somebody who adds the first device.
    Enrolling,
    /// An open one of an operator.
    Operator,
    /// A fresh one of an operator.
    FreshOperator,
}

/// Every route with a body that it takes, about things that are not there: what passes its gate ends in 404, say.
fn routes() -> Vec<(Method, &'static str, Value, Asks)> {
    use Asks::{Any, Enrolling, Fresh, FreshOperator, Open, Operator};
    let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
    let reason = json!({ "reason": "Phone lost, badge seen" });
    let new = json!({ "for": "new", "kind": "tablet", "platform": "ios", "number": null });
    let again = json!({ "for": "again", "device": "DPAAAAAAAAAAAAAAAAAA", "platform": "ios" });
    let device = "/devices/DPAAAAAAAAAAAAAAAAAA";
    let name = "/devices/DPAAAAAAAAAAAAAAAAAA/name";
    let first = "/devices/DPAAAAAAAAAAAAAAAAAA/first";
    let test = "/devices/DPAAAAAAAAAAAAAAAAAA/test";
    let suspend = "/desk/people/DUAAAAAAAAAAAAAAAAAA/devices/DPAAAAAAAAAAAAAAAAAA/suspend";
    vec![
        (get.clone(), "/session", Value::Null, Any),
        (post.clone(), "/session/stay", json!({}), Any),
        (get.clone(), "/proofs/x", Value::Null, Any),
        (delete.clone(), "/proofs/x", Value::Null, Any),
        (
            post.clone(),
            "/proofs",
            json!({ "way": "push", "device": "DPAAAAAAAAAAAAAAAAAA" }),
            Any,
        ),
        (get.clone(), "/activations/x", Value::Null, Any),
        (
            post.clone(),
            "/activations/x/confirm",
            json!({ "check": "123456" }),
            Any,
        ),
        (
            post.clone(),
            "/activations/x/text",
            json!({ "text": "x" }),
            Any,
        ),
        (delete.clone(), "/activations/x", Value::Null, Any),
        (put.clone(), name, json!({ "name": "Ward phone" }), Open),
        (put, first, json!({ "first": "ask" }), Open),
        (delete.clone(), device, Value::Null, Fresh),
        (post.clone(), test, json!({}), Open),
        (get.clone(), "/tests/x", Value::Null, Open),
        (
            post.clone(),
            "/numbers",
            json!({ "number": "x", "landline": true, "extension": null }),
            Enrolling,
        ),
        (
            post.clone(),
            "/numbers/x/code",
            json!({ "by": "call" }),
            Enrolling,
        ),
        (
            post.clone(),
            "/numbers/x/confirm",
            json!({ "code": "123456" }),
            Enrolling,
        ),
        (
            post.clone(),
            "/landlines",
            json!({ "number": "x" }),
            Enrolling,
        ),
        (post.clone(), "/activations", again, Enrolling),
        (post.clone(), "/activations", new, Enrolling),
        (post.clone(), "/card", json!({}), Fresh),
        (delete.clone(), "/card", Value::Null, Fresh),
        (get.clone(), "/desk/people?name=x", Value::Null, Operator),
        (
            get,
            "/desk/people/DUAAAAAAAAAAAAAAAAAA",
            Value::Null,
            Operator,
        ),
        (
            post.clone(),
            "/desk/people/DUAAAAAAAAAAAAAAAAAA/bypass",
            reason.clone(),
            FreshOperator,
        ),
        (
            post.clone(),
            "/desk/people/DUAAAAAAAAAAAAAAAAAA/unlock",
            reason.clone(),
            FreshOperator,
        ),
        (
            post.clone(),
            "/desk/people/DUAAAAAAAAAAAAAAAAAA/release",
            reason.clone(),
            FreshOperator,
        ),
        (
            post.clone(),
            "/desk/people/DUAAAAAAAAAAAAAAAAAA/card",
            reason.clone(),
            FreshOperator,
        ),
        (post, suspend, reason, FreshOperator),
    ]
}

/// Asserts of every route whether it lets `client` pass; `refusal` is what it says else.
async fn expect(
    what: &str,
    client: &Client,
    passes: impl Fn(Asks) -> bool,
    refusal: impl Fn(Asks) -> (u16, &'static str),
) {
    for (method, path, body, asks) in routes() {
        let kept = client.jar();
        let body = (!body.is_null()).then_some(body);
        let reply = client.call(method.clone(), path, body).await;
        let told = (reply.status.as_u16(), reply.body["code"].as_str());
        if passes(asks) {
            assert!(
                matches!(told.0, 200 | 404 | 409 | 422),
                "{what}: {method} {path}: {told:?}"
            );
        } else {
            let (status, code) = refusal(asks);
            assert_eq!(told, (status, Some(code)), "{what}: {method} {path}");
        }
        client.set_jar(kept);
    }
}

/// Routes that no session is asked for, or that end it.
const APART: [(&str, &str); 6] = [
    ("get", "/site"),
    ("get", "/openapi.json"),
    ("post", "/session"),
    ("get", "/recognised"),
    ("post", "/session/recognised"),
    ("delete", "/session"),
];

/// Whether a path is one of those that the template stands for.
fn is_of(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap();
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let fits = |(template, path): (&&str, &&str)| template.starts_with('{') || template == path;
    template.len() == path.len() && template.iter().zip(&path).all(fits)
}

#[tokio::test]
async fn s10_the_list_of_this_file_leaves_no_route_out() {
    let service = Service::start().await;
    let document = Client::browser(&service).get("/openapi.json").await.good();
    let mut seen = 0;
    for (template, methods) in document["paths"].as_object().unwrap() {
        // The prompt's routes know no session
        let Some(template) = template.strip_prefix(BASE) else {
            assert!(template.starts_with("/prompt/v1/"), "{template}");
            continue;
        };
        for method in methods.as_object().unwrap().keys() {
            let listed = routes().into_iter().any(|(listed, path, ..)| {
                listed.as_str().eq_ignore_ascii_case(method) && is_of(template, path)
            });
            let apart = APART.contains(&(method.as_str(), template));
            assert!(listed || apart, "{method} {template}");
            seen += usize::from(listed);
        }
    }
    assert!(seen > 20, "the document names its routes");
}

async fn with_phone(service: &Service, name: &str) -> Phone {
    let user = service.person(name).await;
    service.phone(&user).await
}

#[tokio::test]
async fn s10_every_route_refuses_who_is_signed_out() {
    let service = Service::start().await;
    for client in [Client::browser(&service), Client::app(&service)] {
        expect("nobody", &client, |_| false, |_| (401, "signed_out")).await;
        client.set_jar(Jar {
            token: Some("A".repeat(43)),
            csrf: String::new(),
        });
        expect(
            "a made-up token",
            &client,
            |_| false,
            |_| (401, "signed_out"),
        )
        .await;
    }
}

#[tokio::test]
async fn a3_every_route_refuses_a_password_only_session() {
    let service = Service::start().await;
    with_phone(&service, "alice").await;
    for client in [Client::browser(&service), Client::app(&service)] {
        client.sign_in("alice").await;
        let any = |asks| asks == Asks::Any;
        expect("prove", &client, any, |_| (403, "proof_needed")).await;
    }
    assert_eq!(
        service.audit_count("activation.make", "done").await,
        1,
        "its phone's own"
    );
}

#[tokio::test]
async fn a4_who_never_had_a_device_adds_one_where_the_site_lets_them_and_does_nothing_else() {
    let closed = Service::start().await;
    closed.person("bob").await;
    let client = Client::browser(&closed);
    client.sign_in("bob").await;
    let refusal = |asks| {
        if asks == Asks::Enrolling {
            (403, "enrolment_closed")
        } else {
            (403, "proof_needed")
        }
    };
    expect("closed", &client, |asks| asks == Asks::Any, refusal).await;
    let open = Service::at_site(|site| site.enrolment = Enrolment::Open).await;
    open.person("bob").await;
    let client = Client::browser(&open);
    client.sign_in("bob").await;
    let first = |asks| matches!(asks, Asks::Any | Asks::Enrolling);
    expect("first device", &client, first, |_| (403, "proof_needed")).await;
}

#[tokio::test]
async fn s1_an_open_session_reads_and_a_fresh_one_acts() {
    let service = Service::start().await;
    let phone = with_phone(&service, "alice").await;
    let client = Client::browser(&service);
    client.open(&service, "alice", &phone).await;
    let fresh = |asks| !matches!(asks, Asks::Operator | Asks::FreshOperator);
    expect("fresh", &client, fresh, |_| (403, "not_allowed")).await;
    service.clock.advance(5 * MINUTE_MS);
    expect("five minutes", &client, fresh, |_| (403, "not_allowed")).await;
    service.clock.advance(1_000);
    let open = |asks| matches!(asks, Asks::Any | Asks::Open);
    let refusal = |asks| {
        if asks == Asks::Operator {
            (403, "not_allowed")
        } else {
            (403, "proof_needed")
        }
    };
    expect("a second more", &client, open, refusal).await;
}

#[tokio::test]
async fn k6_an_operator_is_a_person_with_a_proof_like_everybody() {
    let service = Service::start().await;
    let olga = service.person("olga").await;
    let phone = service.phone(&olga).await;
    service.make_operator(&olga).await;
    let client = Client::browser(&service);
    client.sign_in("olga").await;
    let any = |asks| asks == Asks::Any;
    expect("prove", &client, any, |_| (403, "proof_needed")).await;
    client.prove(&service, &phone).await;
    expect("fresh", &client, |_| true, |_| (0, "")).await;
    service.clock.advance(5 * MINUTE_MS + 1_000);
    let open = |asks| matches!(asks, Asks::Any | Asks::Open | Asks::Operator);
    expect("open", &client, open, |_| (403, "proof_needed")).await;
}
