//! From another app's export to accounts: a preview that changes nothing, then all that were chosen in one transaction.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use countersign_protocol::label::Label;
use countersign_vault::{
    Account, OtherAccount, OtherPasscodes, SecretText,
    import::{self, Entry, Format, Import, Part, Reason, Refused, Unreadable},
};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::{
    activity::Happened,
    drafts::Draft,
    same::{self, Same},
    session::Session,
    unimported::{self, Unimported},
    view::{
        ImportApp, ImportFound, ImportReason, ImportReceipt, ImportView, ImportedAccount, Problem,
        ProblemCode, RefusedAccount,
    },
};

/// An export that was read, whole or in parts, and waits for a yes.
pub(crate) struct Waiting {
    format: Format,
    /// By their index; a file is one part.
    parts: BTreeMap<u32, Import>,
    /// Which export they are parts of.
    part: Option<Part>,
}

impl Waiting {
    fn of(import: Import) -> Self {
        let part = import.part;
        Self {
            format: import.format,
            parts: BTreeMap::from([(part.map_or(0, |part| part.index), import)]),
            part,
        }
    }

    /// Whether that is another part of the same export. Not every version names its exports, so a part that is here with
    /// other accounts is one of another export.
    fn belongs(&self, import: &Import) -> bool {
        let (Some(one), Some(other)) = (self.part, import.part) else {
            return false;
        };
        let known = self.parts.get(&other.index);
        one.export == other.export
            && one.of == other.of
            && known.is_none_or(|known| accounts(known) == accounts(import))
    }

    /// The entries of all parts with their places, which stay the same when another part comes.
    fn entries(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.parts.iter().flat_map(|(part, import)| {
            let entries = import.entries.iter();
            entries.map(|entry| (place(*part, entry.position), entry))
        })
    }

    fn refused(&self) -> impl Iterator<Item = (u32, &Refused)> {
        self.parts.iter().flat_map(|(part, import)| {
            let refused = import.refused.iter();
            refused.map(|refused| (place(*part, refused.position), refused))
        })
    }

    /// Of each account, which of its entries is the one to have: not one out of a bin, and the counter that got furthest.
    fn best(&self) -> HashMap<Same, u32> {
        let mut best: HashMap<Same, (u32, (bool, u64))> = HashMap::new();
        for (position, entry) in self.entries() {
            let worth = (!entry.trashed, counter(&entry.account));
            let found = best.entry(Same::of(&entry.account));
            let found = found.or_insert((position, worth));
            if worth > found.1 {
                *found = (position, worth);
            }
        }
        let best = best.into_iter();
        best.map(|(same, (position, _))| (same, position)).collect()
    }

    fn view(&self, draft: String, here: &HashSet<Same>) -> ImportFound {
        let best = self.best();
        let accounts = self.entries().map(|(position, entry)| {
            let same = Same::of(&entry.account);
            ImportedAccount {
                position,
                issuer: Label::new(&entry.account.issuer).to_string(),
                account: Label::new(&entry.account.account).to_string(),
                here: here.contains(&same) || best.get(&same) != Some(&position),
                trashed: entry.trashed,
            }
        });
        let refused = self.refused().map(|(position, refused)| RefusedAccount {
            position,
            label: Label::new(&refused.label()).to_string(),
            reason: reason(refused.reason),
        });
        ImportFound {
            draft,
            app: app(self.format),
            accounts: accounts.collect(),
            refused: refused.collect(),
            parts: number(self.parts.len()),
            parts_of: self.part.map_or(1, |part| part.of),
        }
    }
}

fn accounts(import: &Import) -> Vec<Same> {
    let entries = import.entries.iter();
    entries.map(|entry| Same::of(&entry.account)).collect()
}

/// No part has more entries than [`import::MOST`].
fn place(part: u32, position: usize) -> u32 {
    part.saturating_mul(number(import::MOST))
        .saturating_add(number(position))
}

const fn counter(account: &OtherAccount) -> u64 {
    match account.passcodes {
        OtherPasscodes::Counted { next_counter } => next_counter,
        OtherPasscodes::Timed { .. } | OtherPasscodes::Steam => 0,
    }
}

/// No file has that many: [`import::MOST`].
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Reads an export, and keeps what is in it until a person says yes.
pub(crate) async fn read(session: &Arc<Session>, bytes: Vec<u8>) -> Result<ImportView, Problem> {
    let bytes = Zeroizing::new(bytes);
    match parse(bytes.clone(), None).await? {
        Ok(import) => Ok(ImportView::Found(keep(session, import).await?)),
        Err(Unreadable::Locked) => {
            let mut drafts = session.drafts();
            // Whoever chooses another file is done with this one
            drafts.forget_locked();
            Ok(ImportView::Locked {
                draft: drafts.keep(Draft::Locked(bytes))?,
            })
        }
        Err(unreadable) => Err(problem(unreadable).into()),
    }
}

/// The same of one that waits for its password.
pub(crate) async fn unlock(
    session: &Arc<Session>,
    draft: &str,
    password: SecretText,
) -> Result<ImportFound, Problem> {
    let sealed = match session.drafts().look(draft) {
        Some(Draft::Locked(bytes)) => Some(bytes.clone()),
        _ => None,
    };
    let sealed = sealed.ok_or(Problem::new(ProblemCode::DraftGone))?;
    let import = parse(sealed, Some(password)).await?;
    let found = keep(session, import.map_err(problem)?).await?;
    session.drafts().forget(draft);
    Ok(found)
}

async fn parse(
    bytes: Zeroizing<Vec<u8>>,
    password: Option<SecretText>,
) -> Result<Result<Import, Unreadable>, Problem> {
    let read = move || import::read(&bytes, password.as_ref());
    spawn_blocking(read)
        .await
        .map_err(|_| Problem::new(ProblemCode::Unforeseen))
}

/// Keeps what was read, beside the other parts of the same export.
async fn keep(session: &Arc<Session>, import: Import) -> Result<ImportFound, Problem> {
    let here = session.vault(|vault| same::here(vault)).await?;
    let mut drafts = session.drafts();
    let begun = drafts.all().find_map(|(id, draft)| match draft {
        Draft::Import(waiting) if waiting.belongs(&import) => Some((id.to_owned(), waiting)),
        _ => None,
    });
    if let (Some((id, waiting)), Some(part)) = (begun, import.part) {
        waiting.parts.insert(part.index, import);
        return Ok(waiting.view(id, &here));
    }
    let waiting = Waiting::of(import);
    let view = waiting.view(String::new(), &here);
    let draft = drafts.keep(Draft::Import(Box::new(waiting)))?;
    Ok(ImportFound { draft, ..view })
}

/// Adds what a person chose: all of it, or nothing. What does not go in is counted, so that the receipt adds up, and what cannot
/// is kept to be put right.
pub(crate) async fn add(
    session: &Arc<Session>,
    draft: &str,
    positions: Vec<u32>,
) -> Result<ImportReceipt, Problem> {
    let waiting = match session.drafts().take(draft) {
        Some(Draft::Import(waiting)) => waiting,
        Some(other) => {
            session.drafts().put_back(draft, other);
            return Err(ProblemCode::DraftGone.into());
        }
        None => return Err(ProblemCode::DraftGone.into()),
    };
    let chosen: HashSet<u32> = positions.into_iter().collect();
    let now = session.core.surroundings.clock.now();
    let known = session.vault(|vault| same::here(vault)).await?;
    let view = waiting.view(String::new(), &known);
    let of_view = |wanted: fn(&ImportedAccount) -> bool| {
        let accounts = view.accounts.iter().filter(|account| wanted(account));
        let accounts = accounts.filter(|account| !chosen.contains(&account.position));
        number(accounts.count())
    };
    let receipt = ImportReceipt {
        imported: number(
            view.accounts
                .iter()
                .filter(|account| chosen.contains(&account.position))
                .count(),
        ),
        here: of_view(|account| account.here),
        refused: number(view.refused.len()),
        unkept: 0,
        left_out: of_view(|account| !account.here),
    };
    let accounts: Vec<Account> = waiting
        .entries()
        .filter(|(position, _)| chosen.contains(position))
        .map(|(_, entry)| Account::Other(same::copy(&entry.account)))
        .collect();
    let refused = waiting.refused().map(|(position, refused)| {
        let (why, app) = (reason(refused.reason), app(waiting.format));
        Unimported::of(refused, why, app, position, now)
    });
    let refused: Vec<Unimported> = refused.collect();
    let stored = session
        .change(move |vault| {
            let count = number(accounts.len());
            let (unimported, unkept) = unimported::after_import(vault, &accounts, refused);
            vault.add_and_set(accounts, unimported)?;
            if count > 0 {
                Happened::imported(count).note(vault, now);
            }
            Ok(unkept)
        })
        .await;
    match stored {
        Ok(unkept) => Ok(ImportReceipt { unkept, ..receipt }),
        Err(problem) => {
            // Nothing was added, and nothing that was read is lost
            session.drafts().put_back(draft, Draft::Import(waiting));
            Err(problem)
        }
    }
}

const fn problem(unreadable: Unreadable) -> ProblemCode {
    match unreadable {
        Unreadable::Unknown => ProblemCode::NotAnExport,
        Unreadable::CutShort => ProblemCode::ExportCutShort,
        Unreadable::Damaged => ProblemCode::ExportDamaged,
        Unreadable::Empty => ProblemCode::ExportEmpty,
        Unreadable::LockedToAccount => ProblemCode::ExportOfAccount,
        Unreadable::Locked | Unreadable::WrongPassword => ProblemCode::ExportPassword,
        Unreadable::TooMuchMemory => ProblemCode::ExportTooMuch,
        Unreadable::TooLarge => ProblemCode::ExportTooLarge,
    }
}

const fn app(format: Format) -> ImportApp {
    match format {
        Format::Links => ImportApp::Links,
        Format::Migration => ImportApp::Google,
        Format::Aegis => ImportApp::Aegis,
        Format::TwoFas => ImportApp::TwoFas,
        Format::Proton => ImportApp::Proton,
        Format::Bitwarden => ImportApp::Bitwarden,
        Format::Andotp => ImportApp::Andotp,
        Format::Freeotp => ImportApp::Freeotp,
        Format::FreeotpPlus => ImportApp::FreeotpPlus,
        Format::Raivo => ImportApp::Raivo,
        Format::Stratum => ImportApp::Stratum,
        Format::Lastpass => ImportApp::Lastpass,
        Format::Duo => ImportApp::Duo,
        Format::Steam => ImportApp::Steam,
        Format::TwoFauth => ImportApp::TwoFauth,
        Format::Microsoft => ImportApp::Microsoft,
        Format::GoogleDatabase => ImportApp::GoogleDatabase,
        Format::TotpAuthenticator => ImportApp::TotpAuthenticator,
    }
}

const fn reason(reason: Reason) -> ImportReason {
    match reason {
        Reason::NoKey => ImportReason::NoKey,
        Reason::BadKey => ImportReason::BadKey,
        Reason::Digits | Reason::Period | Reason::Counter | Reason::Algorithm => {
            ImportReason::BadSettings
        }
        Reason::Kind => ImportReason::Kind,
        Reason::PushOnly => ImportReason::PushOnly,
        Reason::Form => ImportReason::Form,
    }
}
