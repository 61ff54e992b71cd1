//! Sign-in prompts: beginning, confirming, leaving, and the code that is exchanged; each change is one conditional update.

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, IntegrationKey, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::{Row, params};

use super::{Db, SqliteStore, audit, people, prompt_counts, proofs, rows};
use crate::access::AsIntegration;
use crate::audit::AuditEntry;
use crate::model::UserStatus;
use crate::policy::PROMPT_KEPT_MS;
use crate::prompt::{PromptId, RedirectUri, times};
use crate::self_service::session::{ProvenBy, TokenHash};
use crate::store::StoreError;
use crate::store::gate::{Grant, Holder};
use crate::store::prompts::{
    NewPrompt, PromptState, PromptStore, Redeemed, ShownCode, StoredPrompt,
};

#[async_trait]
impl PromptStore for SqliteStore {
    async fn add_redirect_uris(
        &self,
        integration: &IntegrationKey,
        uris: &[RedirectUri],
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (integration, uris) = (integration.clone(), uris.to_vec());
        self.write(move |db| add_redirect_uris(db, &integration, &uris, &audit))
            .await
    }

    async fn has_redirect_uri(
        &self,
        integration: &AsIntegration<'_>,
        uri: &str,
    ) -> Result<bool, StoreError> {
        let found = self.readers.read(|db| {
            db.one(
                "select 1 from redirect_uris where integration_id = $1 and uri = $2",
                params![integration.id().as_str(), uri],
                |_| Ok(()),
            )
        })?;
        Ok(found.is_some())
    }

    async fn add_prompt(&self, prompt: &NewPrompt, audit: AuditEntry) -> Result<bool, StoreError> {
        let prompt = prompt.clone();
        self.write(move |db| add(db, &prompt, &audit)).await
    }

    async fn prompt(
        &self,
        id: &PromptId,
        secret: &TokenHash,
    ) -> Result<Option<StoredPrompt>, StoreError> {
        self.readers.read(|db| {
            let found = db.one(
                "select * from prompts where id = $1 and secret_hash = $2",
                params![id.as_str(), secret.as_bytes()],
                stored,
            )?;
            found.map(|found| with_names(db, found)).transpose()
        })
    }

    async fn give_up_prompt(&self, id: &PromptId, audit: AuditEntry) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |db| give_up(db, &id, &audit)).await
    }

    async fn leave_prompt(
        &self,
        id: &PromptId,
        code: &TokenHash,
        until: UnixMillis,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (id, code) = (id.clone(), code.clone());
        self.write(move |db| leave(db, &id, &code, until, &audit))
            .await
    }

    async fn redeem_code(
        &self,
        shown: &ShownCode,
        audit: AuditEntry,
    ) -> Result<Redeemed, StoreError> {
        let shown = shown.clone();
        self.write(move |db| redeem(db, &shown, &audit)).await
    }
}

fn add_redirect_uris(
    db: &Db<'_>,
    integration: &IntegrationKey,
    uris: &[RedirectUri],
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    if people::integration(db, integration)?.is_none() {
        return Ok(false);
    }
    for uri in uris {
        db.execute(
            "insert into redirect_uris (integration_id, uri, created_at) values ($1, $2, $3)
             on conflict (integration_id, uri) do nothing",
            params![integration.as_str(), uri.as_str(), entry.at.0],
        )?;
    }
    audit::append(db, entry)?;
    Ok(true)
}

fn add(db: &Db<'_>, prompt: &NewPrompt, entry: &AuditEntry) -> Result<bool, StoreError> {
    if prompt_counts::too_many(db, prompt, entry)? {
        return Ok(false);
    }
    let state = match prompt.granted {
        Some(_) => PromptState::Confirmed,
        None => PromptState::Open,
    };
    db.execute(
        "insert into prompts (id, secret_hash, csrf, integration_id, user_id, username, redirect_uri, echo, nonce, duo_code,
           address, state, created_at, expires_at, proven_at, proven_by, network, link_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        params![
            prompt.id.as_str(),
            prompt.secret.as_bytes(),
            &prompt.csrf,
            prompt.integration.as_str(),
            prompt.user.as_ref().map(UserId::as_str),
            &prompt.username,
            &prompt.redirect_uri,
            &prompt.echo,
            prompt.nonce.as_deref(),
            i64::from(prompt.duo_code),
            &prompt.address,
            state_text(state),
            prompt.created_at.0,
            prompt.expires_at.0,
            prompt.granted.as_ref().map(|grant| grant.at.0),
            prompt.granted.as_ref().map(|grant| grant.by.as_str()),
            &prompt.network,
            prompt.link.as_bytes()
        ],
    )?;
    audit::append(db, entry)?;
    Ok(true)
}

/// Confirms an open prompt. `false` if it is over, the yes is too old, its user was disabled or the device is gone.
pub(super) fn grant(
    db: &Db<'_>,
    id: &PromptId,
    grant: &Grant,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    if !times::fresh_yeses(now).contains(&grant.at) {
        return Ok(false);
    }
    let (since, until) = times::begun(now).into_inner();
    let granted = db.execute(
        "update prompts set state = 'confirmed', proven_at = $2, proven_by = $3, proven_device = $4, proven_name = $5,
           proven_from = $8
         where id = $1 and state = 'open' and created_at between $6 and $7
           and exists (select 1 from users u where u.id = prompts.user_id and u.status <> 'disabled')
           and ($4 is null or exists (select 1 from devices d where d.id = $4 and d.state = 'active'))",
        params![
            id.as_str(),
            grant.at.0,
            grant.by.as_str(),
            grant.device.as_ref().map(DeviceId::as_str),
            &grant.name,
            since.0,
            until.0,
            grant.address.as_deref()
        ],
    )?;
    Ok(granted == 1)
}

fn give_up(db: &Db<'_>, id: &PromptId, entry: &AuditEntry) -> Result<bool, StoreError> {
    let given_up = db.execute(
        "update prompts set state = 'given_up' where id = $1 and state in ('open', 'confirmed')",
        params![id.as_str()],
    )?;
    if given_up == 0 {
        return Ok(false);
    }
    proofs::end_open(db, &Holder::Prompt(id.clone()), entry)?;
    audit::append(db, entry)?;
    Ok(true)
}

/// Whether what confirmed a prompt would confirm it now: its user may sign in, and without a factor only while that is
/// allowed; the device is in use (row C9).
macro_rules! still_proven {
    () => {
        "exists (select 1 from users u where u.id = prompts.user_id and u.status <> 'disabled'
             and (prompts.proven_by <> 'no_factor' or u.status = 'bypass'))
           and (prompts.proven_device is null
             or exists (select 1 from devices d where d.id = prompts.proven_device and d.state = 'active'))"
    };
}

fn leave(
    db: &Db<'_>,
    id: &PromptId,
    code: &TokenHash,
    until: UnixMillis,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let (begun_since, latest) = times::begun(entry.at).into_inner();
    let (yes_since, _) = times::fresh_yeses(entry.at).into_inner();
    let left = db.execute(
        concat!(
            "update prompts set state = 'left', code_hash = $2, code_until = $3
         where id = $1 and state = 'confirmed' and created_at between $4 and $6 and proven_at between $5 and $6 and ",
            still_proven!()
        ),
        params![
            id.as_str(),
            code.as_bytes(),
            until.0,
            begun_since.0,
            yes_since.0,
            latest.0
        ],
    )?;
    if left == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

fn redeem(db: &Db<'_>, shown: &ShownCode, entry: &AuditEntry) -> Result<Redeemed, StoreError> {
    let spent = db.one(
        concat!(
            "update prompts set state = 'spent' where code_hash = $1 and state = 'left' returning *, ",
            still_proven!(),
            " as still_proven"
        ),
        params![shown.code.as_bytes()],
        |row| {
            let still: bool = row.get("still_proven")?;
            Ok((stored(row)?, rows::time(row, "code_until")?, still))
        },
    )?;
    let mut granted = None;
    let result = match spent {
        None => "unknown_code",
        Some((prompt, until, still_proven)) => {
            let prompt = with_names(db, prompt)?;
            let may_sign_in = prompt
                .user
                .as_ref()
                .is_some_and(|user| user.status != UserStatus::Disabled);
            if prompt.prompt.integration != shown.integration {
                "other_client"
            } else if prompt.prompt.redirect_uri != shown.redirect_uri {
                "other_redirect_uri"
            } else if entry.at >= until {
                "too_late"
            } else if !times::ends_of_codes(entry.at).contains(&until)
                || prompt.prompt.created_at > times::latest(entry.at)
            {
                // It was begun or left while the clock was wrong (row R4)
                "too_early"
            } else if !may_sign_in {
                "disabled"
            } else if still_proven {
                granted = Some(prompt);
                "done"
            } else {
                "no_longer_proven"
            }
        }
    };
    audit::append(
        db,
        &AuditEntry {
            result,
            ..entry.clone()
        },
    )?;
    Ok(granted.map_or(Redeemed::Refused, |prompt| {
        Redeemed::Granted(Box::new(prompt))
    }))
}

/// Drops prompts of long ago, and their proofs with them.
pub(super) fn forget_old(db: &Db<'_>, now: UnixMillis) -> Result<(), StoreError> {
    db.execute(
        "delete from prompts where created_at <= $1",
        params![(now + -PROMPT_KEPT_MS).0],
    )?;
    Ok(())
}

/// What a row tells by itself.
struct Alone(NewPrompt, PromptState);

fn stored(row: &Row<'_>) -> Result<Alone, StoreError> {
    let by: Option<String> = row.get("proven_by")?;
    let at: Option<i64> = row.get("proven_at")?;
    let granted = match (at, by) {
        (Some(at), Some(by)) => Some(Grant {
            at: UnixMillis(at),
            by: ProvenBy::of(&by).ok_or(StoreError::Corrupt("proven_by"))?,
            device: rows::optional_id(row, "proven_device")?,
            name: row.get("proven_name")?,
            address: row.get("proven_from")?,
        }),
        _ => None,
    };
    let state: String = row.get("state")?;
    let prompt = NewPrompt {
        id: PromptId::from_stored(row.get("id")?),
        secret: TokenHash::from_stored(row.get("secret_hash")?),
        csrf: row.get("csrf")?,
        integration: rows::id(row, "integration_id")?,
        user: rows::optional_id(row, "user_id")?,
        username: row.get("username")?,
        redirect_uri: row.get("redirect_uri")?,
        echo: row.get("echo")?,
        nonce: row.get("nonce")?,
        duo_code: row.get::<_, i64>("duo_code")? != 0,
        address: row.get("address")?,
        network: row.get("network")?,
        link: TokenHash::from_stored(row.get("link_hash")?),
        created_at: rows::time(row, "created_at")?,
        expires_at: rows::time(row, "expires_at")?,
        granted,
    };
    let state = state_of(&state).ok_or(StoreError::Corrupt("state"))?;
    Ok(Alone(prompt, state))
}

fn with_names(db: &Db<'_>, Alone(prompt, state): Alone) -> Result<StoredPrompt, StoreError> {
    let integration = people::integration(db, &prompt.integration)?;
    let user = match &prompt.user {
        Some(user) => people::user(db, user)?,
        None => None,
    };
    Ok(StoredPrompt {
        integration: integration.ok_or(StoreError::Corrupt("integration_id"))?,
        prompt,
        state,
        user,
    })
}

const STATES: [(PromptState, &str); 5] = [
    (PromptState::Open, "open"),
    (PromptState::Confirmed, "confirmed"),
    (PromptState::GivenUp, "given_up"),
    (PromptState::Left, "left"),
    (PromptState::Spent, "spent"),
];

fn state_text(state: PromptState) -> &'static str {
    STATES
        .iter()
        .find(|(known, _)| *known == state)
        .map_or("given_up", |(_, text)| text)
}

fn state_of(text: &str) -> Option<PromptState> {
    STATES
        .iter()
        .find(|(_, known)| *known == text)
        .map(|(state, _)| *state)
}
