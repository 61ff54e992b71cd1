//! The routes of self-service (`SELF-SERVICE.md`).

use countersign_protocol::wire::self_service::{
    ActivationWanted, CardView, ConfirmNumber, ContinueAs, DeskBypass, DeskBypassWanted, DeskFound,
    DeskReason, DeskUser, FirstWanted, LandlineWanted, LinkWanted, LiveActivation, NumberView,
    NumberWanted, ProofView, ProofWanted, RecognisedView, Rename, ScanConfirmed, SessionView,
    SignIn, SiteView, TestView, VerifyNumber,
};

use super::route::{Route, route, shape};

const ANY: &str = "any session";
const OPEN: &str = "an open session";
const FRESH: &str = "an open session with a proof of the last five minutes";
const FIRST: &str = "a fresh session, or one that adds the first device";
const OPERATOR: &str = "an open session of an operator";
const FRESH_OPERATOR: &str = "a fresh session of an operator";

/// Every route, in the contract's order.
pub(super) const ROUTES: [Route; 33] = [
    route(("get", "/site"), "", None, Some(shape::<SiteView>)),
    route(
        ("post", "/session"),
        "",
        Some(shape::<SignIn>),
        Some(shape::<SessionView>),
    ),
    route(
        ("get", "/recognised"),
        "",
        None,
        Some(shape::<RecognisedView>),
    ),
    route(
        ("post", "/session/recognised"),
        "",
        Some(shape::<ContinueAs>),
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
    route(("post", "/card"), FRESH, None, Some(shape::<CardView>)),
    route(("delete", "/card"), FRESH, None, Some(shape::<SessionView>)),
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
        ("post", "/desk/people/{id}/card"),
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
