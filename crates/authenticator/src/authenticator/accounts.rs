//! Accounts: reading codes, adding, passcodes, names, order, the trash.

use countersign_protocol::label::Label;
use countersign_vault::{Account, RecordId, SecretText, Vault, VaultError};
use zeroize::Zeroizing;

use super::{Authenticator, Incoming, record};
use crate::{
    activation::{self, Activated, Confirmed},
    activity::Happened,
    add, clocks,
    drafts::Draft,
    import, keeper,
    passcodes::{self, Times},
    scan,
    session::held,
    unimported,
    view::{
        AccountView, ActivatedView, ActivityKind, ImportFound, ImportReceipt, ImportView,
        PasscodeView, Problem, ProblemCode, ScanView, TypedAccount,
    },
};

impl Authenticator {
    /// Passcodes of accounts that follow the clock; others are left out.
    pub async fn passcodes(&self, ids: Vec<String>) -> Result<Vec<PasscodeView>, Problem> {
        let session = self.session().await?;
        let times = Times::of(&session);
        session
            .vault(move |vault| {
                ids.iter()
                    .filter_map(|id| passcodes::timed(vault, RecordId::parse(id)?, &times))
                    .collect()
            })
            .await
    }

    /// The next passcode of an account that counts.
    pub async fn next_passcode(&self, id: &str) -> Result<PasscodeView, Problem> {
        let record = record(id)?;
        let session = self.session().await?;
        session
            .vault(move |vault| passcodes::next_counted(vault, record))
            .await?
    }

    /// The digits to put on the clipboard.
    pub async fn passcode_to_copy(&self, id: &str) -> Result<Zeroizing<String>, Problem> {
        let record = record(id)?;
        let session = self.session().await?;
        let times = Times::of(&session);
        let now = session.core.surroundings.clock.now();
        session
            .vault(move |vault| {
                let digits = passcodes::to_copy(vault, record, &times)?;
                Happened::to(ActivityKind::PasscodeCopied, vault, record).note(vault, now);
                Some(digits)
            })
            .await?
            .ok_or_else(|| ProblemCode::AccountGone.into())
    }

    /// Reads a text: a link, a pasted code.
    pub async fn read_text(&self, text: &str) -> Result<ScanView, Problem> {
        scan::text(&self.session().await?, text).await
    }

    /// Reads every code of a picture.
    pub async fn read_picture(&self, bytes: Vec<u8>) -> Result<Vec<ScanView>, Problem> {
        scan::picture(&self.session().await?, bytes).await
    }

    /// Keeps what came from outside until the app is unlocked and the window asks for it (row Q1).
    pub fn bring(&self, incoming: Incoming) {
        let mut waiting = held(&self.0.incoming);
        // Only the last counts: a person looks at one thing
        waiting.clear();
        waiting.push(incoming);
        drop(waiting);
        self.0.core.changed();
    }

    /// Reads what came from outside.
    pub async fn take_incoming(&self) -> Result<Vec<ScanView>, Problem> {
        let session = self.session().await?;
        let taken = held(&self.0.incoming).pop();
        let views = match taken {
            None => Ok(Vec::new()),
            Some(Incoming::Text(text)) => scan::text(&session, &text).await.map(|view| vec![view]),
            Some(Incoming::Picture(bytes)) => scan::picture(&session, bytes).await,
        };
        self.0.core.changed();
        views
    }

    /// Activates with a draft that a person confirmed. After a fault the draft is still there.
    ///
    /// Where the code's page has digits to compare, they are in the answer, and [`Self::finish_activation`] goes on.
    pub async fn activate(&self, draft: &str) -> Result<ActivatedView, Problem> {
        let session = self.session().await?;
        let found = match session.drafts().look(draft) {
            Some(Draft::Activation(text)) => Some(Confirmed::of(text)),
            _ => None,
        };
        let text = found.ok_or(Problem::new(ProblemCode::DraftGone))?;
        let activated = activation::activate(&session, &text).await;
        keeper::keep(&session).await;
        let activated = activated?;
        session.drafts().forget(draft);
        match activated {
            Activated::Done(record) => {
                session.core.nudge.notify_waiters();
                let account = self.account(&session, record).await?;
                Ok(ActivatedView::Added { account })
            }
            Activated::Compare { record, digits } => Ok(ActivatedView::Compare {
                id: record.to_string(),
                check: digits.to_string(),
            }),
        }
    }

    /// Waits until the page's person said whether the digits are alike, and gives the account.
    ///
    /// Said no, or the code ran out: [`ProblemCode::CodeRefused`]. What nobody waits for is finished all the same, after the
    /// next unlock at the latest.
    pub async fn finish_activation(&self, id: &str) -> Result<AccountView, Problem> {
        let session = self.session().await?;
        let completed = activation::complete(&session, record(id)?).await;
        keeper::keep(&session).await;
        session.core.nudge.notify_waiters();
        self.account(&session, completed?).await
    }

    /// Adds a third party's account from a draft that a person confirmed.
    pub async fn add_other(&self, draft: &str) -> Result<AccountView, Problem> {
        let session = self.session().await?;
        let found = match session.drafts().look(draft) {
            Some(Draft::Other(account)) => Some(add::account(account)),
            _ => None,
        };
        let account = found.ok_or(Problem::new(ProblemCode::DraftGone))?;
        let view = self.add(account).await?;
        session.drafts().forget(draft);
        Ok(view)
    }

    /// Adds a third party's account typed by hand.
    pub async fn add_typed(&self, typed: TypedAccount) -> Result<AccountView, Problem> {
        self.add(add::account(&scan::typed(typed)?)).await
    }

    /// Reads another app's export. Nothing is added before [`Self::import`].
    pub async fn read_import(&self, bytes: Vec<u8>) -> Result<ImportView, Problem> {
        import::read(&self.session().await?, bytes).await
    }

    /// Opens an export that is sealed with a password. After a wrong one it still waits.
    pub async fn unlock_import(
        &self,
        draft: &str,
        password: Zeroizing<String>,
    ) -> Result<ImportFound, Problem> {
        import::unlock(&self.session().await?, draft, SecretText::new(password)).await
    }

    /// Adds the accounts of an export that stand at these places in its file: all of them, or none.
    pub async fn import(&self, draft: &str, positions: Vec<u32>) -> Result<ImportReceipt, Problem> {
        import::add(&self.session().await?, draft, positions).await
    }

    /// Gives an account the person's own name; an empty one takes it away.
    pub async fn rename(&self, id: &str, name: &str) -> Result<(), Problem> {
        let record = record(id)?;
        if name.chars().count() > Label::MAX_CHARS {
            return Err(ProblemCode::NameTooLong.into());
        }
        let name = Label::new(name);
        self.act(record, ActivityKind::Renamed, move |vault| {
            vault.rename(record, Some(name.as_str()).filter(|name| !name.is_empty()))
        })
        .await
    }

    /// Puts the accounts in this order; those that are not named stay behind them.
    pub async fn reorder(&self, ids: Vec<String>) -> Result<(), Problem> {
        let order = ids
            .iter()
            .map(|id| record(id))
            .collect::<Result<Vec<_>, _>>()?;
        self.session()
            .await?
            .change(move |vault| vault.reorder(&order))
            .await
    }

    /// Takes an account off the list. It answers nothing any more; [`Authenticator::undo_remove`] brings it back for a while.
    pub async fn remove(&self, id: &str) -> Result<(), Problem> {
        let record = record(id)?;
        let session = self.session().await?;
        let now = session.core.surroundings.clock.now();
        // By the corrected clock, as its days are counted
        let now_ms = session.clocks().corrected_elsewhere(now).0;
        self.act(record, ActivityKind::Removed, move |vault| {
            vault.trash(record, now_ms)
        })
        .await?;
        session.end_watching(record);
        session.core.changed();
        Ok(())
    }

    /// Brings a removed account back to where it stood.
    pub async fn undo_remove(&self, id: &str) -> Result<(), Problem> {
        let record = record(id)?;
        let session = self.session().await?;
        self.act(record, ActivityKind::Restored, move |vault| {
            vault.untrash(record)
        })
        .await?;
        let clock = session
            .vault(move |vault| clocks::kept(vault, record))
            .await?;
        if let Some(fast_ms) = clock {
            session.clocks().recall(record, fast_ms);
        }
        keeper::keep(&session).await;
        Ok(())
    }

    /// Deletes a removed account and its secrets now, without waiting for its time.
    pub async fn delete_for_good(&self, id: &str) -> Result<(), Problem> {
        let record = record(id)?;
        self.session()
            .await?
            .change(move |vault| {
                // What is in the list goes through the trash first: one wrong call loses nothing
                if vault.trashed().all(|(trashed, _, _)| trashed != record) {
                    return Err(VaultError::Gone);
                }
                vault.remove(record)?;
                vault.set_setting(&clocks::setting(record), None)
            })
            .await
    }

    async fn add(&self, account: Account) -> Result<AccountView, Problem> {
        let session = self.session().await?;
        let now = session.core.surroundings.clock.now();
        let record = session
            .change(move |vault| {
                let accounts = vec![account];
                let settled = unimported::settled(vault, &accounts);
                let added = vault.add_and_set(accounts, settled)?;
                let record = added.into_iter().next().ok_or(VaultError::NotStored)?;
                Happened::to(ActivityKind::Added, vault, record).note(vault, now);
                Ok(record)
            })
            .await?;
        self.account(&session, record).await
    }

    /// Changes an account and notes that in the same call.
    async fn act(
        &self,
        record: RecordId,
        kind: ActivityKind,
        change: impl FnOnce(&mut Vault) -> Result<(), VaultError> + Send + 'static,
    ) -> Result<(), Problem> {
        let session = self.session().await?;
        let now = session.core.surroundings.clock.now();
        session
            .change(move |vault| {
                change(vault)?;
                Happened::to(kind, vault, record).note(vault, now);
                Ok(())
            })
            .await
    }
}
