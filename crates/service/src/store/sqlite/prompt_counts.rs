//! How many sign-in prompts of one person there may be: whoever has links of theirs, which are good for minutes, neither keeps
//! the person out nor fills the database (row R1).

use countersign_protocol::ids::UserId;
use rusqlite::params;

use super::{Db, audit};
use crate::audit::AuditEntry;
use crate::policy::{MINUTE_MS, PROMPTS_FROM_A_NETWORK, PROMPTS_OF_A_LINK, PROMPTS_OF_A_PERSON};
use crate::prompt::times;
use crate::store::StoreError;
use crate::store::prompts::NewPrompt;

/// The latest prompts of a person at an application. However the application spells the name: one person is one count.
macro_rules! latest_of_person {
    () => {
        "from prompts where integration_id = $1 and (username = $2 or user_id = $3) and created_at between $4 and $5"
    };
}

/// Whether another would be too many. It is noted, and not more than once a minute, so that refusals fill nothing either.
pub(super) fn too_many(
    db: &Db<'_>,
    prompt: &NewPrompt,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let (since, until) = times::begun(entry.at).into_inner();
    let (by_link, from_here, from_everywhere): (i64, i64, i64) = db.only(
        concat!(
            // Whoever was let in confirmed, which a stranger cannot
            "select count(*) filter (where link_hash = $7), count(*) filter (where network = $6 and state <> 'spent'), count(*) ",
            latest_of_person!()
        ),
        params![
            prompt.integration.as_str(),
            &prompt.username,
            prompt.user.as_ref().map(UserId::as_str),
            since.0,
            until.0,
            &prompt.network,
            prompt.link.as_bytes()
        ],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    if from_here >= PROMPTS_FROM_A_NETWORK {
        note(db, prompt, Some(&prompt.network), entry)?;
        return Ok(true);
    }
    let crowded = from_everywhere >= PROMPTS_OF_A_PERSON && !is_known(db, prompt)?;
    if crowded || by_link >= PROMPTS_OF_A_LINK {
        note(db, prompt, None, entry)?;
        return Ok(true);
    }
    Ok(false)
}

/// Whether the person confirmed from there before: many strangers together do not keep them out where they are at home.
fn is_known(db: &Db<'_>, prompt: &NewPrompt) -> Result<bool, StoreError> {
    let known = db.one(
        "select 1 from confirmed_addresses where user_id = $1 and address = $2",
        params![prompt.user.as_ref().map(UserId::as_str), &prompt.address],
        |_| Ok(()),
    )?;
    Ok(known.is_some())
}

/// Notes the refusal beside the latest prompt of that network, or of everybody, unless one was noted there just now.
fn note(
    db: &Db<'_>,
    prompt: &NewPrompt,
    network: Option<&str>,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let (since, until) = times::begun(entry.at).into_inner();
    let noted = db.execute(
        concat!(
            "update prompts set refused_at = $8 where id = (select id ",
            latest_of_person!(),
            " and network = coalesce($6, network) order by created_at desc, rowid desc limit 1)
             and (refused_at is null or refused_at not between $7 and $5)"
        ),
        params![
            prompt.integration.as_str(),
            &prompt.username,
            prompt.user.as_ref().map(UserId::as_str),
            since.0,
            until.0,
            network,
            (entry.at + -MINUTE_MS).0,
            entry.at.0
        ],
    )?;
    if noted == 1 {
        let entry = AuditEntry {
            result: "too_many",
            ..entry.clone()
        };
        audit::append(db, &entry)?;
    }
    Ok(())
}
