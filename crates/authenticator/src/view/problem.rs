//! What went wrong, as a code. The words and the way out are the window's.

use countersign_vault::VaultError;
use serde::Serialize;
use ts_rs::TS;

/// A refusal with the facts that its sentence needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Problem {
    /// Which sentence.
    pub code: ProblemCode,
    /// Host, file or name that the sentence mentions.
    pub subject: Option<String>,
    /// Seconds to wait, tries left or whatever number the sentence mentions.
    pub number: Option<i32>,
}

impl Problem {
    /// A refusal without further facts.
    pub const fn new(code: ProblemCode) -> Self {
        Self {
            code,
            subject: None,
            number: None,
        }
    }

    /// With the host, file or name that the sentence mentions.
    #[must_use]
    pub fn about(self, subject: impl Into<String>) -> Self {
        Self {
            subject: Some(subject.into()),
            ..self
        }
    }

    /// With the number that the sentence mentions.
    #[must_use]
    pub fn counting(self, number: impl TryInto<i32>) -> Self {
        Self {
            number: number.try_into().ok(),
            ..self
        }
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        Self::new(match error {
            VaultError::Gone => ProblemCode::AccountGone,
            VaultError::NotCounted
            | VaultError::WrongKind
            | VaultError::LastSlot
            | VaultError::TooLong => ProblemCode::Unforeseen,
            VaultError::KeystoreUnavailable => ProblemCode::KeystoreUnavailable,
            VaultError::OlderCopy => ProblemCode::OlderCopy,
            VaultError::NotStored | VaultError::CounterSpent | VaultError::SealsSpent => {
                ProblemCode::NotStored
            }
        })
    }
}

/// Every refusal that a window can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The app is locked.
    Locked,
    /// Wrong PIN or passphrase; `number` = tries left.
    WrongSecret,
    /// Too many wrong ones; `number` = seconds to wait.
    MustWait,
    /// A PIN that is among the first guessed, or a passphrase under twelve characters.
    WeakSecret,
    /// The keystore cannot be used.
    KeystoreUnavailable,
    /// The vault could not be written; nothing changed.
    NotStored,
    /// No code in the picture.
    NoCodeInPicture,
    /// Not a picture that can be read.
    NotAPicture,
    /// No export of an app that is known.
    NotAnExport,
    /// An export whose end is missing.
    ExportCutShort,
    /// An export that is damaged.
    ExportDamaged,
    /// An export without one account.
    ExportEmpty,
    /// An export that only the other app's own account opens.
    ExportOfAccount,
    /// A password that does not open the export.
    ExportPassword,
    /// An export that is larger than any that an app writes.
    ExportTooLarge,
    /// An export whose opening takes more memory than there is.
    ExportTooMuch,
    /// No backup of this app.
    NotABackup,
    /// A backup that was altered or cut short since it was written.
    BackupDamaged,
    /// A backup that a newer release wrote.
    BackupTooNew,
    /// A passphrase that does not open the backup.
    BackupPassphrase,
    /// The folder of the backups is gone or may not be written; `subject` = the folder.
    BackupFolder,
    /// The disk of the backups is full; nothing that was there is gone.
    BackupFull,
    /// Nothing on the clipboard that could be a code.
    EmptyClipboard,
    /// Not an activation link.
    NotAnActivation,
    /// The draft is gone (used, or the app was locked).
    DraftGone,
    /// The service does not know the code: used, expired, or never made. The three look alike on purpose.
    CodeRefused,
    /// The host is an address literal, a private name or has an odd port, and is not on the managed list.
    HostRefused,
    /// Not the address of a page.
    NotAnAddress,
    /// The host's name was not found.
    HostUnknown,
    /// The certificate is not trusted, is out of date, or is for another name.
    CertificateRefused,
    /// The service does not answer.
    ServiceDown,
    /// The service answered with something else than the protocol.
    NotAService,
    /// The service refused for another reason, said in `subject`.
    ServiceRefused,
    /// By the clock of the service at `subject`, this device's is off.
    ClockWrong,
    /// The account is not there any more.
    AccountGone,
    /// The request is not there any more.
    RequestGone,
    /// A key that is not Base32.
    KeyNotBase32,
    /// A key that is too short.
    KeyTooShort,
    /// A name is missing.
    NameMissing,
    /// Another name is too long.
    NameTooLong,
    /// An account with the same organisation and name is already here.
    AlreadyHere,
    /// An approval needs the PIN or passphrase once more: call `confirm_secret`, then answer again.
    FreshUnlock,
    /// The folder for files cannot be used, or the platform has none.
    SaveFolder,
    /// The vault's file is older than the one that this device had last; nothing is written before `use_older_copy`.
    OlderCopy,
    /// Something unforeseen; it is in the log without secrets.
    Unforeseen,
}
