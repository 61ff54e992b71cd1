//! Self-service: what people do with their own devices, in the portal and in the app's own screen (`SELF-SERVICE.md`).
//!
//! One set of rules for both. Each part is a few use cases of [`crate::core::Core`]:
//!
//! * the gate: [`session`], [`sign_in`] by `verdict`, [`password`], [`recognition`] by [`kerberos`], [`proof`] of a
//!   [`claimant`], [`view`]
//! * behind it: [`devices`]; for those who help: [`desk`] and whether they work ([`standing`], [`tests`]), [`activations`]
//! * by telephone: [`numbers`] and how they are read ([`phone_number`]); [`text`] and whether one may be sent ([`sending`]),
//!   [`call`] and whether one may be placed ([`placing`]), and for trials a [`simulated_phone`]
//!
//! The stage of a session is worked out from rows for every call; nothing a client claims about it is believed (row S10).

pub mod activations;
pub mod browser;
pub mod call;
mod call_proof;
mod card;
mod carrying;
pub mod claimant;
pub mod desk;
pub mod devices;
pub mod kerberos;
pub mod link;
pub mod numbers;
mod passcode_proof;
pub mod password;
pub mod phone_number;
pub mod placing;
pub mod proof;
pub mod realm_checkup;
pub mod recognition;
pub mod sending;
pub mod session;
pub mod sign_in;
pub mod simulated_phone;
pub mod standing;
pub mod tests;
pub mod text;
mod verdict;
pub mod view;
