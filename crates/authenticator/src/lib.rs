//! The app's engine without a window: accounts, activation, inbox of requests.
//!
//! [`Authenticator`] is the one door. It is given its [`Surroundings`] (where the vault lies, the clock, the site's
//! rules), hands out [`view`]s, and counts up [`Authenticator::changes`] when a window should look again.
//!
//! Inside, a [`countersign_vault`] is open for the life of a session; one task for each organisation account holds a
//! long poll to its service and comes back after faults and sleep.

mod activation;
mod activity;
mod add;
mod authenticator;
mod auto_lock;
mod backup;
mod check_up;
pub mod clock;
mod clocks;
mod code_picture;
mod dated;
mod dialect;
mod drafts;
mod export;
mod fresh_unlock;
mod home;
mod import;
mod inbox;
mod keeper;
mod keystore;
mod logo;
mod member;
mod moving;
mod network;
mod passcodes;
pub mod picture;
mod same;
mod scan;
mod self_service;
mod session;
mod settings;
mod start;
mod surroundings;
mod unimported;
pub mod view;

pub use authenticator::{Authenticator, Incoming};
pub use backup::FolderChoice;
pub use network::NetworkFailure;
pub use self_service::{SelfService, SelfServiceAsk, SelfServiceView};
pub use start::InstallMark;
pub use surroundings::{BackupPlace, DeviceFacts, Surroundings};
