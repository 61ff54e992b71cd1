//! An unlocked vault and everything that lives only while it is open.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use countersign_protocol::{
    check::CheckValue,
    host::Host,
    time::UnixMillis,
    wire::{
        device::{AnsweredElsewhere, SharedResult},
        stopped::Stopped,
    },
};
use countersign_vault::{RecordId, Vault, VaultError, VaultFile};
use tokio::sync::{Mutex as AsyncMutex, Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    activity::Happened,
    auto_lock::AutoLock,
    backup, clock,
    clocks::{self, Clocks},
    drafts::Drafts,
    fresh_unlock::FreshUnlock,
    inbox::{KnownNotice, Link, Pending},
    keystore,
    member::Member,
    moving::Shown,
    network::Network,
    self_service::{Door, Visits},
    settings,
    surroundings::Surroundings,
    view::{ActivityKind, AnsweredView, Problem, ProblemCode, RequestView, UnlockMethod},
};

/// Requests that another device answered are told of for as long as they may be on a screen; no more wait at once.
const MOST_ANSWERED: usize = 16;

/// What outlives a lock.
pub(crate) struct Core {
    pub surroundings: Surroundings,
    pub network: Network,
    changed: watch::Sender<u64>,
    /// Wakes every waiting poll: the window came to the front, the network is back, the device slept.
    pub nudge: Notify,
    /// The system was asked and does not show this app's notifications.
    pub notifications_off: AtomicBool,
    /// Held while a backup is written or another key takes the place of the present one. A write outlives the lock that came
    /// meanwhile, and the next session's waits for it.
    pub backup_turn: AsyncMutex<()>,
}

impl Core {
    pub(crate) fn new(surroundings: Surroundings, network: Network) -> Self {
        Self {
            surroundings,
            network,
            changed: watch::Sender::new(0),
            nudge: Notify::new(),
            notifications_off: AtomicBool::new(false),
            backup_turn: AsyncMutex::default(),
        }
    }

    /// Something that a window shows is different.
    pub(crate) fn changed(&self) {
        self.changed
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Time that only runs on.
    pub(crate) fn running(&self) -> Duration {
        clock::running(self.surroundings.clock.as_ref())
    }

    pub(crate) fn managed(&self) -> &[Host] {
        &self.surroundings.managed
    }
}

/// An open vault.
pub(crate) struct Session {
    pub core: Arc<Core>,
    pub unlock_with: UnlockMethod,
    /// The vault came from another installation; where it is still a copy, of that one's.
    pub another: bool,
    vault: Mutex<Option<Vault>>,
    clocks: Mutex<Clocks>,
    answering: Mutex<HashMap<RecordId, Arc<AsyncMutex<()>>>>,
    pending: Mutex<Vec<Pending>>,
    answered: Mutex<Vec<AnsweredView>>,
    shown_move: Mutex<Shown>,
    notices: Mutex<Vec<KnownNotice>>,
    links: Mutex<HashMap<RecordId, Link>>,
    drafts: Mutex<Drafts>,
    watchers: Mutex<HashMap<RecordId, CancellationToken>>,
    /// Digits of activations that wait to be compared with a page's (row A2), and claims of those that a window follows.
    digits: Mutex<HashMap<RecordId, CheckValue>>,
    claims: Mutex<HashMap<RecordId, CancellationToken>>,
    visits: Visits,
    backup: backup::State,
    auto_lock: Mutex<AutoLock>,
    fresh: Mutex<FreshUnlock>,
    /// The vault is locked by a passphrase, and the system has no keystore that a PIN could lean on.
    pub passphrase_only: AtomicBool,
    /// When the app locks by itself is different: its timer looks again.
    pub rearm: Notify,
    /// What waits for an answer is different: the timer that lets it run out looks again.
    pub waiting: Notify,
    keeping: AsyncMutex<()>,
    closing: CancellationToken,
}

impl Session {
    pub(crate) fn open(
        core: Arc<Core>,
        vault: Vault,
        another: bool,
        unlock_with: UnlockMethod,
    ) -> Arc<Self> {
        let clocks = Mutex::new(Clocks::remembered(&vault));
        let now = core.running();
        let lock_after = settings::read(&vault).lock_after;
        Arc::new(Self {
            core,
            unlock_with,
            another,
            vault: Mutex::new(Some(vault)),
            clocks,
            answering: Mutex::default(),
            pending: Mutex::default(),
            answered: Mutex::default(),
            shown_move: Mutex::default(),
            notices: Mutex::default(),
            links: Mutex::default(),
            drafts: Mutex::default(),
            watchers: Mutex::default(),
            digits: Mutex::default(),
            claims: Mutex::default(),
            visits: Visits::default(),
            backup: backup::State::default(),
            auto_lock: Mutex::new(AutoLock::new(lock_after, now)),
            fresh: Mutex::new(FreshUnlock::at(now)),
            passphrase_only: AtomicBool::new(false),
            rearm: Notify::new(),
            waiting: Notify::new(),
            keeping: AsyncMutex::default(),
            closing: CancellationToken::new(),
        })
    }

    /// Ends every task and wipes what was open. `None` if it was closed before.
    pub(crate) fn close(&self) -> Option<VaultFile> {
        self.closing.cancel();
        self.visits.end_all();
        held(&self.pending).clear();
        held(&self.answered).clear();
        held(&self.notices).clear();
        *held(&self.drafts) = Drafts::default();
        *held(&self.shown_move) = Shown::default();
        held(&self.vault).take().map(Vault::lock)
    }

    /// Runs `work` on the vault, on a thread that may wait.
    pub(crate) async fn vault<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Vault) -> R + Send + 'static,
    ) -> Result<R, Problem> {
        let session = Arc::clone(self);
        let run = move || held(&session.vault).as_mut().map(work);
        match tokio::task::spawn_blocking(run).await {
            Ok(Some(result)) => Ok(result),
            Ok(None) => Err(Problem::new(ProblemCode::Locked)),
            Err(_) => Err(Problem::new(ProblemCode::Unforeseen)),
        }
    }

    /// The same for a change: what could not be stored is a problem, and windows are told of what was.
    pub(crate) async fn change<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Vault) -> Result<R, VaultError> + Send + 'static,
    ) -> Result<R, Problem> {
        let result = self.vault(work).await?.map_err(Problem::from);
        self.core.changed();
        result
    }

    /// How far the device's clock is off.
    pub(crate) fn clocks(&self) -> MutexGuard<'_, Clocks> {
        held(&self.clocks)
    }

    /// Now by an organisation's clock, as far as it taught us.
    pub(crate) fn now_for(&self, id: RecordId) -> UnixMillis {
        self.clocks()
            .corrected(self.core.surroundings.clock.now(), id)
    }

    /// Takes in a service's time, just received.
    pub(crate) async fn learn_time(self: &Arc<Self>, id: RecordId, service: UnixMillis) {
        let news = self
            .clocks()
            .learn(id, self.core.surroundings.clock.now(), service);
        if let Some(fast) = news {
            // Losing it costs one more round trip after the next unlock
            let _ = self
                .change(move |vault| {
                    vault.set_setting(&clocks::setting(id), Some(&fast.to_string()))
                })
                .await;
        }
    }

    /// Held while an answer of that account is on its way, so that sequences arrive in the order they were given out.
    pub(crate) fn answering(&self, id: RecordId) -> Arc<AsyncMutex<()>> {
        Arc::clone(held(&self.answering).entry(id).or_default())
    }

    /// When the app locks by itself.
    pub(crate) fn auto_lock(&self) -> MutexGuard<'_, AutoLock> {
        held(&self.auto_lock)
    }

    /// Whether it should have locked by now.
    pub(crate) fn is_due(&self) -> bool {
        self.auto_lock().left(self.core.running()).is_zero()
    }

    /// Sees whether the system has a keystore, where the vault does without.
    pub(crate) async fn look_for_keystore(&self) {
        if self.unlock_with == UnlockMethod::Passphrase {
            let found = keystore::preferred(&self.core.surroundings.place).await;
            let missing = found == UnlockMethod::Passphrase;
            if self.passphrase_only.swap(missing, Ordering::Relaxed) != missing {
                self.core.changed();
            }
        }
    }

    /// When the secret was typed last.
    pub(crate) fn fresh(&self) -> MutexGuard<'_, FreshUnlock> {
        held(&self.fresh)
    }

    pub(crate) fn pending(&self) -> MutexGuard<'_, Vec<Pending>> {
        held(&self.pending)
    }

    /// What services tell of the person's other devices.
    pub(crate) fn notices(&self) -> MutexGuard<'_, Vec<KnownNotice>> {
        held(&self.notices)
    }

    /// What was shown last of a move to another phone.
    pub(crate) fn shown_move(&self) -> MutexGuard<'_, Shown> {
        held(&self.shown_move)
    }

    pub(crate) fn drafts(&self) -> MutexGuard<'_, Drafts> {
        held(&self.drafts)
    }

    pub(crate) fn links(&self) -> MutexGuard<'_, HashMap<RecordId, Link>> {
        held(&self.links)
    }

    /// Notes something that happened to a request.
    pub(crate) async fn note_request(
        self: &Arc<Self>,
        kind: ActivityKind,
        account: RecordId,
        request: RequestView,
    ) {
        let now = self.core.surroundings.clock.now();
        let noted = self.vault(move |vault| {
            Happened::to_request(kind, vault, account, &request).note(vault, now);
        });
        if noted.await.is_err() {
            tracing::warn!(?kind, "an activity was not noted: the app was locked");
        }
    }

    /// Notes which other device answered a request that waits here (PROTOCOL.md §4). One that is not known here is left out.
    pub(crate) fn note_answered(&self, account: RecordId, told: &AnsweredElsewhere) {
        let id = self
            .pending()
            .iter()
            .find(|known| known.account == account && known.transaction.urgid == told.urgid)
            .map(Pending::id);
        let Some(id) = id.filter(|_| told.result != SharedResult::Unknown) else {
            return;
        };
        let mut answered = held(&self.answered);
        answered.retain(|known| known.id != id);
        if answered.len() == MOST_ANSWERED {
            answered.remove(0);
        }
        answered.push(AnsweredView {
            id,
            device: told.device.as_str().to_owned(),
            approved: told.result == SharedResult::Approve,
            at_ms: told.at.to_string(),
        });
    }

    /// Which other device answered, of the last requests.
    pub(crate) fn answered(&self) -> Vec<AnsweredView> {
        held(&self.answered).clone()
    }

    /// Notes how an account's service can be reached; windows are told when that is new.
    pub(crate) fn set_link(&self, id: RecordId, link: Link) {
        if self.links().insert(id, link) != Some(link) {
            self.core.changed();
        }
    }

    /// Notes what a service says became of the keys that `member` signs with, or with `None` that it takes them; windows are
    /// told when that is new.
    pub(crate) async fn note_stopped(self: &Arc<Self>, member: &Member, told: Option<Stopped>) {
        let (id, akey) = (member.id, member.akey.clone());
        let noted = self.vault(move |vault| vault.set_stopped(id, &akey, told));
        match noted.await {
            Ok(Ok(true)) => self.core.changed(),
            Ok(Ok(false)) => {}
            // Losing it costs a sentence until the service says it again
            Ok(Err(_)) | Err(_) => tracing::warn!("why a service refuses this device was not kept"),
        }
    }

    /// Held from looking for accounts without a task until each has one, and from storing a new account until its task is
    /// claimed: no account ever gets two.
    pub(crate) fn keeping(&self) -> &AsyncMutex<()> {
        &self.keeping
    }

    /// A token for the account's watcher, when it has none yet.
    pub(crate) fn begin_watching(&self, id: RecordId) -> Option<CancellationToken> {
        let mut watchers = held(&self.watchers);
        if self.closing.is_cancelled()
            || watchers.get(&id).is_some_and(|token| !token.is_cancelled())
        {
            return None;
        }
        let token = self.closing.child_token();
        watchers.insert(id, token.clone());
        Some(token)
    }

    /// What an activation that waits shows, for its page's person to compare.
    pub(crate) fn note_digits(&self, id: RecordId, digits: &CheckValue) {
        let before = held(&self.digits).insert(id, digits.clone());
        if before.as_ref() != Some(digits) {
            self.core.changed();
        }
    }

    /// The digits of every activation that waited in this session.
    pub(crate) fn digits(&self) -> HashMap<RecordId, CheckValue> {
        held(&self.digits).clone()
    }

    /// Keeps an activation's claim until a window goes on with it.
    pub(crate) fn hold_claim(&self, id: RecordId, claim: CancellationToken) {
        held(&self.claims).insert(id, claim);
    }

    /// Takes it over.
    pub(crate) fn take_claim(&self, id: RecordId) -> Option<CancellationToken> {
        held(&self.claims).remove(&id)
    }

    /// How the backup stands.
    pub(crate) const fn backup(&self) -> &backup::State {
        &self.backup
    }

    /// Who is signed in to which self-service.
    pub(crate) const fn visits(&self) -> &Visits {
        &self.visits
    }

    /// Ends the account's watcher and forgets its requests, and signs out of its self-service.
    pub(crate) fn end_watching(&self, id: RecordId) {
        self.visits.end(&Door::Account(id));
        if let Some(token) = held(&self.watchers).remove(&id) {
            token.cancel();
        }
        self.links().remove(&id);
        self.clocks().forget(id);
        self.pending().retain(|pending| pending.account != id);
        self.notices().retain(|notice| notice.account != id);
    }

    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.closing
    }
}

/// A lock whose holder panicked still holds whole data: every change under it is a single assignment.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
