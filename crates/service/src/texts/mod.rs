//! Texts as they are carried: by the HTTP interface of a gateway, or by an operator's message centre (TEXTS.md).
//!
//! * what is sent: [`words`], counted in [`parts`]
//! * by whom: [`settings`] says it; [`http`] and its [`reports`]; [`smpp`], whose messages are [`pdu`]s
//! * whether it would work: [`doctor`]
//!
//! Whether a text may be sent at all is decided in [`crate::self_service::sending`].

pub mod doctor;
pub mod http;
pub mod parts;
pub mod pdu;
pub mod reports;
pub mod settings;
pub mod smpp;
pub mod words;
