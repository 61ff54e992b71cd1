//! The self-hosted service that Duo clients and the Countersign app talk to.
//!
//! The core is free of HTTP: [`core::Core`] holds the use cases, [`store::Store`] what is remembered. The handlers
//! extract, call one use case and convert.
//!
//! * pure rules: [`challenge`], [`throttle`], [`policy`], [`names`], [`audit`]
//! * arguments of everything: [`clock`], [`secrets`], [`waker`]
//! * what is kept: [`model`], [`request`], [`store`], seen through [`access`]

pub mod access;
pub mod audit;
pub mod challenge;
pub mod clock;
pub mod core;
pub mod model;
pub mod names;
pub mod policy;
pub mod request;
pub mod secrets;
pub mod store;
pub mod throttle;
pub mod waker;
