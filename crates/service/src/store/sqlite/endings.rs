//! What is under way for a device or a person ends in the transaction of what ends it (rows C9, S7): requests, proofs and
//! sign-in prompts, answered or not, heard of or not.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, own_devices, proofs, requests, sessions};
use crate::request::Outcome;
use crate::store::StoreError;

/// Whose approvals end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of<'a> {
    /// Those that this device gave.
    Device(&'a DeviceId),
    /// Everything of this person.
    User(&'a UserId),
}

/// What rests on a device that turned out to be two (row D4): with what waits for it, the sessions that it is or that its
/// proof opened, and what they began. Sessions that another device proved go on.
pub(super) fn of_copied_device(
    db: &Db<'_>,
    device: &DeviceId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    own_devices::end_what_hangs_on(db, device, now)?;
    sessions::end_of_device(db, device, now)
}

/// What rests on a device that is in use no more, or has other keys: what waits for it, what it said and nobody heard of,
/// and what it confirmed and nobody fetched yet.
pub(super) fn of_device(db: &Db<'_>, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError> {
    requests::end_open_of_device(db, device, Outcome::Cancelled, now)?;
    requests::withdraw_approved(db, Of::Device(device), now)?;
    proofs::end_of_device(db, device)?;
    db.execute(
        "update prompts set state = 'given_up' where proven_device = $1 and state in ('confirmed', 'left')",
        params![device.as_str()],
    )?;
    Ok(())
}

/// Whatever confirms a person's sign-ins: what was asked for, what was said and nobody heard of, and what is confirmed and
/// was not fetched yet. A prompt that is still open goes on, and says what is the matter.
pub(super) fn of_confirmations(
    db: &Db<'_>,
    user: &UserId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    proofs::end_of_prompts_of(db, user, now)?;
    requests::withdraw_approved(db, Of::User(user), now)?;
    db.execute(
        "update prompts set state = 'given_up' where user_id = $1 and state in ('confirmed', 'left')",
        params![user.as_str()],
    )?;
    Ok(())
}

/// Every sign-in of a person that is not finished, as with what ends all their sessions because something is wrong.
pub(super) fn of_prompts(db: &Db<'_>, user: &UserId, now: UnixMillis) -> Result<(), StoreError> {
    of_confirmations(db, user, now)?;
    db.execute(
        "update prompts set state = 'given_up' where user_id = $1 and state = 'open'",
        params![user.as_str()],
    )?;
    Ok(())
}
