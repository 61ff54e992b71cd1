//! The engine's one door: everything that a window may ask for, each a single call.

use std::sync::{Arc, Mutex};

use countersign_protocol::label::Label;
use countersign_vault::{
    Chosen, CreateError, OpenError, RecordId, SlotKind, Typed, UnlockError, VaultFile,
};
use tokio::{
    sync::{Mutex as AsyncMutex, watch},
    task::spawn_blocking,
};
use zeroize::Zeroizing;

use crate::{
    activation::{self, Confirmed},
    add, clocks,
    drafts::Draft,
    home, inbox, keeper, keystore,
    network::{Network, NetworkFailure},
    passcodes::{self, Times},
    scan,
    session::{Core, Session, held},
    surroundings::Surroundings,
    view::{
        AccountView, Answer, AnswerOutcome, AppView, ClockView, OpenView, PasscodeView, Problem,
        ProblemCode, ScanView, TypedAccount, UnlockMethod, VaultFault,
    },
};

/// A clock that is off by less is nobody's concern.
const CLOCK_SHOWN_FROM_MS: i64 = 60_000;

/// The app without a window. Cheap to clone; all clones are one app.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    core: Arc<Core>,
    state: AsyncMutex<State>,
    incoming: Mutex<Vec<Incoming>>,
}

/// Something that came from outside the window: an argument, a second copy's argument, a link.
pub enum Incoming {
    /// A link or another text.
    Text(String),
    /// A picture file's bytes.
    Picture(Vec<u8>),
}

enum State {
    First,
    Locked {
        file: VaultFile,
        tries_left: Option<u32>,
    },
    Faulty(VaultFault),
    Open(Arc<Session>),
}

impl Authenticator {
    /// Looks for the vault; nothing is made yet. Call it inside a tokio runtime.
    pub fn new(surroundings: Surroundings) -> Result<Self, NetworkFailure> {
        let user_agent = format!(
            "Countersign/{} ({})",
            surroundings.device.app_version, surroundings.device.platform
        );
        let network = Network::new(&surroundings.managed, &user_agent)?;
        let state = find(&surroundings);
        let core = Arc::new(Core::new(surroundings, network));
        Ok(Self(Arc::new(Inner {
            core,
            state: AsyncMutex::new(state),
            incoming: Mutex::default(),
        })))
    }

    /// Counts up whenever [`Authenticator::view`] would answer differently.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.core.changes()
    }

    /// The window came to the front, or the network came back: asks every service at once.
    pub fn nudge(&self) {
        self.0.core.nudge.notify_waiters();
    }

    /// Where the app is.
    pub async fn view(&self) -> AppView {
        let mut state = self.0.state.lock().await;
        if matches!(*state, State::Faulty(_)) {
            // "Try again" is simply asking again
            *state = find(&self.0.core.surroundings);
        }
        match &*state {
            State::First => AppView::First {
                unlock_with: keystore::preferred(&self.0.core.surroundings.place).await,
            },
            State::Locked { file, tries_left } => {
                locked_view(file, *tries_left, self.0.core.surroundings.clock.now().0)
            }
            State::Faulty(fault) => AppView::Faulty {
                fault: *fault,
                path: self
                    .0
                    .core
                    .surroundings
                    .place
                    .vault_path()
                    .display()
                    .to_string(),
            },
            State::Open(session) => self.open_view(session).await,
        }
    }

    /// First run: makes the vault.
    pub async fn create_vault(&self, secret: Zeroizing<String>) -> Result<AppView, Problem> {
        let mut state = self.0.state.lock().await;
        if !matches!(*state, State::First) {
            return Err(ProblemCode::AlreadyHere.into());
        }
        let place = self.0.core.surroundings.place.clone();
        let method = keystore::preferred(&place).await;
        let chosen = match method {
            UnlockMethod::Pin => Chosen::pin(secret.into_text()),
            UnlockMethod::Passphrase => Chosen::passphrase(secret.into_text()),
        }
        .map_err(|_| Problem::new(ProblemCode::WeakSecret))?;
        let made = spawn_blocking(move || VaultFile::create(&place, &chosen))
            .await
            .map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
        let vault = made.map_err(|error| match error {
            CreateError::Exists | CreateError::InUse => ProblemCode::AlreadyHere,
            CreateError::KeystoreUnavailable => ProblemCode::KeystoreUnavailable,
            CreateError::NotStored => ProblemCode::NotStored,
        })?;
        self.opened(
            &mut state,
            Session::open(Arc::clone(&self.0.core), vault, method),
        );
        drop(state);
        Ok(self.view().await)
    }

    /// Unlocks with a PIN or passphrase.
    pub async fn unlock(&self, secret: Zeroizing<String>) -> Result<AppView, Problem> {
        let mut state = self.0.state.lock().await;
        // Asked twice, or asked by something that should not: what is open stays open and can be locked
        if !matches!(*state, State::Locked { .. }) {
            drop(state);
            return Ok(self.view().await);
        }
        let State::Locked { file, .. } =
            std::mem::replace(&mut *state, State::Faulty(VaultFault::InUse))
        else {
            return Err(ProblemCode::Unforeseen.into());
        };
        let method = unlock_method(&file);
        let typed = match method {
            UnlockMethod::Pin => Typed::Pin(secret.into_text()),
            UnlockMethod::Passphrase => Typed::Passphrase(secret.into_text()),
        };
        let now = self.0.core.surroundings.clock.now();
        let tried = spawn_blocking(move || file.unlock(&typed, now.0).map_err(Box::new))
            .await
            .map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
        match tried {
            Ok(vault) => self.opened(
                &mut state,
                Session::open(Arc::clone(&self.0.core), vault, method),
            ),
            Err(refusal) => {
                let (next, problem) = refused(*refusal);
                *state = next;
                self.0.core.changed();
                return Err(problem);
            }
        }
        drop(state);
        Ok(self.view().await)
    }

    /// Locks: wipes keys and secrets from memory, ends every poll.
    pub async fn lock(&self) {
        let mut state = self.0.state.lock().await;
        if let State::Open(session) = &*state {
            let session = Arc::clone(session);
            *state = match session.close() {
                Some(file) => State::Locked {
                    file,
                    tries_left: None,
                },
                None => find(&self.0.core.surroundings),
            };
        }
        self.0.core.changed();
    }

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
        session
            .vault(move |vault| passcodes::to_copy(vault, record, &times))
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
    pub async fn activate(&self, draft: &str) -> Result<AccountView, Problem> {
        let session = self.session().await?;
        let found = match session.drafts().look(draft) {
            Some(Draft::Activation(text)) => Some(Confirmed::of(text)),
            _ => None,
        };
        let text = found.ok_or(Problem::new(ProblemCode::DraftGone))?;
        let activated = activation::activate(&session, &text).await;
        keeper::keep(&session).await;
        let record = activated?;
        session.core.nudge.notify_waiters();
        session.drafts().forget(draft);
        self.account(&session, record).await
    }

    /// Adds a third party's account from a draft that a person confirmed.
    pub async fn add_other(&self, draft: &str) -> Result<AccountView, Problem> {
        let session = self.session().await?;
        let found = match session.drafts().look(draft) {
            Some(Draft::Other(account)) => Some(add::account(account)),
            _ => None,
        };
        let account = found.ok_or(Problem::new(ProblemCode::DraftGone))?;
        let record = session.change(move |vault| vault.add(account)).await?;
        session.drafts().forget(draft);
        self.account(&session, record).await
    }

    /// Adds a third party's account typed by hand.
    pub async fn add_typed(&self, typed: TypedAccount) -> Result<AccountView, Problem> {
        let session = self.session().await?;
        let account = add::account(&scan::typed(typed)?);
        let record = session.change(move |vault| vault.add(account)).await?;
        self.account(&session, record).await
    }

    /// Gives an account the person's own name; an empty one takes it away.
    pub async fn rename(&self, id: &str, name: &str) -> Result<(), Problem> {
        let record = record(id)?;
        if name.chars().count() > Label::MAX_CHARS {
            return Err(ProblemCode::NameTooLong.into());
        }
        let name = Label::new(name);
        let session = self.session().await?;
        session
            .change(move |vault| {
                vault.rename(record, Some(name.as_str()).filter(|name| !name.is_empty()))
            })
            .await
    }

    /// Removes an account and its secrets from this device.
    pub async fn remove(&self, id: &str) -> Result<(), Problem> {
        let record = record(id)?;
        let session = self.session().await?;
        session
            .change(move |vault| {
                vault.remove(record)?;
                vault.set_setting(&clocks::setting(record), None)
            })
            .await?;
        session.end_watching(record);
        session.core.changed();
        Ok(())
    }

    /// Answers a request.
    pub async fn answer(&self, id: &str, answer: Answer) -> Result<AnswerOutcome, Problem> {
        inbox::answer(&self.session().await?, id, answer).await
    }

    /// Asks an account's service for a request that opens nothing.
    pub async fn send_test(&self, account: &str) -> Result<(), Problem> {
        inbox::ask_for_test(&self.session().await?, record(account)?).await
    }

    fn opened(&self, state: &mut State, session: Arc<Session>) {
        *state = State::Open(Arc::clone(&session));
        keeper::begin(session);
        self.0.core.changed();
    }

    async fn session(&self) -> Result<Arc<Session>, Problem> {
        match &*self.0.state.lock().await {
            State::Open(session) => Ok(Arc::clone(session)),
            _ => Err(ProblemCode::Locked.into()),
        }
    }

    async fn account(
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

    async fn open_view(&self, session: &Arc<Session>) -> AppView {
        let links = session.links().clone();
        let listed = session
            .vault(move |vault| {
                (
                    home::accounts(vault, &links),
                    home::connection(vault, &links),
                )
            })
            .await;
        let Ok((accounts, connection)) = listed else {
            return AppView::Faulty {
                fault: VaultFault::Damaged,
                path: session
                    .core
                    .surroundings
                    .place
                    .vault_path()
                    .display()
                    .to_string(),
            };
        };
        let fast = session.clocks().agreed_ms();
        AppView::Open(OpenView {
            accounts,
            requests: session
                .pending()
                .iter()
                .filter(|pending| pending.is_waiting())
                .map(inbox::Pending::view)
                .collect(),
            connection,
            clock: (fast.abs() >= CLOCK_SHOWN_FROM_MS).then(|| ClockView {
                seconds_fast: i32::try_from(fast / 1000).unwrap_or(i32::MAX),
            }),
            unlock_with: session.unlock_with,
            incoming: !held(&self.0.incoming).is_empty(),
        })
    }
}

/// Hands the typed text over to the vault without leaving a copy behind.
trait IntoText {
    fn into_text(self) -> countersign_vault::SecretText;
}

impl IntoText for Zeroizing<String> {
    fn into_text(self) -> countersign_vault::SecretText {
        countersign_vault::SecretText::new(self)
    }
}

fn record(id: &str) -> Result<RecordId, Problem> {
    RecordId::parse(id).ok_or_else(|| ProblemCode::AccountGone.into())
}

fn find(surroundings: &Surroundings) -> State {
    match VaultFile::open(&surroundings.place) {
        Ok(file) => State::Locked {
            file,
            tries_left: None,
        },
        Err(OpenError::NoVault) => State::First,
        Err(OpenError::NotAVault) => State::Faulty(VaultFault::NotAVault),
        Err(OpenError::Damaged) => State::Faulty(VaultFault::Damaged),
        Err(OpenError::TooNew { .. }) => State::Faulty(VaultFault::TooNew),
        Err(OpenError::Unreadable) => State::Faulty(VaultFault::Unreadable),
        Err(OpenError::InUse) => State::Faulty(VaultFault::InUse),
    }
}

fn unlock_method(file: &VaultFile) -> UnlockMethod {
    match file.slots() {
        Ok(slots) if slots.contains(&SlotKind::Pin) => UnlockMethod::Pin,
        _ => UnlockMethod::Passphrase,
    }
}

fn locked_view(file: &VaultFile, tries_left: Option<u32>, now_ms: i64) -> AppView {
    let (wait_seconds, stopped) = match file.may_try(now_ms) {
        Err(UnlockError::MustWait { seconds }) => (seconds, false),
        Err(UnlockError::Stopped) => (0, true),
        _ => (0, false),
    };
    AppView::Locked {
        unlock_with: unlock_method(file),
        tries_left,
        wait_seconds,
        stopped,
    }
}

fn refused(refusal: countersign_vault::Refusal) -> (State, Problem) {
    let locked = |tries_left| State::Locked {
        file: refusal.file,
        tries_left,
    };
    match refusal.error {
        UnlockError::Refused { tries_left } => (
            locked(Some(tries_left)),
            Problem::new(ProblemCode::WrongSecret).counting(tries_left),
        ),
        UnlockError::MustWait { seconds } => (
            locked(None),
            Problem::new(ProblemCode::MustWait).counting(seconds),
        ),
        UnlockError::Stopped => (locked(None), ProblemCode::MustWait.into()),
        UnlockError::NoSuchSlot | UnlockError::OutOfMemory | UnlockError::Biometric(_) => {
            (locked(None), ProblemCode::Unforeseen.into())
        }
        UnlockError::KeystoreUnavailable => (locked(None), ProblemCode::KeystoreUnavailable.into()),
        UnlockError::NotStored => (locked(None), ProblemCode::NotStored.into()),
        UnlockError::KeystoreLost => (
            State::Faulty(VaultFault::KeystoreLost),
            ProblemCode::KeystoreUnavailable.into(),
        ),
        UnlockError::Damaged(_) => (
            State::Faulty(VaultFault::Damaged),
            ProblemCode::Unforeseen.into(),
        ),
    }
}
