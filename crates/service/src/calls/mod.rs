//! Real telephone calls: who places them, and what is heard in them (`CALLS.md`).
//!
//! * [`trunk`]: the SIP side, one for the process; [`call`]: one call from INVITE to BYE
//! * what is heard: [`prompts`] as [`audio`], sent and received by the [`leg`] of a call; keys are [`keys`]; [`sdp`] says
//!   how the two ends send it
//! * [`settings`]: what the configuration says; [`doctor`]: asks the trunk whether it would take a call
//!
//! A site without a trunk has a [`gateway`] over HTTP.
//!
//! The rules of a call (what is asked, how often, what a key means) are not here but in [`crate::self_service::call`].

pub mod audio;
pub mod call;
pub mod doctor;
pub mod gateway;
pub mod keys;
pub mod leg;
pub mod prompts;
pub mod sdp;
pub mod settings;
pub mod trunk;
