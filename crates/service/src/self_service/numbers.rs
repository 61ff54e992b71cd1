//! Numbers: confirmed by a code typed back before anything is called for a sign-in (rows H1, H3).

use countersign_protocol::ids::{AccountKey, DeviceId};
use countersign_protocol::random;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{NumberBy, NumberView, NumberWanted};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::call::{CallOutcome, speak_code};
use super::phone_number::{ReadNumber, read_extension};
use super::placing::{PlacedCall, Placing};
use super::sending::Sending;
use super::session::{SelfSession, random_id};
use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::model::User;
use crate::policy::{NUMBER_CODE_DIGITS, NUMBER_CODE_MS, NUMBER_CODE_PAUSE_MS, NUMBER_CODE_TRIES};
use crate::secrets::{Kind, Purpose};
use crate::store::carriers::{CallPurpose, TextPurpose};
use crate::store::own::{
    CodeAdded, LandlineAdded, NewCode, NewLandline, NewNumber, NumberOwner, StoredNumber,
};
use crate::texts::words;
use crate::throttle::{Admission, Subject};
use crate::waker::Topic;

/// What a landline is called until its owner renames it.
const LANDLINE: &str = "Landline";
/// The same of a mobile phone without the app.
const MOBILE: &str = "Mobile phone";

/// Why nothing was done with a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberRefused {
    /// No number that can be dialled, or that is.
    BadNumber,
    /// Not this session's, or not confirmed.
    NotThere,
    /// The site has nobody who reaches it in that way.
    CannotDoThat,
    /// Somebody has it on a device.
    Had(NumberOwner),
    /// Too many codes, until then.
    TooMany(UnixMillis),
    /// A wrong code; so many tries are left.
    WrongCode(u32),
    /// There is no code, it ran out, or it was tried too often.
    CodeOver,
    /// The person has a device by now, and needs a proof for another.
    ProofNeeded,
    /// It could not be sent.
    Unavailable,
}

/// What came of something with a number.
pub type Numbered<T> = Result<Result<T, NumberRefused>, Fault>;

impl Core {
    /// Takes a number that is to be confirmed.
    pub async fn begin_number(
        &self,
        session: &SelfSession,
        wanted: &NumberWanted,
    ) -> Numbered<NumberView> {
        let extension = wanted.extension.as_deref().unwrap_or_default();
        let Some(extension) =
            read_extension(extension).filter(|digits| wanted.landline || digits.is_empty())
        else {
            return Ok(Err(NumberRefused::BadNumber));
        };
        let typed = wanted.number.as_deref();
        let read = match typed {
            Some(typed) => self.phones.countries.read(typed),
            None => self.listed_number(&session.user).await?,
        };
        let Some(read) = read else {
            return Ok(Err(NumberRefused::BadNumber));
        };
        // Whoever asks for numbers learns which of them are somebody's, so there are not many to ask for
        let asks = Subject::NumbersOf(session.user.id.clone());
        let now = self.now();
        if let Admission::Refused { until } = self.store.count_attempts(&[asks], now).await? {
            return Ok(Err(NumberRefused::TooMany(until)));
        }
        let new = NewNumber {
            id: random_id(self.random.as_ref())?,
            session: session.id.clone(),
            landline: wanted.landline || !read.textable,
            number: read.number,
            extension,
            listed: typed.is_none(),
        };
        if self.ways_to(&new).is_empty() {
            return Ok(Err(NumberRefused::CannotDoThat));
        }
        let owner = AsUser::of(&session.user);
        let own = self.store.own();
        let had = own
            .number_owner(&owner, &new.number, &new.extension)
            .await?;
        if had != NumberOwner::Nobody {
            return Ok(Err(NumberRefused::Had(had)));
        }
        let entry = session.audit(now, "number.add", session.user.id.as_str(), "done");
        own.add_number(&owner, &new, entry).await?;
        self.number_view(session, &new.id).await
    }

    /// The number that the organisation has for a person, where one can be reached by the rules of today and nobody's
    /// device has it. Whether it is the person's own shows when a code is typed back, as with every other.
    pub(super) async fn listed_number(&self, user: &User) -> Result<Option<ReadNumber>, Fault> {
        let listed = self.store.own().listed_number(&AsUser::of(user)).await?;
        Ok(listed.and_then(|number| self.phones.countries.read(number.as_str())))
    }

    /// How a code can travel to a number.
    fn ways_to(&self, number: &NewNumber) -> Vec<NumberBy> {
        let text = (self.phones.texter.is_some() && !number.landline).then_some(NumberBy::Text);
        let call = self.phones.caller.is_some().then_some(NumberBy::Call);
        text.into_iter().chain(call).collect()
    }

    async fn number_view(&self, session: &SelfSession, id: &str) -> Numbered<NumberView> {
        let owner = AsUser::of(&session.user);
        let stored = self.store.own().number(&owner, &session.id, id).await?;
        Ok(stored
            .map(|stored| self.view_of_number(&stored))
            .ok_or(NumberRefused::NotThere))
    }

    fn view_of_number(&self, stored: &StoredNumber) -> NumberView {
        NumberView {
            id: stored.new.id.clone(),
            shown: if stored.new.listed {
                stored.new.number.masked()
            } else {
                stored.new.number.shown()
            },
            by: self.ways_to(&stored.new),
            confirmed: stored.confirmed_at.is_some(),
            again_at: stored.again_at.map(|at| at.0),
            code_until: stored.code_until.map(|until| until.0),
        }
    }

    /// Sends a code to a number. An earlier one works no longer.
    pub async fn send_code(
        &self,
        session: &SelfSession,
        id: &str,
        by: NumberBy,
    ) -> Numbered<NumberView> {
        let owner = AsUser::of(&session.user);
        let own = self.store.own();
        let Some(stored) = own.number(&owner, &session.id, id).await? else {
            return Ok(Err(NumberRefused::NotThere));
        };
        if !self.ways_to(&stored.new).contains(&by) {
            return Ok(Err(NumberRefused::CannotDoThat));
        }
        if stored.confirmed_at.is_some() {
            return Ok(Ok(self.view_of_number(&stored)));
        }
        let now = self.now();
        let random = self.random.as_ref();
        let code = Zeroizing::new(random::digits(random, NUMBER_CODE_DIGITS)?);
        let count = stored.codes_sent + 1;
        let new = NewCode {
            sealed: self
                .master
                .seal(code_of(id, count), code.as_bytes(), random)?,
            count,
            until: now + NUMBER_CODE_MS,
            again_at: now + NUMBER_CODE_PAUSE_MS,
            tries: NUMBER_CODE_TRIES,
        };
        let limits = [
            Subject::CodesAnHour(session.user.id.clone()),
            Subject::CodesADay(session.user.id.clone()),
            Subject::CodesTo(stored.new.line()),
        ];
        let entry = session.audit(now, "number.code", session.user.id.as_str(), way_text(by));
        let added = own
            .add_code(&owner, &session.id, id, &new, &limits, entry)
            .await?;
        match added {
            CodeAdded::Done => {}
            CodeAdded::TooMany(until) => return Ok(Err(NumberRefused::TooMany(until))),
            // Another one was sent at this moment
            CodeAdded::NotNow => {
                return Ok(Err(NumberRefused::TooMany(now + NUMBER_CODE_PAUSE_MS)));
            }
        }
        let sending = match by {
            NumberBy::Text => {
                let words = words::code(self.phones.text_language, &code, &self.site.organisation);
                let (user, to) = (&session.user, &stored.new.number);
                self.send_text(user, to, TextPurpose::Code, &words).await?
            }
            NumberBy::Call => {
                let NewNumber {
                    number, extension, ..
                } = &stored.new;
                let placing = self.place(&session.user, number, extension, CallPurpose::Code);
                match placing.await? {
                    Placing::Placed(placed) => self.speak(&stored.new, code, placed).await,
                    Placing::TooMany(until) => Sending::TooMany(until),
                    Placing::NumberBusy => Sending::TooMany(now + NUMBER_CODE_PAUSE_MS),
                }
            }
        };
        match sending {
            Sending::Sent => self.number_view(session, id).await,
            Sending::TooMany(until) => Ok(Err(NumberRefused::TooMany(until))),
            Sending::Unavailable => Ok(Err(NumberRefused::Unavailable)),
        }
    }

    /// Hands a code to whoever places calls. Whether it is heard shows when it is typed.
    async fn speak(
        &self,
        number: &NewNumber,
        code: Zeroizing<String>,
        placed: PlacedCall,
    ) -> Sending {
        let Some(caller) = &self.phones.caller else {
            placed.given_up().await;
            return Sending::Unavailable;
        };
        let organisation = self.site.organisation.clone();
        match caller.call(&number.number, &number.extension).await {
            Ok(line) => {
                let mut line = placed.metered(line);
                self.calls.spawn(async move {
                    let outcome = speak_code(&mut line, &organisation, &code).await;
                    drop(line);
                    placed.over(outcome).await;
                });
                Sending::Sent
            }
            Err(error) => {
                placed.over(CallOutcome::Failed).await;
                tracing::warn!(%error, "a code was not spoken");
                Sending::Unavailable
            }
        }
    }

    /// Takes a code that was typed back.
    pub async fn confirm_number(
        &self,
        session: &SelfSession,
        id: &str,
        typed: &str,
    ) -> Numbered<NumberView> {
        let owner = AsUser::of(&session.user);
        let own = self.store.own();
        let Some(known) = own.number(&owner, &session.id, id).await? else {
            return Ok(Err(NumberRefused::NotThere));
        };
        if known.confirmed_at.is_some() {
            return Ok(Ok(self.view_of_number(&known)));
        }
        let now = self.now();
        let counted = own.count_code_try(&owner, &session.id, id, now).await?;
        let Some((counted, sealed)) = counted.and_then(|counted| {
            let sealed = counted.code.clone()?;
            Some((counted, sealed))
        }) else {
            return Ok(Err(NumberRefused::CodeOver));
        };
        let code = self.master.open(code_of(id, counted.codes_sent), &sealed)?;
        let digits: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).collect());
        let object = session.user.id.as_str();
        if !bool::from(digits.as_bytes().ct_eq(&code)) {
            let entry = session.audit(now, "number.confirm", object, "wrong");
            self.store.note(entry).await?;
            let left = u32::try_from(counted.tries_left).unwrap_or(0);
            return Ok(Err(NumberRefused::WrongCode(left)));
        }
        let entry = session.audit(now, "number.confirm", object, "done");
        let count = counted.codes_sent;
        if !own
            .confirm_number(&owner, &session.id, id, count, entry)
            .await?
        {
            return Ok(Err(NumberRefused::CodeOver));
        }
        self.number_view(session, id).await
    }

    /// Adds a landline, or a mobile phone without the app, whose number was confirmed in this session.
    pub async fn add_landline(&self, session: &SelfSession, number: &str) -> Numbered<()> {
        let now = self.now();
        let random = self.random.as_ref();
        let landline = NewLandline {
            id: DeviceId::make(random)?,
            akey: AccountKey::make(random)?,
            name: LANDLINE.to_owned(),
            mobile_name: MOBILE.to_owned(),
            unproven: session.unproven,
        };
        let entry = session.audit(now, "device.landline", landline.id.as_str(), "done");
        let owner = AsUser::of(&session.user);
        let added = self
            .store
            .own()
            .add_landline(&owner, &session.id, number, &landline, entry)
            .await?;
        Ok(match added {
            LandlineAdded::Done => {
                self.waker.wake(&Topic::Person(session.user.id.clone()));
                self.wake_devices_of(&session.user.id).await;
                Ok(())
            }
            LandlineAdded::NotThere => Err(NumberRefused::NotThere),
            LandlineAdded::Taken(had) => Err(NumberRefused::Had(had)),
            LandlineAdded::NotFirst => Err(NumberRefused::ProofNeeded),
        })
    }
}

fn code_of(id: &str, count: i64) -> Purpose<'_> {
    Purpose {
        kind: Kind::NumberCode,
        id,
        version: count,
    }
}

const fn way_text(by: NumberBy) -> &'static str {
    match by {
        NumberBy::Text => "text",
        NumberBy::Call => "call",
    }
}
