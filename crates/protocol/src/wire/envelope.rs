//! The envelope of every answer (`auth-api.md`, "Envelope").

use serde::{Deserialize, Serialize};

/// An answer: the thing asked for, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stat")]
pub enum Envelope<T> {
    /// It worked.
    #[serde(rename = "OK")]
    Ok {
        /// The thing.
        response: T,
    },
    /// It did not.
    #[serde(rename = "FAIL")]
    Fail(Failure),
}

/// Why not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Five digits; the first three are the HTTP status.
    pub code: u32,
    /// In words, for a log.
    pub message: String,
    /// Names the parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_detail: Option<String>,
    /// Tries left, with code 40032.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
    /// The service's clock, Unix milliseconds, with code 40105 to a `countersign/1` device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
    /// Where a shared request went, with code 40901 (PROTOCOL.md §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<super::device::AnsweredElsewhere>,
    /// What became of the device's key, with codes 40103 and 40902 (PROTOCOL.md §12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Box<super::stopped::Stopped>>,
    /// Signature of `time` (PROTOCOL.md §6), base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_signature: Option<String>,
}

/// Codes that both sides act on.
pub mod code {
    /// A required parameter is absent.
    pub const MISSING_PARAMETER: u32 = 40001;
    /// A bad value; the detail names it.
    pub const INVALID_PARAMETER: u32 = 40002;
    /// The name is taken.
    pub const DUPLICATE: u32 = 40003;
    /// Wrong number typed.
    pub const WRONG_NUMBER: u32 = 40032;
    /// No `Authorization` header.
    pub const MISSING_CREDENTIALS: u32 = 40101;
    /// Unknown `ikey`.
    pub const UNKNOWN_INTEGRATION: u32 = 40102;
    /// The signature does not fit.
    pub const BAD_SIGNATURE: u32 = 40103;
    /// No date.
    pub const MISSING_DATE: u32 = 40104;
    /// The date is unreadable or too far off.
    pub const BAD_DATE: u32 = 40105;
    /// The `Host` header is not ours.
    pub const BAD_HOST: u32 = 40106;
    /// The key cannot be used, or its proof is missing.
    pub const UNUSABLE_KEY: u32 = 40112;
    /// Not permitted.
    pub const FORBIDDEN: u32 = 40301;
    /// Unknown path or object.
    pub const NOT_FOUND: u32 = 40401;
    /// Unknown, used or expired activation code.
    pub const UNKNOWN_CODE: u32 = 40403;
    /// Another method is needed.
    pub const METHOD: u32 = 40501;
    /// Decided by another answer.
    pub const ALREADY_DECIDED: u32 = 40901;
    /// The sequence fell; the device is suspended.
    pub const SEQUENCE_FELL: u32 = 40902;
    /// Too many requests.
    pub const TOO_MANY: u32 = 42901;
    /// A fault of ours.
    pub const INTERNAL: u32 = 50000;
    /// The database cannot be reached.
    pub const UNAVAILABLE: u32 = 50300;
}
