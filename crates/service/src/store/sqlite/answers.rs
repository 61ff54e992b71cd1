//! A device's answer: read afresh, judged, applied, all in one transaction.

use countersign_protocol::ids::IntegrationKey;
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, audit, endings, moves, notices, passcodes, pushes, requests, rows};
use crate::audit::AuditEntry;
use crate::challenge::{Answer, AnswerRefusal, Facts, Verdict, judge};
use crate::policy::PUSH_PAUSE_MS;
use crate::request::{Outcome, Purpose, Request};
use crate::store::{Answered, StoreError};

pub(super) fn answer(
    db: &Db<'_>,
    answer: &Answer,
    test_integration: &IntegrationKey,
    now: UnixMillis,
) -> Result<Answered, StoreError> {
    let signer = db.one(
        rows::device_query!("where d.id = $1"),
        params![answer.device_id.as_str()],
        |row| {
            Ok((
                rows::device(row)?,
                rows::optional_digest(row, "answer_digest")?,
            ))
        },
    )?;
    let Some((device, last_digest)) = signer else {
        return Ok(Answered {
            verdict: Verdict::Refuse(AnswerRefusal::Unauthorized),
            request: None,
            elsewhere: None,
        });
    };
    let request = requests::of_device(db, &device.id, &answer.urgid)?;
    let (integration, legacy_allowed) = asking(db, request.as_ref(), test_integration)?;
    let facts = Facts {
        device: &device,
        last_digest,
        request: request.as_ref(),
        integration: integration.as_str(),
        legacy_allowed,
    };
    let verdict = judge(&facts, answer, now);
    let change = Change { answer, now };
    if !change.use_sequence(db, verdict)? {
        return Err(StoreError::Corrupt("sequence"));
    }
    if let Some(request) = &request {
        change.apply(db, request, verdict)?;
    }
    if verdict == Verdict::Refuse(AnswerRefusal::SequenceReused) {
        change.suspend(db)?;
    }
    let request = requests::of_device(db, &device.id, &answer.urgid)?;
    let elsewhere = match verdict {
        Verdict::Refuse(AnswerRefusal::DecidedOtherwise) => {
            requests::answered_elsewhere(db, &device.id, &answer.urgid)?
        }
        _ => None,
    };
    Ok(Answered {
        verdict,
        request,
        elsewhere,
    })
}

/// Who asked, as devices know it, and whether legacy devices may answer.
fn asking(
    db: &Db<'_>,
    request: Option<&Request>,
    test_integration: &IntegrationKey,
) -> Result<(IntegrationKey, bool), StoreError> {
    let Some(id) = request.and_then(|request| request.integration_id.as_ref()) else {
        // A proof of self-service takes none: an answer without a number proves nothing (row C4)
        let allowed = request.is_none_or(|request| request.purpose == Purpose::Test);
        return Ok((test_integration.clone(), allowed));
    };
    let allowed = db.only(
        "select allow_legacy from integrations where id = $1",
        params![id.as_str()],
        |row| rows::flag(row, "allow_legacy"),
    )?;
    Ok((id.clone(), allowed))
}

struct Change<'a> {
    answer: &'a Answer,
    now: UnixMillis,
}

impl Change<'_> {
    /// Every message of a device that stands uses up its sequence, also one that is refused. `false` if it cannot be.
    fn use_sequence(&self, db: &Db<'_>, verdict: Verdict) -> Result<bool, StoreError> {
        let again = matches!(
            verdict,
            Verdict::Repeat | Verdict::WrongNumber { counted: true, .. }
        );
        let refused = matches!(
            verdict,
            Verdict::Refuse(AnswerRefusal::Unauthorized | AnswerRefusal::SequenceReused)
        );
        if again || refused {
            return Ok(true);
        }
        let sequence = self.answer.claims.as_ref().map(|claims| claims.sequence);
        let used = db.execute(
            "update devices set sequence = coalesce($2, sequence), answer_digest = $3
             where id = $1 and state = 'active' and generation = $4
               and ($2 is null or sequence < $2 or answer_digest = $3)",
            params![
                self.answer.device_id.as_str(),
                sequence,
                self.answer.digest.as_slice(),
                self.answer.generation
            ],
        )?;
        Ok(used == 1)
    }

    fn apply(&self, db: &Db<'_>, request: &Request, verdict: Verdict) -> Result<(), StoreError> {
        match verdict {
            Verdict::Decide { outcome, reported } => self.decide(db, request, outcome, reported),
            Verdict::WrongNumber {
                tries_left,
                counted: false,
            } => self.count_wrong(db, request, tries_left),
            Verdict::Report => self.report(db, request),
            Verdict::Refuse(AnswerRefusal::Field(_)) => {
                self.note(db, request, "request.answer", "altered")
            }
            Verdict::Refuse(AnswerRefusal::LegacyNotAllowed) => {
                self.note(db, request, "request.answer", "legacy_not_allowed")
            }
            Verdict::WrongNumber { counted: true, .. } | Verdict::Repeat | Verdict::Refuse(_) => {
                Ok(())
            }
        }
    }

    fn decide(
        &self,
        db: &Db<'_>,
        request: &Request,
        outcome: Outcome,
        reported: bool,
    ) -> Result<(), StoreError> {
        let decided = db.execute("update requests set state = 'decided', outcome = $3, number = null, decided_at = $4, answer_digest = $5,
               reported_at = $6, answered_from = $7, device_id = $2,
               unheard_by = case when device_id <> $2 and fetched_at is null then device_id end
             where urgid = $1 and (device_id = $2 or shared = 1) and state = 'pending' and expires_at > $4", params![request.urgid.as_str(), self.answer.device_id.as_str(), rows::outcome_text(outcome), self.now.0, self.answer.digest.as_slice(), reported.then_some(self.now.0), &self.answer.address])?;
        only_one(decided)?;
        if reported {
            self.pause(db, request)?;
        }
        let (action, result) = match (outcome, reported) {
            (Outcome::Approved, _) => ("request.approve", "done"),
            (_, true) => ("request.deny", "reported"),
            _ => ("request.deny", "done"),
        };
        if outcome == Outcome::Approved && request.purpose != Purpose::Test {
            passcodes::note_success(db, &request.user_id, self.now)?;
            remember_address(db, request, self.now)?;
        }
        self.note(db, request, action, result)?;
        if outcome == Outcome::Approved && request.purpose == Purpose::Test {
            moves::take_over(
                db,
                request,
                &self.answer.device_id,
                &self.answer.address,
                self.now,
            )?;
        }
        Ok(())
    }

    fn count_wrong(
        &self,
        db: &Db<'_>,
        request: &Request,
        tries_left: i64,
    ) -> Result<(), StoreError> {
        let closes = tries_left == 0;
        let counted = db.execute("update requests set tries_left = $3,
               state = case when $3 = 0 then 'decided' else state end,
               outcome = case when $3 = 0 then 'denied' else outcome end,
               number = case when $3 = 0 then null else number end,
               decided_at = case when $3 = 0 then $4 else decided_at end,
               device_id = case when $3 = 0 then $2 else device_id end,
               unheard_by = case when $3 = 0 and device_id <> $2 and fetched_at is null then device_id end
             where urgid = $1 and (device_id = $2 or shared = 1) and state = 'pending' and tries_left = $5 and expires_at > $4", params![request.urgid.as_str(), self.answer.device_id.as_str(), tries_left, self.now.0, request.number.tries_left])?;
        only_one(counted)?;
        self.note(
            db,
            request,
            "request.wrong_number",
            if closes { "closed" } else { "counted" },
        )
    }

    fn report(&self, db: &Db<'_>, request: &Request) -> Result<(), StoreError> {
        let reported = db.execute(
            "update requests set reported_at = $3, report_digest = $4
             where urgid = $1 and device_id = $2 and outcome = 'denied' and reported_at is null",
            params![
                request.urgid.as_str(),
                self.answer.device_id.as_str(),
                self.now.0,
                self.answer.digest.as_slice()
            ],
        )?;
        only_one(reported)?;
        self.pause(db, request)?;
        self.note(db, request, "request.report", "done")
    }

    /// A person who reports a test request learns how it works; nothing is paused for it.
    fn pause(&self, db: &Db<'_>, request: &Request) -> Result<(), StoreError> {
        match request.purpose {
            Purpose::SignIn | Purpose::SelfService => {
                pushes::pause(db, &request.user_id, self.now + PUSH_PAUSE_MS)
            }
            Purpose::Test => Ok(()),
        }
    }

    fn suspend(&self, db: &Db<'_>) -> Result<(), StoreError> {
        let suspended = db.execute(
            "update devices set state = 'suspended', stopped_by = 'copied', stopped_at = $2
             where id = $1 and state = 'active'",
            params![self.answer.device_id.as_str(), self.now.0],
        )?;
        only_one(suspended)?;
        endings::of_copied_device(db, &self.answer.device_id, self.now)?;
        moves::cancel_of(db, &self.answer.device_id, self.now)?;
        let kind = NoticeKind::Suspended;
        notices::tell_others(db, &self.answer.device_id, kind, self.now)?;
        let actor = format!("device:{}", self.answer.device_id);
        let entry = AuditEntry::new(
            self.now,
            actor,
            "device.suspend",
            self.answer.device_id.as_str(),
            "sequence_reused",
        );
        audit::append(db, &entry.from_address(&self.answer.address))
    }

    fn note(
        &self,
        db: &Db<'_>,
        request: &Request,
        action: &'static str,
        result: &'static str,
    ) -> Result<(), StoreError> {
        let actor = format!("device:{}", self.answer.device_id);
        let entry = AuditEntry::new(self.now, actor, action, request.urgid.as_str(), result);
        audit::append(db, &entry.from_address(&self.answer.address))
    }
}

/// The row was read in this transaction, so a conditional update that misses it means a fault; nothing is committed.
fn only_one(rows: usize) -> Result<(), StoreError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Corrupt(
            "a row changed inside its own transaction",
        ))
    }
}

fn remember_address(db: &Db<'_>, request: &Request, now: UnixMillis) -> Result<(), StoreError> {
    if request.address.is_empty() {
        return Ok(());
    }
    db.execute(
        "insert into confirmed_addresses (user_id, address, confirmed_at) values ($1, $2, $3)
         on conflict (user_id, address) do update set confirmed_at = excluded.confirmed_at",
        params![request.user_id.as_str(), &request.address, now.0],
    )?;
    Ok(())
}
