//! Moving to another phone.

use super::{Authenticator, record};
use crate::{
    moving,
    view::{MoveAct, MoveStanding, MoveView, Problem},
};

impl Authenticator {
    /// What there is to move, and how a move stands that was begun before, be it before a lock.
    pub async fn move_view(&self) -> Result<MoveView, Problem> {
        moving::look(&self.session().await?).await
    }

    /// Makes a code for the phone that is to take this one's place. It needs the PIN or passphrase of the app just now (row D7).
    pub async fn begin_move(&self, account: &str) -> Result<MoveStanding, Problem> {
        moving::begin(&self.session().await?, record(account)?).await
    }

    /// How the move stands; held while it stands as `seen` says, for half a minute at most.
    pub async fn move_news(&self, seen: &str) -> Result<MoveStanding, Problem> {
        moving::news(&self.session().await?, seen).await
    }

    /// Does what the person says about the move.
    pub async fn act_on_move(&self, act: MoveAct) -> Result<MoveStanding, Problem> {
        moving::act(&self.session().await?, act).await
    }
}
