//! `GET /openapi.json`: the APIs of our pages described for programs (OpenAPI 3.1). Shapes come from the types themselves;
//! the routes are listed here once more, and a test holds them against the contracts.

mod prompt;
mod route;
mod self_service;

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use countersign_protocol::wire::prompt::BASE as PROMPT_BASE;
use countersign_protocol::wire::self_service::{
    BASE, CSRF_HEADER, DEVICE_HEADER, Problem, SESSION_HEADER,
};
use schemars::Schema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use route::{Gives, Route, shape};

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The handler.
pub async fn openapi() -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        DOCUMENT.as_str(),
    )
        .into_response()
}

/// Whose route it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    SelfService,
    Prompt,
}

impl Api {
    const fn base(self) -> &'static str {
        match self {
            Self::SelfService => BASE,
            Self::Prompt => PROMPT_BASE,
        }
    }

    /// By what a caller shows who it is.
    fn security(self) -> Value {
        match self {
            Self::SelfService => json!([{ "browser": [] }, { "app": [] }]),
            Self::Prompt => json!([{ "prompt": [] }]),
        }
    }
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
    for (api, route) in every_route() {
        let operation = operation(api, route, &mut sent, &mut answered, &problem);
        let path = paths
            .entry(format!("{}{}", api.base(), route.path))
            .or_insert_with(|| json!({}));
        path[route.method] = operation;
    }
    let mut schemas = answered.take_definitions(true);
    schemas.extend(sent.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What people do with their own devices, and the page of the sign-in prompt. Times are Unix milliseconds by the service's clock."
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "browser": { "type": "apiKey", "in": "cookie", "name": "__Host-countersign" },
                "app": { "type": "apiKey", "in": "header", "name": SESSION_HEADER },
                "prompt": {
                    "type": "apiKey", "in": "cookie", "name": "__Host-countersign-prompt-{id}",
                    "description": "Each prompt has a cookie of its own, which ends in its name."
                }
            }
        }
    })
}

fn every_route() -> impl Iterator<Item = (Api, &'static Route)> {
    let own = self_service::ROUTES
        .iter()
        .map(|route| (Api::SelfService, route));
    own.chain(prompt::ROUTES.iter().map(|route| (Api::Prompt, route)))
}

fn operation(
    api: Api,
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
        Gives::Body(gives) => {
            let content = json_of(gives(answered).into());
            responses["200"] = json!({ "description": "Done.", "content": content });
        }
        Gives::Nothing => responses["204"] = json!({ "description": "Done." }),
        Gives::AnotherPlace => {
            responses["302"] = json!({ "description": "Back to the application." });
            responses["303"] = json!({ "description": "Not confirmed: back to the page." });
        }
    }
    let mut operation = json!({ "parameters": parameters(api, route), "responses": responses });
    if let Some(takes) = route.takes {
        let content = json_of(takes(sent).into());
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation["security"] = if route.needs.is_empty() {
        json!([])
    } else {
        operation["description"] = json!(format!("Needs {}.", route.needs));
        api.security()
    };
    operation
}

fn parameters(api: Api, route: &Route) -> Vec<Value> {
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
        "description": "The word that the session or the prompt told; a browser sends it with every change."
    });
    let device = json!({
        "name": DEVICE_HEADER, "in": "header", "schema": text,
        "description": "PKEY.TIME.SIGNATURE of the device that an app is."
    });
    let changes_something = route.method != "get" && !route.needs.is_empty();
    in_path
        .chain(in_query)
        .chain(changes_something.then_some(csrf))
        .chain((api == Api::SelfService && route.path != "/site").then_some(device))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The routes of a contract's first table: method and path, without what follows a `?`.
    fn in_the_contract(text: &str) -> Vec<(String, String)> {
        text.lines()
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
        let told = [
            include_str!("../../../SELF-SERVICE.md"),
            include_str!("../../../PROMPT.md"),
        ];
        let told = told.map(in_the_contract);
        for (api, told) in [Api::SelfService, Api::Prompt].into_iter().zip(told) {
            // The prompt's contract names applications' routes too
            let base = match api {
                Api::SelfService => "",
                Api::Prompt => PROMPT_BASE,
            };
            let told: Vec<_> = told
                .into_iter()
                .filter(|(_, path)| path.starts_with(base))
                .collect();
            let described: Vec<_> = every_route()
                .filter(|(of, _)| *of == api)
                .map(|(_, route)| (route.method.to_owned(), format!("{base}{}", route.path)))
                .collect();
            assert_eq!(described, told);
        }
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
