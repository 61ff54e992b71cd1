//! Saving accounts as a file or as codes.

use zeroize::Zeroizing;

use super::Authenticator;
use crate::{
    export,
    view::{ExportForm, ExportView, ExportedView, Problem},
};

impl Authenticator {
    /// What can be saved of the list.
    pub async fn export_view(&self) -> Result<ExportView, Problem> {
        export::look(&self.session().await?).await
    }

    /// Saves what can be. It needs the PIN or passphrase of the app just now (row D7). `password` locks a file for Aegis;
    /// the other forms ask for none.
    pub async fn export(
        &self,
        form: ExportForm,
        password: Zeroizing<String>,
    ) -> Result<ExportedView, Problem> {
        export::save(&self.session().await?, form, password).await
    }
}
