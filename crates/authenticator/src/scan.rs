//! From a text or picture to a draft that a person can say yes to. Nothing is changed by reading (row Q1).

use std::sync::Arc;

use countersign_protocol::{
    host::HostRefusal,
    label::Label,
    otpauth::{self, Moves, OtpAuth, OtpAuthError},
    passcode::{self, Digits, Period},
    scanned::Scanned,
};
use countersign_vault::{Account, Vault};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::{
    drafts::Draft,
    home::SHORT_KEY_BYTES,
    import,
    picture::{self, MAX_MEGAPIXELS, PictureError},
    session::Session,
    view::{
        ActivationView, Algorithm, ForeignKind, ImportView, OtherAccountView, Problem, ProblemCode,
        ScanView, TypedAccount,
    },
};

/// Reads one text.
pub(crate) async fn text(session: &Arc<Session>, text: &str) -> Result<ScanView, Problem> {
    let foreign = |what| ScanView::Foreign { what, host: None };
    Ok(match Scanned::read(text) {
        Scanned::Activation(activation) => {
            let host = activation.host.clone();
            let refused = host.trust(session.core.managed()).err();
            let wanted = host.to_string();
            let here = session.vault(move |vault| has_host(vault, &wanted)).await?;
            ScanView::Activation(ActivationView {
                draft: session.drafts().keep(Draft::Activation(activation))?,
                known: here || session.core.managed().contains(&host),
                refused: refused.map(|_: HostRefusal| ProblemCode::HostRefused),
                host: host.to_string(),
            })
        }
        Scanned::Other(account) => ScanView::Other(other(session, *account).await?),
        // One that cannot be read keeps no other code of a picture back
        Scanned::Migration => match import::read(session, text.as_bytes().to_vec()).await {
            Ok(ImportView::Found(found)) => ScanView::Import(found),
            Ok(ImportView::Locked { .. }) | Err(_) => foreign(ForeignKind::BrokenAccount),
        },
        Scanned::WebLink { host } => ScanView::Foreign {
            what: ForeignKind::WebLink,
            host: Some(Label::new(&host).to_string()),
        },
        Scanned::ContactCard => foreign(ForeignKind::ContactCard),
        Scanned::Wifi => foreign(ForeignKind::Wifi),
        Scanned::PlainText => foreign(ForeignKind::PlainText),
        Scanned::BrokenActivation => foreign(ForeignKind::BrokenActivation),
        Scanned::BrokenOther(_) => foreign(ForeignKind::BrokenAccount),
    })
}

/// Reads every code of a picture.
pub(crate) async fn picture(
    session: &Arc<Session>,
    bytes: Vec<u8>,
) -> Result<Vec<ScanView>, Problem> {
    let found = spawn_blocking(move || picture::read(&bytes))
        .await
        .map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
    let texts = found.map_err(|error| match error {
        PictureError::NotAPicture => Problem::new(ProblemCode::NotAPicture),
        PictureError::OtherKind(kind) => Problem::new(ProblemCode::NotAPicture).about(kind),
        PictureError::TooLarge => Problem::new(ProblemCode::NotAPicture).counting(MAX_MEGAPIXELS),
        PictureError::NoCode => Problem::new(ProblemCode::NoCodeInPicture),
    })?;
    let mut views = Vec::with_capacity(texts.len());
    for found in texts {
        views.push(text(session, &found).await?);
    }
    Ok(views)
}

/// Checks an account that was typed by hand.
pub(crate) fn typed(typed: TypedAccount) -> Result<OtpAuth, Problem> {
    let account = Label::new(&typed.account);
    let issuer = Label::new(&typed.issuer);
    if account.is_empty() && issuer.is_empty() {
        return Err(ProblemCode::NameMissing.into());
    }
    let text = Zeroizing::new(typed.key);
    let secret = otpauth::key(&text).map_err(|error| match error {
        OtpAuthError::KeyLength => ProblemCode::KeyTooShort,
        _ => ProblemCode::KeyNotBase32,
    })?;
    let out_of_range = || Problem::new(ProblemCode::Unforeseen);
    Ok(OtpAuth {
        issuer,
        account,
        secret,
        algorithm: match typed.algorithm {
            Algorithm::Sha1 => passcode::Algorithm::Sha1,
            Algorithm::Sha256 => passcode::Algorithm::Sha256,
            Algorithm::Sha512 => passcode::Algorithm::Sha512,
        },
        digits: Digits::new(typed.digits).ok_or_else(out_of_range)?,
        moves: if typed.steam {
            Moves::Steam
        } else if typed.counter_based {
            Moves::Counted(0)
        } else {
            Moves::Timed(Period::new(typed.period_seconds).ok_or_else(out_of_range)?)
        },
    })
}

async fn other(session: &Arc<Session>, account: OtpAuth) -> Result<OtherAccountView, Problem> {
    let (issuer, name) = (account.issuer.to_string(), account.account.to_string());
    let (wanted_issuer, wanted_name) = (issuer.clone(), name.clone());
    let duplicate = session
        .vault(move |vault| has_other(vault, &wanted_issuer, &wanted_name))
        .await?;
    Ok(OtherAccountView {
        issuer,
        account: name,
        counter_based: matches!(account.moves, Moves::Counted(_)),
        digits: account.length(),
        period_seconds: match account.moves {
            Moves::Timed(period) => period.seconds(),
            Moves::Steam => Period::THIRTY.seconds(),
            Moves::Counted(_) => 0,
        },
        weak_key: account.secret.len() < SHORT_KEY_BYTES,
        duplicate,
        draft: session.drafts().keep(Draft::Other(account))?,
    })
}

/// Whether an account of that host is here.
pub(crate) fn has_host(vault: &Vault, host: &str) -> bool {
    vault.accounts().any(
        |(_, account)| matches!(account, Account::Organisation(account) if account.host == host),
    )
}

fn has_other(vault: &Vault, issuer: &str, name: &str) -> bool {
    vault.accounts().any(|(_, account)| matches!(account, Account::Other(account) if account.issuer == issuer && account.account == name))
}
