//! The self-hosted service that Duo clients and the Countersign app talk to.
//!
//! The core is free of HTTP: [`core::Core`] holds the use cases, [`store::Store`] what is remembered. The handlers
//! extract, call one use case and convert.
//!
//! * pure rules: [`challenge`], [`throttle`], [`policy`], [`names`], [`audit`]
//! * arguments of everything: [`clock`], [`secrets`], [`slow_hashes`] by `argon2id`, [`waker`]
//! * use cases: [`activation`], [`preauth`], [`sign_in`], [`passcode`], [`status`], [`device_api`], [`operator`]
//! * people's own devices: [`self_service`]; signing in to applications on a page of ours: [`prompt`] with [`jwt`]
//! * people of the organisation's directory: [`directory`]
//! * the edge: [`http`], [`tls`], [`qr`], behind whom: [`proxies`]; what it leaves behind: [`logging`], [`metrics`]
//! * the outside: [`http`], [`tls`], [`cli`], [`config`], [`logging`], [`metrics`]
//! * what is kept: [`model`], [`request`], [`store`], seen through [`access`]

pub mod access;
pub mod activation;
mod argon2id;
pub mod audit;
pub mod calls;
pub mod carrier;
pub mod challenge;
pub mod cli;
pub mod clock;
pub mod comparison;
pub mod config;
pub mod context;
pub mod core;
pub mod device_api;
pub mod directory;
pub mod held;
pub mod http;
pub mod jwt;
pub mod logging;
pub mod metrics;
pub mod model;
pub mod moves;
pub mod names;
pub mod notices;
pub mod operator;
pub mod passcode;
pub mod policy;
pub mod preauth;
pub mod prompt;
pub mod proxies;
pub mod qr;
pub mod request;
pub mod secrets;
pub mod self_service;
pub mod shares;
pub mod sign_in;
pub mod slow_hashes;
pub mod status;
pub mod stopped;
pub mod store;
pub mod texts;
pub mod throttle;
pub mod tls;
pub mod waker;
pub mod workstations;
