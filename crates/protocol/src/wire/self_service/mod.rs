//! The self-service API: what the portal in the browser and the app's own screen send and get (SELF-SERVICE.md).
//!
//! Times are Unix milliseconds by the service's clock. Bodies are JSON; an unknown field is refused in what is sent and
//! ignored in what is answered. The TypeScript twins in `ui/src/host/generated` are written by
//! `cargo test -p countersign-protocol --test typescript`.

mod activation;
mod card;
mod desk;
mod device;
mod number;
mod problem;
mod proof;
mod recognition;
mod session;

pub use activation::{
    ActivationState, ActivationWanted, LinkWanted, LiveActivation, Platform, ScanConfirmed,
    ScannedBy,
};
pub use card::{CardStanding, CardView};
pub use desk::{
    DeskBypass, DeskBypassWanted, DeskDevice, DeskEvent, DeskFound, DeskReason, DeskUser,
};
pub use device::{
    DeviceKind, DeviceStanding, First, FirstWanted, OwnDevice, Rename, TestState, TestView,
};
pub use number::{
    ConfirmNumber, LandlineWanted, ListedNumber, NumberBy, NumberView, NumberWanted, VerifyNumber,
};
pub use problem::{Problem, ProblemCode};
pub use proof::{ProofState, ProofView, ProofWanted, Way, WayKind, WhyNot};
pub use recognition::{ContinueAs, RecognisedView, WhyNotRecognised};
pub use session::{ByDesk, DeskActKind, Person, ServiceDesk, SessionView, SignIn, SiteView, Stage};

/// Where every route of this API begins.
pub const BASE: &str = "/self-service/v1";
/// The header that carries the session's CSRF word on every call that changes something.
pub const CSRF_HEADER: &str = "x-countersign-csrf";
/// The header in which an app names its session; a browser has a cookie instead.
pub const SESSION_HEADER: &str = "x-countersign-session";
/// The header in which an app proves, by its device's key, that a call comes from that device (SELF-SERVICE.md section 3).
pub const DEVICE_HEADER: &str = "x-countersign-device";
