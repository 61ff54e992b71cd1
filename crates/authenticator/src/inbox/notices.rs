//! What services tell of the person's other devices and of their account, and what the person says to it (PROTOCOL.md §10,
//! rows S5, K6 and O7).

use std::sync::Arc;

use countersign_protocol::{
    label::Label,
    notice::{NoticeAnswer, NoticeKind},
    wire::{
        device::{NoticeAnswered, NoticeOfDevice},
        envelope::code,
    },
};
use countersign_vault::RecordId;

use crate::{
    activity::Happened,
    dialect::countersign::{self, Parties},
    member::Member,
    network::Reply,
    session::Session,
    view::{ActivityKind, DeviceChange, NoticeView, Problem, ProblemCode},
};

/// The most notices of one account that are shown: a person has a handful of devices.
const MOST: usize = 20;

/// A notice that its service vouched for.
#[derive(Clone)]
pub(crate) struct KnownNotice {
    /// The account.
    pub account: RecordId,
    notice: NoticeOfDevice,
    kind: NoticeKind,
    device: String,
    organisation: String,
    username: String,
}

impl KnownNotice {
    /// `None` where the signature does not hold, or the kind is one of a later release.
    fn of(member: &Member, parties: &Parties, notice: NoticeOfDevice) -> Option<Self> {
        if !countersign::vouches_for(parties, &notice) {
            tracing::warn!(
                notice = notice.id.as_str(),
                "a notice whose signature does not hold was left out"
            );
            return None;
        }
        Some(Self {
            account: member.id,
            kind: NoticeKind::of(&notice.kind)?,
            device: Label::new(&notice.device_name).to_string(),
            organisation: member.organisation.clone(),
            username: member.username.clone(),
            notice,
        })
    }

    /// Its name in this app: two services might use the same one.
    fn id(&self) -> String {
        format!("{}-{}", self.account, self.notice.id)
    }

    /// A device was added.
    pub(crate) fn is_of_new_device(&self) -> bool {
        self.kind == NoticeKind::Added
    }

    /// What a window shows.
    pub(crate) fn view(&self) -> NoticeView {
        NoticeView {
            id: self.id(),
            account_id: self.account.to_string(),
            change: match self.kind {
                NoticeKind::Added => DeviceChange::Added,
                NoticeKind::Reactivated => DeviceChange::Reactivated,
                NoticeKind::Removed => DeviceChange::Removed,
                NoticeKind::Suspended => DeviceChange::Suspended,
                NoticeKind::BypassMade => DeviceChange::PasscodeGiven,
                NoticeKind::BypassUsed => DeviceChange::PasscodeUsed,
                NoticeKind::CardMade => DeviceChange::CardMade,
                NoticeKind::CardUsed => DeviceChange::CardUsed,
                NoticeKind::CardStopped => DeviceChange::CardStopped,
                NoticeKind::Unlocked => DeviceChange::Unlocked,
            },
            device: self.device.clone(),
            organisation: self.organisation.clone(),
            username: self.username.clone(),
            at_ms: self.notice.created_at.to_string(),
        }
    }

    const fn activity(&self) -> ActivityKind {
        match self.kind {
            NoticeKind::Added => ActivityKind::DeviceAdded,
            NoticeKind::Reactivated => ActivityKind::DeviceReactivated,
            NoticeKind::Removed => ActivityKind::DeviceRemoved,
            NoticeKind::Suspended => ActivityKind::DeviceSuspended,
            NoticeKind::BypassMade => ActivityKind::PasscodeGiven,
            NoticeKind::BypassUsed => ActivityKind::PasscodeUsed,
            NoticeKind::CardMade => ActivityKind::CardMade,
            NoticeKind::CardUsed => ActivityKind::CardUsed,
            NoticeKind::CardStopped => ActivityKind::CardStopped,
            NoticeKind::Unlocked => ActivityKind::Unlocked,
        }
    }
}

/// Makes what is known here the same as what the service tells. What is new is noted in the list of activities, once.
pub(crate) async fn take_in(
    session: &Arc<Session>,
    member: &Member,
    parties: &Parties,
    told: Vec<NoticeOfDevice>,
) {
    let told: Vec<KnownNotice> = told
        .into_iter()
        .take(MOST)
        .filter_map(|notice| KnownNotice::of(member, parties, notice))
        .collect();
    let new: Vec<KnownNotice> = {
        let mut known = session.notices();
        let before: Vec<String> = known.iter().map(KnownNotice::id).collect();
        known.retain(|one| one.account != member.id);
        known.extend(told.iter().cloned());
        let after: Vec<String> = known.iter().map(KnownNotice::id).collect();
        if before != after {
            session.core.changed();
        }
        told.into_iter()
            .filter(|one| !before.contains(&one.id()))
            .collect()
    };
    for one in new {
        note(session, one.activity(), one).await;
    }
}

async fn note(session: &Arc<Session>, kind: ActivityKind, notice: KnownNotice) {
    let now = session.core.surroundings.clock.now();
    let noted = session.vault(move |vault| {
        let id = notice.notice.id.as_str();
        let happened = Happened::to_device(kind, vault, notice.account, &notice.device, id);
        if !happened.is_noted(vault) {
            happened.note(vault, now);
        }
    });
    if noted.await.is_err() {
        tracing::warn!(?kind, "an activity was not noted: the app was locked");
    }
}

/// Says to the service what the person says. What was lost on the way can be said again: the service takes the same twice.
pub(crate) async fn answer(session: &Arc<Session>, id: &str, not_me: bool) -> Result<(), Problem> {
    let known = session.notices().iter().find(|one| one.id() == id).cloned();
    let known = known.ok_or(ProblemCode::RequestGone)?;
    let member = Member::of(session, known.account)
        .await?
        .ok_or(ProblemCode::AccountGone)?;
    let parties = member.parties.as_ref().ok_or(ProblemCode::Unforeseen)?;
    let answer = if not_me {
        NoticeAnswer::NotMe
    } else {
        NoticeAnswer::Seen
    };
    let signer = member.signer(session.now_for(member.id));
    let outgoing = countersign::answer_notice(&signer, parties, &known.notice, answer)
        .map_err(|_| ProblemCode::Unforeseen)?;
    let sent = session.core.network.send::<NoticeAnswered>(&outgoing).await;
    let over = match sent {
        Ok(Reply::Ok(_)) => Ok(()),
        // A later change took its place, or the other was said before
        Ok(Reply::Refused(failure))
            if matches!(failure.code, code::NOT_FOUND | code::ALREADY_DECIDED) =>
        {
            Err(ProblemCode::RequestGone.into())
        }
        Ok(Reply::Refused(failure)) => {
            return Err(Problem::new(ProblemCode::ServiceRefused)
                .about(Label::new(&failure.message).as_str())
                .counting(failure.code));
        }
        Err(failure) => {
            return Err(Problem::new(failure.problem()).about(member.host.as_str()));
        }
    };
    session.notices().retain(|one| one.id() != id);
    session.core.changed();
    if over.is_ok() && not_me {
        note(session, ActivityKind::ChangeReported, known).await;
    }
    over
}
