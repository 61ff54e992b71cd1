//! Every route of the API, as the app asks for it (SELF-SERVICE.md section 1).

use countersign_protocol::wire::self_service::BASE;
use reqwest::Method;

use super::body::id;
use crate::view::SelfServiceProblem;

/// A method and a path, in which `{…}` stands for an id.
pub(super) struct Route {
    method: &'static str,
    path: &'static str,
    /// The service may hold the call.
    pub held: bool,
}

const fn route(method: &'static str, path: &'static str) -> Route {
    Route {
        method,
        path,
        held: false,
    }
}

const fn held(path: &'static str) -> Route {
    Route {
        method: "GET",
        path,
        held: true,
    }
}

pub(super) const SITE: Route = route("GET", "/site");
pub(super) const SIGN_IN: Route = route("POST", "/session");
pub(super) const SESSION: Route = route("GET", "/session");
pub(super) const STAY: Route = route("POST", "/session/stay");
pub(super) const SIGN_OUT: Route = route("DELETE", "/session");
pub(super) const PROVE: Route = route("POST", "/proofs");
pub(super) const PROOF: Route = held("/proofs/{id}");
pub(super) const CANCEL_PROOF: Route = route("DELETE", "/proofs/{id}");
pub(super) const RENAME: Route = route("PUT", "/devices/{id}/name");
pub(super) const FIRST: Route = route("PUT", "/devices/{id}/first");
pub(super) const REMOVE: Route = route("DELETE", "/devices/{id}");
pub(super) const SEND_TEST: Route = route("POST", "/devices/{id}/test");
pub(super) const TEST: Route = held("/tests/{id}");
pub(super) const NUMBER: Route = route("POST", "/numbers");
pub(super) const SEND_CODE: Route = route("POST", "/numbers/{id}/code");
pub(super) const CONFIRM_NUMBER: Route = route("POST", "/numbers/{id}/confirm");
pub(super) const LANDLINE: Route = route("POST", "/landlines");
pub(super) const ACTIVATE: Route = route("POST", "/activations");
pub(super) const ACTIVATION: Route = held("/activations/{id}");
pub(super) const TEXT_LINK: Route = route("POST", "/activations/{id}/text");
pub(super) const CONFIRM_SCAN: Route = route("POST", "/activations/{id}/confirm");
pub(super) const CANCEL_ACTIVATION: Route = route("DELETE", "/activations/{id}");
pub(super) const MAKE_CARD: Route = route("POST", "/card");
pub(super) const STOP_CARD: Route = route("DELETE", "/card");
pub(super) const DESK_FIND: Route = route("GET", "/desk/people");
pub(super) const DESK_PERSON: Route = route("GET", "/desk/people/{id}");
pub(super) const DESK_BYPASS: Route = route("POST", "/desk/people/{id}/bypass");
pub(super) const DESK_UNLOCK: Route = route("POST", "/desk/people/{id}/unlock");
pub(super) const DESK_RELEASE: Route = route("POST", "/desk/people/{id}/release");
pub(super) const DESK_STOP_CARD: Route = route("POST", "/desk/people/{id}/card");
pub(super) const DESK_SUSPEND: Route = route("POST", "/desk/people/{id}/devices/{device}/suspend");

impl Route {
    /// The method.
    pub(super) fn method(&self) -> Method {
        match self.method {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "DELETE" => Method::DELETE,
            _ => Method::GET,
        }
    }

    /// The path with these ids in it, in the order of its places.
    pub(super) fn with(&self, ids: &[&str]) -> Result<String, SelfServiceProblem> {
        let mut path = BASE.to_owned();
        let mut ids = ids.iter();
        for part in self.path.split('/').filter(|part| !part.is_empty()) {
            path.push('/');
            if part.starts_with('{') {
                path.push_str(id(ids.next().copied().unwrap_or_default())?);
            } else {
                path.push_str(part);
            }
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALL: [Route; 31] = [
        SITE,
        SIGN_IN,
        SESSION,
        STAY,
        SIGN_OUT,
        PROVE,
        PROOF,
        CANCEL_PROOF,
        RENAME,
        FIRST,
        REMOVE,
        SEND_TEST,
        TEST,
        NUMBER,
        SEND_CODE,
        CONFIRM_NUMBER,
        LANDLINE,
        ACTIVATE,
        ACTIVATION,
        TEXT_LINK,
        CONFIRM_SCAN,
        CANCEL_ACTIVATION,
        MAKE_CARD,
        STOP_CARD,
        DESK_FIND,
        DESK_PERSON,
        DESK_BYPASS,
        DESK_UNLOCK,
        DESK_RELEASE,
        DESK_STOP_CARD,
        DESK_SUSPEND,
    ];

    /// A browser's alone: whoever is signed in on the computer is told by the browser's Negotiate, which the app has not.
    const BROWSER: [&str; 2] = ["GET /recognised", "POST /session/recognised"];

    #[test]
    fn s9_the_app_asks_the_routes_that_there_are_and_no_others() {
        let written = include_str!("../../../service/SELF-SERVICE.md");
        let written: BTreeSet<String> = written
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
            .map(|(route, _)| route.split('?').next().unwrap().to_owned())
            .collect();
        let asked: BTreeSet<String> = ALL
            .iter()
            .map(|route| format!("{} {}", route.method, route.path))
            .chain(BROWSER.map(str::to_owned))
            .collect();
        assert_eq!(asked, written);
    }

    #[test]
    fn ids_stand_where_they_belong() {
        assert_eq!(
            DESK_SUSPEND.with(&["DU1", "DP2"]).unwrap(),
            "/self-service/v1/desk/people/DU1/devices/DP2/suspend"
        );
        assert_eq!(SITE.with(&[]).unwrap(), "/self-service/v1/site");
        assert!(PROOF.with(&[]).is_err() && PROOF.with(&["../session"]).is_err());
    }
}
