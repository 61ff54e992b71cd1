//! The check value: a code that a page shows belongs to the first phone that scans it, and is good for that phone once
//! the page's person said that both show the same digits (row A2; PROTOCOL.md section 3).

use std::time::Duration;

use countersign_protocol::check::{CheckValue, Compared};
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::LiveActivation;
use tokio::time::Instant;

use crate::access::AsUser;
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::held::Holder;
use crate::model::{Activation, Scan};
use crate::self_service::session::SelfSession;
use crate::store::own::FollowedActivation;
use crate::waker::Topic;

/// Who asks with a code.
pub(crate) struct Asker<'a> {
    /// Its key, PEM; `None` for one that cannot show digits.
    pub(crate) key: Option<&'a str>,
    /// What it says it is.
    pub(crate) model: &'a str,
    /// From where.
    pub(crate) address: &'a str,
    /// How long it waits.
    pub(crate) wait: Duration,
}

/// Whether a key may be activated with a code now.
pub(crate) enum Comparison {
    /// It may: nobody has to compare anything, or somebody did.
    Done,
    /// The digits wait to be compared.
    Waits {
        /// For how long at most.
        until: UnixMillis,
    },
    /// The code is another's, or of no use by now.
    NotYours,
    /// Such a device cannot show digits.
    CannotShow,
}

/// Why the page's yes was not taken. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmRefused {
    /// There is no such activation in this session.
    NotThere,
    /// It was not about the digits that wait now.
    OtherDigits,
}

impl Core {
    /// Binds a page's code to the key that scanned it first, and waits until its person said yes, said no, or the time is
    /// over.
    pub(crate) async fn compare(
        &self,
        code_hash: &str,
        asker: Asker<'_>,
    ) -> Result<Comparison, Fault> {
        let deadline = Instant::now() + asker.wait;
        let mut seat = None;
        loop {
            let found = self.store.activation(code_hash).await?;
            let Some(found) = found.filter(|found| found.live.is_some() && found.used.is_none())
            else {
                return Ok(Comparison::Done);
            };
            let listener = self.waker.listen(Topic::Person(found.user_id.clone()));
            let hint = listener.hint();
            // Read again, so that a yes between the two is not slept through
            let Some(found) = self.store.activation(code_hash).await? else {
                return Ok(Comparison::NotYours);
            };
            let now = self.now();
            if found.expires_at <= now {
                return Ok(Comparison::NotYours);
            }
            let Some(key) = asker.key else {
                return Ok(Comparison::CannotShow);
            };
            match &found.scan {
                None if self.bind(&found, key, &asker).await? => {
                    self.waker.wake(&Topic::Person(found.user_id.clone()));
                }
                // Another was a moment earlier, or the page was left
                None => return Ok(Comparison::NotYours),
                Some(scan) if scan.key != key => return Ok(Comparison::NotYours),
                Some(scan) if scan.confirmed => return Ok(Comparison::Done),
                Some(_) => {}
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Comparison::Waits {
                    until: found.expires_at,
                });
            }
            let until_over = Duration::from_millis((found.expires_at - now).max(0).unsigned_abs());
            // Only the key that it belongs to comes so far, so no other phone ends this one's calls
            let seat =
                seat.get_or_insert_with(|| self.held.sit(Holder::Activation(code_hash.to_owned())));
            tokio::select! {
                () = hint.within(left.min(until_over)) => {}
                () = seat.taken() => return Err(Fault::Superseded),
            }
        }
    }

    async fn bind(&self, found: &Activation, key: &str, asker: &Asker<'_>) -> Result<bool, Fault> {
        let scan = Scan {
            key: key.to_owned(),
            model: asker.model.to_owned(),
            confirmed: false,
        };
        let entry = AuditEntry::new(
            self.now(),
            "device:new".to_owned(),
            "activation.scan",
            found.user_id.as_str(),
            "done",
        )
        .from_address(asker.address);
        Ok(self.store.note_scan(&found.code_hash, &scan, entry).await?)
    }

    /// The digits that a phone with that key shows after it scanned that code.
    pub(crate) fn check_value(&self, code_hash: &str, device_key: &str) -> CheckValue {
        CheckValue::of(&Compared {
            code_hash,
            device_key,
            service: self.service_id(),
            service_key: self.service_key_pem(),
        })
    }

    /// The page's person said that the phone shows `digits` too.
    pub async fn confirm_scan(
        &self,
        session: &SelfSession,
        id: &str,
        digits: &str,
    ) -> Result<Result<LiveActivation, ConfirmRefused>, Fault> {
        let owner = AsUser::of(&session.user);
        let own = self.store.own();
        let found = own.followed_activation(&owner, &session.id, id).await?;
        let Some(found) = found else {
            return Ok(Err(ConfirmRefused::NotThere));
        };
        let Some(scan) = self.scan_with(&found, digits) else {
            return Ok(Err(ConfirmRefused::OtherDigits));
        };
        let entry = session.audit(
            self.now(),
            "activation.confirm",
            session.user.id.as_str(),
            "done",
        );
        if own
            .confirm_scan(&owner, &session.id, id, &scan.key, entry)
            .await?
        {
            self.waker.wake(&Topic::Person(session.user.id.clone()));
        }
        let news = self
            .activation_news(session, id, None, Duration::ZERO)
            .await?;
        Ok(news.ok_or(ConfirmRefused::NotThere))
    }

    fn scan_with<'a>(&self, found: &'a FollowedActivation, digits: &str) -> Option<&'a Scan> {
        let scan = found.scan.as_ref()?;
        let shown = self.check_value(&found.code_hash, &scan.key);
        (CheckValue::parse(digits)? == shown).then_some(scan)
    }
}
