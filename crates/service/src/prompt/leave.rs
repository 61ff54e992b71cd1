//! The way back to the application: with a code, or without.

use url::Url;

use super::{Prompt, RedirectUri};
use crate::core::{Core, Fault};
use crate::policy::PROMPT_CODE_MS;
use crate::self_service::session::SessionToken;
use crate::store::prompts::PromptState;

/// What the application is told of somebody who gave up; the text is for its log.
const GIVEN_UP: &str = "The person did not confirm.";

impl Core {
    /// Gives a prompt up; the way back is open then. Nothing happens to one that was left.
    pub async fn give_up_prompt(&self, prompt: &Prompt) -> Result<(), Fault> {
        let entry = prompt.audit(self.now(), "prompt.give_up", "done");
        self.store
            .prompts()
            .give_up_prompt(prompt.id(), entry)
            .await?;
        Ok(())
    }

    /// Where the person is sent back to: with a code, once, where it was confirmed; with an error where it was given up.
    /// `None` where neither is so, or the yes is too old.
    pub async fn leave_prompt(&self, prompt: &Prompt) -> Result<Option<Url>, Fault> {
        let stored = &prompt.stored.prompt;
        let uri = RedirectUri::parse(&stored.redirect_uri).ok_or(Fault::Broken("redirect_uri"))?;
        match prompt.stored.state {
            PromptState::GivenUp => Ok(uri.with(&[
                ("error", "access_denied"),
                ("error_description", GIVEN_UP),
                ("state", &stored.echo),
            ])),
            PromptState::Confirmed => {
                let code = SessionToken::make(self.random.as_ref())?;
                let now = self.now();
                let entry = prompt.audit(now, "prompt.leave", "done");
                let left = self
                    .store
                    .prompts()
                    .leave_prompt(prompt.id(), &code.hash(), now + PROMPT_CODE_MS, entry)
                    .await?;
                let name = if stored.duo_code { "duo_code" } else { "code" };
                Ok(left
                    .then(|| uri.with(&[("state", &stored.echo), (name, code.expose())]))
                    .flatten())
            }
            PromptState::Open | PromptState::Left | PromptState::Spent => Ok(None),
        }
    }
}
