//! Moving to another phone with both in hand (PROTOCOL.md §13): this device begins, shows the code, compares digits, and stops
//! when the service says that the other one took its place.
//!
//! What is under way is noted in the vault, so that a lock in between loses nothing but the picture of the code.

use std::{sync::Arc, time::Duration};

use countersign_protocol::{
    activation::{ActivationText, Form},
    check::{CheckValue, Compared},
    label::Label,
    signing::keys::PublicKey,
    time::UnixMillis,
    wire::{
        envelope::{Failure, code},
        moves::{MoveAnswer, MoveBegunAnswer, MoveState},
        stopped::{Stopped, StoppedCause},
    },
};
use countersign_vault::{Account, Dialect, OrganisationState, RecordId, Vault};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    activity::Happened,
    code_picture,
    dated::{refused, send_dated},
    dialect::{
        Signer,
        countersign::{self, Parties},
    },
    fresh_unlock::FOR_MOVING,
    home,
    member::Member,
    network::Reply,
    session::Session,
    view::{
        ActivityKind, MovableAccount, MoveAct, MoveStanding, MoveStep, MoveView, Problem,
        ProblemCode,
    },
};

/// The vault's note of the move that is under way.
const UNDER_WAY: &str = "move";

/// The longest that a code is believed to live, and how long after it the phone that scanned it may still be about to arrive.
const LONGEST_CODE_MS: i64 = 10 * 60_000;
const ARRIVING_MS: i64 = 5 * 60_000;

/// How long news of a move count as its person's doing: a service that never ends a step must not keep the app open.
const BUSY: Duration = Duration::from_mins(15);

/// A move that was begun here. The code itself is not kept: whoever reads it may become this device.
#[derive(Clone, Serialize, Deserialize)]
struct UnderWay {
    account: String,
    id: String,
    code_hash: String,
    /// Until when a phone that arrives is taken for the one that scanned: Unix milliseconds by the service's clock. A note of a release
    /// that did not write it hides no phone.
    #[serde(default)]
    until: i64,
}

/// What a session remembers of it: the code's picture, the digits that were shown last, and since when it is looked at.
#[derive(Default)]
pub(crate) struct Shown {
    of: String,
    picture: Option<Zeroizing<String>>,
    digits: Option<CheckValue>,
    since: Duration,
}

impl Shown {
    /// Of the move of that id: what was remembered of another one goes.
    fn of(&mut self, id: &str, now: Duration) -> &mut Self {
        if self.of != id {
            *self = Self {
                of: id.to_owned(),
                since: now,
                ..Self::default()
            };
        }
        self
    }

    /// Whether the person is taken to be busy with that move, at `now` by a clock that only runs on.
    fn keeps_open(&mut self, id: &str, now: Duration) -> bool {
        now.saturating_sub(self.of(id, now).since) < BUSY
    }
}

/// What there is to move, and what is under way.
pub(crate) async fn look(session: &Arc<Session>) -> Result<MoveView, Problem> {
    let (accounts, others, noted) = session
        .vault(|vault| (movable(vault), others(vault), noted(vault)))
        .await?;
    let under_way = match noted {
        None => None,
        Some((record, noted)) => match ask(session, record, &noted, None).await {
            Ok(standing) => Some(standing).filter(|standing| standing.step != MoveStep::Over),
            // The keys that it was begun with are gone
            Err(problem) if problem.code == ProblemCode::AccountGone => {
                over(session, &noted.id).await?;
                None
            }
            Err(problem) => {
                let others = accounts
                    .iter()
                    .any(|account| account.can_move && account.id != noted.account);
                let late = session.now_for(record).0 >= noted.until;
                if hides_the_rest(problem.code, others && late) {
                    return Err(problem);
                }
                None
            }
        },
    };
    Ok(MoveView {
        accounts,
        others,
        under_way,
    })
}

/// Whether a move that cannot be asked after leaves nothing else to do: it may still be under way, and another code would take its
/// place in the vault. `late` where it is old, and other accounts wait.
const fn hides_the_rest(why: ProblemCode, late: bool) -> bool {
    match why {
        // It is there and says nothing of use: whatever was begun ends there with the next code
        ProblemCode::NotAService | ProblemCode::ServiceRefused => false,
        // A host may be gone for good
        ProblemCode::ServiceDown
        | ProblemCode::HostUnknown
        | ProblemCode::HostRefused
        | ProblemCode::CertificateRefused
        | ProblemCode::ClockWrong => !late,
        _ => true,
    }
}

fn movable(vault: &Vault) -> Vec<MovableAccount> {
    let accounts = vault.accounts().filter_map(|(id, account)| match account {
        Account::Organisation(organisation)
            if matches!(
                organisation.state,
                OrganisationState::Working { stopped: None, .. }
            ) =>
        {
            let view = home::view(id, account, None);
            Some(MovableAccount {
                id: view.id,
                title: view.title,
                account: view.account,
                can_move: organisation.dialect == Dialect::Countersign1,
            })
        }
        _ => None,
    });
    accounts.collect()
}

fn others(vault: &Vault) -> u32 {
    let others = vault
        .accounts()
        .filter(|(_, account)| matches!(account, Account::Other(_)));
    u32::try_from(others.count()).unwrap_or(u32::MAX)
}

/// `None` for what no release of this app writes.
fn read(text: &str) -> Option<UnderWay> {
    let noted: UnderWay = serde_json::from_str(text).ok()?;
    is_name(&noted.id).then_some(noted)
}

/// Whether a service may call a move that: it becomes a part of a path.
fn is_name(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn noted(vault: &Vault) -> Option<(RecordId, UnderWay)> {
    let noted = read(vault.setting(UNDER_WAY)?)?;
    let mut accounts = vault.accounts().map(|(id, _)| id);
    let record = accounts.find(|id| id.to_string() == noted.account)?;
    Some((record, noted))
}

/// Begins; what was begun before ends at the service.
pub(crate) async fn begin(
    session: &Arc<Session>,
    account: RecordId,
) -> Result<MoveStanding, Problem> {
    session.fresh().check(session.core.running(), FOR_MOVING)?;
    let (member, parties) = member(session, account).await?;
    let sign = |signer: &Signer<'_>| countersign::begin_move(signer, &parties);
    let begun: MoveBegunAnswer = match send_dated(session, &member, &parties, sign).await? {
        Reply::Ok(begun) => begun,
        Reply::Refused(failure) => return Err(refused(&member, &failure)),
    };
    let not_a_service = || Problem::new(ProblemCode::NotAService).about(member.host.as_str());
    if !is_name(&begun.id) {
        return Err(not_a_service());
    }
    let text = ActivationText::read(&begun.code)
        .and_then(Result::ok)
        .filter(|text| text.form == Form::Own && text.host == member.host)
        .ok_or_else(not_a_service)?;
    // What was looked at, and not what was sent
    let picture = code_picture::draw(&Zeroizing::new(text.app_text())).ok_or_else(not_a_service)?;
    let noted = UnderWay {
        account: account.to_string(),
        id: begun.id,
        code_hash: text.code.hashed(),
        // The service's word, but for no longer than codes live: what it hides is what a stranger's phone would be found by
        until: begun
            .expires
            .min((session.now_for(account) + LONGEST_CODE_MS).0)
            .saturating_add(ARRIVING_MS),
    };
    *session.shown_move() = Shown {
        of: noted.id.clone(),
        picture: Some(Zeroizing::new(picture)),
        digits: None,
        since: session.core.running(),
    };
    let note = serde_json::to_string(&noted).map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
    session
        .change(move |vault| vault.set_setting(UNDER_WAY, Some(&note)))
        .await?;
    ask(session, account, &noted, None).await
}

/// How the move stands that is under way.
pub(crate) async fn news(session: &Arc<Session>, seen: &str) -> Result<MoveStanding, Problem> {
    let (record, noted) = under_way(session).await?;
    let standing = ask(session, record, &noted, Some(seen)).await?;
    if !matches!(
        standing.step,
        MoveStep::Untested { .. } | MoveStep::Moved | MoveStep::Over
    ) {
        // The person holds the other phone meanwhile
        let now = session.core.running();
        if session.shown_move().keeps_open(&noted.id, now) {
            session.auto_lock().touched(now);
        }
    }
    Ok(standing)
}

/// Does what the person says.
pub(crate) async fn act(session: &Arc<Session>, act: MoveAct) -> Result<MoveStanding, Problem> {
    let (record, noted) = under_way(session).await?;
    let (member, parties) = member(session, record).await?;
    let check = {
        let shown = session.shown_move();
        let known = (shown.of == noted.id).then(|| shown.digits.clone());
        known.flatten().filter(|_| act == MoveAct::Same)
    };
    if act == MoveAct::Same && check.is_none() {
        // Nobody was shown digits to say yes to
        return Err(ProblemCode::DraftGone.into());
    }
    let check = check.as_ref().map(CheckValue::as_str);
    let sign =
        |signer: &Signer<'_>| countersign::act_on_move(signer, &parties, &noted.id, act, check);
    match send_dated(session, &member, &parties, sign).await? {
        Reply::Ok(answer) => taken_in(session, &member, &noted, &parties, answer).await,
        Reply::Refused(failure) => Err(refused(&member, &failure)),
    }
}

async fn under_way(session: &Arc<Session>) -> Result<(RecordId, UnderWay), Problem> {
    let found = session.vault(|vault| noted(vault)).await?;
    found.ok_or_else(|| ProblemCode::DraftGone.into())
}

async fn member(session: &Arc<Session>, account: RecordId) -> Result<(Member, Parties), Problem> {
    let member = Member::of(session, account)
        .await?
        .ok_or(Problem::new(ProblemCode::AccountGone))?;
    let parties = member
        .parties
        .clone()
        .ok_or_else(|| Problem::new(ProblemCode::NotAService).about(member.host.as_str()))?;
    Ok((member, parties))
}

async fn ask(
    session: &Arc<Session>,
    record: RecordId,
    noted: &UnderWay,
    seen: Option<&str>,
) -> Result<MoveStanding, Problem> {
    let (member, parties) = member(session, record).await?;
    let sign = |signer: &Signer<'_>| countersign::move_news(signer, &parties, &noted.id, seen);
    match send_dated(session, &member, &parties, sign).await? {
        Reply::Ok(answer) => taken_in(session, &member, noted, &parties, answer).await,
        // Forgotten there, or begun with other keys: this phone goes on as before
        Reply::Refused(failure) if failure.code == code::NOT_FOUND => {
            over(session, &noted.id).await?;
            Ok(ended(record, MoveStep::Over))
        }
        // The answer that told it was lost on the way
        Reply::Refused(failure) if says_moved(&failure) => {
            moved(session, &member, &noted.id).await?;
            Ok(ended(record, MoveStep::Moved))
        }
        // Stopped for another reason, which the list of requests tells
        Reply::Refused(failure) if failure.code == code::BAD_SIGNATURE => {
            over(session, &noted.id).await?;
            Ok(ended(record, MoveStep::Over))
        }
        Reply::Refused(failure) => Err(refused(&member, &failure)),
    }
}

fn ended(record: RecordId, step: MoveStep) -> MoveStanding {
    MoveStanding {
        account_id: record.to_string(),
        step,
        revision: String::new(),
    }
}

fn says_moved(failure: &Failure) -> bool {
    let told = failure.stopped.as_ref();
    failure.code == code::BAD_SIGNATURE
        && told.is_some_and(|told| told.cause == StoppedCause::Moved)
}

async fn taken_in(
    session: &Arc<Session>,
    member: &Member,
    noted: &UnderWay,
    parties: &Parties,
    answer: MoveAnswer,
) -> Result<MoveStanding, Problem> {
    let record = member.id;
    let device = Label::new(answer.device.as_deref().unwrap_or_default()).to_string();
    let arrived = answer.arrived;
    let step = match answer.state {
        MoveState::Waiting => shown(
            session,
            noted,
            UnixMillis(answer.expires) - session.now_for(record),
        ),
        MoveState::Scanned => compared(session, member, noted, parties, &answer)?,
        MoveState::Confirmed => MoveStep::Finishing,
        MoveState::Testing => MoveStep::Testing { device, arrived },
        MoveState::Denied | MoveState::Unanswered => MoveStep::Untested {
            device,
            denied: answer.state == MoveState::Denied,
            arrived,
        },
        MoveState::Moved => {
            moved(session, member, &noted.id).await?;
            MoveStep::Moved
        }
        MoveState::Stopped | MoveState::Expired => {
            over(session, &noted.id).await?;
            MoveStep::Over
        }
    };
    Ok(MoveStanding {
        account_id: record.to_string(),
        step,
        revision: answer.revision,
    })
}

/// The picture went with a lock: another code is one tap away, and ends this one.
fn shown(session: &Session, noted: &UnderWay, left_ms: i64) -> MoveStep {
    let shown = session.shown_move();
    match &shown.picture {
        Some(picture) if shown.of == noted.id => MoveStep::Shown {
            picture: picture.to_string(),
            left_ms: u32::try_from(left_ms).unwrap_or(0),
        },
        _ => MoveStep::Over,
    }
}

/// The digits, made of what this phone holds itself and the key that the service tells of.
fn compared(
    session: &Session,
    member: &Member,
    noted: &UnderWay,
    parties: &Parties,
    answer: &MoveAnswer,
) -> Result<MoveStep, Problem> {
    let not_a_service = Problem::new(ProblemCode::NotAService).about(member.host.as_str());
    let pubkey = answer.pubkey.as_deref().ok_or(not_a_service.clone())?;
    PublicKey::from_pem(pubkey).map_err(|_| not_a_service.clone())?;
    let service_key = parties.service_key.to_pem().map_err(|_| not_a_service)?;
    let digits = CheckValue::of(&Compared {
        code_hash: &noted.code_hash,
        device_key: pubkey,
        service: &parties.service,
        service_key: &service_key,
    });
    let step = MoveStep::Compare {
        model: Label::new(answer.model.as_deref().unwrap_or_default()).to_string(),
        check: digits.to_string(),
    };
    let now = session.core.running();
    session.shown_move().of(&noted.id, now).digits = Some(digits);
    Ok(step)
}

/// The account stays in its place until the person removes it, and says what happened; so it would by the service's next refusal
/// (PROTOCOL.md §12). Its keys stay too: nobody signed that they are of no use.
async fn moved(session: &Arc<Session>, member: &Member, id: &str) -> Result<(), Problem> {
    let (record, now) = (member.id, session.core.surroundings.clock.now());
    let told = Stopped {
        cause: StoppedCause::Moved,
        at: Some(session.now_for(record).0),
        device: None,
    };
    session.note_stopped(member, Some(told)).await;
    if over(session, id).await? {
        session
            .change(move |vault| {
                Happened::to(ActivityKind::Moved, vault, record).note(vault, now);
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// Forgets the move of that id; whether it was the one that is noted. An answer about an earlier one changes nothing.
async fn over(session: &Arc<Session>, id: &str) -> Result<bool, Problem> {
    {
        let mut shown = session.shown_move();
        if shown.of == id {
            *shown = Shown::default();
        }
    }
    let id = id.to_owned();
    session
        .change(move |vault| {
            let is_noted = noted(vault).is_some_and(|(_, noted)| noted.id == id);
            if is_noted {
                vault.set_setting(UNDER_WAY, None)?;
            }
            Ok(is_noted)
        })
        .await
}

/// The account whose move is under way, and until when by its service's clock: the service tells of the new device, and nobody needs
/// to be asked about that.
pub(crate) fn account_under_way(vault: &Vault) -> Option<(RecordId, UnixMillis)> {
    noted(vault).map(|(record, noted)| (record, UnixMillis(noted.until)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(id: &str, more: &str) -> String {
        format!(r#"{{"account":"1","id":"{id}","code_hash":"00"{more}}}"#)
    }

    #[test]
    fn a_note_of_another_release_is_no_move() {
        let endless = note(&"x".repeat(65_000), "");
        for text in ["", "{", "{}", &endless, &note("../x", ""), &note("", "")] {
            assert!(read(text).is_none(), "{}", &text[..text.len().min(80)]);
        }
        let newer = read(&note("M7", r#","until":9,"shown_to":["somebody"]"#)).unwrap();
        assert_eq!((newer.id.as_str(), newer.until), ("M7", 9));
        let older = read(&note("M7", "")).unwrap();
        assert_eq!(older.until, 0);
    }

    #[test]
    fn a_step_that_never_ends_keeps_the_app_open_for_fifteen_minutes() {
        const MINUTE: Duration = Duration::from_mins(1);
        let (begun, mut shown) = (60 * MINUTE, Shown::default());
        assert!(shown.keeps_open("M7", begun));
        shown.of("M7", begun + 10 * MINUTE).digits = None;
        assert!(shown.keeps_open("M7", begun + 14 * MINUTE));
        assert!(!shown.keeps_open("M7", begun + 15 * MINUTE));
        assert!(!shown.keeps_open("M7", begun + 90 * MINUTE));
        // Another code is the person's doing
        assert!(shown.keeps_open("M8", begun + 90 * MINUTE));
    }

    #[test]
    fn a_move_that_cannot_be_asked_after_hides_the_page_only_while_it_may_go_on() {
        for late in [false, true] {
            assert!(!hides_the_rest(ProblemCode::NotAService, late));
            assert!(!hides_the_rest(ProblemCode::ServiceRefused, late));
            assert!(hides_the_rest(ProblemCode::OlderCopy, late));
            assert_eq!(hides_the_rest(ProblemCode::ServiceDown, late), !late);
            assert_eq!(hides_the_rest(ProblemCode::ClockWrong, late), !late);
        }
    }
}
