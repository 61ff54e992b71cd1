//! Sees to it that every account of an open vault has the task it needs: a watcher, or the rest of its activation.

use std::sync::Arc;

use countersign_vault::{Account, OrganisationState, RecordId};
use tokio::select;
use tokio_util::sync::CancellationToken;

use crate::{activation, backup, inbox, session::Session};

/// Starts what an unlocked vault needs.
pub(crate) fn begin(session: Arc<Session>) {
    tokio::spawn(inbox::notice_sleep(Arc::clone(&session)));
    tokio::spawn(inbox::let_run_out(Arc::clone(&session)));
    tokio::spawn(backup::keep_up(Arc::clone(&session)));
    tokio::spawn(async move {
        keep(&session).await;
        session.look_for_keystore().await;
    });
}

/// Gives each account without a task the one that it needs now.
pub(crate) async fn keep(session: &Arc<Session>) {
    let _turn = session.keeping().lock().await;
    let listed = session
        .vault(|vault| {
            // An older copy's keys may not be the present ones: nothing is signed with them (row V7)
            let usable = (!vault.is_older_copy()).then(|| vault.accounts());
            usable
                .into_iter()
                .flatten()
                .filter_map(|(id, account)| need(account).map(|need| (id, need)))
                .collect::<Vec<_>>()
        })
        .await;
    for (id, need) in listed.unwrap_or_default() {
        let Some(token) = session.begin_watching(id) else {
            continue;
        };
        let session = Arc::clone(session);
        match need {
            Need::Watch => tokio::spawn(async move { inbox::keep_watch(session, id, token).await }),
            Need::Finish => tokio::spawn(finish(session, id, token)),
        };
    }
}

enum Need {
    Watch,
    Finish,
}

fn need(account: &Account) -> Option<Need> {
    match account {
        Account::Organisation(account) => match account.state {
            OrganisationState::Working { .. } => Some(Need::Watch),
            OrganisationState::Finishing(_) => Some(Need::Finish),
            OrganisationState::NeedsReactivating { .. } => None,
        },
        Account::Other(_) => None,
    }
}

/// Asks for the answer to an activation until there is one, then hands the account to a watcher.
async fn finish(session: Arc<Session>, id: RecordId, token: CancellationToken) {
    select! {
        () = token.cancelled() => return,
        _ = activation::until_answered(&session, id) => {}
    }
    token.cancel();
    session.core.changed();
    // The answer may have gone to an account that was here before, which has a watcher; then there is nothing to watch here
    session.core.nudge.notify_waiters();
    if let Some(token) = session.begin_watching(id) {
        inbox::keep_watch(session, id, token).await;
    }
}
