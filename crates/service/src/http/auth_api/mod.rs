//! The Auth API v2: what an application calls (`auth-api.md`). One endpoint a file.

pub mod auth;
pub mod auth_status;
pub mod check;
pub mod enroll;
pub mod enroll_status;
pub mod logo;
pub mod ping;
pub mod preauth;
mod prompt;

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{envelope::Failure, params::Parameters};
use crate::{sign_in::UserRef, status::Status};

/// The person a call is about: exactly one of `username` and `user_id`.
fn user(params: &Parameters) -> Result<UserRef, Failure> {
    let given = |name| params.get(name).filter(|value| !value.is_empty());
    match (given("username"), given("user_id")) {
        (Some(name), None) => Ok(UserRef::Name(name.to_owned())),
        (None, Some(id)) => Ok(UserRef::Id(id.to_owned())),
        (None, None) => Err(Failure::missing("username")),
        (Some(_), Some(_)) => Err(Failure::invalid("username")),
    }
}

/// The address the person signs in from, as the application says; empty when it does not know one. Words in its place
/// would stand under "Where" as if the service vouched for them (row C8).
fn address(params: &Parameters) -> String {
    let address = params
        .get("ipaddr")
        .and_then(|text| text.trim().parse::<IpAddr>().ok());
    address.map_or_else(String::new, |address| address.to_canonical().to_string())
}

/// How a sign-in stands. Every client needs all three texts.
fn status_body(status: &Status) -> Value {
    json!({ "result": status.result.as_str(), "status": status.status, "status_msg": status.message })
}
