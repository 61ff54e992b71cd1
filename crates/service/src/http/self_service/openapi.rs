//! `GET /openapi.json`: the API described for programs (OpenAPI 3.1). Shapes come from the types themselves; the routes are
//! listed here once more, and a test holds them against the contract and the router.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use countersign_protocol::wire::self_service::{
    ActivationWanted, BASE, CSRF_HEADER, ConfirmNumber, DEVICE_HEADER, DeskBypass,
    DeskBypassWanted, DeskFound, DeskReason, DeskUser, FirstWanted, LandlineWanted, LinkWanted,
    LiveActivation, NumberView, NumberWanted, Problem, ProofView, ProofWanted, Rename,
    SESSION_HEADER, ScanConfirmed, SessionView, SignIn, SiteView, TestView, VerifyNumber,
};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// One route.
struct Route {
    method: &'static str,
    path: &'static str,
    /// What the session has to be, in the contract's words; empty where none is needed.
    needs: &'static str,
    takes: Option<Shape>,
    gives: Option<Shape>,
    /// The parameter in its query.
    query: Option<&'static str>,
}

/// The schema of a type, by reference.
type Shape = fn(&mut SchemaGenerator) -> Schema;

fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const fn route(
    (method, path): (&'static str, &'static str),
    needs: &'static str,
    takes: Option<Shape>,
    gives: Option<Shape>,
) -> Route {
    Route {
        method,
        path,
        needs,
        takes,
        gives,
        query: None,
    }
}

impl Route {
    const fn query(self, name: &'static str) -> Self {
        Self {
            query: Some(name),
            ..self
        }
    }
}

const ANY: &str = "any session";
const OPEN: &str = "an open session";
const FRESH: &str = "an open session with a proof of the last five minutes";
const FIRST: &str = "a fresh session, or one that adds the first device";
const OPERATOR: &str = "an open session of an operator";
const FRESH_OPERATOR: &str = "a fresh session of an operator";

/// Every route, in the contract's order.
const ROUTES: [Route; 28] = [
    route(("get", "/site"), "", None, Some(shape::<SiteView>)),
    route(
        ("post", "/session"),
        "",
        Some(shape::<SignIn>),
        Some(shape::<SessionView>),
    ),
    route(("get", "/session"), ANY, None, Some(shape::<SessionView>)),
    route(
        ("post", "/session/stay"),
        ANY,
        None,
        Some(shape::<SessionView>),
    ),
    route(("delete", "/session"), ANY, None, None),
    route(
        ("post", "/proofs"),
        ANY,
        Some(shape::<ProofWanted>),
        Some(shape::<ProofView>),
    ),
    route(("get", "/proofs/{id}"), ANY, None, Some(shape::<ProofView>)).query("after"),
    route(
        ("delete", "/proofs/{id}"),
        ANY,
        None,
        Some(shape::<ProofView>),
    ),
    route(
        ("put", "/devices/{id}/name"),
        OPEN,
        Some(shape::<Rename>),
        Some(shape::<SessionView>),
    ),
    route(
        ("put", "/devices/{id}/first"),
        OPEN,
        Some(shape::<FirstWanted>),
        Some(shape::<SessionView>),
    ),
    route(
        ("delete", "/devices/{id}"),
        FRESH,
        None,
        Some(shape::<SessionView>),
    ),
    route(
        ("post", "/devices/{id}/test"),
        OPEN,
        None,
        Some(shape::<TestView>),
    ),
    route(("get", "/tests/{id}"), OPEN, None, Some(shape::<TestView>)).query("after"),
    route(
        ("post", "/numbers"),
        FIRST,
        Some(shape::<NumberWanted>),
        Some(shape::<NumberView>),
    ),
    route(
        ("post", "/numbers/{id}/code"),
        FIRST,
        Some(shape::<VerifyNumber>),
        Some(shape::<NumberView>),
    ),
    route(
        ("post", "/numbers/{id}/confirm"),
        FIRST,
        Some(shape::<ConfirmNumber>),
        Some(shape::<NumberView>),
    ),
    route(
        ("post", "/landlines"),
        FIRST,
        Some(shape::<LandlineWanted>),
        Some(shape::<SessionView>),
    ),
    route(
        ("post", "/activations"),
        FIRST,
        Some(shape::<ActivationWanted>),
        Some(shape::<LiveActivation>),
    ),
    route(
        ("get", "/activations/{id}"),
        ANY,
        None,
        Some(shape::<LiveActivation>),
    )
    .query("after"),
    route(
        ("post", "/activations/{id}/confirm"),
        ANY,
        Some(shape::<ScanConfirmed>),
        Some(shape::<LiveActivation>),
    ),
    route(
        ("post", "/activations/{id}/text"),
        ANY,
        Some(shape::<LinkWanted>),
        Some(shape::<LiveActivation>),
    ),
    route(
        ("delete", "/activations/{id}"),
        ANY,
        None,
        Some(shape::<LiveActivation>),
    ),
    route(
        ("get", "/desk/people"),
        OPERATOR,
        None,
        Some(shape::<DeskFound>),
    )
    .query("name"),
    route(
        ("get", "/desk/people/{id}"),
        OPERATOR,
        None,
        Some(shape::<DeskUser>),
    ),
    route(
        ("post", "/desk/people/{id}/bypass"),
        FRESH_OPERATOR,
        Some(shape::<DeskBypassWanted>),
        Some(shape::<DeskBypass>),
    ),
    route(
        ("post", "/desk/people/{id}/unlock"),
        FRESH_OPERATOR,
        Some(shape::<DeskReason>),
        Some(shape::<DeskUser>),
    ),
    route(
        ("post", "/desk/people/{id}/release"),
        FRESH_OPERATOR,
        Some(shape::<DeskReason>),
        Some(shape::<DeskUser>),
    ),
    route(
        ("post", "/desk/people/{id}/devices/{device}/suspend"),
        FRESH_OPERATOR,
        Some(shape::<DeskReason>),
        Some(shape::<DeskUser>),
    ),
];

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The handler.
pub async fn openapi() -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        DOCUMENT.as_str(),
    )
        .into_response()
}

fn document() -> Value {
    let settings = || {
        SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
    };
    // What is sent may leave out what can be null; what is answered never does
    let mut sent = settings().for_deserialize().into_generator();
    let mut answered = settings().for_serialize().into_generator();
    let problem = shape::<Problem>(&mut answered);
    let mut paths: Map<String, Value> = Map::new();
    for route in &ROUTES {
        let operation = operation(route, &mut sent, &mut answered, &problem);
        let path = paths
            .entry(format!("{BASE}{}", route.path))
            .or_insert_with(|| json!({}));
        path[route.method] = operation;
    }
    let mut schemas = answered.take_definitions(true);
    schemas.extend(sent.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign self-service",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What people do with their own devices. Times are Unix milliseconds by the service's clock."
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "browser": { "type": "apiKey", "in": "cookie", "name": "__Host-countersign" },
                "app": { "type": "apiKey", "in": "header", "name": SESSION_HEADER }
            }
        }
    })
}

fn operation(
    route: &Route,
    sent: &mut SchemaGenerator,
    answered: &mut SchemaGenerator,
    problem: &Schema,
) -> Value {
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    let mut responses = json!({
        "default": { "description": "Refused.", "content": json_of(problem.clone().into()) }
    });
    match route.gives {
        Some(gives) => {
            let content = json_of(gives(answered).into());
            responses["200"] = json!({ "description": "Done.", "content": content });
        }
        None => responses["204"] = json!({ "description": "Done." }),
    }
    let mut operation = json!({ "parameters": parameters(route), "responses": responses });
    if let Some(takes) = route.takes {
        let content = json_of(takes(sent).into());
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if route.needs.is_empty() {
        operation["security"] = json!([]);
    } else {
        operation["description"] = json!(format!("Needs {}.", route.needs));
        operation["security"] = json!([{ "browser": [] }, { "app": [] }]);
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let in_path = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text }));
    let in_query = route.query.map(|name| match name {
        "after" => json!({
            "name": name, "in": "query", "schema": { "type": "integer" },
            "description": "The revision that is known: the answer is held until there is another."
        }),
        _ => json!({ "name": name, "in": "query", "required": true, "schema": text }),
    });
    let csrf = json!({
        "name": CSRF_HEADER, "in": "header", "schema": text,
        "description": "The word that the session told; a browser sends it with every change."
    });
    let device = json!({
        "name": DEVICE_HEADER, "in": "header", "schema": text,
        "description": "PKEY.TIME.SIGNATURE of the device that an app is."
    });
    let changes_in_session = route.method != "get" && !route.needs.is_empty();
    in_path
        .chain(in_query)
        .chain(changes_in_session.then_some(csrf))
        .chain((route.path != "/site").then_some(device))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first table of the contract: method, path and whatever follows a `?`.
    fn in_the_contract() -> Vec<(String, String)> {
        include_str!("../../../SELF-SERVICE.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .filter_map(|line| line.split_once('`'))
            .filter_map(|(route, _)| route.split_once(' '))
            .map(|(method, path)| {
                let path = path.split('?').next().unwrap_or_default();
                (method.to_lowercase(), path.to_owned())
            })
            .collect()
    }

    #[test]
    fn every_route_of_the_contract_is_described_and_no_other() {
        let described: Vec<_> = ROUTES
            .iter()
            .map(|route| (route.method.to_owned(), route.path.to_owned()))
            .collect();
        assert_eq!(described, in_the_contract());
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    if let Some(Value::String(to)) = map.get("$ref") {
                        found.push(to.clone());
                    }
                    map.values().for_each(|value| references(value, found));
                }
                Value::Array(list) => list.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50, "{}", found.len());
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        let sign_in = &document["components"]["schemas"]["SignIn"];
        assert_eq!(sign_in["additionalProperties"], false);
        assert_eq!(sign_in["required"], json!(["username", "password"]));
    }
}
