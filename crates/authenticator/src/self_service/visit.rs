//! A session at a service, as long as somebody is signed in there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::door::Door;
use crate::session::held;

/// What names a session to its service. It never leaves the engine but in the header to that service (row T4).
pub(crate) struct SessionSecret(Zeroizing<String>);

impl SessionSecret {
    /// Longer than any service's would be.
    const MAX_BYTES: usize = 512;

    /// Takes what a service sent. `None` where it cannot be one.
    pub(crate) fn received(text: &str) -> Option<Self> {
        let good = (16..=Self::MAX_BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        good.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// For the header.
    pub(crate) fn expose(&self) -> &Zeroizing<String> {
        &self.0
    }
}

/// One person signed in at one service.
pub(crate) struct Visit {
    /// It began with this device's key and is worth nothing without it.
    pub bound: bool,
    secret: Mutex<Option<Arc<SessionSecret>>>,
    /// The activation that is shown, and its text, which no window gets (row T4).
    link: Mutex<Option<(String, Zeroizing<String>)>>,
    ended: CancellationToken,
}

impl Visit {
    /// The secret as it is now; `None` once the visit ended.
    pub(crate) fn secret(&self) -> Option<Arc<SessionSecret>> {
        held(&self.secret).clone()
    }

    /// The service gave it a new one, as it does when a proof is confirmed (row S7). One that comes after the end is dropped.
    pub(crate) fn renew(&self, secret: SessionSecret) {
        let mut held = held(&self.secret);
        if held.is_some() {
            *held = Some(Arc::new(secret));
        }
    }

    /// Keeps the text of the activation that is shown; the one before is of no more use.
    pub(crate) fn keep_link(&self, activation: &str, text: Zeroizing<String>) {
        *held(&self.link) = Some((activation.to_owned(), text));
    }

    /// The text of that activation, if it is the one that is shown.
    pub(crate) fn link(&self, activation: &str) -> Option<Zeroizing<String>> {
        let kept = held(&self.link);
        let (_, text) = kept.as_ref().filter(|(id, _)| id == activation)?;
        Some(text.clone())
    }

    /// Resolves when it ends: held calls end with it.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    fn end(&self) {
        *held(&self.secret) = None;
        *held(&self.link) = None;
        self.ended.cancel();
    }
}

/// All visits.
#[derive(Default)]
pub(crate) struct Visits(Mutex<HashMap<Door, Arc<Visit>>>);

impl Visits {
    /// The visit behind a door.
    pub(crate) fn at(&self, door: &Door) -> Option<Arc<Visit>> {
        self.all().get(door).cloned()
    }

    /// Begins one; the one that was there before ends. Nothing begins once the app is closing.
    pub(crate) fn begin(
        &self,
        door: Door,
        secret: SessionSecret,
        bound: bool,
        closing: &CancellationToken,
    ) {
        let mut all = self.all();
        if closing.is_cancelled() {
            return;
        }
        let visit = Arc::new(Visit {
            bound,
            secret: Mutex::new(Some(Arc::new(secret))),
            link: Mutex::default(),
            ended: closing.child_token(),
        });
        if let Some(before) = all.insert(door, visit) {
            before.end();
        }
    }

    /// Ends the one behind a door.
    pub(crate) fn end(&self, door: &Door) {
        if let Some(visit) = self.all().remove(door) {
            visit.end();
        }
    }

    /// Ends all: the app locks.
    pub(crate) fn end_all(&self) {
        for (_, visit) in self.all().drain() {
            visit.end();
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Door, Arc<Visit>>> {
        held(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use countersign_vault::RecordId;

    use super::*;

    fn account() -> Door {
        Door::Account(RecordId::parse(&format!("{:032x}", 7)).unwrap())
    }

    fn secret(fill: char) -> SessionSecret {
        SessionSecret::received(&fill.to_string().repeat(43)).unwrap()
    }

    #[test]
    fn s7_a_visit_goes_on_with_the_secret_that_it_was_given_last() {
        let (visits, closing) = (Visits::default(), CancellationToken::new());
        visits.begin(account(), secret('a'), false, &closing);
        let visit = visits.at(&account()).unwrap();
        visit.renew(secret('b'));
        assert!(visit.secret().unwrap().expose().starts_with('b'));
    }

    #[test]
    fn t4_a_visit_that_ended_takes_no_secret_any_more() {
        let (visits, closing) = (Visits::default(), CancellationToken::new());
        for end in [
            |visits: &Visits| visits.end(&account()),
            |visits: &Visits| visits.end_all(),
            // Somebody signs in anew
            |visits: &Visits| {
                visits.begin(account(), secret('c'), false, &CancellationToken::new());
            },
        ] {
            visits.begin(account(), secret('a'), false, &closing);
            let visit = visits.at(&account()).unwrap();
            end(&visits);
            visit.renew(secret('b'));
            assert!(visit.secret().is_none() && visit.ended().is_cancelled());
        }
    }

    #[test]
    fn t4_nothing_begins_while_the_app_closes() {
        let (visits, closing) = (Visits::default(), CancellationToken::new());
        closing.cancel();
        visits.begin(account(), secret('a'), false, &closing);
        assert!(visits.at(&account()).is_none());
    }

    #[test]
    fn a_header_that_cannot_be_a_secret_is_none() {
        for text in [
            "",
            "short",
            &"a".repeat(513),
            "with space in between",
            "ä".repeat(20).as_str(),
        ] {
            assert!(SessionSecret::received(text).is_none(), "{text}");
        }
    }
}
