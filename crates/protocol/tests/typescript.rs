//! Writes the TypeScript twins of [`countersign_protocol::wire::self_service`] and of the sign-in prompt's page to
//! `ui/src/host/generated/self-service`.
//! `make test` fails when this changes a tracked file.

use countersign_protocol::wire::prompt::PromptView;
use countersign_protocol::wire::self_service::{
    ActivationWanted, CardView, ConfirmNumber, ContinueAs, DeskBypass, DeskBypassWanted, DeskFound,
    DeskReason, FirstWanted, LandlineWanted, LinkWanted, LiveActivation, NumberView, NumberWanted,
    Problem, ProofView, ProofWanted, RecognisedView, Rename, ScanConfirmed, SessionView, SignIn,
    SiteView, TestView, VerifyNumber,
};
use ts_rs::{Config, TS};

#[test]
fn the_generated_types_are_written() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../ui/src/host/generated/self-service"
    );
    let config = Config::new().with_out_dir(folder);
    SiteView::export_all(&config).unwrap();
    SignIn::export_all(&config).unwrap();
    SessionView::export_all(&config).unwrap();
    ProofWanted::export_all(&config).unwrap();
    ProofView::export_all(&config).unwrap();
    RecognisedView::export_all(&config).unwrap();
    ContinueAs::export_all(&config).unwrap();
    Rename::export_all(&config).unwrap();
    FirstWanted::export_all(&config).unwrap();
    TestView::export_all(&config).unwrap();
    ActivationWanted::export_all(&config).unwrap();
    LiveActivation::export_all(&config).unwrap();
    LinkWanted::export_all(&config).unwrap();
    ScanConfirmed::export_all(&config).unwrap();
    NumberWanted::export_all(&config).unwrap();
    NumberView::export_all(&config).unwrap();
    VerifyNumber::export_all(&config).unwrap();
    ConfirmNumber::export_all(&config).unwrap();
    LandlineWanted::export_all(&config).unwrap();
    CardView::export_all(&config).unwrap();
    DeskFound::export_all(&config).unwrap();
    DeskBypassWanted::export_all(&config).unwrap();
    DeskBypass::export_all(&config).unwrap();
    DeskReason::export_all(&config).unwrap();
    Problem::export_all(&config).unwrap();
    PromptView::export_all(&config).unwrap();
}
