//! Recovery cards: one for a person, made and taken back in one transaction each (rows O7, S1, S6).

use countersign_protocol::ids::UserId;
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, Ended, audit, notices, own_devices, passcodes, rows};
use crate::audit::AuditEntry;
use crate::model::{BypassCode, CodeKind};
use crate::policy::{CARDS_PER_DAY, DAY_MS};
use crate::self_service::devices::Prover;
use crate::self_service::session::{ProvenBy, SessionId};
use crate::store::StoreError;
use crate::store::own::{Card, CardDone};

/// The card of a person whose time is not over, with whatever is left of it.
pub(super) fn of(db: &Db<'_>, owner: &UserId, now: UnixMillis) -> Result<Option<Card>, StoreError> {
    db.one(
        "select created_at, expires_at, sum(used_at is null) as codes_left from bypass_codes
         where user_id = $1 and kind = 'card' and expires_at > $2 group by created_at, expires_at",
        params![owner.as_str(), now.0],
        |row| {
            Ok(Card {
                made_at: rows::time(row, "created_at")?,
                expires_at: rows::time(row, "expires_at")?,
                codes_left: row.get("codes_left")?,
            })
        },
    )
}

/// Whether a card may be made in that session now.
pub(super) fn judge(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    now: UnixMillis,
) -> Result<CardDone, StoreError> {
    let Some(prover) = own_devices::prover(db, owner, session, now)? else {
        return Ok(CardDone::NotProven);
    };
    if proven_by_code(db, session)? || rests_on_code(db, session, now)? {
        return Ok(CardDone::ByCode);
    }
    if is_too_young(db, owner, &prover, now)? {
        return Ok(CardDone::ProofTooYoung);
    }
    // The oldest of the last ones: while it is of today, there were enough
    let oldest = db.one(
        "select at from audit where actor = $1 and action = 'card.make' and result = 'done' and at > $2
         order by at desc limit 1 offset $3",
        params![
            format!("user:{owner}"),
            (now + -DAY_MS).0,
            CARDS_PER_DAY - 1
        ],
        |row| rows::time(row, "at"),
    )?;
    Ok(oldest.map_or(CardDone::Done, |oldest| CardDone::TooMany(oldest + DAY_MS)))
}

/// Whether the session was proven by a bypass code or one of a card.
pub(super) fn proven_by_code(db: &Db<'_>, session: &SessionId) -> Result<bool, StoreError> {
    let found = db.one(
        "select 1 from sessions where id = $1 and proven_by = $2",
        params![session.as_str(), ProvenBy::Bypass.as_str()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Whether the device that proved it was activated after a code of its person was used within the last day: whoever found
/// the code may have put their own phone in the place of the person's.
fn rests_on_code(db: &Db<'_>, session: &SessionId, now: UnixMillis) -> Result<bool, StoreError> {
    let found = db.one(
        "select 1 from sessions s join devices d on d.id = s.proven_device
           join bypass_codes b on b.user_id = s.user_id
         where s.id = $1 and b.used_at > $2 and d.activated_at >= b.used_at limit 1",
        params![session.as_str(), (now + -DAY_MS).0],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Whether an older device than the one that proved it is there, which could say so too (row S6).
fn is_too_young(
    db: &Db<'_>,
    owner: &UserId,
    prover: &Prover,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let devices = own_devices::list(db, owner, now)?;
    Ok(devices
        .iter()
        .any(|owned| prover.is_too_young_for(owned, now)))
}

/// Puts a card in the place of the one before.
pub(super) fn make(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    codes: &[BypassCode],
    entry: &AuditEntry,
) -> Result<Ended<CardDone>, StoreError> {
    let judged = judge(db, owner, session, entry.at)?;
    if judged != CardDone::Done {
        return Ok(Ended::Undone(judged));
    }
    forget(db, owner)?;
    passcodes::add_bypass_codes(db, owner, codes, entry.at)?;
    notices::tell_of_account(db, owner, NoticeKind::CardMade, entry.at)?;
    audit::append(db, entry)?;
    Ok(Ended::Kept(CardDone::Done))
}

/// Takes the card back, as its person wishes.
pub(super) fn stop(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    entry: &AuditEntry,
) -> Result<Ended<CardDone>, StoreError> {
    let Some(prover) = own_devices::prover(db, owner, session, entry.at)? else {
        return Ok(Ended::Undone(CardDone::NotProven));
    };
    if is_too_young(db, owner, &prover, entry.at)? {
        return Ok(Ended::Undone(CardDone::ProofTooYoung));
    }
    if !forget(db, owner)? {
        return Ok(Ended::Undone(CardDone::NotThere));
    }
    notices::tell_of_account(db, owner, NoticeKind::CardStopped, entry.at)?;
    audit::append(db, entry)?;
    Ok(Ended::Kept(CardDone::Done))
}

/// Takes a card back whoever wishes it. Codes that were used are over with it, since what a wrong code costs must not grow
/// from card to card, but are kept a day longer for [`rests_on_code`]. `false` if there was none.
pub(super) fn forget(db: &Db<'_>, owner: &UserId) -> Result<bool, StoreError> {
    let card = CodeKind::Card.as_str();
    let unused = db.execute(
        "delete from bypass_codes where user_id = $1 and kind = $2 and used_at is null",
        params![owner.as_str(), card],
    )?;
    let used = db.execute(
        "update bypass_codes set expires_at = used_at where user_id = $1 and kind = $2 and expires_at > used_at",
        params![owner.as_str(), card],
    )?;
    Ok(unused + used > 0)
}

/// Takes a card back because of something else, which the person's devices are told and a row says: by whom, when and with
/// which result as in `entry`.
pub(super) fn take_back(db: &Db<'_>, owner: &UserId, entry: &AuditEntry) -> Result<(), StoreError> {
    if !forget(db, owner)? {
        return Ok(());
    }
    notices::tell_of_account(db, owner, NoticeKind::CardStopped, entry.at)?;
    let entry = AuditEntry {
        action: "card.stop",
        object: owner.to_string(),
        ..entry.clone()
    };
    audit::append(db, &entry)
}
