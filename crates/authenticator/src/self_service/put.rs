//! Everything that a window may ask of self-service, as one message and its answer.

use countersign_protocol::wire::self_service::{
    ActivationWanted, CardView, DeskBypass, DeskFound, DeskUser, DeviceKind, First, LiveActivation,
    NumberBy, NumberView, NumberWanted, ProofView, ProofWanted, SessionView, SiteView, TestView,
};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use super::{SelfService, client::Answer};
use crate::view::SelfServiceAnswer;

/// One call, as a window makes it.
#[derive(Deserialize)]
#[serde(tag = "want", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each is the method of `SelfService` with its name"
)]
pub enum SelfServiceAsk {
    Site,
    SignIn {
        username: String,
        #[serde(deserialize_with = "wiped")]
        password: Zeroizing<String>,
    },
    Session,
    Stay,
    SignOut,
    Prove {
        wanted: ProofWanted,
    },
    Proof {
        id: String,
        after: u32,
    },
    CancelProof {
        id: String,
    },
    Rename {
        device: String,
        name: String,
    },
    PutFirst {
        device: String,
        first: First,
    },
    Remove {
        device: String,
    },
    SendTest {
        device: String,
    },
    Test {
        id: String,
        after: u32,
    },
    AddNumber {
        wanted: NumberWanted,
    },
    SendCode {
        number: String,
        by: NumberBy,
    },
    ConfirmNumber {
        number: String,
        code: String,
    },
    AddLandline {
        number: String,
    },
    Activate {
        wanted: ActivationWanted,
    },
    Activation {
        id: String,
        after: u32,
    },
    TextLink {
        id: String,
    },
    ConfirmScan {
        id: String,
        check: String,
    },
    CancelActivation {
        id: String,
    },
    ReactivateHere {
        device: String,
    },
    AddHere {
        kind: DeviceKind,
        number: Option<String>,
    },
    MakeCard,
    StopCard,
    DeskFind {
        name: String,
    },
    DeskPerson {
        person: String,
    },
    DeskBypass {
        person: String,
        reason: String,
    },
    DeskUnlock {
        person: String,
        reason: String,
    },
    DeskRelease {
        person: String,
        reason: String,
    },
    DeskStopCard {
        person: String,
        reason: String,
    },
    DeskSuspend {
        person: String,
        device: String,
        reason: String,
    },
}

/// What comes back: the view that the call gives, as it is.
#[derive(Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "each is the view with its name")]
pub enum SelfServiceView {
    Nothing(()),
    Site(SiteView),
    Session(SessionView),
    /// `None` where the device was activated and the session could not be asked for.
    Here(Option<SessionView>),
    Proof(ProofView),
    Test(TestView),
    Number(NumberView),
    Activation(LiveActivation),
    Card(CardView),
    Found(DeskFound),
    Person(DeskUser),
    Bypass(DeskBypass),
}

impl SelfService {
    /// Makes the call that was asked for.
    pub async fn put(&self, ask: SelfServiceAsk) -> Answer<SelfServiceView> {
        use SelfServiceAsk as Ask;
        use SelfServiceView as View;

        match ask {
            Ask::Site => shown(self.site().await, View::Site),
            Ask::SignIn { username, password } => {
                shown(self.sign_in(&username, password).await, View::Session)
            }
            Ask::Session => shown(self.session().await, View::Session),
            Ask::Stay => shown(self.stay().await, View::Session),
            Ask::SignOut => shown(self.sign_out().await, View::Nothing),
            Ask::Prove { wanted } => shown(self.prove(&wanted).await, View::Proof),
            Ask::Proof { id, after } => shown(self.proof(&id, after).await, View::Proof),
            Ask::CancelProof { id } => shown(self.cancel_proof(&id).await, View::Proof),
            Ask::Rename { device, name } => shown(self.rename(&device, name).await, View::Session),
            Ask::PutFirst { device, first } => {
                shown(self.put_first(&device, first).await, View::Session)
            }
            Ask::Remove { device } => shown(self.remove(&device).await, View::Session),
            Ask::SendTest { device } => shown(self.send_test(&device).await, View::Test),
            Ask::Test { id, after } => shown(self.test(&id, after).await, View::Test),
            Ask::AddNumber { wanted } => shown(self.add_number(&wanted).await, View::Number),
            Ask::SendCode { number, by } => shown(self.send_code(&number, by).await, View::Number),
            Ask::ConfirmNumber { number, code } => {
                shown(self.confirm_number(&number, code).await, View::Number)
            }
            Ask::AddLandline { number } => shown(self.add_landline(number).await, View::Session),
            Ask::Activate { wanted } => shown(self.activate(&wanted).await, View::Activation),
            Ask::Activation { id, after } => {
                shown(self.activation(&id, after).await, View::Activation)
            }
            Ask::TextLink { id } => shown(self.text_link(&id).await, View::Activation),
            Ask::ConfirmScan { id, check } => {
                shown(self.confirm_scan(&id, check).await, View::Activation)
            }
            Ask::CancelActivation { id } => {
                shown(self.cancel_activation(&id).await, View::Activation)
            }
            Ask::ReactivateHere { device } => {
                shown(self.reactivate_here(&device).await, View::Here)
            }
            Ask::AddHere { kind, number } => shown(self.add_here(kind, number).await, View::Here),
            Ask::MakeCard => shown(self.make_card().await, View::Card),
            Ask::StopCard => shown(self.stop_card().await, View::Session),
            Ask::DeskFind { name } => shown(self.desk_find(&name).await, View::Found),
            Ask::DeskPerson { person } => shown(self.desk_person(&person).await, View::Person),
            Ask::DeskBypass { person, reason } => {
                shown(self.desk_bypass(&person, reason).await, View::Bypass)
            }
            Ask::DeskUnlock { person, reason } => {
                shown(self.desk_unlock(&person, reason).await, View::Person)
            }
            Ask::DeskRelease { person, reason } => {
                shown(self.desk_release(&person, reason).await, View::Person)
            }
            Ask::DeskStopCard { person, reason } => {
                shown(self.desk_stop_card(&person, reason).await, View::Person)
            }
            Ask::DeskSuspend {
                person,
                device,
                reason,
            } => shown(
                self.desk_suspend(&person, &device, reason).await,
                View::Person,
            ),
        }
    }
}

fn shown<T>(answer: Answer<T>, view: fn(T) -> SelfServiceView) -> Answer<SelfServiceView> {
    answer.map(|answer| SelfServiceAnswer {
        view: view(answer.view),
        millis_fast: answer.millis_fast,
    })
}

fn wiped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}
