//! Whose password it is: the embedded directory and the organisation's one, side by side, each counted before it looks
//! (rows O5, L4, S10).

use super::password::TypedPassword;
use crate::core::{Core, Fault};
use crate::directory::name::LoginName;
use crate::directory::person::{Checked, Person, Standing};
use crate::directory::sight::Entitled;
use crate::directory::{Asked, Directory, Unavailable};
use crate::model::{User, UserStatus};
use crate::names::CanonicalName;
use crate::store::gate::StoredPassword;
use crate::throttle::{Admission, BeforeLock, Subject};

use countersign_protocol::time::UnixMillis;

/// By what somebody showed who they are.
pub(crate) struct Shown {
    /// The PHC text of the password that was right, where it is kept here: nobody signs in by one that is changed before
    /// the session begins.
    pub(crate) password: Option<String>,
    /// What was counted on the way, to be taken back with the session's beginning.
    pub(crate) counted: Vec<Subject>,
}

/// What came of a name and a password.
pub(crate) enum Verdict {
    /// They are this user's.
    Right {
        /// Who it is.
        user: User,
        /// How that shows.
        shown: Shown,
    },
    /// They are nobody's.
    Wrong {
        /// Tries before the lock, and how long it lasts.
        left: BeforeLock,
    },
    /// They were not looked at.
    Locked {
        /// When the next ones will be.
        until: UnixMillis,
    },
    /// The account cannot be used as it stands.
    Standing(Standing),
    /// The organisation's directory said neither yes nor no; nothing was changed.
    Unavailable,
}

impl Core {
    /// Looks at a name and a password. Whoever has a password here is asked for nowhere else, so that somebody can sign in
    /// while the organisation's directory is away; everybody else is the directory's, where there is one.
    pub(crate) async fn verdict(
        &self,
        name: &CanonicalName,
        typed: &str,
        password: TypedPassword,
    ) -> Result<Verdict, Fault> {
        let stored = self.store.gate().password(name).await?;
        match (&self.directory, stored) {
            (Some(asked), None) => self.verdict_there(asked, name, typed, password).await,
            (_, stored) => self.verdict_here(name, stored, password).await,
        }
    }

    async fn verdict_here(
        &self,
        name: &CanonicalName,
        stored: Option<StoredPassword>,
        password: TypedPassword,
    ) -> Result<Verdict, Fault> {
        // Before anything is written: what a stranger can have written is bounded by what is derived (row R1)
        let place = self.slow_hashes.enter()?;
        let subject = Subject::Password(name.clone());
        let failures = match self.admit(&subject).await? {
            Admission::Counted(count) => count.failures,
            Admission::Refused { until } => return Ok(Verdict::Locked { until }),
        };
        let phc = stored.as_ref().map(|stored| stored.phc.as_str());
        let is_right = self.is_password(place, name, password, phc).await?;
        let right = stored.filter(|stored| is_right && stored.user.status != UserStatus::Disabled);
        Ok(match right {
            Some(StoredPassword { user, phc }) => Verdict::Right {
                user,
                shown: Shown {
                    password: Some(phc),
                    counted: vec![subject],
                },
            },
            None => Verdict::Wrong {
                left: subject.before_lock(failures),
            },
        })
    }

    async fn verdict_there(
        &self,
        asked: &Asked,
        name: &CanonicalName,
        typed: &str,
        password: TypedPassword,
    ) -> Result<Verdict, Fault> {
        let _place = asked.enter()?;
        let directory = asked.directory.as_ref();
        let tries = directory.tries();
        // One person's name with and without its domain is one name: what is told of one count tells nobody of the other's
        let by_name = Subject::DirectoryName(name.without_domain(), tries);
        let failures = match self.admit(&by_name).await? {
            Admission::Counted(count) => count.failures,
            Admission::Refused { until } => return Ok(Verdict::Locked { until }),
        };
        let mut counted = vec![by_name.clone()];
        let wrong = |failures| Verdict::Wrong {
            left: by_name.before_lock(failures),
        };
        // What is no name there, and no password, is shown to no directory (row L2)
        let (Some(login), true) = (LoginName::of(typed), password.for_directory().is_some()) else {
            return Ok(wrong(failures));
        };
        let person = match directory.find(&login).await {
            Ok(person) => person,
            Err(unavailable) => return self.not_told(unavailable, &counted).await,
        };
        if let Some(person) = &person {
            // By whatever name: one account has one count (row L4)
            let by_person = Subject::DirectoryPerson(person.id, tries);
            match self.admit(&by_person).await? {
                Admission::Counted(_) => {}
                Admission::Refused { until } => return Ok(Verdict::Locked { until }),
            }
            counted.push(by_person);
        }
        let checked = match directory.check(person.as_ref(), &password).await {
            Ok(checked) => checked,
            Err(unavailable) => {
                // The directory may have counted what it did not answer, so the account's count stays
                counted.truncate(1);
                return self.not_told(unavailable, &counted).await;
            }
        };
        match (checked, person) {
            (Checked::Right, Some(person)) => self.right_there(directory, &person, counted).await,
            (Checked::Standing(standing), Some(_)) => self.stands(standing, &counted).await,
            (Checked::Wrong | Checked::Right | Checked::Standing(_), _) => Ok(wrong(failures)),
        }
    }

    /// The password is right: what the person may do, and who they are here.
    async fn right_there(
        &self,
        directory: &dyn Directory,
        person: &Person,
        counted: Vec<Subject>,
    ) -> Result<Verdict, Fault> {
        match self.entitled(directory, person).await? {
            Entitled::As(user) => Ok(Verdict::Right {
                user,
                shown: Shown {
                    password: None,
                    counted,
                },
            }),
            Entitled::Not(standing) => self.stands(standing, &counted).await,
            Entitled::Unavailable(unavailable) => self.not_told(unavailable, &counted).await,
        }
    }

    async fn admit(&self, subject: &Subject) -> Result<Admission, Fault> {
        let subjects = std::slice::from_ref(subject);
        Ok(self.store.count_attempts(subjects, self.now()).await?)
    }

    async fn stands(&self, standing: Standing, counted: &[Subject]) -> Result<Verdict, Fault> {
        if standing.follows_right_password() {
            self.store.directory().take_back_attempts(counted).await?;
        }
        Ok(Verdict::Standing(standing))
    }

    /// No failure of the person's.
    async fn not_told(
        &self,
        unavailable: Unavailable,
        counted: &[Subject],
    ) -> Result<Verdict, Fault> {
        tracing::error!(%unavailable, "the directory could not be asked");
        self.store.directory().take_back_attempts(counted).await?;
        Ok(Verdict::Unavailable)
    }
}
