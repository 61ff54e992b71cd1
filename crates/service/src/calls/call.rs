//! One call over the trunk, from its INVITE to its BYE.
//!
//! A task drives it and outlives whoever asked for it just long enough to hang up. The line that the asker holds is the
//! other end of two channels; dropping it ends the call.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, Request, Response, StatusCode, StatusCodeKind};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::audio::Speech;
use super::leg::{self, Start, Tells, Told};
use super::prompts::Prompts;
use super::{keys, sdp};
use crate::self_service::call::{CallEnd, CallError, Heard, Line, Prompt};

/// A trunk that says nothing at all for so long is down; Timer B would say so only after 32 s (RFC 3261 §17.1.1.2).
const TRUNK_ANSWERS: Duration = Duration::from_secs(6);
/// How long a BYE or CANCEL may take.
const HANG_UP: Duration = Duration::from_secs(3);

/// What a call is made of.
pub(super) struct Dial {
    pub(super) layer: Arc<DialogLayer>,
    pub(super) invite: InviteOption,
    pub(super) socket: UdpSocket,
    pub(super) start: Start,
    /// Our own address, as the offer names it.
    pub(super) address: IpAddr,
    /// Digits that are dialled after the answer.
    pub(super) extension: String,
    /// The name of this call in logs.
    pub(super) name: String,
    /// Ends it from outside.
    pub(super) stop: CancellationToken,
}

/// The asker's end of a call.
pub(super) struct SipLine {
    prompts: Arc<Prompts>,
    heard: UnboundedReceiver<Heard>,
    /// What came while something was said.
    kept: VecDeque<Heard>,
    told: UnboundedSender<Told>,
    stop: CancellationToken,
}

impl std::fmt::Debug for SipLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SipLine(…)")
    }
}

impl Drop for SipLine {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[async_trait]
impl Line for SipLine {
    async fn heard(&mut self) -> Heard {
        if let Some(kept) = self.kept.pop_front() {
            return kept;
        }
        let heard = self.heard.recv().await;
        heard.unwrap_or(Heard::Over(CallEnd::Failed))
    }

    async fn say(&mut self, prompt: Prompt<'_>) -> Result<(), CallError> {
        let ends = |heard: &Heard| heard.ends(&prompt);
        if self.kept.iter().any(ends) {
            return Ok(());
        }
        let speech = Speech::of(self.prompts.clips(prompt));
        let (said, mut waiting) = oneshot::channel();
        if self.told.send(Told::Say(speech, said)).is_err() {
            // It is over, which is heard next
            return Ok(());
        }
        loop {
            tokio::select! {
                // Nobody says it any more where the call is over
                _ = &mut waiting => return Ok(()),
                heard = self.heard.recv() => {
                    let heard = heard.unwrap_or(Heard::Over(CallEnd::Failed));
                    self.kept.push_back(heard);
                    if ends(&heard) {
                        let _is_over = self.told.send(Told::Hush);
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Begins a call: its line, and the task that has to be run for it.
pub(super) fn begin(dial: Dial, prompts: Arc<Prompts>) -> (SipLine, impl Future<Output = ()>) {
    let (to_line, heard) = unbounded_channel();
    let (tell, told) = unbounded_channel();
    let line = SipLine {
        prompts,
        heard,
        kept: VecDeque::new(),
        told: tell.clone(),
        stop: dial.stop.clone(),
    };
    (line, drive(dial, to_line, told, tell))
}

async fn drive(
    dial: Dial,
    hears: UnboundedSender<Heard>,
    told: UnboundedReceiver<Told>,
    tell: UnboundedSender<Told>,
) {
    let name = dial.name.clone();
    let (sender, states) = dial.layer.new_dialog_state_channel();
    let layer = dial.layer.clone();
    let (dialog, invited) = match layer.do_invite_async(dial.invite, sender) {
        Ok(begun) => begun,
        Err(error) => {
            tracing::warn!(%error, call = name, "a call was not begun");
            let _nobody_listens = hears.send(Heard::Over(CallEnd::Failed));
            return;
        }
    };
    let mut call = Call {
        name: name.clone(),
        address: dial.address,
        hears,
        is_up: false,
        rings: false,
        keys_by: None,
        keys_left: keys::MOST,
    };
    let invited = async {
        match invited.await {
            Ok(Ok((_, response))) => Ok(response),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    };
    let end = tokio::select! {
        end = call.ring_and_talk(invited, states, dial.socket, dial.start, &dial.extension, told, tell) => Some(end),
        () = dial.stop.cancelled() => None,
    };
    if let Some(end) = end {
        call.tell(Heard::Over(end));
    }
    hang_up(&layer, &dialog, &name).await;
    tracing::info!(call = name, end = ?end, "a call is over");
}

/// Sends BYE, or CANCEL where nobody answered; nothing where the other end did.
async fn hang_up(layer: &DialogLayer, dialog: &InviteDialog, name: &str) {
    if !matches!(dialog.state(), DialogState::Terminated(..)) {
        match timeout(HANG_UP, dialog.hangup()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, call = name, "a call was not hung up"),
            Err(_) => tracing::warn!(call = name, "nobody answered that a call is hung up"),
        }
    }
    layer.remove_dialog(&dialog.id());
}

/// How keys travel in this call. An exchange that sends them in both ways must not press them twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeysBy {
    Event,
    Info,
}

struct Call {
    name: String,
    address: IpAddr,
    hears: UnboundedSender<Heard>,
    /// The trunk took it.
    is_up: bool,
    /// It was told that it rings; trunks say so as often as they like.
    rings: bool,
    keys_by: Option<KeysBy>,
    keys_left: usize,
}

impl Call {
    fn tell(&self, heard: Heard) {
        // Whoever hung up is not told
        let _nobody_listens = self.hears.send(heard);
    }

    fn key(&mut self, key: char, by: KeysBy) {
        if *self.keys_by.get_or_insert(by) == by && self.keys_left > 0 {
            self.keys_left -= 1;
            self.tell(Heard::Key(key));
        }
    }

    /// Until the other end ends it.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is used up by one of its halves"
    )]
    async fn ring_and_talk(
        &mut self,
        invited: impl Future<Output = Result<Option<Response>, String>>,
        mut states: DialogStateReceiver,
        socket: UdpSocket,
        start: Start,
        extension: &str,
        told: UnboundedReceiver<Told>,
        tell: UnboundedSender<Told>,
    ) -> CallEnd {
        let answer = match self.ring(invited, &mut states).await {
            Ok(answer) => answer,
            Err(end) => return end,
        };
        self.tell(Heard::Taken);
        let agreed = match sdp::read(&answer.body, self.address) {
            Ok(agreed) => agreed,
            Err(reason) => {
                tracing::warn!(%reason, call = self.name, "a call has no audio");
                return CallEnd::Failed;
            }
        };
        let (tells, mut heard) = unbounded_channel();
        // A task of its own, so that speech waits for nothing here
        let leg = tokio::spawn(leg::run(socket, agreed, start, told, tells));
        let _ends_with_the_call = AbortOnDropHandle::new(leg);
        let mut dialled = if extension.is_empty() {
            self.tell(Heard::Answered);
            None
        } else if agreed.events.is_some() {
            let (pressed, done) = oneshot::channel();
            let _is_running = tell.send(Told::Press(extension.to_owned(), pressed));
            Some(done)
        } else {
            tracing::warn!(call = self.name, "the trunk takes no keys, so no extension");
            return CallEnd::Failed;
        };
        drop(tell);
        loop {
            tokio::select! {
                from_leg = heard.recv() => match from_leg {
                    Some(Tells::Key(key)) => self.key(key, KeysBy::Event),
                    Some(Tells::Lost) => {
                        tracing::warn!(call = self.name, "nothing is heard from the other end any more");
                        return CallEnd::Failed;
                    }
                    None => return CallEnd::Failed,
                },
                () = done(&mut dialled), if dialled.is_some() => {
                    dialled = None;
                    self.tell(Heard::Answered);
                }
                state = states.recv() => match state {
                    Some(DialogState::Terminated(..)) | None => return CallEnd::HungUp,
                    Some(state) => self.in_call(state).await,
                },
            }
        }
    }

    /// Until somebody answers.
    async fn ring(
        &mut self,
        invited: impl Future<Output = Result<Option<Response>, String>>,
        states: &mut DialogStateReceiver,
    ) -> Result<Response, CallEnd> {
        let down_at = Instant::now() + TRUNK_ANSWERS;
        let mut invited = std::pin::pin!(invited);
        loop {
            tokio::select! {
                invited = &mut invited => return self.invited(invited),
                Some(state) = states.recv() => match state {
                    DialogState::Trying(_) => self.is_up = true,
                    DialogState::Early(..) => {
                        self.is_up = true;
                        if !std::mem::replace(&mut self.rings, true) {
                            self.tell(Heard::Ringing);
                        }
                    }
                    state => self.in_call(state).await,
                },
                () = sleep_until(down_at), if !self.is_up => {
                    tracing::warn!(call = self.name, "the trunk does not answer; `countersign-service doctor` tries it");
                    return Err(CallEnd::Failed);
                }
            }
        }
    }

    fn invited(&self, invited: Result<Option<Response>, String>) -> Result<Response, CallEnd> {
        let response = match invited {
            Ok(Some(response)) => response,
            Ok(None) => {
                tracing::warn!(call = self.name, "the trunk never decided about a call");
                return Err(CallEnd::Failed);
            }
            Err(error) => {
                tracing::warn!(error, call = self.name, "a call did not reach the trunk");
                return Err(CallEnd::Failed);
            }
        };
        if response.status_code.kind() == StatusCodeKind::Successful {
            return Ok(response);
        }
        let code = response.status_code.code();
        let end = refused(code);
        if end == CallEnd::Failed {
            tracing::warn!(
                code,
                call = self.name,
                "the trunk refused a call; `countersign-service doctor` tries it"
            );
        }
        Err(end)
    }

    /// What may come inside of a call beside its end.
    async fn in_call(&mut self, state: DialogState) {
        match state {
            DialogState::Info(_, request, reply) => {
                let key = info_key(&request);
                // RFC 6086 §4.2.2
                let status = if key.is_some() {
                    StatusCode::OK
                } else {
                    StatusCode::UnsupportedMediaType
                };
                let _is_over = reply.reply(status).await;
                if let Some(key) = key {
                    self.key(key, KeysBy::Info);
                }
            }
            DialogState::Options(_, _, reply) => {
                let _is_over = reply.reply(StatusCode::OK).await;
            }
            // A new offer or a transfer: neither is wanted from a telephone that types a number
            DialogState::Updated(_, _, reply)
            | DialogState::Refer(_, _, reply)
            | DialogState::Message(_, _, reply)
            | DialogState::Notify(_, _, reply)
            | DialogState::Publish(_, _, reply) => {
                let _is_over = reply.reply(StatusCode::NotAcceptableHere).await;
            }
            _ => {}
        }
    }
}

async fn done(dialled: &mut Option<oneshot::Receiver<()>>) {
    if let Some(dialled) = dialled {
        // What ends before it was dialled ends the call as well
        let _dialled = dialled.await;
    }
}

/// The key that an INFO request tells of. `None` for one of anything else.
pub fn info_key(request: &Request) -> Option<char> {
    let kind = request.headers.iter().find_map(|header| match header {
        Header::ContentType(kind) => Some(kind.value()),
        _ => None,
    })?;
    keys::of_info(kind, &request.body)
}

/// What a final response that is no success says of the person (RFC 3261 §21).
const fn refused(code: u16) -> CallEnd {
    match code {
        // Busy Here, Busy Everywhere, Decline: somebody or something said "not now"
        486 | 600 | 603 => CallEnd::Busy,
        // Request Timeout, Temporarily Unavailable, Request Terminated
        408 | 480 | 487 => CallEnd::NoAnswer,
        _ => CallEnd::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_busy_no_answer_or_failed() {
        for (code, end) in [
            (486, CallEnd::Busy),
            (600, CallEnd::Busy),
            (603, CallEnd::Busy),
            (480, CallEnd::NoAnswer),
            (408, CallEnd::NoAnswer),
            (487, CallEnd::NoAnswer),
            (401, CallEnd::Failed),
            (403, CallEnd::Failed),
            (404, CallEnd::Failed),
            (488, CallEnd::Failed),
            (503, CallEnd::Failed),
        ] {
            assert_eq!(refused(code), end, "{code}");
        }
    }
}
