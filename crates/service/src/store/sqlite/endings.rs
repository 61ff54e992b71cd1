//! What is under way for a device or a person ends in the transaction of what ends it (rows C9, S7): requests, proofs and
//! sign-in prompts, answered or not, heard of or not.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, proofs, requests};
use crate::request::Outcome;
use crate::store::StoreError;

/// What rests on a device that is in use no more, or has other keys: what waits for it, what it said and nobody heard of,
/// and what it confirmed and nobody fetched yet.
pub(super) fn of_device(db: &Db<'_>, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError> {
    requests::end_open_of_device(db, device, Outcome::Cancelled, now)?;
    proofs::end_of_device(db, device)?;
    db.execute(
        "update prompts set state = 'given_up' where proven_device = $1 and state in ('confirmed', 'left')",
        params![device.as_str()],
    )?;
    Ok(())
}

/// Whatever confirms a person's prompts: what was asked for, what was said and nobody heard of, and what is confirmed and
/// was not fetched yet. A prompt that is still open goes on, and says what is the matter.
pub(super) fn of_confirmations(
    db: &Db<'_>,
    user: &UserId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    proofs::end_of_prompts_of(db, user, now)?;
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
