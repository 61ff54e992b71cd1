//! What a session is told about itself: stage, person, devices, ways.

use countersign_protocol::wire::self_service::{
    ByDesk, DeskActKind, DeviceKind, DeviceStanding, First, ListedNumber, OwnDevice, Person,
    ServiceDesk, SessionView, SiteView, Stage, Way, WayKind, WhyNot,
};

use super::session::SelfSession;
use crate::core::{Core, Fault};
use crate::model::User;
use crate::policy::{DESK_SEEN, DESK_SEEN_MS, Enrolment};
use crate::throttle::Subject;

impl Core {
    /// What the sign-in page has to know before anybody signed in.
    pub async fn site_view(&self, address: &str) -> SiteView {
        let workstation = self.workstation_at(address).await;
        SiteView {
            organisation: self.site.organisation.clone(),
            service_desk: self.site.service_desk.as_ref().map(|desk| ServiceDesk {
                extension: desk.extension.clone(),
                number: desk.number.clone(),
                always: desk.always,
            }),
            enrolment_open: self.site.enrolment == Enrolment::Open,
            calls: self.phones.caller.is_some(),
            texts: self.phones.texter.is_some(),
            shared: workstation.may_be_shared(),
            recognises: self.asks_computer(address, workstation).is_ok(),
        }
    }

    /// What a session is told.
    pub async fn session_view(&self, session: &SelfSession) -> Result<SessionView, Fault> {
        let devices = self.own_devices(&session.user).await?;
        let ways = self.ways_of(&session.user, &devices).await?;
        Ok(SessionView {
            stage: session.stage,
            person: Person {
                name: session.user.shown_name().to_owned(),
                account: session.user.name.clone(),
                operator: session.user.operator,
            },
            ways,
            devices,
            csrf: session.csrf.clone(),
            idle_at: session.idle_at.0,
            ends_at: session.ends_at.0,
            proven_until: session.proven_until().map(|until| until.0),
            shared: session.shared,
            this_device: session.this_device.as_ref().map(ToString::to_string),
            listed_number: self.offered_number(session).await?,
            card: if session.stage == Stage::Open {
                self.card_standing(&session.user).await?
            } else {
                None
            },
            by_desk: if session.stage == Stage::Open {
                self.by_desk(&session.user).await?
            } else {
                Vec::new()
            },
        })
    }

    /// The number that can be offered where one is added: to nobody before the session may add any.
    async fn offered_number(&self, session: &SelfSession) -> Result<Option<ListedNumber>, Fault> {
        let reachable = self.phones.caller.is_some() || self.phones.texter.is_some();
        if !reachable || session.stage == Stage::Prove {
            return Ok(None);
        }
        let listed = self.listed_number(&session.user).await?;
        Ok(listed.map(|read| ListedNumber {
            shown: read.number.masked(),
            landline: !read.textable,
        }))
    }

    /// What the help desk did for a person lately: who was let in by it sees that it was there (row K6).
    async fn by_desk(&self, user: &User) -> Result<Vec<ByDesk>, Fault> {
        let since = self.now() + -DESK_SEEN_MS;
        let desk = self.store.desk();
        let done = desk.done_by_desk(&user.id, since, DESK_SEEN).await?;
        let told = done.into_iter().filter_map(|(at, action)| {
            let act = match action.as_str() {
                "desk.bypass" => DeskActKind::Bypass,
                "desk.unlock" => DeskActKind::Unlock,
                "desk.release" => DeskActKind::Release,
                "desk.suspend" => DeskActKind::Suspend,
                "desk.card" => DeskActKind::Card,
                _ => return None,
            };
            Some(ByDesk { at: at.0, act })
        });
        Ok(told.collect())
    }

    /// How the person of these devices can prove who they are now.
    pub(crate) async fn ways_of(
        &self,
        user: &User,
        devices: &[OwnDevice],
    ) -> Result<Vec<Way>, Fault> {
        let now = self.now();
        let locked_until = self
            .store
            .gate()
            .blocked_until(&Subject::User(user.id.clone()))
            .await?;
        let calls_paused_until = self
            .store
            .gate()
            .blocked_until(&Subject::CallsOf(user.id.clone()))
            .await?;
        let obstacles = Obstacles {
            paused: now < user.pushes_paused_until,
            locked: now < locked_until,
            calls_paused: now < calls_paused_until,
        };
        Ok(ways(devices, obstacles))
    }
}

/// What keeps ways from working whatever the device.
#[derive(Debug, Clone, Copy)]
struct Obstacles {
    /// Pushes to the person are stopped.
    paused: bool,
    /// Passcodes are not looked at.
    locked: bool,
    /// Calls to the person are stopped.
    calls_paused: bool,
}

/// How the person of these devices can prove who they are: what works first, the default device's first choice before
/// all others; then what does not, with the reason.
fn ways(devices: &[OwnDevice], obstacles: Obstacles) -> Vec<Way> {
    let mut ways: Vec<Way> = devices
        .iter()
        .flat_map(|device| {
            let push = push_way(device, obstacles);
            let why_no_call = obstacles.calls_paused.then_some(WhyNot::Paused);
            let call = device
                .call
                .then(|| way(WayKind::Call, Some(device), why_no_call));
            if device.default && device.first == First::Call {
                [call, push]
            } else {
                [push, call]
            }
        })
        .flatten()
        .collect();
    ways.push(way(
        WayKind::Passcode,
        None,
        obstacles.locked.then_some(WhyNot::Locked),
    ));
    // Stable, so the order of the devices stays within both halves
    ways.sort_by_key(|way| way.why_not.is_some());
    let one_fails = ways.iter().any(|way| way.why_not.is_some());
    if let Some(first) = ways.first_mut() {
        first.best = one_fails && first.why_not.is_none();
    }
    ways
}

/// A push, where the device has an app that can be asked with a number or is meant to.
fn push_way(device: &OwnDevice, obstacles: Obstacles) -> Option<Way> {
    let why_not = match device.standing {
        _ if device.kind == DeviceKind::Landline => return None,
        DeviceStanding::CallsOnly => return None,
        DeviceStanding::NeedsReactivating if device.last_used_at.is_none() => {
            Some(WhyNot::NeverActivated)
        }
        DeviceStanding::NeedsReactivating => Some(WhyNot::OutOfStep),
        DeviceStanding::Silent => Some(WhyNot::Silent),
        DeviceStanding::Works if !device.push => return None,
        DeviceStanding::Works if obstacles.paused => Some(WhyNot::Paused),
        DeviceStanding::Works => None,
    };
    Some(way(WayKind::Push, Some(device), why_not))
}

fn way(kind: WayKind, device: Option<&OwnDevice>, why_not: Option<WhyNot>) -> Way {
    let ending = device
        .filter(|_| kind == WayKind::Call)
        .and_then(|device| device.number.as_deref())
        .map(|number| {
            let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
            digits.iter().skip(digits.len().saturating_sub(4)).collect()
        });
    Way {
        kind,
        device: device.map(|device| device.id.clone()),
        name: device.map(|device| device.name.clone()).unwrap_or_default(),
        ending,
        why_not,
        best: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Obstacles = Obstacles {
        paused: false,
        locked: false,
        calls_paused: false,
    };

    fn phone(id: &str, standing: DeviceStanding) -> OwnDevice {
        OwnDevice {
            id: id.into(),
            name: id.to_uppercase(),
            kind: DeviceKind::Phone,
            number: None,
            standing,
            default: false,
            first: First::Push,
            push: standing == DeviceStanding::Works,
            passcode: true,
            call: false,
            last_used_at: Some(1),
            added_at: 1,
        }
    }

    fn told(ways: &[Way]) -> Vec<(WayKind, &str, Option<WhyNot>, bool)> {
        ways.iter()
            .map(|way| (way.kind, way.name.as_str(), way.why_not, way.best))
            .collect()
    }

    #[test]
    fn what_works_comes_first_and_is_marked_only_where_something_does_not() {
        use DeviceStanding::{Silent, Works};
        let good = ways(&[phone("a", Works), phone("b", Works)], NONE);
        assert_eq!(
            told(&good),
            [
                (WayKind::Push, "A", None, false),
                (WayKind::Push, "B", None, false),
                (WayKind::Passcode, "", None, false)
            ]
        );
        let silent = ways(&[phone("a", Silent), phone("b", Works)], NONE);
        assert_eq!(
            told(&silent),
            [
                (WayKind::Push, "B", None, true),
                (WayKind::Passcode, "", None, false),
                (WayKind::Push, "A", Some(WhyNot::Silent), false)
            ]
        );
    }

    #[test]
    fn a_device_that_was_never_activated_says_so() {
        let mut device = phone("a", DeviceStanding::NeedsReactivating);
        assert_eq!(
            ways(std::slice::from_ref(&device), NONE)[1].why_not,
            Some(WhyNot::OutOfStep)
        );
        device.last_used_at = None;
        assert_eq!(
            ways(&[device], NONE)[1].why_not,
            Some(WhyNot::NeverActivated)
        );
    }

    #[test]
    fn c5_o6_pauses_and_locks_are_told_each_at_its_way_and_a_passcode_is_always_offered() {
        let device = phone("a", DeviceStanding::Works);
        let paused = Obstacles {
            paused: true,
            ..NONE
        };
        assert_eq!(
            told(&ways(std::slice::from_ref(&device), paused)),
            [
                (WayKind::Passcode, "", None, true),
                (WayKind::Push, "A", Some(WhyNot::Paused), false)
            ]
        );
        let locked = Obstacles {
            locked: true,
            ..NONE
        };
        assert_eq!(
            told(&ways(&[device], locked)),
            [
                (WayKind::Push, "A", None, true),
                (WayKind::Passcode, "", Some(WhyNot::Locked), false)
            ]
        );
        assert_eq!(
            told(&ways(&[], NONE)),
            [(WayKind::Passcode, "", None, false)]
        );
    }

    #[test]
    fn a_call_comes_first_where_the_default_device_is_called_first() {
        let mut device = phone("a", DeviceStanding::Works);
        (device.default, device.call, device.first) = (true, true, First::Call);
        device.number =
            Some("+44 \u{2022}\u{2022}\u{2022}\u{2022}\u{2022} \u{2022}\u{2022}0471".into());
        let ways = ways(&[device], NONE);
        assert_eq!(ways[0].kind, WayKind::Call);
        assert_eq!(ways[0].ending.as_deref(), Some("0471"));
        assert_eq!(ways[1].ending, None);
    }
}
