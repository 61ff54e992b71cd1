//! Proofs of self-service and of sign-in prompts: beginning, following, settling; each change of one is one conditional update.

use countersign_protocol::ids::{DeviceId, Urgid, UserId};
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{ProofState, WayKind};
use rusqlite::{Row, params};

use super::{Db, Ended, audit, passcodes, prompts, pushes, rows, sessions};
use crate::audit::AuditEntry;
use crate::challenge::TypedNumber;
use crate::prompt::{PromptId, times};
use crate::request::{NewRequest, Purpose};
use crate::self_service::session::SessionId;
use crate::store::gate::{Holder, NewProof, Opening, Standing, StoredProof};
use crate::store::{PasscodeUse, Started, StoreError};

/// What is not over; what the phone's end approved is over for everybody but its holder.
macro_rules! open_states {
    () => {
        "('waiting', 'calling', 'ringing', 'answered')"
    };
}

pub(super) fn start_push(
    db: &Db<'_>,
    proof: &NewProof,
    request: &NewRequest,
    entry: &AuditEntry,
) -> Result<Ended<Started>, StoreError> {
    end_open(db, &proof.holder, entry)?;
    let started = pushes::start(db, request, entry)?;
    if let Ended::Kept(Started::Asked(_)) = &started
        && !insert(db, proof, Some(&request.urgid), ProofState::Waiting)?
    {
        return Ok(Ended::Undone(Started::Gone));
    }
    Ok(started)
}

pub(super) fn start_call(
    db: &Db<'_>,
    proof: &NewProof,
    entry: &AuditEntry,
) -> Result<Ended<bool>, StoreError> {
    end_open(db, &proof.holder, entry)?;
    if !insert(db, proof, None, ProofState::Calling)? {
        return Ok(Ended::Undone(false));
    }
    audit::append(db, entry)?;
    Ok(Ended::Kept(true))
}

pub(super) fn move_call(
    db: &Db<'_>,
    proof: &str,
    to: Standing,
    entry: Option<&AuditEntry>,
) -> Result<bool, StoreError> {
    let moved = db.execute(
        concat!(
            "update proofs set state = $2, revision = revision + 1,
               approved_at = case $2 when 'approved' then $3 else approved_at end,
               number = case when $2 in ",
            open_states!(),
            " then number else null end
             where id = $1 and way = 'call' and state <> $2 and state in ",
            open_states!()
        ),
        params![proof, standing_text(to), entry.map(|entry| entry.at.0)],
    )?;
    if moved == 0 {
        return Ok(false);
    }
    if let Some(entry) = entry {
        audit::append(db, entry)?;
    }
    Ok(true)
}

pub(super) fn by_passcode(
    db: &Db<'_>,
    owner: &UserId,
    used: &PasscodeUse,
    proof: &NewProof,
    opening: &Opening,
    entry: &AuditEntry,
) -> Result<Ended<bool>, StoreError> {
    end_open(db, &proof.holder, entry)?;
    let proven = passcodes::consume(db, owner, used, entry.at)?
        && insert(db, proof, None, ProofState::Confirmed)?
        && open(db, &proof.holder, opening, entry)?;
    if !proven {
        return Ok(Ended::Undone(false));
    }
    audit::append(db, entry)?;
    Ok(Ended::Kept(true))
}

/// Opens the holder. `false` if it ended, or its user was disabled.
fn open(
    db: &Db<'_>,
    holder: &Holder,
    opening: &Opening,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    match (holder, opening) {
        (Holder::Session(id), Opening::Session(renewal)) => {
            sessions::renew(db, id, renewal, entry.at)
        }
        (Holder::Prompt(id), Opening::Prompt(grant)) => prompts::grant(db, id, grant, entry.at),
        (Holder::Session(_), Opening::Prompt(_)) | (Holder::Prompt(_), Opening::Session(_)) => {
            Ok(false)
        }
    }
}

/// `false` if the holder ended.
fn insert(
    db: &Db<'_>,
    proof: &NewProof,
    urgid: Option<&Urgid>,
    state: ProofState,
) -> Result<bool, StoreError> {
    let (since, until) = times::begun(proof.created_at).into_inner();
    let inserted = db.execute(
        "insert into proofs (id, holder, holder_kind, way, device_id, urgid, number, state, name, ending, revision, created_at, expires_at)
         select $1, $2, $12, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11
         where case $12 when 'session' then exists (select 1 from sessions where id = $2)
           else exists (select 1 from prompts where id = $2 and state = 'open' and created_at between $13 and $14) end",
        params![
            &proof.id,
            proof.holder.as_str(),
            way_text(proof.way),
            proof.device.as_ref().map(DeviceId::as_str),
            urgid.map(Urgid::as_str),
            proof.number.as_ref().map(|number| number.0.as_str()),
            standing_text(Standing::Told(state)),
            &proof.name,
            proof.ending.as_deref(),
            proof.created_at.0,
            proof.expires_at.0,
            kind_text(&proof.holder),
            since.0,
            until.0
        ],
    )?;
    Ok(inserted == 1)
}

pub(super) fn of_holder(
    db: &Db<'_>,
    holder: &Holder,
    id: &str,
) -> Result<Option<StoredProof>, StoreError> {
    let found = db.one(
        "select * from proofs where id = $1 and holder = $2 and holder_kind = $3",
        params![id, holder.as_str(), kind_text(holder)],
        |row| Ok((stored(row)?, rows::optional_id::<Urgid>(row, "urgid")?)),
    )?;
    let Some((proof, urgid)) = found else {
        return Ok(None);
    };
    let request = match urgid {
        Some(urgid) => db.one(
            "select * from requests where urgid = $1 and purpose = $2",
            params![urgid.as_str(), purpose_text(holder)],
            rows::request,
        )?,
        None => None,
    };
    Ok(Some(StoredProof { request, ..proof }))
}

/// The latest that was begun.
pub(super) fn latest(db: &Db<'_>, holder: &Holder) -> Result<Option<String>, StoreError> {
    db.one(
        "select id from proofs where holder = $1 and holder_kind = $2
         order by created_at desc, rowid desc limit 1",
        params![holder.as_str(), kind_text(holder)],
        |row| Ok(row.get("id")?),
    )
}

const fn kind_text(holder: &Holder) -> &'static str {
    match holder {
        Holder::Session(_) => "session",
        Holder::Prompt(_) => "prompt",
    }
}

/// What the request of a push has to be for.
const fn purpose_text(holder: &Holder) -> &'static str {
    rows::purpose_text(match holder {
        Holder::Session(_) => Purpose::SelfService,
        Holder::Prompt(_) => Purpose::SignIn,
    })
}

fn holder(row: &Row<'_>) -> Result<Holder, StoreError> {
    let (id, kind): (String, String) = (row.get("holder")?, row.get("holder_kind")?);
    match kind.as_str() {
        "session" => Ok(Holder::Session(SessionId::from_stored(id))),
        "prompt" => Ok(Holder::Prompt(PromptId::from_stored(id))),
        _ => Err(StoreError::Corrupt("holder_kind")),
    }
}

fn stored(row: &Row<'_>) -> Result<StoredProof, StoreError> {
    let (way, state): (String, String) = (row.get("way")?, row.get("state")?);
    let number: Option<String> = row.get("number")?;
    Ok(StoredProof {
        proof: NewProof {
            id: row.get("id")?,
            holder: holder(row)?,
            way: way_of(&way).ok_or(StoreError::Corrupt("way"))?,
            device: rows::optional_id(row, "device_id")?,
            name: row.get("name")?,
            ending: row.get("ending")?,
            number: number.map(TypedNumber),
            created_at: rows::time(row, "created_at")?,
            expires_at: rows::time(row, "expires_at")?,
        },
        standing: standing_of(&state).ok_or(StoreError::Corrupt("state"))?,
        revision: u32::try_from(row.get::<_, i64>("revision")?)
            .map_err(|_| StoreError::Corrupt("revision"))?,
        approved_at: rows::optional_time(row, "approved_at")?,
        request: None,
    })
}

pub(super) fn settle(
    db: &Db<'_>,
    holder: &Holder,
    id: &str,
    state: ProofState,
    opening: Option<&Opening>,
    entry: &AuditEntry,
) -> Result<Ended<bool>, StoreError> {
    // A confirmation needs the yes of its own request, or of the call that it is (never that of a test)
    let settled = db.execute(
        concat!(
            "update proofs set state = $3, revision = revision + 1, number = null
             where id = $1 and holder = $2 and (state = 'approved' or state in ",
            open_states!(),
            ") and ($3 <> 'confirmed' or (way = 'call' and state = 'approved') or exists (
                 select 1 from requests r where r.urgid = proofs.urgid and r.outcome = 'approved' and r.purpose = $4))"
        ),
        params![
            id,
            holder.as_str(),
            standing_text(Standing::Told(state)),
            purpose_text(holder)
        ],
    )?;
    if settled == 0 {
        return Ok(Ended::Undone(false));
    }
    // What is confirmed opens its holder, and nothing else does
    let opened = match (state, opening) {
        (ProofState::Confirmed, Some(opening)) => open(db, holder, opening, entry)?,
        (ProofState::Confirmed, None) | (_, Some(_)) => false,
        (_, None) => true,
    };
    if !opened {
        return Ok(Ended::Undone(false));
    }
    audit::append(db, entry)?;
    Ok(Ended::Kept(true))
}

pub(super) fn cancel(
    db: &Db<'_>,
    holder: &Holder,
    id: &str,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    end_request(db, holder, id, entry)?;
    // What was decided a moment ago stays as it was decided
    let cancelled = db.execute(
        concat!(
            "update proofs set state = 'cancelled', revision = revision + 1, number = null
             where id = $1 and holder = $2 and state in ",
            open_states!(),
            " and (urgid is null or exists (
                 select 1 from requests r where r.urgid = proofs.urgid and r.outcome = 'cancelled'))"
        ),
        params![id, holder.as_str()],
    )?;
    if cancelled == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

/// Ends whatever proof of the holder is not over: there is one at a time.
pub(super) fn end_open(db: &Db<'_>, holder: &Holder, entry: &AuditEntry) -> Result<(), StoreError> {
    let open = db.all(
        concat!(
            "select id from proofs where holder = $1 and (state = 'approved' or state in ",
            open_states!(),
            ")"
        ),
        params![holder.as_str()],
        |row| Ok(row.get::<_, String>("id")?),
    )?;
    for id in open {
        end_request(db, holder, &id, entry)?;
        db.execute(
            "update proofs set state = 'cancelled', revision = revision + 1, number = null where id = $1",
            params![id],
        )?;
    }
    Ok(())
}

/// Ends whatever rests on a device and is not settled; its requests end with [`super::requests::end_open_of_device`].
pub(super) fn end_of_device(db: &Db<'_>, device: &DeviceId) -> Result<(), StoreError> {
    db.execute(
        concat!(
            "update proofs set state = 'cancelled', revision = revision + 1, number = null
             where device_id = $1 and (state = 'approved' or state in ",
            open_states!(),
            ")"
        ),
        params![device.as_str()],
    )?;
    Ok(())
}

/// Ends whatever proof of a person's prompts is not settled, and its request.
pub(super) fn end_of_prompts_of(
    db: &Db<'_>,
    user: &UserId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update requests set state = 'decided', outcome = 'cancelled', number = null, decided_at = $2
         where state = 'pending' and expires_at > $2 and urgid in (
           select p.urgid from proofs p join prompts on prompts.id = p.holder where prompts.user_id = $1)",
        params![user.as_str(), now.0],
    )?;
    db.execute(
        concat!(
            "update proofs set state = 'cancelled', revision = revision + 1, number = null
             where holder in (select id from prompts where user_id = $1) and (state = 'approved' or state in ",
            open_states!(),
            ")"
        ),
        params![user.as_str()],
    )?;
    Ok(())
}

fn end_request(
    db: &Db<'_>,
    holder: &Holder,
    id: &str,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    db.execute(
        "update requests set state = 'decided', outcome = 'cancelled', number = null, decided_at = $3
         where state = 'pending' and expires_at > $3
           and urgid = (select urgid from proofs where id = $1 and holder = $2)",
        params![id, holder.as_str(), entry.at.0],
    )?;
    Ok(())
}

const fn way_text(way: WayKind) -> &'static str {
    match way {
        WayKind::Push => "push",
        WayKind::Passcode => "passcode",
        WayKind::Call => "call",
    }
}

fn way_of(text: &str) -> Option<WayKind> {
    [WayKind::Push, WayKind::Passcode, WayKind::Call]
        .into_iter()
        .find(|way| way_text(*way) == text)
}

/// Every state, each with its word.
const STANDINGS: [(Standing, &str); 15] = [
    (Standing::Approved, "approved"),
    (Standing::Told(ProofState::Waiting), "waiting"),
    (Standing::Told(ProofState::Calling), "calling"),
    (Standing::Told(ProofState::Ringing), "ringing"),
    (Standing::Told(ProofState::Answered), "answered"),
    (Standing::Told(ProofState::Confirmed), "confirmed"),
    (Standing::Told(ProofState::Denied), "denied"),
    (Standing::Told(ProofState::Reported), "reported"),
    (Standing::Told(ProofState::Expired), "expired"),
    (Standing::Told(ProofState::Unreached), "unreached"),
    (Standing::Told(ProofState::NoAnswer), "no_answer"),
    (Standing::Told(ProofState::Busy), "busy"),
    (Standing::Told(ProofState::WrongNumber), "wrong_number"),
    (Standing::Told(ProofState::CallFailed), "call_failed"),
    (Standing::Told(ProofState::Cancelled), "cancelled"),
];

fn standing_text(standing: Standing) -> &'static str {
    STANDINGS
        .iter()
        .find(|(known, _)| *known == standing)
        .map_or("cancelled", |(_, text)| text)
}

fn standing_of(text: &str) -> Option<Standing> {
    STANDINGS
        .iter()
        .find(|(_, known)| *known == text)
        .map(|(standing, _)| *standing)
}
