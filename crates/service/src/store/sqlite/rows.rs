//! Rows to values and back: the only place where a column's text becomes a type.

use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{DeviceKind, First};
use rusqlite::Row;

use crate::model::{
    Device, DeviceState, Dialect, Integration, PasscodeKind, StoppedBy, User, UserStatus,
};
use crate::policy::IntegrationPolicy;
use crate::request::{
    Decision, Factor, NumberMatch, Outcome, Purpose, Request, RequestState, SharedAnswer,
};
use crate::secrets::Sealed;
use crate::store::StoreError;

/// What [`device`] reads; the owner comes with the device, always.
macro_rules! device_query {
    ($rest:literal) => {
        concat!(
            "select d.*, u.name as username, u.status as user_status from devices d join users u on u.id = d.user_id ",
            $rest
        )
    };
}
pub(super) use device_query;

/// A column's text as an id, or the error that it never should be.
pub(super) fn id<T: std::str::FromStr>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<T, StoreError> {
    text(row, column)?
        .parse()
        .map_err(|_| StoreError::Corrupt(column))
}

/// A column's text, while the row is there.
pub(super) fn text<'r>(row: &'r Row<'_>, column: &'static str) -> Result<&'r str, StoreError> {
    optional_text(row, column)?.ok_or(StoreError::Corrupt(column))
}

fn optional_text<'r>(
    row: &'r Row<'_>,
    column: &'static str,
) -> Result<Option<&'r str>, StoreError> {
    row.get_ref(column)?
        .as_str_or_null()
        .map_err(|_| StoreError::Corrupt(column))
}

/// The same, or `None`.
pub(super) fn optional_id<T: std::str::FromStr>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    optional_text(row, column)?
        .map(|text| text.parse().map_err(|_| StoreError::Corrupt(column)))
        .transpose()
}

/// A column of Unix milliseconds.
pub(super) fn time(row: &Row<'_>, column: &'static str) -> Result<UnixMillis, StoreError> {
    Ok(UnixMillis(row.get(column)?))
}

pub(super) fn optional_time(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<UnixMillis>, StoreError> {
    Ok(row.get::<_, Option<i64>>(column)?.map(UnixMillis))
}

/// A column of 32 bytes.
pub(super) fn optional_digest(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<[u8; 32]>, StoreError> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    bytes
        .map(|bytes| bytes.try_into().map_err(|_| StoreError::Corrupt(column)))
        .transpose()
}

/// A flag.
pub(super) fn flag(row: &Row<'_>, column: &'static str) -> Result<bool, StoreError> {
    Ok(row.get::<_, i64>(column)? != 0)
}

pub(super) fn user(row: &Row<'_>) -> Result<User, StoreError> {
    Ok(User {
        id: id(row, "id")?,
        name: row.get("name")?,
        status: user_status(row, "status")?,
        pushes_paused_until: time(row, "pushes_paused_until")?,
        display_name: row.get("display_name")?,
        operator: flag(row, "operator")?,
    })
}

pub(super) fn integration(row: &Row<'_>) -> Result<Integration, StoreError> {
    let digits = digits(row)?;
    Ok(Integration {
        id: id(row, "id")?,
        name: row.get("name")?,
        policy: IntegrationPolicy {
            allow_legacy: flag(row, "allow_legacy")?,
            allow_sha1: flag(row, "allow_sha1")?,
            ..IntegrationPolicy::with_digits(digits).ok_or(StoreError::Corrupt("number_digits"))?
        },
        skey: Sealed::from_stored(row.get("skey_sealed")?),
        skey_version: row.get("skey_version")?,
    })
}

pub(super) fn device(row: &Row<'_>) -> Result<Device, StoreError> {
    let otp: Vec<u8> = row.get("otp_sealed")?;
    Ok(Device {
        id: id(row, "id")?,
        akey: id(row, "akey")?,
        user_id: id(row, "user_id")?,
        username: row.get("username")?,
        user_status: user_status(row, "user_status")?,
        name: row.get("name")?,
        platform: row.get("platform")?,
        model: row.get("model")?,
        dialect: match text(row, "dialect")? {
            "countersign/1" => Dialect::Countersign1,
            "legacy" => Dialect::Legacy,
            // Whatever makes passcodes has a seed
            "passcode" if otp.is_empty() => Dialect::CallsOnly,
            "passcode" => Dialect::PasscodeOnly,
            _ => return Err(StoreError::Corrupt("dialect")),
        },
        push_key: row.get("push_key")?,
        key_storage: row.get("key_storage")?,
        otp: Sealed::from_stored(otp),
        otp_kind: match text(row, "otp_kind")? {
            "totp" => PasscodeKind::Totp,
            "hotp" => PasscodeKind::Hotp,
            _ => return Err(StoreError::Corrupt("otp_kind")),
        },
        otp_last: row.get("otp_last")?,
        sequence: row.get("sequence")?,
        generation: row.get("generation")?,
        state: match text(row, "state")? {
            "active" => DeviceState::Active,
            "suspended" => DeviceState::Suspended,
            "removed" => DeviceState::Removed,
            _ => return Err(StoreError::Corrupt("state")),
        },
        stopped_at: optional_time(row, "stopped_at")?,
        stopped_by: match row.get::<_, Option<String>>("stopped_by")?.as_deref() {
            None => None,
            Some("copied") => Some(StoppedBy::Copied),
            Some("desk") => Some(StoppedBy::Desk),
            Some("not_me") => Some(StoppedBy::NotMe),
            Some("moved") => Some(StoppedBy::Moved),
            Some(_) => return Err(StoreError::Corrupt("stopped_by")),
        },
        activated_at: time(row, "activated_at")?,
        last_seen_at: time(row, "last_seen_at")?,
    })
}

pub(super) fn request(row: &Row<'_>) -> Result<Request, StoreError> {
    Ok(Request {
        urgid: id(row, "urgid")?,
        txid: id(row, "txid")?,
        user_id: id(row, "user_id")?,
        integration_id: optional_id(row, "integration_id")?,
        device_id: optional_id(row, "device_id")?,
        shared: flag(row, "shared")?,
        kind: row.get("kind")?,
        state: request_state(row)?,
        factor: match text(row, "factor")? {
            "push" => Factor::Push,
            "passcode" => Factor::Passcode,
            _ => return Err(StoreError::Corrupt("factor")),
        },
        number: NumberMatch {
            digits: digits(row)?,
            expected: row.get("number")?,
            tries_left: row.get("tries_left")?,
        },
        nonce: row.get("nonce")?,
        context: row.get("context")?,
        context_hash: row.get("context_hash")?,
        unusual: flag(row, "unusual")?,
        address: row.get("address")?,
        created_at: time(row, "created_at")?,
        expires_at: time(row, "expires_at")?,
        message: row.get("message")?,
        reported_at: optional_time(row, "reported_at")?,
        polls: row.get("polls")?,
        purpose: match text(row, "purpose")? {
            "sign_in" => Purpose::SignIn,
            "test" => Purpose::Test,
            "self_service" => Purpose::SelfService,
            _ => return Err(StoreError::Corrupt("purpose")),
        },
        fetched_at: optional_time(row, "fetched_at")?,
    })
}

pub(super) fn shared_answer(row: &Row<'_>) -> Result<SharedAnswer, StoreError> {
    Ok(SharedAnswer {
        urgid: id(row, "urgid")?,
        device_name: row.get("name")?,
        approved: text(row, "outcome")? == "approved",
        at: time(row, "decided_at")?,
    })
}

fn request_state(row: &Row<'_>) -> Result<RequestState, StoreError> {
    match text(row, "state")? {
        "prepared" => Ok(RequestState::Prepared),
        "pending" => Ok(RequestState::Pending),
        "decided" => Ok(RequestState::Decided(Decision {
            outcome: outcome_of(optional_text(row, "outcome")?)?,
            at: optional_time(row, "decided_at")?.ok_or(StoreError::Corrupt("decided_at"))?,
            answer_digest: optional_digest(row, "answer_digest")?,
            answered_from: row.get("answered_from")?,
            report_digest: optional_digest(row, "report_digest")?,
        })),
        _ => Err(StoreError::Corrupt("state")),
    }
}

fn digits(row: &Row<'_>) -> Result<u8, StoreError> {
    u8::try_from(row.get::<_, i64>("number_digits")?)
        .map_err(|_| StoreError::Corrupt("number_digits"))
}

pub(super) fn user_status(row: &Row<'_>, column: &'static str) -> Result<UserStatus, StoreError> {
    match text(row, column)? {
        "active" => Ok(UserStatus::Active),
        "bypass" => Ok(UserStatus::Bypass),
        "disabled" => Ok(UserStatus::Disabled),
        _ => Err(StoreError::Corrupt(column)),
    }
}

pub(super) const fn status_text(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Bypass => "bypass",
        UserStatus::Disabled => "disabled",
    }
}

pub(super) const fn dialect_text(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Countersign1 => "countersign/1",
        Dialect::Legacy => "legacy",
        Dialect::PasscodeOnly | Dialect::CallsOnly => "passcode",
    }
}

pub(super) const fn passcode_kind_text(kind: PasscodeKind) -> &'static str {
    match kind {
        PasscodeKind::Totp => "totp",
        PasscodeKind::Hotp => "hotp",
    }
}

pub(super) const fn purpose_text(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "sign_in",
        Purpose::Test => "test",
        Purpose::SelfService => "self_service",
    }
}

pub(super) const fn factor_text(factor: Factor) -> &'static str {
    match factor {
        Factor::Push => "push",
        Factor::Passcode => "passcode",
    }
}

pub(super) const fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "approved",
        Outcome::Denied => "denied",
        Outcome::TimedOut => "timed_out",
        Outcome::Cancelled => "cancelled",
        Outcome::Refused => "refused",
        Outcome::Locked => "locked",
    }
}

pub(super) fn kind(row: &Row<'_>) -> Result<DeviceKind, StoreError> {
    match text(row, "kind")? {
        "phone" => Ok(DeviceKind::Phone),
        "tablet" => Ok(DeviceKind::Tablet),
        "landline" => Ok(DeviceKind::Landline),
        _ => Err(StoreError::Corrupt("kind")),
    }
}

pub(super) const fn kind_text(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Phone => "phone",
        DeviceKind::Tablet => "tablet",
        DeviceKind::Landline => "landline",
    }
}

pub(super) fn first(row: &Row<'_>) -> Result<First, StoreError> {
    match text(row, "first")? {
        "push" => Ok(First::Push),
        "call" => Ok(First::Call),
        "ask" => Ok(First::Ask),
        _ => Err(StoreError::Corrupt("first")),
    }
}

pub(super) const fn first_text(first: First) -> &'static str {
    match first {
        First::Push => "push",
        First::Call => "call",
        First::Ask => "ask",
    }
}

fn outcome_of(text: Option<&str>) -> Result<Outcome, StoreError> {
    match text {
        Some("approved") => Ok(Outcome::Approved),
        Some("denied") => Ok(Outcome::Denied),
        Some("timed_out") => Ok(Outcome::TimedOut),
        Some("cancelled") => Ok(Outcome::Cancelled),
        Some("refused") => Ok(Outcome::Refused),
        Some("locked") => Ok(Outcome::Locked),
        _ => Err(StoreError::Corrupt("outcome")),
    }
}
