//! One call over a voice gateway.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

use super::{Gateway, said};
use crate::calls::prompts;
use crate::self_service::call::{CallEnd, CallError, Heard, Line, Prompt};

/// How long it may take to say something: longer than any recording.
const SAID_WITHIN: Duration = Duration::from_secs(70);

/// What the gateway tells of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FromGateway {
    /// Something is heard.
    Heard(Heard),
    /// What was to be said is said.
    Said,
}

/// The asker's end of a call.
pub(super) struct GatewayLine {
    gateway: Arc<Gateway>,
    call: String,
    from: UnboundedReceiver<FromGateway>,
    kept: VecDeque<Heard>,
}

impl std::fmt::Debug for GatewayLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GatewayLine(…)")
    }
}

impl GatewayLine {
    pub(super) const fn new(
        gateway: Arc<Gateway>,
        call: String,
        from: UnboundedReceiver<FromGateway>,
    ) -> Self {
        Self {
            gateway,
            call,
            from,
            kept: VecDeque::new(),
        }
    }

    async fn next(&mut self) -> FromGateway {
        let next = self.from.recv().await;
        next.unwrap_or(FromGateway::Heard(Heard::Over(CallEnd::Failed)))
    }
}

impl Drop for GatewayLine {
    fn drop(&mut self) {
        self.gateway.forget(&self.call);
    }
}

#[async_trait]
impl Line for GatewayLine {
    async fn heard(&mut self) -> Heard {
        if let Some(kept) = self.kept.pop_front() {
            return kept;
        }
        loop {
            if let FromGateway::Heard(heard) = self.next().await {
                return heard;
            }
        }
    }

    async fn say(&mut self, prompt: Prompt<'_>) -> Result<(), CallError> {
        let ends = |heard: &Heard| heard.ends(&prompt);
        if self.kept.iter().any(ends) {
            return Ok(());
        }
        let recordings = prompts::recordings(prompt);
        let body = said(&recordings, prompt.is_question());
        self.gateway
            .ask(&format!("{}/say", self.call), body)
            .await?;
        let heard_out = async {
            loop {
                match self.next().await {
                    FromGateway::Said => return,
                    FromGateway::Heard(heard) => {
                        self.kept.push_back(heard);
                        if ends(&heard) {
                            return;
                        }
                    }
                }
            }
        };
        let waited = timeout(SAID_WITHIN, heard_out).await;
        waited.map_err(|_| CallError("the voice gateway did not say that it spoke".into()))
    }
}
