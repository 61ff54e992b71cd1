//! Why a service could not be talked to, told apart as far as a person can act on it.

use std::error::Error;

use super::resolve::{NotFound, NotReachable};
use crate::view::ProblemCode;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkFailure {
    /// The host's name was not found.
    #[error("the host's name was not found")]
    HostUnknown,
    /// The name leads to this machine or another place where no service is.
    #[error("the host's address may not be reached")]
    HostRefused,
    /// The certificate is not trusted, out of date, or for another name.
    #[error("the certificate was refused")]
    Certificate,
    /// Nobody answers; the request was not sent.
    #[error("the service does not answer")]
    Unreachable,
    /// The request may have been sent, and no answer came.
    #[error("the connection was lost")]
    Down,
    /// The answer is not the protocol's.
    #[error("the answer is not the protocol's")]
    NotAService,
}

impl NetworkFailure {
    /// Sorts an error by its causes.
    pub fn of(error: &reqwest::Error) -> Self {
        if cause::<NotFound>(error) {
            Self::HostUnknown
        } else if cause::<NotReachable>(error) {
            Self::HostRefused
        } else if certificate(error) {
            Self::Certificate
        } else if error.is_connect() {
            Self::Unreachable
        } else {
            Self::Down
        }
    }

    /// The service cannot have seen the request. Whatever answered in a way that is not the protocol's, a proxy or an error page,
    /// may have passed it on.
    pub fn was_not_sent(self) -> bool {
        !matches!(self, Self::Down | Self::NotAService)
    }

    /// The sentence for it.
    pub fn problem(self) -> ProblemCode {
        match self {
            Self::HostUnknown => ProblemCode::HostUnknown,
            Self::HostRefused => ProblemCode::HostRefused,
            Self::Certificate => ProblemCode::CertificateRefused,
            Self::Unreachable | Self::Down => ProblemCode::ServiceDown,
            Self::NotAService => ProblemCode::NotAService,
        }
    }
}

/// The error and its causes. An `io::Error` hides what it wraps from `source`.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        match error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(inner) => {
                let inner: &'a (dyn Error + 'static) = inner;
                Some(inner)
            }
            None => error.source(),
        }
    })
}

fn cause<T: Error + 'static>(error: &reqwest::Error) -> bool {
    chain(error).any(<dyn Error>::is::<T>)
}

fn certificate(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| {
        matches!(
            cause.downcast_ref::<rustls::Error>(),
            Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
        )
    })
}
