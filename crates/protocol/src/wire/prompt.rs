//! The sign-in prompt: what its page gets from the service (`crates/service/PROMPT.md`).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::self_service::{ProofView, Way, WayKind};

/// Where every route of the page's calls begins.
pub const BASE: &str = "/prompt/v1";

/// `GET /prompt/v1/{id}`, and the answer to what changes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PromptView {
    /// The application's name.
    pub application: String,
    /// The account, as the application wrote it; empty once it was left.
    pub account: String,
    /// Where it stands.
    pub stage: PromptStage,
    /// Why nobody can confirm, with [`PromptStage::Refused`].
    pub why: Option<PromptRefusal>,
    /// How the person can confirm, as in self-service. Empty unless open.
    pub ways: Vec<Way>,
    /// What happens at once; `None` where the person wants to be asked, or after the first proof.
    pub first: Option<FirstWay>,
    /// The proof that is under way.
    pub proof: Option<ProofView>,
    /// Goes into `x-countersign-csrf` of every call that changes something.
    pub csrf: String,
    /// When it runs out.
    #[ts(type = "number")]
    pub expires_at: i64,
}

/// Where a prompt stands. The service decides it, afresh for each answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PromptStage {
    /// Somebody has to confirm.
    Open,
    /// Nobody can.
    Refused,
    /// Confirmed; the page leaves.
    Confirmed,
    /// The person went back to the application, confirmed.
    Left,
    /// Given up, or run out.
    Over,
}

/// Why nobody can confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PromptRefusal {
    /// The account is disabled.
    Disabled,
    /// There is no device, and the Service Desk sets up the first one.
    NotEnrolled,
    /// There is no device, and the person adds the first one in My Settings & Devices.
    EnrolFirst,
}

/// What happens without the person's choosing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct FirstWay {
    /// A push or a call.
    pub kind: WayKind,
    /// To which device.
    pub device: String,
}
