//! The recovery card: codes on paper that let a person back in when their devices are gone (rows O7, S1, S6).

use countersign_protocol::random;
use countersign_protocol::wire::self_service::{CardStanding, CardView};
use zeroize::Zeroizing;

use super::session::{SelfSession, random_id};
use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::model::{BypassCode, CodeKind, User};
use crate::passcode::{BYPASS_DIGITS, bypass_hash};
use crate::policy::{CARD_CODES, CARD_LIFE_MS};
use crate::store::own::CardDone;
use crate::throttle::{Admission, Subject};

impl Core {
    /// Makes a card in place of the person's earlier one. Its codes are in this answer and nowhere else. What is refused
    /// changes nothing, and the row of it says why.
    pub async fn make_card(
        &self,
        session: &SelfSession,
    ) -> Result<Result<CardView, CardDone>, Fault> {
        let (now, owner) = (self.now(), AsUser::of(&session.user));
        let own = self.store.own();
        let entry = |result| session.audit(now, "card.make", session.user.id.as_str(), result);
        // Asked before the slow hashes, which are a burden, and again by what writes
        let judged = own.judge_card(&owner, &session.id, now).await?;
        if judged != CardDone::Done {
            self.store.note(entry(result(judged))).await?;
            return Ok(Err(judged));
        }
        // Counted before them as well, since of calls side by side none sees another's card
        let subject = Subject::CardsOf(session.user.id.clone());
        let admission = self.store.count_attempts(&[subject], now).await?;
        if let Admission::Refused { until } = admission {
            let judged = CardDone::TooMany(until);
            self.store.note(entry(result(judged))).await?;
            return Ok(Err(judged));
        }
        let random = self.random.as_ref();
        let salt = random::bytes::<16>(random)?;
        let expires_at = now + CARD_LIFE_MS;
        let (mut codes, mut stored): (Vec<Zeroizing<String>>, Vec<BypassCode>) = Default::default();
        while codes.len() < CARD_CODES {
            let code = Zeroizing::new(random::digits(random, BYPASS_DIGITS)?);
            if codes.contains(&code) {
                continue;
            }
            let copy = code.clone();
            let hash = self.slow_hashes.run(move || bypass_hash(&copy, &salt));
            stored.push(BypassCode {
                id: random_id(random)?,
                kind: CodeKind::Card,
                salt: salt.to_vec(),
                hash: hash.await??.to_vec(),
                expires_at,
            });
            codes.push(code);
        }
        let made = own.make_card(&owner, &session.id, &stored, entry("done"));
        match made.await? {
            CardDone::Done => {}
            refused => {
                self.store.note(entry(result(refused))).await?;
                return Ok(Err(refused));
            }
        }
        self.wake_devices_of(&session.user.id).await;
        Ok(Ok(CardView {
            codes: codes.iter().map(|code| code.as_str().to_owned()).collect(),
            made_at: now.0,
            expires_at: expires_at.0,
        }))
    }

    /// Takes the person's card back.
    pub async fn stop_card(&self, session: &SelfSession) -> Result<CardDone, Fault> {
        let owner = AsUser::of(&session.user);
        let entry = session.audit(self.now(), "card.stop", session.user.id.as_str(), "done");
        let stopped = self
            .store
            .own()
            .stop_card(&owner, &session.id, entry)
            .await?;
        self.wake_devices_of(&session.user.id).await;
        Ok(stopped)
    }

    /// What is told of a person's card.
    pub(crate) async fn card_standing(&self, user: &User) -> Result<Option<CardStanding>, Fault> {
        let own = self.store.own();
        let card = own.card(&AsUser::of(user), self.now()).await?;
        Ok(card.map(|card| CardStanding {
            made_at: card.made_at.0,
            expires_at: card.expires_at.0,
            codes_left: card.codes_left,
        }))
    }
}

/// As the audit log has it.
const fn result(done: CardDone) -> &'static str {
    match done {
        CardDone::Done => "done",
        CardDone::NotThere => "not_there",
        CardDone::NotProven => "not_proven",
        CardDone::ByCode => "by_code",
        CardDone::ProofTooYoung => "young_proof",
        CardDone::TooMany(_) => "too_many",
    }
}
