//! Texts in a service's answers, made safe to show (row T5).

use countersign_protocol::{
    label::Label,
    wire::self_service::{
        CardView, DeskBypass, DeskFound, DeskUser, LiveActivation, NumberView, OwnDevice, Problem,
        ProofView, ServiceDesk, SessionView, SiteView, TestView,
    },
};

/// An answer whose texts a window may show.
pub(crate) trait Tidy {
    /// Cleans every text that a person reads.
    fn tidy(&mut self);
}

impl Tidy for () {
    fn tidy(&mut self) {}
}

impl Tidy for SiteView {
    fn tidy(&mut self) {
        clean(&mut self.organisation);
        if let Some(ServiceDesk {
            extension, number, ..
        }) = &mut self.service_desk
        {
            each(extension);
            each(number);
        }
    }
}

impl Tidy for SessionView {
    fn tidy(&mut self) {
        clean(&mut self.person.name);
        clean(&mut self.person.account);
        self.devices.iter_mut().for_each(Tidy::tidy);
        for way in &mut self.ways {
            clean(&mut way.name);
            each(&mut way.ending);
        }
    }
}

impl Tidy for OwnDevice {
    fn tidy(&mut self) {
        clean(&mut self.name);
        each(&mut self.number);
    }
}

impl Tidy for ProofView {
    fn tidy(&mut self) {
        clean(&mut self.name);
        each(&mut self.number);
        each(&mut self.ending);
    }
}

impl Tidy for NumberView {
    fn tidy(&mut self) {
        clean(&mut self.shown);
    }
}

impl Tidy for LiveActivation {
    fn tidy(&mut self) {
        each(&mut self.text);
        if let Some(done) = &mut self.done {
            done.tidy();
        }
    }
}

impl Tidy for TestView {
    fn tidy(&mut self) {}
}

impl Tidy for DeskFound {
    fn tidy(&mut self) {
        self.people.iter_mut().for_each(Tidy::tidy);
    }
}

impl Tidy for DeskUser {
    fn tidy(&mut self) {
        clean(&mut self.name);
        clean(&mut self.account);
        for device in &mut self.devices {
            clean(&mut device.name);
        }
        for event in &mut self.events {
            clean(&mut event.action);
            clean(&mut event.result);
            clean(&mut event.source);
        }
    }
}

impl Tidy for CardView {
    fn tidy(&mut self) {
        self.codes.iter_mut().for_each(clean);
    }
}

impl Tidy for DeskBypass {
    fn tidy(&mut self) {
        clean(&mut self.code);
    }
}

impl Tidy for Problem {
    fn tidy(&mut self) {
        each(&mut self.device);
    }
}

fn clean(text: &mut String) {
    *text = Label::new(text).to_string();
}

fn each(text: &mut Option<String>) {
    text.iter_mut().for_each(clean);
}
