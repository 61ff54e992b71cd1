//! What a window shows and what it may ask for: plain data, free of secrets, with TypeScript twins in
//! `ui/src/host/generated` (written by `cargo test -p countersign-authenticator --test typescript`).
//!
//! Nothing here carries a seed, a key, a PIN or a key derived from one (row T4). Texts that came from a server, a
//! picture or a link went through [`countersign_protocol::label::Label`] first (row T5).

mod account;
mod activity;
mod app;
mod backup;
mod check;
mod export;
mod import;
mod moving;
mod notice;
mod problem;
mod request;
mod scan;
mod self_service;
mod settings;
mod stopped;
mod told;
mod unimported;

pub use account::{
    AccountKind, AccountState, AccountView, ActivatedView, Mark, PasscodeView, TrashedView,
};
pub use activity::{ActivityKind, ActivityView};
pub use app::{AppView, ClockView, Connection, CopyView, OpenView, UnlockMethod, VaultFault};
pub use backup::{
    BackedUpAccount, BackupFault, BackupFound, BackupHold, BackupView, RehearsalView,
    RestoreReceipt, RestoredAccount,
};
pub use check::{CheckKind, CheckView};
pub use export::{ExportForm, ExportView, ExportedView, LeftOutAccount, LeftOutWhy};
pub use import::{
    ImportApp, ImportFound, ImportReason, ImportReceipt, ImportView, ImportedAccount,
    RefusedAccount,
};
pub use moving::{MovableAccount, MoveAct, MoveStanding, MoveStep, MoveView};
pub use notice::{DeviceChange, NoticeView};
pub use problem::{Problem, ProblemCode};
pub use request::{Answer, AnswerOutcome, AnswerResult, AnsweredView, Detail, RequestView};
pub use scan::{ActivationView, Algorithm, ForeignKind, OtherAccountView, ScanView, TypedAccount};
pub use self_service::{SelfServiceAnswer, SelfServiceProblem, ServiceHostView};
pub use settings::{LockAfter, PassphraseView, SettingsView};
pub use stopped::{StopCause, StoppedView};
pub use told::Known;
pub(crate) use told::MOVE;
pub use unimported::{KeySettings, UnimportedView, UnimportedWay};
