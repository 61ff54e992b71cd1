//! What a person may ask for: one method for each route (SELF-SERVICE.md section 1).

use countersign_protocol::wire::self_service::{
    ActivationWanted, CardView, ConfirmNumber, DeskBypass, DeskBypassWanted, DeskFound, DeskReason,
    DeskUser, First, FirstWanted, LandlineWanted, LiveActivation, NumberBy, NumberView,
    NumberWanted, ProofView, ProofWanted, Rename, ScanConfirmed, SessionView, SiteView, TestView,
    VerifyNumber,
};
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::{
    SelfService,
    body::{json, link_body, sign_in_body},
    client::Answer,
    routes,
};

fn after(revision: u32) -> String {
    format!("after={revision}")
}

impl SelfService {
    /// What the site offers; nobody has to be signed in.
    pub async fn site(&self) -> Answer<SiteView> {
        self.ask_openly(&routes::SITE).await
    }

    /// Signs in; an earlier visit by this account ends.
    pub async fn sign_in(
        &self,
        username: &str,
        password: Zeroizing<String>,
    ) -> Answer<SessionView> {
        self.begin(sign_in_body(username, &password)?).await
    }

    /// The session as it is.
    pub async fn session(&self) -> Answer<SessionView> {
        self.ask_session(&routes::SESSION, &[], None).await
    }

    /// Counts as use.
    pub async fn stay(&self) -> Answer<SessionView> {
        self.ask_session(&routes::STAY, &[], None).await
    }

    /// Begins a proof; another that is under way ends.
    pub async fn prove(&self, wanted: &ProofWanted) -> Answer<ProofView> {
        self.ask(&routes::PROVE, &[], Some(json(wanted)?), "").await
    }

    /// A proof, held until its revision is another.
    pub async fn proof(&self, id: &str, revision: u32) -> Answer<ProofView> {
        self.ask(&routes::PROOF, &[id], None, &after(revision))
            .await
    }

    /// Takes a proof back.
    pub async fn cancel_proof(&self, id: &str) -> Answer<ProofView> {
        self.ask(&routes::CANCEL_PROOF, &[id], None, "").await
    }

    /// Gives a device another name.
    pub async fn rename(&self, device: &str, name: String) -> Answer<SessionView> {
        let body = json(&Rename { name })?;
        self.ask_session(&routes::RENAME, &[device], Some(body))
            .await
    }

    /// Makes a device the default, and says what for.
    pub async fn put_first(&self, device: &str, first: First) -> Answer<SessionView> {
        let body = json(&FirstWanted { first })?;
        self.ask_session(&routes::FIRST, &[device], Some(body))
            .await
    }

    /// Removes a device.
    pub async fn remove(&self, device: &str) -> Answer<SessionView> {
        self.ask_session(&routes::REMOVE, &[device], None).await
    }

    /// Sends a request that opens nothing.
    pub async fn send_test(&self, device: &str) -> Answer<TestView> {
        self.ask(&routes::SEND_TEST, &[device], None, "").await
    }

    /// Such a request, held until its revision is another.
    pub async fn test(&self, id: &str, revision: u32) -> Answer<TestView> {
        self.ask(&routes::TEST, &[id], None, &after(revision)).await
    }

    /// Names a number that is to be confirmed.
    pub async fn add_number(&self, wanted: &NumberWanted) -> Answer<NumberView> {
        self.ask(&routes::NUMBER, &[], Some(json(wanted)?), "")
            .await
    }

    /// Sends a code to a number.
    pub async fn send_code(&self, number: &str, by: NumberBy) -> Answer<NumberView> {
        let body = json(&VerifyNumber { by })?;
        self.ask(&routes::SEND_CODE, &[number], Some(body), "")
            .await
    }

    /// Confirms a number with the code that came there.
    pub async fn confirm_number(&self, number: &str, code: String) -> Answer<NumberView> {
        let body = json(&ConfirmNumber { code })?;
        self.ask(&routes::CONFIRM_NUMBER, &[number], Some(body), "")
            .await
    }

    /// Adds a confirmed number as a landline.
    pub async fn add_landline(&self, number: String) -> Answer<SessionView> {
        let body = json(&LandlineWanted { number })?;
        self.ask_session(&routes::LANDLINE, &[], Some(body)).await
    }

    /// An activation for another device. The window gets the picture to show, and an empty text: the text
    /// itself stays in Rust (row T4).
    pub async fn activate(&self, wanted: &ActivationWanted) -> Answer<LiveActivation> {
        let mut answer = self.activation_with_text(wanted).await?;
        if let Some(text) = answer.view.text.as_mut() {
            let text = Zeroizing::new(std::mem::take(text));
            if let Some(visit) = self.session.visits().at(&self.door) {
                visit.keep_link(&answer.view.id, text);
            }
        }
        Ok(answer)
    }

    pub(super) async fn activation_with_text(
        &self,
        wanted: &ActivationWanted,
    ) -> Answer<LiveActivation> {
        self.ask(&routes::ACTIVATE, &[], Some(json(wanted)?), "")
            .await
    }

    /// An activation, held until its revision is another.
    pub async fn activation(&self, id: &str, revision: u32) -> Answer<LiveActivation> {
        self.ask(&routes::ACTIVATION, &[id], None, &after(revision))
            .await
    }

    /// Texts the link of the activation that is shown.
    pub async fn text_link(&self, id: &str) -> Answer<LiveActivation> {
        let visit = self.session.visits().at(&self.door);
        let text = visit.and_then(|visit| visit.link(id)).unwrap_or_default();
        let body = link_body(&text)?;
        self.ask(&routes::TEXT_LINK, &[id], Some(body), "").await
    }

    /// Says that the phone which scanned an activation shows the same digits.
    pub async fn confirm_scan(&self, id: &str, check: String) -> Answer<LiveActivation> {
        let body = json(&ScanConfirmed { check })?;
        self.ask(&routes::CONFIRM_SCAN, &[id], Some(body), "").await
    }

    /// Takes an activation back.
    pub async fn cancel_activation(&self, id: &str) -> Answer<LiveActivation> {
        self.ask(&routes::CANCEL_ACTIVATION, &[id], None, "").await
    }

    /// Makes a recovery card in place of the one before. Its codes are for the window to show, once.
    pub async fn make_card(&self) -> Answer<CardView> {
        self.ask(&routes::MAKE_CARD, &[], None, "").await
    }

    /// Takes the recovery card back.
    pub async fn stop_card(&self) -> Answer<SessionView> {
        self.ask_session(&routes::STOP_CARD, &[], None).await
    }

    /// For the help desk: people by a part of their name.
    pub async fn desk_find(&self, name: &str) -> Answer<DeskFound> {
        let query = Serializer::new(String::new())
            .append_pair("name", name)
            .finish();
        self.ask(&routes::DESK_FIND, &[], None, &query).await
    }

    /// For the help desk: a person, with what happened.
    pub async fn desk_person(&self, person: &str) -> Answer<DeskUser> {
        self.ask(&routes::DESK_PERSON, &[person], None, "").await
    }

    /// For the help desk: a bypass code, to be read out.
    pub async fn desk_bypass(&self, person: &str, reason: String) -> Answer<DeskBypass> {
        let body = json(&DeskBypassWanted { reason })?;
        self.ask(&routes::DESK_BYPASS, &[person], Some(body), "")
            .await
    }

    /// For the help desk: takes a person's failures back.
    pub async fn desk_unlock(&self, person: &str, reason: String) -> Answer<DeskUser> {
        let body = json(&DeskReason { reason })?;
        self.ask(&routes::DESK_UNLOCK, &[person], Some(body), "")
            .await
    }

    /// For the help desk: lets a person add a first device by themselves.
    pub async fn desk_release(&self, person: &str, reason: String) -> Answer<DeskUser> {
        let body = json(&DeskReason { reason })?;
        self.ask(&routes::DESK_RELEASE, &[person], Some(body), "")
            .await
    }

    /// For the help desk: takes a person's recovery card back.
    pub async fn desk_stop_card(&self, person: &str, reason: String) -> Answer<DeskUser> {
        let body = json(&DeskReason { reason })?;
        self.ask(&routes::DESK_STOP_CARD, &[person], Some(body), "")
            .await
    }

    /// For the help desk: suspends a device.
    pub async fn desk_suspend(
        &self,
        person: &str,
        device: &str,
        reason: String,
    ) -> Answer<DeskUser> {
        let body = json(&DeskReason { reason })?;
        self.ask(&routes::DESK_SUSPEND, &[person, device], Some(body), "")
            .await
    }
}
