//! The words on the wire and the passcode mathematics; no I/O, no async.
//!
//! The wire itself is described in `PROTOCOL.md` beside this crate; `duo-vectors.json` and `vectors.json` judge it.
//!
//! # Glossary
//!
//! * **account**: what the app lists; an *organisation account* has keys bound to one device, an *other account* is a
//!   third party's passcodes
//! * **device**: a phone, tablet or landline registered to a user at a service
//! * **activation**: the one-time exchange that binds an app to a device; *reactivation*: the same for a device that exists
//! * **request**: a sign-in waiting for an answer
//! * **number**: the digits on the sign-in page that the person types into the app
//! * **passcode**: six digits from the app, or a *bypass code* from the help desk
//! * **integration**: a protected application with its `ikey` and `skey`
//! * **dialect**: what a device speaks, `countersign/1` or the plain (*legacy*) one

pub mod activation;
pub mod challenge;
pub mod check;
pub mod host;
pub mod ids;
pub mod label;
pub mod notice;
pub mod otpauth;
pub mod params;
pub mod passcode;
pub mod random;
pub mod scanned;
pub mod signing;
pub mod time;
pub mod wire;

/// The name under which a device announces the strengthened dialect.
pub const PROTOCOL: &str = "countersign/1";
