//! What the tests of the running service share.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![expect(unreachable_pub, reason = "each test program is a crate of its own")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` and awaited replies are written where they are used"
)]
#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, with its place"
)]

pub mod attacker;
pub mod device;
pub mod duo_client;
pub mod integration;
pub mod name_server;
pub mod portal;
pub mod service;
pub mod sip_peer;
pub mod sip_phone;
pub mod smsc;
pub mod trunk;
