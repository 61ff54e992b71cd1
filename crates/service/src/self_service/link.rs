//! An activation's link by text, for somebody whose new phone cannot be pointed at the page.

use std::time::Duration;

use countersign_protocol::activation::ActivationText;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{ActivationState, LiveActivation};

use super::activations::state;
use super::phone_number::E164;
use super::sending::Sending;
use super::session::SelfSession;
use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::store::carriers::TextPurpose;
use crate::store::own::FollowedActivation;
use crate::texts::words;
use crate::throttle::{Admission, Subject};

/// Why no link was sent. The code on the page is as good as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRefused {
    /// There is no such activation in this session, or the link is another's.
    NotThere,
    /// The device has no number that takes texts, the site sends none, or the code was scanned by now.
    CannotDoThat,
    /// Too many texts, until then.
    TooMany(UnixMillis),
    /// It could not be sent.
    Unavailable,
}

impl Core {
    /// The number that a link of this activation can be texted to: the one that the device has, or that was confirmed for it.
    pub(crate) async fn texted_at(
        &self,
        session: &SelfSession,
        found: &FollowedActivation,
    ) -> Result<Option<E164>, Fault> {
        let number = match (&found.device, &found.live.new) {
            (Some(device), _) => {
                let owned = self.owned_device(&session.user, device.as_str()).await?;
                owned.and_then(|owned| owned.number)
            }
            (None, new) => {
                let number = new.as_ref().and_then(|new| new.number.as_ref());
                number.map(|(number, _)| E164::from_stored(number.clone()))
            }
        };
        let texts = self.phones.texter.is_some();
        Ok(number.filter(|number| {
            let read = self.phones.countries.read(number.as_str());
            texts && read.is_some_and(|read| read.textable)
        }))
    }

    /// Texts the link of an activation that waits. The page says it, since only a hash of its code is kept.
    pub async fn text_link(
        &self,
        session: &SelfSession,
        id: &str,
        link: &str,
    ) -> Result<Result<LiveActivation, LinkRefused>, Fault> {
        let owner = AsUser::of(&session.user);
        let own = self.store.own();
        let found = own.followed_activation(&owner, &session.id, id).await?;
        let read = ActivationText::read(link).and_then(Result::ok);
        // What is sent is written anew, so that nothing else travels under our name
        let (Some(found), Some(read)) = (found, read) else {
            return Ok(Err(LinkRefused::NotThere));
        };
        if read.code.hashed() != found.code_hash || read.host != self.site.host {
            return Ok(Err(LinkRefused::NotThere));
        }
        let number = self.texted_at(session, &found).await?;
        let Some(number) = number else {
            return Ok(Err(LinkRefused::CannotDoThat));
        };
        let now = self.now();
        if state(&found, now) != ActivationState::Waiting {
            return Ok(Err(LinkRefused::CannotDoThat));
        }
        let limits = [
            Subject::CodesAnHour(session.user.id.clone()),
            Subject::CodesADay(session.user.id.clone()),
            Subject::CodesTo(number.as_str().to_owned()),
        ];
        if let Admission::Refused { until } = self.store.count_attempts(&limits, now).await? {
            return Ok(Err(LinkRefused::TooMany(until)));
        }
        let entry = session.audit(now, "activation.text", session.user.id.as_str(), "done");
        self.store.note(entry).await?;
        let desk = self.site.service_desk.as_ref();
        let desk = desk.and_then(|desk| desk.number.as_deref().or(desk.extension.as_deref()));
        let text = words::link(self.phones.text_language, &read.app_text(), desk);
        let user = &session.user;
        match self
            .send_text(user, &number, TextPurpose::Link, &text)
            .await?
        {
            Sending::Sent => {}
            Sending::TooMany(until) => return Ok(Err(LinkRefused::TooMany(until))),
            Sending::Unavailable => return Ok(Err(LinkRefused::Unavailable)),
        }
        let news = self
            .activation_news(session, id, None, Duration::ZERO)
            .await?;
        Ok(news.ok_or(LinkRefused::NotThere))
    }
}
