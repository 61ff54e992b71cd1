//! Refusals: a code and the facts that its sentence needs. The words are the page's.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The body of every answer that is not 2xx.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Which sentence.
    pub code: ProblemCode,
    /// Tries that are left, or seconds to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub number: Option<u32>,
    /// For how many minutes nothing would be tried once no try is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub minutes: Option<u32>,
    /// Until when. Not told of what only the Service Desk ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub until: Option<i64>,
    /// The device that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub device: Option<String>,
}

/// Every refusal, with its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// 400: the body is not what the route takes.
    BadRequest,
    /// 401: no session, or one that ended.
    SignedOut,
    /// 401: the name or the password is wrong; `number` = tries before the lock, `minutes` = how long that
    /// lasts.
    WrongPassword,
    /// 401 with a challenge, 403 after it: the computer did not tell who is signed in on it, or tells of somebody else now.
    NotRecognised,
    /// 403: the password is right but too old; it has to be changed where the organisation has it.
    PasswordExpired,
    /// 403: the password is right but has to be changed before its first use.
    PasswordMustChange,
    /// 403: the organisation's directory locked the account after too many wrong passwords, here or elsewhere.
    AccountLocked,
    /// 403: the password is right; the account was disabled.
    AccountDisabled,
    /// 403: the password is right; the account's last day has passed.
    AccountExpired,
    /// 403: the password is right; the account may not be used at this hour or from here.
    AccountNotNow,
    /// 403: the password is right; the account is not among those who may use this.
    AccountNotEntitled,
    /// 403: a call that came from another page, or without its CSRF word (row S8).
    OtherSite,
    /// 403: nothing proven yet, or too long ago (row S1).
    ProofNeeded,
    /// 403: what proved it is younger than a day; an older device or the Service Desk has to (row S6).
    ProofTooYoung,
    /// 403: a code proved it, or a device activated by means of one; for a recovery card and for acts of the help desk only
    /// another device or a call can (rows O7, K6).
    DeviceNeeded,
    /// 403: the site lets nobody add the first device by themselves (row A4).
    EnrolmentClosed,
    /// 403: the help desk's page is for operators, and never for their own account (row K6).
    NotAllowed,
    /// 404: unknown, gone, or somebody else's: alike (row S4).
    NotFound,
    /// 409: without it the person could not sign in (row S3).
    LastWay,
    /// 409: another device of the person has that name.
    NameTaken,
    /// 409: the number is on `device` already; that one wants reactivating, not adding (PH17).
    NumberKnown,
    /// 409: the number is somebody else's.
    NumberTaken,
    /// 409: the device cannot do that: a push to a landline, say.
    CannotDoThat,
    /// 409: the person has a device that is in use, so nothing is released; or may not sign in at all.
    NotNeeded,
    /// 422: an empty or too long name.
    BadName,
    /// 422: not a number that can be dialled.
    BadNumber,
    /// 422: a wrong code; `number` = tries left.
    WrongCode,
    /// 422: the code ran out, or was tried too often; another has to be sent.
    CodeOver,
    /// 422: not a passcode that is good now; `number` = tries before the lock.
    WrongPasscode,
    /// 422: a passcode that was used before.
    PasscodeUsed,
    /// 422: an empty reason, or one that says nothing.
    ReasonNeeded,
    /// 429: too many tries, until `until`.
    Locked,
    /// 429: too much at a time, until `until`.
    TooMany,
    /// 503: something that is needed is away; nothing was changed.
    Unavailable,
}
