//! The routes of the sign-in prompt's page (`PROMPT.md`). What applications call is OpenID Connect's and is not here.

use countersign_protocol::wire::prompt::PromptView;
use countersign_protocol::wire::self_service::{ProofView, ProofWanted};

use super::route::{Route, route, shape};

const COOKIE: &str = "the prompt's cookie";

/// Every route, in the contract's order.
pub(super) const ROUTES: [Route; 6] = [
    route(("get", "/{id}"), COOKIE, None, Some(shape::<PromptView>)),
    route(
        ("post", "/{id}/proofs"),
        COOKIE,
        Some(shape::<ProofWanted>),
        Some(shape::<ProofView>),
    ),
    route(
        ("get", "/{id}/proofs/{proof}"),
        COOKIE,
        None,
        Some(shape::<ProofView>),
    )
    .query("after"),
    route(
        ("delete", "/{id}/proofs/{proof}"),
        COOKIE,
        None,
        Some(shape::<ProofView>),
    ),
    route(("post", "/{id}/give-up"), COOKIE, None, None),
    route(("get", "/{id}/leave"), COOKIE, None, None).leads_away(),
];
