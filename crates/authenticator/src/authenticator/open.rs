//! What an unlocked app shows.

use std::sync::{Arc, atomic::Ordering};

use countersign_protocol::time::UnixMillis;
use countersign_vault::{RecordId, Vault};

use super::Authenticator;
use crate::{
    check_up::{self, CLOCK_SHOWN_FROM_MS, Known, NotBackedUp},
    home, inbox, moving,
    session::{Session, held},
    settings, unimported,
    view::{
        AccountView, AppView, CheckView, ClockView, Connection, CopyView, OpenView, Problem,
        ProblemCode, SettingsView, TrashedView, VaultFault,
    },
};

/// What the vault holds of it.
struct Read {
    accounts: Vec<AccountView>,
    connection: Connection,
    trash: Vec<TrashedView>,
    unimported: u32,
    settings: SettingsView,
    copy: bool,
    backup_on: bool,
    to_look_at: usize,
    /// The account that moves to another phone, and until when by its service's clock.
    moving: Option<(RecordId, UnixMillis)>,
}

impl Read {
    fn from(vault: &Vault, known: &Known, now_ms: i64) -> Self {
        let accounts = home::accounts(vault, &known.links);
        let backup_on = vault.has_backup_key();
        Self {
            to_look_at: look(vault, &accounts, known).len(),
            backup_on,
            accounts,
            connection: home::connection(vault, &known.links),
            trash: home::trash(vault, now_ms),
            unimported: unimported::count(vault),
            settings: settings::read(vault),
            copy: vault.is_older_copy(),
            moving: moving::account_under_way(vault),
        }
    }
}

impl Authenticator {
    /// Everything to look at, most pressing first. Services that are away are asked again meanwhile.
    pub async fn check_up(&self) -> Result<Vec<CheckView>, Problem> {
        let session = self.session().await?;
        session.look_for_keystore().await;
        self.nudge();
        let known = known(&session);
        session
            .vault(move |vault| {
                let accounts = home::accounts(vault, &known.links);
                look(vault, &accounts, &known)
            })
            .await
    }

    pub(super) async fn account(
        &self,
        session: &Arc<Session>,
        record: RecordId,
    ) -> Result<AccountView, Problem> {
        let link = session.links().get(&record).copied();
        let found = session
            .vault(move |vault| {
                vault
                    .account(record)
                    .map(|account| home::view(record, account, link))
            })
            .await?;
        found.ok_or_else(|| ProblemCode::AccountGone.into())
    }

    pub(super) async fn open_view(&self, session: &Arc<Session>) -> AppView {
        let known = known(session);
        let now = session.core.surroundings.clock.now();
        let now_ms = session.clocks().corrected_elsewhere(now).0;
        let read = session
            .vault(move |vault| Read::from(vault, &known, now_ms))
            .await;
        let Ok(mut read) = read else {
            return self.faulty_view(VaultFault::Damaged);
        };
        home::with_digits(&mut read.accounts, &session.digits());
        let fast = session.clocks().agreed_ms();
        let moving = read
            .moving
            .and_then(|(account, until)| (session.now_for(account) < until).then_some(account));
        AppView::Open(OpenView {
            accounts: read.accounts,
            requests: session
                .pending()
                .iter()
                .filter(|pending| pending.is_waiting())
                .map(inbox::Pending::view)
                .collect(),
            answered: session.answered(),
            notices: session
                .notices()
                .iter()
                .filter(|notice| !(notice.is_of_new_device() && Some(notice.account) == moving))
                .map(inbox::KnownNotice::view)
                .collect(),
            connection: read.connection,
            clock: (fast.abs() >= CLOCK_SHOWN_FROM_MS).then(|| ClockView {
                seconds_fast: check_up::seconds(fast),
            }),
            unlock_with: session.unlock_with,
            incoming: !held(&self.0.incoming).is_empty(),
            settings: read.settings,
            trash: read.trash,
            unimported: read.unimported,
            copy: read.copy.then_some(if session.another {
                CopyView::Another
            } else {
                CopyView::Older
            }),
            backup_on: read.backup_on,
            check_up_count: u32::try_from(read.to_look_at).unwrap_or(u32::MAX),
        })
    }
}

/// What the check-up finds, with what only the vault says of the backup.
fn look(vault: &Vault, accounts: &[AccountView], known: &Known) -> Vec<CheckView> {
    let known = Known {
        links: known.links.clone(),
        not_backed_up: match known.not_backed_up {
            Some(NotBackedUp::Some(_)) if !vault.has_backup_key() => Some(NotBackedUp::All),
            told => told,
        },
        ..*known
    };
    check_up::find(accounts, &known, vault.is_older_copy())
}

fn known(session: &Session) -> Known {
    Known {
        links: session.links().clone(),
        clock_fast_ms: session.clocks().agreed_ms(),
        passphrase_only: session.passphrase_only.load(Ordering::Relaxed),
        notifications_off: session.core.notifications_off.load(Ordering::Relaxed),
        not_backed_up: session
            .core
            .surroundings
            .backups
            .is_some()
            .then(|| NotBackedUp::Some(session.backup().missing())),
    }
}
