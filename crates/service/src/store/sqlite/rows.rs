//! Rows to values and back: the only place where a column's text becomes a type.

use countersign_protocol::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::model::{Device, DeviceState, Dialect, Integration, PasscodeKind, User, UserStatus};
use crate::policy::IntegrationPolicy;
use crate::request::{Decision, Factor, NumberMatch, Outcome, Request, RequestState};
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
    row: &SqliteRow,
    column: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::Corrupt(column))
}

fn optional_id<T: std::str::FromStr>(
    row: &SqliteRow,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| StoreError::Corrupt(column)))
        .transpose()
}

fn time(row: &SqliteRow, column: &'static str) -> Result<UnixMillis, StoreError> {
    Ok(UnixMillis(row.try_get(column)?))
}

fn optional_time(row: &SqliteRow, column: &'static str) -> Result<Option<UnixMillis>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(UnixMillis))
}

/// A column of 32 bytes.
pub(super) fn optional_digest(
    row: &SqliteRow,
    column: &'static str,
) -> Result<Option<[u8; 32]>, StoreError> {
    let bytes: Option<Vec<u8>> = row.try_get(column)?;
    bytes
        .map(|bytes| bytes.try_into().map_err(|_| StoreError::Corrupt(column)))
        .transpose()
}

/// A flag.
pub(super) fn flag(row: &SqliteRow, column: &'static str) -> Result<bool, StoreError> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

pub(super) fn user(row: &SqliteRow) -> Result<User, StoreError> {
    Ok(User {
        id: id(row, "id")?,
        name: row.try_get("name")?,
        status: user_status(row, "status")?,
        pushes_paused_until: time(row, "pushes_paused_until")?,
    })
}

pub(super) fn integration(row: &SqliteRow) -> Result<Integration, StoreError> {
    let digits = digits(row)?;
    Ok(Integration {
        id: id(row, "id")?,
        name: row.try_get("name")?,
        policy: IntegrationPolicy {
            allow_legacy: flag(row, "allow_legacy")?,
            allow_sha1: flag(row, "allow_sha1")?,
            ..IntegrationPolicy::with_digits(digits).ok_or(StoreError::Corrupt("number_digits"))?
        },
        skey: Sealed::from_stored(row.try_get("skey_sealed")?),
        skey_version: row.try_get("skey_version")?,
    })
}

pub(super) fn device(row: &SqliteRow) -> Result<Device, StoreError> {
    Ok(Device {
        id: id(row, "id")?,
        akey: id(row, "akey")?,
        user_id: id(row, "user_id")?,
        username: row.try_get("username")?,
        user_status: user_status(row, "user_status")?,
        name: row.try_get("name")?,
        platform: row.try_get("platform")?,
        model: row.try_get("model")?,
        dialect: match row.try_get("dialect")? {
            "countersign/1" => Dialect::Countersign1,
            "legacy" => Dialect::Legacy,
            "passcode" => Dialect::PasscodeOnly,
            _ => return Err(StoreError::Corrupt("dialect")),
        },
        push_key: row.try_get("push_key")?,
        key_storage: row.try_get("key_storage")?,
        otp: Sealed::from_stored(row.try_get("otp_sealed")?),
        otp_kind: match row.try_get("otp_kind")? {
            "totp" => PasscodeKind::Totp,
            "hotp" => PasscodeKind::Hotp,
            _ => return Err(StoreError::Corrupt("otp_kind")),
        },
        otp_last: row.try_get("otp_last")?,
        sequence: row.try_get("sequence")?,
        generation: row.try_get("generation")?,
        state: match row.try_get("state")? {
            "active" => DeviceState::Active,
            "suspended" => DeviceState::Suspended,
            "removed" => DeviceState::Removed,
            _ => return Err(StoreError::Corrupt("state")),
        },
        activated_at: time(row, "activated_at")?,
        last_seen_at: time(row, "last_seen_at")?,
    })
}

pub(super) fn request(row: &SqliteRow) -> Result<Request, StoreError> {
    Ok(Request {
        urgid: id(row, "urgid")?,
        txid: id(row, "txid")?,
        user_id: id(row, "user_id")?,
        integration_id: optional_id(row, "integration_id")?,
        device_id: optional_id(row, "device_id")?,
        kind: row.try_get("kind")?,
        state: request_state(row)?,
        factor: match row.try_get("factor")? {
            "push" => Factor::Push,
            "passcode" => Factor::Passcode,
            _ => return Err(StoreError::Corrupt("factor")),
        },
        number: NumberMatch {
            digits: digits(row)?,
            expected: row.try_get("number")?,
            tries_left: row.try_get("tries_left")?,
        },
        nonce: row.try_get("nonce")?,
        context: row.try_get("context")?,
        context_hash: row.try_get("context_hash")?,
        unusual: flag(row, "unusual")?,
        address: row.try_get("address")?,
        created_at: time(row, "created_at")?,
        expires_at: time(row, "expires_at")?,
        message: row.try_get("message")?,
        reported_at: optional_time(row, "reported_at")?,
        polls: row.try_get("polls")?,
    })
}

fn request_state(row: &SqliteRow) -> Result<RequestState, StoreError> {
    match row.try_get("state")? {
        "prepared" => Ok(RequestState::Prepared),
        "pending" => Ok(RequestState::Pending),
        "decided" => Ok(RequestState::Decided(Decision {
            outcome: outcome_of(row.try_get("outcome")?)?,
            at: optional_time(row, "decided_at")?.ok_or(StoreError::Corrupt("decided_at"))?,
            answer_digest: optional_digest(row, "answer_digest")?,
            report_digest: optional_digest(row, "report_digest")?,
        })),
        _ => Err(StoreError::Corrupt("state")),
    }
}

fn digits(row: &SqliteRow) -> Result<u8, StoreError> {
    u8::try_from(row.try_get::<i64, _>("number_digits")?)
        .map_err(|_| StoreError::Corrupt("number_digits"))
}

fn user_status(row: &SqliteRow, column: &'static str) -> Result<UserStatus, StoreError> {
    match row.try_get(column)? {
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
        Dialect::PasscodeOnly => "passcode",
    }
}

pub(super) const fn passcode_kind_text(kind: PasscodeKind) -> &'static str {
    match kind {
        PasscodeKind::Totp => "totp",
        PasscodeKind::Hotp => "hotp",
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
