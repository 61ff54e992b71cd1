//! Saving accounts as a file or as codes for another app. Only third parties' accounts can be: the organisation's are named
//! as what stays (`countersign_vault::export`, row D2), and the PIN or passphrase is asked for just now (row D7).

mod file;

use std::{io, sync::Arc};

use countersign_vault::{
    Account, OtherAccount, SecretText, Vault,
    backup::{self, Contents, Stamp},
    export::{self, Form, Reason, Text, Unwritten},
    rate,
};
use ring::rand::SystemRandom;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::{
    activity::Happened,
    code_picture,
    fresh_unlock::FOR_EXPORT,
    home,
    session::Session,
    view::{
        ExportForm, ExportView, ExportedView, LeftOutAccount, LeftOutWhy, Problem, ProblemCode,
    },
};

/// What can be saved.
pub(crate) async fn look(session: &Arc<Session>) -> Result<ExportView, Problem> {
    let folder = session.core.surroundings.saved.clone();
    session
        .vault(move |vault| ExportView {
            accounts: u32::try_from(copyable(vault).len()).unwrap_or(u32::MAX),
            bound: vault
                .accounts()
                .filter(|(_, account)| matches!(account, Account::Organisation(_)))
                .map(|(id, account)| home::view(id, account, None).title)
                .collect(),
            backup_on: vault.has_backup_key(),
            folder: folder.map(|folder| folder.display().to_string()),
        })
        .await
}

/// Saves every account that can be copied. `password` is asked for by [`ExportForm::Aegis`] alone.
pub(crate) async fn save(
    session: &Arc<Session>,
    form: ExportForm,
    password: Zeroizing<String>,
) -> Result<ExportedView, Problem> {
    session.fresh().check(session.core.running(), FOR_EXPORT)?;
    let now = session.core.surroundings.clock.now();
    let folder = session.core.surroundings.saved.clone();
    let device = session.core.surroundings.device.name.clone();
    let written = session
        .vault(move |vault| match form {
            ExportForm::Locked => locked(vault, now.0, &device),
            ExportForm::Aegis if !rate(&password).enough => {
                Err(Problem::new(ProblemCode::WeakSecret))
            }
            ExportForm::Aegis => {
                let password = &SecretText::new(password);
                plain(vault, Form::Aegis { password })
            }
            ExportForm::Text => plain(vault, Form::Links),
            ExportForm::Codes => plain(vault, Form::Migration),
        })
        .await??;
    // A folder on a drive that hangs must not keep the vault from being locked
    let put = spawn_blocking(move || put(written, form, folder.as_deref(), now.0));
    let view = put
        .await
        .map_err(|_| Problem::new(ProblemCode::Unforeseen))??;
    let accounts = view.accounts;
    let noted = session
        .vault(move |vault| Happened::exported(accounts).note(vault, now))
        .await;
    if let Err(locked) = noted {
        // Nobody would learn of the file, or where it lies
        if let Some(path) = view.path {
            let _ = spawn_blocking(move || std::fs::remove_file(path)).await;
        }
        return Err(locked);
    }
    session.core.changed();
    Ok(view)
}

/// What is to be put into a file or drawn.
struct Written {
    what: What,
    accounts: usize,
    left_out: Vec<LeftOutAccount>,
    names_left: usize,
}

enum What {
    Sealed(Vec<u8>),
    Texts(Vec<Text>),
}

fn copyable(vault: &Vault) -> Vec<&OtherAccount> {
    let others = vault.accounts().filter_map(|(_, account)| match account {
        Account::Other(account) => Some(account),
        Account::Organisation(_) => None,
    });
    others.collect()
}

/// Our own file: what a backup holds, under its key.
fn locked(vault: &Vault, at_ms: i64, device: &str) -> Result<Written, Problem> {
    let key = vault.backup_key().ok_or(ProblemCode::NotABackup)?;
    let contents = Contents::of(vault);
    let stamp = Stamp {
        at_ms,
        serial: vault.generation(),
        device,
    };
    let bytes = backup::write(&key, &contents, stamp);
    Ok(Written {
        accounts: contents.accounts(),
        what: What::Sealed(bytes.map_err(|_| ProblemCode::Unforeseen)?),
        left_out: Vec::new(),
        names_left: 0,
    })
}

fn plain(vault: &Vault, form: Form<'_>) -> Result<Written, Problem> {
    let exported = export::write(&copyable(vault), form, &SystemRandom::new());
    let exported = exported.map_err(|unwritten| match unwritten {
        Unwritten::NoPassword => ProblemCode::WeakSecret,
        Unwritten::OutOfMemory | Unwritten::NoRandomness => ProblemCode::Unforeseen,
    })?;
    Ok(Written {
        accounts: exported.written,
        what: What::Texts(exported.texts),
        left_out: exported
            .left_out
            .into_iter()
            .map(|left| LeftOutAccount {
                title: left.label,
                why: match left.reason {
                    Reason::Digits
                    | Reason::Period
                    | Reason::Steam
                    | Reason::Counter
                    | Reason::LikeSteam => LeftOutWhy::Kind,
                    Reason::TooLong | Reason::TooMany => LeftOutWhy::Room,
                    Reason::Unusable => LeftOutWhy::Unusable,
                },
            })
            .collect(),
        names_left: exported.names_left,
    })
}

fn put(
    written: Written,
    form: ExportForm,
    folder: Option<&std::path::Path>,
    now_ms: i64,
) -> Result<ExportedView, Problem> {
    let mut view = ExportedView {
        accounts: u32::try_from(written.accounts).unwrap_or(u32::MAX),
        path: None,
        codes: Vec::new(),
        left_out: written.left_out,
        names_left: u32::try_from(written.names_left).unwrap_or(u32::MAX),
    };
    let ending = match form {
        ExportForm::Locked => "countersign",
        ExportForm::Aegis => "json",
        ExportForm::Text => "txt",
        ExportForm::Codes => {
            if let What::Texts(links) = written.what {
                let codes = links
                    .iter()
                    .map(|link| code_picture::draw(link.expose()))
                    .collect::<Option<Vec<_>>>();
                view.codes = codes.ok_or(ProblemCode::Unforeseen)?;
            }
            return Ok(view);
        }
    };
    let bytes = match &written.what {
        What::Sealed(bytes) => bytes.as_slice(),
        What::Texts(texts) => match texts.first() {
            Some(text) => text.expose().as_bytes(),
            // Nothing of the list has a place in this form
            None => return Ok(view),
        },
    };
    let folder = folder.ok_or(ProblemCode::SaveFolder)?;
    let path = file::save(folder, now_ms, ending, bytes).map_err(|error| {
        tracing::warn!(%error, "no file was saved");
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => ProblemCode::NotStored.into(),
            _ => Problem::new(ProblemCode::SaveFolder).about(folder.to_string_lossy()),
        }
    })?;
    view.path = Some(path.display().to_string());
    Ok(view)
}
