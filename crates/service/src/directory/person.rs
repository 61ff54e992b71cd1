//! A person of the organisation's directory, and what it says of them.

use std::fmt;

use uuid::Uuid;

/// Names a person for ever, through every change of name, department and number: Active Directory's `objectGUID`
/// (MS-ADTS section 3.1.1.1.4). It is never given to anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonId(Uuid);

impl PersonId {
    /// From the attribute's sixteen bytes. `None` for any other number of them.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.try_into().ok()?;
        Some(Self(Uuid::from_bytes_le(bytes)))
    }

    /// As kept; see [`fmt::Display`].
    pub fn from_stored(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// The attribute's bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes_le()
    }
}

impl fmt::Display for PersonId {
    /// As Active Directory's own tools write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A person as the directory has them now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who it is.
    pub id: PersonId,
    /// Where the entry stands: its distinguished name.
    pub place: String,
    /// The name they sign in with, `sAMAccountName`.
    pub name: String,
    /// As the organisation writes them; empty where it does not say.
    pub display_name: String,
    /// Telephone numbers as somebody once wrote them, the mobile phone's first.
    pub numbers: Vec<String>,
    /// Why they may not sign in anywhere, as the entry's flags say.
    pub barred: Option<Barred>,
}

/// What ends an account for everything, until somebody in the organisation says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barred {
    /// An administrator disabled it.
    Disabled,
    /// Its day has passed.
    Expired,
}

/// What a person may do here, by the groups they are in, directly or through other groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// May sign in to the portal.
    pub may_use: bool,
    /// May use the help desk's page; `None` where no group decides it.
    pub operator: Option<bool>,
}

/// What the directory said of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It is theirs.
    Right,
    /// It is not, or nobody was asked about.
    Wrong,
    /// The account cannot be used as it stands.
    Standing(Standing),
}

/// Why an account cannot be used although the password may be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The password is too old.
    PasswordExpired,
    /// The password has to be changed before the first use.
    PasswordMustChange,
    /// Too many wrong passwords, here or elsewhere. Active Directory says so without looking at the password.
    Locked,
    /// See [`Barred::Disabled`].
    Disabled,
    /// See [`Barred::Expired`].
    Expired,
    /// Not at this hour, or not from here.
    NotNow,
    /// In none of the groups that may use the portal.
    NotEntitled,
}

impl Standing {
    /// Whether it is told only to somebody who typed the right password, so that the try was none that counts.
    pub fn follows_right_password(self) -> bool {
        self != Self::Locked
    }

    /// As the audit log names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PasswordExpired => "password_expired",
            Self::PasswordMustChange => "password_must_change",
            Self::Locked => "account_locked",
            Self::Disabled => "account_disabled",
            Self::Expired => "account_expired",
            Self::NotNow => "account_not_now",
            Self::NotEntitled => "account_not_entitled",
        }
    }
}

impl From<Barred> for Standing {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Disabled => Self::Disabled,
            Barred::Expired => Self::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_active_directory_writes_it() {
        let bytes = [
            0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde, 1, 2, 3, 4, 5, 6, 7, 8,
        ];
        let id = PersonId::of(&bytes).unwrap();
        assert_eq!(id.to_string(), "12345678-9abc-def0-0102-030405060708");
        assert_eq!(id.to_bytes(), bytes);
        assert_eq!(PersonId::from_stored(&id.to_string()), Some(id));
        assert_eq!(PersonId::of(&bytes[..15]), None);
    }
}
