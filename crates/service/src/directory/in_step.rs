//! Keeping in step with the directory between sign-ins: who was disabled, renamed or removed there is so here within
//! minutes, with everything that disabling ends (row A4).

use super::person::PersonId;
use super::sight::Seen;
use super::{Directory, Unavailable};
use crate::core::{Core, Fault};
use crate::model::UserStatus;

/// People looked at between two looks into the database.
const A_PAGE: i64 = 500;
/// From so many on, more than half of everybody gone at once is taken for a wrong base or a right that was lost, and bars
/// nobody: the people would be locked out of every ward at once.
const MANY: usize = 10;

/// What a look at everybody came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct InStep {
    /// How many were looked for.
    pub known: usize,
    /// How many cannot sign in anywhere, by the directory's word.
    pub barred: usize,
    /// How many of them it has no more.
    pub gone: usize,
}

/// Why a look at everybody came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum OutOfStep {
    /// The directory did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// More people are gone than ever go at once.
    #[error(
        "{gone} of {known} people are no longer found in the directory; nobody was barred. Look at `base`, and at what the \
         service account may read"
    )]
    TooManyGone {
        /// Not found.
        gone: usize,
        /// Looked for.
        known: usize,
    },
    /// Something failed here.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Core {
    /// Looks at everybody of the directory who is known here. Nothing without one.
    pub async fn keep_in_step(&self) -> Result<InStep, OutOfStep> {
        let Some(asked) = &self.directory else {
            return Ok(InStep::default());
        };
        let directory = asked.directory.as_ref();
        let mut looked = InStep::default();
        let mut gone = Vec::new();
        let mut after = None;
        loop {
            let people = self.store.directory().known_people(after, A_PAGE);
            let people = people.await.map_err(Fault::from)?;
            let ids: Vec<_> = people.iter().map(|person| person.id).collect();
            let Some(last) = ids.last().copied() else {
                break;
            };
            after = Some(last);
            looked.known += ids.len();
            looked.barred += self.look_at(directory, &ids, &mut gone).await?;
        }
        if gone.len() >= MANY && gone.len() * 2 > looked.known {
            return Err(OutOfStep::TooManyGone {
                gone: gone.len(),
                known: looked.known,
            });
        }
        for id in &gone {
            let noted = self.store.directory().note_gone(id, self.now());
            noted.await.map_err(Fault::from)?;
        }
        looked.gone = gone.len();
        looked.barred += gone.len();
        if looked.barred > 0 {
            // Of every device and request of whoever was barred
            self.waker.wake_all();
        }
        Ok(looked)
    }

    /// Takes over what is said of these; how many are barred. Who is not there any more is added to `gone`.
    async fn look_at(
        &self,
        directory: &dyn Directory,
        ids: &[PersonId],
        gone: &mut Vec<PersonId>,
    ) -> Result<usize, OutOfStep> {
        let found = directory.look_again(ids).await?;
        let mut barred = 0;
        for (person, rights) in &found {
            if let Seen::As(user) = self.see(directory, person, *rights).await?
                && user.status == UserStatus::Disabled
            {
                barred += 1;
            }
        }
        let is_there = |id: &&PersonId| found.iter().any(|(person, _)| person.id == **id);
        gone.extend(ids.iter().filter(|id| !is_there(id)));
        Ok(barred)
    }
}
