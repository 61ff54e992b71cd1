//! What seeing somebody in the organisation's directory does here: the user is made, renamed, barred or let in again.

use countersign_protocol::ids::UserId;
use countersign_protocol::label::Label;

use super::person::{Person, Rights, Standing};
use super::{Directory, Unavailable};
use crate::core::{Core, Fault};
use crate::model::{NewUser, User, UserStatus};
use crate::names::CanonicalName;
use crate::store::directory::{Sight, Sighted};

/// Who somebody of the directory is here.
#[derive(Debug)]
pub enum Seen {
    /// This user.
    As(User),
    /// Nobody: the name belongs to somebody else here, as the log says.
    Nobody,
    /// It could not be told whether another person still has that name.
    Unavailable(Unavailable),
}

/// Whether somebody whom the directory vouches for may use this service.
#[derive(Debug)]
pub enum Entitled {
    /// They may, as this user.
    As(User),
    /// They may not.
    Not(Standing),
    /// It could not be told.
    Unavailable(Unavailable),
}

impl Core {
    /// What a person may do here, and who they are here.
    pub(crate) async fn entitled(
        &self,
        directory: &dyn Directory,
        person: &Person,
    ) -> Result<Entitled, Fault> {
        if let Some(barred) = person.barred {
            return Ok(Entitled::Not(barred.into()));
        }
        let rights = match directory.rights(person).await {
            Ok(rights) => rights,
            Err(unavailable) => return Ok(Entitled::Unavailable(unavailable)),
        };
        if !rights.may_use {
            return Ok(Entitled::Not(Standing::NotEntitled));
        }
        Ok(match self.see(directory, person, rights).await? {
            Seen::As(user) if user.status == UserStatus::Disabled => {
                Entitled::Not(Standing::Disabled)
            }
            Seen::As(user) => Entitled::As(user),
            Seen::Nobody => Entitled::Not(Standing::NotEntitled),
            Seen::Unavailable(unavailable) => Entitled::Unavailable(unavailable),
        })
    }

    /// Takes over what the directory says of a person, by their id: a renamed account stays the same user, and a name that
    /// was given to somebody else brings none of its former owner's devices.
    pub async fn see(
        &self,
        directory: &dyn Directory,
        person: &Person,
        rights: Rights,
    ) -> Result<Seen, Fault> {
        let Some(sight) = self.sight(person, rights)? else {
            return Ok(Seen::Nobody);
        };
        let people = self.store.directory();
        let holder = match people.see(&sight, self.now()).await? {
            Sighted::Known(user) => return Ok(Seen::As(user)),
            Sighted::KeptHere => return Ok(name_is_kept_here(person)),
            Sighted::HeldBy(holder) => holder,
        };
        // Whoever had the name may be gone, or called otherwise: only the directory knows
        let found = match directory.look_again(&[holder]).await {
            Ok(found) => found,
            Err(unavailable) => return Ok(Seen::Unavailable(unavailable)),
        };
        match found.first() {
            None => people.free_name(&holder, self.now()).await?,
            Some((other, rights)) => {
                let renamed = self.sight(other, *rights)?;
                let renamed =
                    renamed.filter(|other| other.user.canonical_name != sight.user.canonical_name);
                let Some(renamed) = renamed else {
                    tracing::error!(
                        person = %person.id, other = %holder,
                        "two people of the directory have names that are one here; rename one of them there"
                    );
                    return Ok(Seen::Nobody);
                };
                if !matches!(people.see(&renamed, self.now()).await?, Sighted::Known(_)) {
                    // Somebody has that new name as well; it will be given when it is free
                    people.free_name(&holder, self.now()).await?;
                }
            }
        }
        match people.see(&sight, self.now()).await? {
            Sighted::Known(user) => Ok(Seen::As(user)),
            Sighted::KeptHere => Ok(name_is_kept_here(person)),
            // Another sign-in came between
            Sighted::HeldBy(_) => Ok(Seen::Nobody),
        }
    }

    /// `None` for a name of which nothing is left.
    fn sight(&self, person: &Person, rights: Rights) -> Result<Option<Sight>, Fault> {
        let Some(canonical_name) = CanonicalName::of(&person.name) else {
            return Ok(None);
        };
        let countries = &self.phones.countries;
        let mut numbers = person.numbers.iter().filter_map(|n| countries.read(n));
        Ok(Some(Sight {
            id: person.id,
            user: NewUser {
                id: UserId::make(self.random.as_ref())?,
                name: person.name.trim().to_owned(),
                canonical_name,
                display_name: Label::new(&person.display_name).as_str().to_owned(),
            },
            number: numbers.next().map(|read| read.number),
            operator: rights.operator,
            barred: person.barred.is_some(),
            may_use: rights.may_use,
        }))
    }
}

fn name_is_kept_here(person: &Person) -> Seen {
    tracing::error!(
        person = %person.id,
        "somebody who is not the directory's has the name of one who is; rename one of them"
    );
    Seen::Nobody
}
