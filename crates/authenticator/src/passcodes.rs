//! Passcodes to show or to copy.

use countersign_protocol::{
    passcode::{self, Algorithm, Digits, OtpSecret, Period},
    time::UnixMillis,
};
use countersign_vault::{
    Account, OrganisationPasscodes, OrganisationState, OtherPasscodes, RecordId, Vault,
};
use zeroize::Zeroizing;

use crate::{
    clocks::Clocks,
    session::Session,
    view::{PasscodeView, Problem, ProblemCode},
};

/// What time it is for each account.
pub(crate) struct Times {
    device: UnixMillis,
    clocks: Clocks,
}

impl Times {
    /// As a session knows them now.
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            device: session.core.surroundings.clock.now(),
            clocks: session.clocks().clone(),
        }
    }

    fn of_account(&self, id: RecordId, account: &Account) -> UnixMillis {
        match account {
            Account::Organisation(_) => self.clocks.corrected(self.device, id),
            Account::Other(_) => self.clocks.corrected_elsewhere(self.device),
        }
    }
}

/// The current and the next passcode of an account that follows the clock. `None` for one that counts or does not work.
pub(crate) fn timed(vault: &Vault, id: RecordId, times: &Times) -> Option<PasscodeView> {
    let account = vault.account(id)?;
    let recipe = Recipe::of(account)?;
    let now = times.of_account(id, account);
    let period = recipe.period()?;
    let step = period.step(now)?;
    Some(PasscodeView::Timed {
        id: id.to_string(),
        code: recipe.code(step).to_string(),
        next: recipe.code(step + 1).to_string(),
        period_seconds: period.seconds(),
        left_ms: period.left_ms(now),
    })
}

/// The next passcode of an account that counts. That it was used is on the disk before it is shown (row V10).
pub(crate) fn next_counted(vault: &mut Vault, id: RecordId) -> Result<PasscodeView, Problem> {
    let counter = vault.next_counter(id)?;
    let recipe = vault
        .account(id)
        .and_then(Recipe::of)
        .ok_or(Problem::new(ProblemCode::AccountGone))?;
    Ok(PasscodeView::Counted {
        id: id.to_string(),
        code: recipe.code(counter).to_string(),
    })
}

/// The digits to put on the clipboard: the current ones, or those that a counter gave last. A copy uses up no passcode.
pub(crate) fn to_copy(vault: &Vault, id: RecordId, times: &Times) -> Option<Zeroizing<String>> {
    let account = vault.account(id)?;
    let recipe = Recipe::of(account)?;
    let counter = match recipe.period() {
        Some(period) => period.step(times.of_account(id, account))?,
        None => account.next_counter()?.checked_sub(1)?,
    };
    Some(recipe.code(counter))
}

/// Whether an account counts; `None` where it makes no passcodes.
pub(crate) fn counts(account: &Account) -> Option<bool> {
    match account {
        Account::Organisation(account) => match &account.state {
            OrganisationState::Working { keys, .. } => Some(matches!(
                keys.passcodes,
                OrganisationPasscodes::Counted { .. }
            )),
            _ => None,
        },
        Account::Other(account) => {
            Some(matches!(account.passcodes, OtherPasscodes::Counted { .. }))
        }
    }
}

enum Moves {
    Timed(Period),
    Steam,
    Counted,
}

struct Recipe {
    secret: OtpSecret,
    algorithm: Algorithm,
    digits: Digits,
    moves: Moves,
}

impl Recipe {
    fn of(account: &Account) -> Option<Self> {
        match account {
            Account::Organisation(account) => {
                let OrganisationState::Working { keys, .. } = &account.state else {
                    return None;
                };
                Some(Self {
                    secret: OtpSecret::new(keys.seed.expose().to_vec()),
                    algorithm: Algorithm::Sha1,
                    digits: Digits::SIX,
                    moves: match keys.passcodes {
                        OrganisationPasscodes::Timed { period_seconds } => {
                            Moves::Timed(Period::new(period_seconds)?)
                        }
                        OrganisationPasscodes::Counted { .. } => Moves::Counted,
                    },
                })
            }
            Account::Other(account) => Some(Self {
                secret: OtpSecret::new(account.seed.expose().to_vec()),
                algorithm: algorithm(account.algorithm),
                digits: match account.passcodes {
                    OtherPasscodes::Steam => Digits::SIX,
                    _ => Digits::imported(account.digits)?,
                },
                moves: match account.passcodes {
                    OtherPasscodes::Timed { period_seconds } => {
                        Moves::Timed(Period::imported(period_seconds)?)
                    }
                    OtherPasscodes::Counted { .. } => Moves::Counted,
                    OtherPasscodes::Steam => Moves::Steam,
                },
            }),
        }
    }

    /// The length of a step; `None` for an account that counts.
    const fn period(&self) -> Option<Period> {
        match self.moves {
            Moves::Timed(period) => Some(period),
            Moves::Steam => Some(Period::THIRTY),
            Moves::Counted => None,
        }
    }

    fn code(&self, counter: u64) -> Zeroizing<String> {
        if matches!(self.moves, Moves::Steam) {
            return passcode::steam(&self.secret, counter);
        }
        passcode::code(&self.secret, self.algorithm, self.digits, counter)
    }
}

const fn algorithm(stored: countersign_vault::Algorithm) -> Algorithm {
    match stored {
        countersign_vault::Algorithm::Sha1 => Algorithm::Sha1,
        countersign_vault::Algorithm::Sha256 => Algorithm::Sha256,
        countersign_vault::Algorithm::Sha512 => Algorithm::Sha512,
    }
}
