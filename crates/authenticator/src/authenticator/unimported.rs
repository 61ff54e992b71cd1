//! What imports could not take: the list, and taking entries off it.

use super::Authenticator;
use crate::{
    drafts::Draft,
    unimported,
    view::{Problem, ProblemCode, UnimportedView},
};

impl Authenticator {
    /// Everything that imports could not take, the last import first.
    pub async fn unimported(&self) -> Result<Vec<UnimportedView>, Problem> {
        let session = self.session().await?;
        session.vault(|vault| unimported::list(vault)).await
    }

    /// Takes entries off that list. Gives the id of a draft by which [`Self::keep_unimported`] takes that back.
    pub async fn dismiss_unimported(&self, ids: Vec<String>) -> Result<String, Problem> {
        let session = self.session().await?;
        let dismissed = session
            .change(move |vault| unimported::dismiss(vault, &ids))
            .await?;
        session.drafts().keep(Draft::Dismissed(dismissed))
    }

    /// Puts back what was dismissed; until the app is locked.
    pub async fn keep_unimported(&self, draft: &str) -> Result<(), Problem> {
        let session = self.session().await?;
        let dismissed = match session.drafts().look(draft) {
            Some(Draft::Dismissed(dismissed)) => Some(dismissed.clone()),
            _ => None,
        };
        let dismissed = dismissed.ok_or(Problem::new(ProblemCode::DraftGone))?;
        session
            .change(move |vault| unimported::keep(vault, dismissed))
            .await?;
        session.drafts().forget(draft);
        Ok(())
    }
}
