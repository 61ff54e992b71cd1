//! A device's answer: read afresh, judged, applied, all in one transaction.

use countersign_protocol::ids::IntegrationKey;
use countersign_protocol::time::UnixMillis;

use super::{SqliteStore, Tx, audit, passcodes, pushes, requests, rows};
use crate::audit::AuditEntry;
use crate::challenge::{Answer, AnswerRefusal, Facts, Verdict, judge};
use crate::policy::PUSH_PAUSE_MS;
use crate::request::{Outcome, Request};
use crate::store::{Answered, StoreError};

pub(super) async fn answer(
    store: &SqliteStore,
    answer: &Answer,
    test_integration: &IntegrationKey,
    now: UnixMillis,
) -> Result<Answered, StoreError> {
    let mut tx = store.write().await?;
    let row = sqlx::query(rows::device_query!("where d.id = $1"))
        .bind(answer.device_id.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else {
        return Ok(Answered {
            verdict: Verdict::Refuse(AnswerRefusal::Unauthorized),
            request: None,
        });
    };
    let device = rows::device(&row)?;
    let request = requests::of_device(&mut tx, &device.id, &answer.urgid).await?;
    let (integration, legacy_allowed) = asking(&mut tx, request.as_ref(), test_integration).await?;
    let facts = Facts {
        device: &device,
        last_digest: rows::optional_digest(&row, "answer_digest")?,
        request: request.as_ref(),
        integration: integration.as_str(),
        legacy_allowed,
    };
    let verdict = judge(&facts, answer, now);
    let change = Change { answer, now };
    if !change.use_sequence(&mut tx, verdict).await? {
        return Err(StoreError::Corrupt("sequence"));
    }
    if let Some(request) = &request {
        change.apply(&mut tx, request, verdict).await?;
    }
    if verdict == Verdict::Refuse(AnswerRefusal::SequenceReused) {
        change.suspend(&mut tx).await?;
    }
    let request = requests::of_device(&mut tx, &device.id, &answer.urgid).await?;
    tx.commit().await?;
    Ok(Answered { verdict, request })
}

/// Who asked, as devices know it, and whether legacy devices may answer.
async fn asking(
    tx: &mut Tx,
    request: Option<&Request>,
    test_integration: &IntegrationKey,
) -> Result<(IntegrationKey, bool), StoreError> {
    let Some(id) = request.and_then(|request| request.integration_id.as_ref()) else {
        return Ok((test_integration.clone(), true));
    };
    let row = sqlx::query("select allow_legacy from integrations where id = $1")
        .bind(id.as_str())
        .fetch_one(&mut **tx)
        .await?;
    Ok((id.clone(), rows::flag(&row, "allow_legacy")?))
}

struct Change<'a> {
    answer: &'a Answer,
    now: UnixMillis,
}

impl Change<'_> {
    /// Every message of a device that stands uses up its sequence, also one that is refused. `false` if it cannot be.
    async fn use_sequence(&self, tx: &mut Tx, verdict: Verdict) -> Result<bool, StoreError> {
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
        let used = sqlx::query(
            "update devices set sequence = coalesce($2, sequence), answer_digest = $3
             where id = $1 and state = 'active' and generation = $4
               and ($2 is null or sequence < $2 or answer_digest = $3)",
        )
        .bind(self.answer.device_id.as_str())
        .bind(sequence)
        .bind(self.answer.digest.as_slice())
        .bind(self.answer.generation)
        .execute(&mut **tx)
        .await?
        .rows_affected();
        Ok(used == 1)
    }

    async fn apply(
        &self,
        tx: &mut Tx,
        request: &Request,
        verdict: Verdict,
    ) -> Result<(), StoreError> {
        match verdict {
            Verdict::Decide { outcome, reported } => {
                self.decide(tx, request, outcome, reported).await
            }
            Verdict::WrongNumber {
                tries_left,
                counted: false,
            } => self.count_wrong(tx, request, tries_left).await,
            Verdict::Report => self.report(tx, request).await,
            Verdict::Refuse(AnswerRefusal::Field(_)) => {
                self.note(tx, request, "request.answer", "altered").await
            }
            Verdict::Refuse(AnswerRefusal::LegacyNotAllowed) => {
                self.note(tx, request, "request.answer", "legacy_not_allowed")
                    .await
            }
            Verdict::WrongNumber { counted: true, .. } | Verdict::Repeat | Verdict::Refuse(_) => {
                Ok(())
            }
        }
    }

    async fn decide(
        &self,
        tx: &mut Tx,
        request: &Request,
        outcome: Outcome,
        reported: bool,
    ) -> Result<(), StoreError> {
        let decided = sqlx::query(
            "update requests set state = 'decided', outcome = $3, number = null, decided_at = $4, answer_digest = $5,
               reported_at = $6
             where urgid = $1 and device_id = $2 and state = 'pending' and expires_at > $4",
        )
        .bind(request.urgid.as_str())
        .bind(self.answer.device_id.as_str())
        .bind(rows::outcome_text(outcome))
        .bind(self.now.0)
        .bind(self.answer.digest.as_slice())
        .bind(reported.then_some(self.now.0))
        .execute(&mut **tx)
        .await?
        .rows_affected();
        only_one(decided)?;
        if reported {
            self.pause(tx, request).await?;
        }
        let (action, result) = match (outcome, reported) {
            (Outcome::Approved, _) => ("request.approve", "done"),
            (_, true) => ("request.deny", "reported"),
            _ => ("request.deny", "done"),
        };
        if outcome == Outcome::Approved && request.integration_id.is_some() {
            passcodes::note_success(tx, &request.user_id, self.now).await?;
            remember_address(tx, request, self.now).await?;
        }
        self.note(tx, request, action, result).await
    }

    async fn count_wrong(
        &self,
        tx: &mut Tx,
        request: &Request,
        tries_left: i64,
    ) -> Result<(), StoreError> {
        let closes = tries_left == 0;
        let counted = sqlx::query(
            "update requests set tries_left = $3,
               state = case when $3 = 0 then 'decided' else state end,
               outcome = case when $3 = 0 then 'denied' else outcome end,
               number = case when $3 = 0 then null else number end,
               decided_at = case when $3 = 0 then $4 else decided_at end
             where urgid = $1 and device_id = $2 and state = 'pending' and tries_left = $5 and expires_at > $4",
        )
        .bind(request.urgid.as_str())
        .bind(self.answer.device_id.as_str())
        .bind(tries_left)
        .bind(self.now.0)
        .bind(request.number.tries_left)
        .execute(&mut **tx)
        .await?
        .rows_affected();
        only_one(counted)?;
        self.note(
            tx,
            request,
            "request.wrong_number",
            if closes { "closed" } else { "counted" },
        )
        .await
    }

    async fn report(&self, tx: &mut Tx, request: &Request) -> Result<(), StoreError> {
        let reported = sqlx::query(
            "update requests set reported_at = $3, report_digest = $4
             where urgid = $1 and device_id = $2 and outcome = 'denied' and reported_at is null",
        )
        .bind(request.urgid.as_str())
        .bind(self.answer.device_id.as_str())
        .bind(self.now.0)
        .bind(self.answer.digest.as_slice())
        .execute(&mut **tx)
        .await?
        .rows_affected();
        only_one(reported)?;
        self.pause(tx, request).await?;
        self.note(tx, request, "request.report", "done").await
    }

    /// A person who reports a test request learns how it works; nothing is paused for it.
    async fn pause(&self, tx: &mut Tx, request: &Request) -> Result<(), StoreError> {
        match request.integration_id {
            Some(_) => pushes::pause(tx, &request.user_id, self.now + PUSH_PAUSE_MS).await,
            None => Ok(()),
        }
    }

    async fn suspend(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let suspended = sqlx::query(
            "update devices set state = 'suspended' where id = $1 and state = 'active'",
        )
        .bind(self.answer.device_id.as_str())
        .execute(&mut **tx)
        .await?
        .rows_affected();
        only_one(suspended)?;
        requests::end_open_of_device(tx, &self.answer.device_id, Outcome::Cancelled, self.now)
            .await?;
        let actor = format!("device:{}", self.answer.device_id);
        let entry = AuditEntry::new(
            self.now,
            actor,
            "device.suspend",
            self.answer.device_id.as_str(),
            "sequence_reused",
        );
        audit::append(tx, &entry.from_address(&self.answer.address)).await
    }

    async fn note(
        &self,
        tx: &mut Tx,
        request: &Request,
        action: &'static str,
        result: &'static str,
    ) -> Result<(), StoreError> {
        let actor = format!("device:{}", self.answer.device_id);
        let entry = AuditEntry::new(self.now, actor, action, request.urgid.as_str(), result);
        audit::append(tx, &entry.from_address(&self.answer.address)).await
    }
}

/// The row was read in this transaction, so a conditional update that misses it means a fault; nothing is committed.
fn only_one(rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Corrupt(
            "a row changed inside its own transaction",
        ))
    }
}

async fn remember_address(
    tx: &mut Tx,
    request: &Request,
    now: UnixMillis,
) -> Result<(), StoreError> {
    if request.address.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into confirmed_addresses (user_id, address, confirmed_at) values ($1, $2, $3)
         on conflict (user_id, address) do update set confirmed_at = excluded.confirmed_at",
    )
    .bind(request.user_id.as_str())
    .bind(&request.address)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
