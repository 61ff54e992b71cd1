//! My Settings & Devices inside the app: a client of the service's self-service API (SELF-SERVICE.md).
//!
//! A person goes in by an account of this app, or at a host that they confirmed: then the app is to the service what a
//! browser is. For each there is at most one visit, which holds the session's secret; it lives in this process's memory
//! alone and ends with the lock, with signing out, and with the account (rows T4 and S9). [`SelfService`] is the typed
//! client of one service, and [`SelfServiceAsk`] is any of its calls as a message.

mod address;
mod asks;
mod body;
mod client;
mod door;
mod here;
mod put;
mod routes;
mod tidy;
mod visit;

pub(crate) use address::read as read_address;
pub use client::SelfService;
pub(crate) use door::Door;
pub use put::{SelfServiceAsk, SelfServiceView};
pub(crate) use visit::Visits;
