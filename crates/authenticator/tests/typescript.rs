//! Writes the TypeScript twins of [`countersign_authenticator::view`] to `ui/src/host/generated`.
//! `make test` fails when this changes a tracked file.

use countersign_authenticator::view::{
    ActivatedView, ActivityView, Answer, AnswerOutcome, AppView, BackupFound, BackupView,
    CheckView, ExportForm, ExportView, ExportedView, ImportReceipt, ImportView, MoveAct,
    MoveStanding, MoveView, PasscodeView, PassphraseView, Problem, RehearsalView, RestoreReceipt,
    ScanView, ServiceHostView, TypedAccount, UnimportedView,
};
use ts_rs::{Config, TS};

#[test]
fn the_generated_types_are_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/host/generated");
    let config = Config::new().with_out_dir(folder);
    AppView::export_all(&config).unwrap();
    PasscodeView::export_all(&config).unwrap();
    Answer::export_all(&config).unwrap();
    AnswerOutcome::export_all(&config).unwrap();
    ScanView::export_all(&config).unwrap();
    TypedAccount::export_all(&config).unwrap();
    ActivatedView::export_all(&config).unwrap();
    ActivityView::export_all(&config).unwrap();
    CheckView::export_all(&config).unwrap();
    PassphraseView::export_all(&config).unwrap();
    Problem::export_all(&config).unwrap();
    ServiceHostView::export_all(&config).unwrap();
    ImportView::export_all(&config).unwrap();
    ImportReceipt::export_all(&config).unwrap();
    MoveView::export_all(&config).unwrap();
    MoveStanding::export_all(&config).unwrap();
    MoveAct::export_all(&config).unwrap();
    BackupView::export_all(&config).unwrap();
    BackupFound::export_all(&config).unwrap();
    RestoreReceipt::export_all(&config).unwrap();
    RehearsalView::export_all(&config).unwrap();
    ExportView::export_all(&config).unwrap();
    ExportForm::export_all(&config).unwrap();
    ExportedView::export_all(&config).unwrap();
    UnimportedView::export_all(&config).unwrap();
}
