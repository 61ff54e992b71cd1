//! What texts and calls have in common (`CARRIERS.md`): in which language people are reached, and how often.
//!
//! How each is carried is in [`crate::texts`] and [`crate::calls`]; what is counted, in [`crate::store::carriers`].

pub mod language;
pub mod limits;
