//! The app without a window, driven line by line: one JSON question on the standard input, one JSON answer back.
//!
//! It is a process of its own so that a test can kill it, give it a wrong clock and trust a certificate authority for it
//! alone (`SSL_CERT_FILE`). There is no keystore, so its vault is opened by a passphrase.

use std::{
    io::{BufRead as _, Write as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context as _, Result};
use countersign_authenticator::{
    Authenticator, BackupPlace, DeviceFacts, InstallMark, SelfServiceAsk, SelfServiceView,
    Surroundings,
    clock::{Clock, SystemClock},
    view::{Answer, MoveAct, SelfServiceAnswer, SelfServiceProblem, SettingsView, TypedAccount},
};
use countersign_protocol::{host::Host, time::UnixMillis};
use countersign_vault::{KdfProfile, Place, UnavailableKeystore};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// A clock that is off, and that can be told that time passed.
struct Off {
    fast_ms: i64,
    passed_ms: AtomicU32,
}

impl Clock for Off {
    fn now(&self) -> UnixMillis {
        SystemClock.now() + self.fast_ms + i64::from(self.passed_ms.load(Ordering::Relaxed))
    }

    fn since_boot_ms(&self) -> Option<u64> {
        let passed = u64::from(self.passed_ms.load(Ordering::Relaxed));
        Some(SystemClock.since_boot_ms()? + passed)
    }
}

#[derive(Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
enum Question {
    View,
    CreateVault {
        secret: String,
    },
    Unlock {
        secret: String,
    },
    Lock,
    ReadText {
        text: String,
    },
    ReadPicture {
        path: PathBuf,
    },
    ReadImport {
        path: PathBuf,
    },
    UnlockImport {
        draft: String,
        password: String,
    },
    Import {
        draft: String,
        positions: Vec<u32>,
    },
    Activate {
        draft: String,
    },
    FinishActivation {
        id: String,
    },
    AddTyped(Typed),
    Passcodes {
        ids: Vec<String>,
    },
    NextPasscode {
        id: String,
    },
    Rename {
        id: String,
        name: String,
    },
    Remove {
        id: String,
    },
    Answer {
        id: String,
        answer: Answer,
    },
    SendTest {
        account: String,
    },
    PassTime {
        ms: u32,
    },
    ConfirmSecret {
        secret: String,
    },
    ChangeSecret {
        current: String,
        next: String,
    },
    ChangeSettings {
        settings: SettingsView,
    },
    Activity,
    CheckUp,
    Reorder {
        ids: Vec<String>,
    },
    UndoRemove {
        id: String,
    },
    DeleteForGood {
        id: String,
    },
    DenyAll {
        ids: Vec<String>,
    },
    AnswerNotice {
        id: String,
        not_me: bool,
    },
    CopyPasscode {
        id: String,
    },
    SelfService {
        account: String,
        call: SelfServiceAsk,
    },
    SelfServiceAt {
        host: String,
        call: SelfServiceAsk,
    },
    ReadServiceHost {
        text: String,
    },
    WentToBackground,
    CameToForeground,
    TurnOnBackup {
        secret: String,
    },
    FindBackup,
    ReadBackup {
        path: PathBuf,
    },
    Restore {
        draft: String,
        secret: String,
    },
    MoveView,
    BeginMove {
        id: String,
    },
    MoveNews {
        seen: String,
    },
    ActOnMove {
        act: MoveAct,
    },
}

#[derive(Deserialize)]
struct Typed {
    account: TypedAccount,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(
        arguments
            .next()
            .context("the first argument is the vault's folder")?,
    );
    let clock_off_ms: i64 = arguments
        .next()
        .context("the second is how many milliseconds the clock is fast")?
        .parse()?;
    let managed = arguments
        .map(|host| Host::parse(&host))
        .collect::<Result<Vec<_>, _>>()?;
    let clock = Arc::new(Off {
        fast_ms: clock_off_ms,
        passed_ms: AtomicU32::new(0),
    });
    let app = Authenticator::new(Surroundings {
        place: Place {
            directory: folder.clone(),
            keystore: Arc::new(UnavailableKeystore),
            kdf: KdfProfile::FLOOR,
        },
        mark: InstallMark {
            folder: folder.join("../state"),
            machine: None,
        },
        clock: clock.clone(),
        backups: Some(BackupPlace::Usual(folder.join("../backups"))),
        saved: Some(folder.join("../saved")),
        managed,
        device: DeviceFacts {
            platform: "Linux".to_owned(),
            model: "Test".to_owned(),
            name: "Test phone".to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    })?;
    for line in std::io::stdin().lock().lines() {
        let answer = put(&app, &clock, serde_json::from_str(&line?)?).await;
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

async fn put(app: &Authenticator, clock: &Off, question: Question) -> Value {
    match question {
        Question::View => json!({ "ok": app.view().await }),
        Question::CreateVault { secret } => told(app.create_vault(Zeroizing::new(secret)).await),
        Question::Unlock { secret } => told(app.unlock(Zeroizing::new(secret)).await),
        Question::Lock => {
            app.lock().await;
            json!({ "ok": null })
        }
        Question::ReadText { text } => told(app.read_text(&text).await),
        Question::ReadPicture { path } => told(
            app.read_picture(std::fs::read(path).unwrap_or_default())
                .await,
        ),
        Question::Activate { draft } => told(app.activate(&draft).await),
        Question::FinishActivation { id } => told(app.finish_activation(&id).await),
        Question::ReadImport { path } => told(
            app.read_import(std::fs::read(path).unwrap_or_default())
                .await,
        ),
        Question::UnlockImport { draft, password } => {
            told(app.unlock_import(&draft, Zeroizing::new(password)).await)
        }
        Question::Import { draft, positions } => told(app.import(&draft, positions).await),
        Question::AddTyped(typed) => told(app.add_typed(typed.account).await),
        Question::Passcodes { ids } => told(app.passcodes(ids).await),
        Question::NextPasscode { id } => told(app.next_passcode(&id).await),
        Question::Rename { id, name } => told(app.rename(&id, &name).await),
        Question::Remove { id } => told(app.remove(&id).await),
        Question::Answer { id, answer } => told(app.answer(&id, answer).await),
        Question::SendTest { account } => told(app.send_test(&account).await),
        Question::PassTime { ms } => {
            clock.passed_ms.fetch_add(ms, Ordering::Relaxed);
            json!({ "ok": null })
        }
        Question::ConfirmSecret { secret } => {
            told(app.confirm_secret(Zeroizing::new(secret)).await)
        }
        Question::ChangeSecret { current, next } => told(
            app.change_secret(Zeroizing::new(current), Zeroizing::new(next))
                .await,
        ),
        Question::ChangeSettings { settings } => told(app.change_settings(settings).await),
        Question::Activity => told(app.activity().await),
        Question::CheckUp => told(app.check_up().await),
        Question::Reorder { ids } => told(app.reorder(ids).await),
        Question::UndoRemove { id } => told(app.undo_remove(&id).await),
        Question::DeleteForGood { id } => told(app.delete_for_good(&id).await),
        Question::DenyAll { ids } => told(app.deny_all(ids).await),
        Question::AnswerNotice { id, not_me } => told(app.answer_notice(&id, not_me).await),
        Question::CopyPasscode { id } => {
            told(app.passcode_to_copy(&id).await.map(|code| code.to_string()))
        }
        Question::SelfService { account, call } => told(self_service(app, &account, call).await),
        Question::SelfServiceAt { host, call } => told(self_service_at(app, &host, call).await),
        Question::ReadServiceHost { text } => told(app.read_service_host(&text).await),
        Question::WentToBackground => {
            app.went_to_background().await;
            json!({ "ok": null })
        }
        Question::CameToForeground => {
            app.came_to_foreground().await;
            json!({ "ok": null })
        }
        Question::TurnOnBackup { secret } => told(app.turn_on_backup(Zeroizing::new(secret)).await),
        Question::FindBackup => told(app.find_backup().await),
        Question::ReadBackup { path } => told(
            app.read_backup(std::fs::read(path).unwrap_or_default())
                .await,
        ),
        Question::Restore { draft, secret } => {
            told(app.restore(&draft, Zeroizing::new(secret)).await)
        }
        Question::MoveView => told(app.move_view().await),
        Question::BeginMove { id } => told(app.begin_move(&id).await),
        Question::MoveNews { seen } => told(app.move_news(&seen).await),
        Question::ActOnMove { act } => told(app.act_on_move(act).await),
    }
}

async fn self_service(
    app: &Authenticator,
    account: &str,
    call: SelfServiceAsk,
) -> Result<SelfServiceAnswer<SelfServiceView>, SelfServiceProblem> {
    app.self_service(account).await?.put(call).await
}

async fn self_service_at(
    app: &Authenticator,
    host: &str,
    call: SelfServiceAsk,
) -> Result<SelfServiceAnswer<SelfServiceView>, SelfServiceProblem> {
    app.self_service_at(host).await?.put(call).await
}

fn told<T: Serialize, P: Serialize>(result: Result<T, P>) -> Value {
    match result {
        Ok(view) => json!({ "ok": view }),
        Err(problem) => json!({ "problem": problem }),
    }
}
