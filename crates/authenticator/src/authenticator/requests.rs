//! Requests: answers, and a test. Notices of other devices: answers.

use std::{collections::HashMap, sync::Arc};

use tokio::task::JoinSet;

use super::{Authenticator, record};
use crate::{
    fresh_unlock::FOR_APPROVING,
    inbox,
    session::Session,
    settings,
    view::{Answer, AnswerOutcome, AnswerResult, Problem, ProblemCode},
};

impl Authenticator {
    /// Answers a request.
    pub async fn answer(&self, id: &str, answer: Answer) -> Result<AnswerOutcome, Problem> {
        let session = self.session().await?;
        if matches!(answer, Answer::Approve { .. }) && asks_first(&session).await? {
            session
                .fresh()
                .check(session.core.running(), FOR_APPROVING)?;
        }
        inbox::answer(&session, id, answer).await
    }

    /// "None of these are me": denies each, whatever becomes of the others. Outcomes are in the order of `ids`.
    pub async fn deny_all(&self, ids: Vec<String>) -> Result<Vec<AnswerOutcome>, Problem> {
        let session = self.session().await?;
        let mut asked = JoinSet::new();
        for id in ids.clone() {
            let session = Arc::clone(&session);
            asked.spawn(async move {
                let answered = inbox::answer(&session, &id, Answer::Deny).await;
                (id, answered)
            });
        }
        let mut answered: HashMap<String, Result<AnswerOutcome, Problem>> = HashMap::new();
        while let Some(one) = asked.join_next().await {
            let (id, result) = one.map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
            answered.insert(id, result);
        }
        ids.into_iter()
            .filter_map(|id| answered.remove(&id).map(|result| denied(id, result)))
            .collect()
    }

    /// Says to a notice of another device whether the change was the person's own. `not_me` stops what came of it.
    pub async fn answer_notice(&self, id: &str, not_me: bool) -> Result<(), Problem> {
        inbox::answer_notice(&self.session().await?, id, not_me).await
    }

    /// Asks an account's service for a request that opens nothing.
    pub async fn send_test(&self, account: &str) -> Result<(), Problem> {
        inbox::ask_for_test(&self.session().await?, record(account)?).await
    }
}

async fn asks_first(session: &Arc<Session>) -> Result<bool, Problem> {
    session
        .vault(|vault| settings::read(vault).ask_before_approving)
        .await
}

/// One of several that meets a problem is an outcome beside the others'.
fn denied(id: String, result: Result<AnswerOutcome, Problem>) -> Result<AnswerOutcome, Problem> {
    let result = match result {
        Ok(outcome) => return Ok(outcome),
        Err(problem) => match problem.code {
            ProblemCode::RequestGone => AnswerResult::AnsweredElsewhere,
            ProblemCode::AccountGone | ProblemCode::ServiceRefused => AnswerResult::Refused,
            _ => return Err(problem),
        },
    };
    Ok(AnswerOutcome { id, result })
}
