//! How many files and connections the system lets the service have open.

/// Fewer than this are soon used up by a hospital's phones.
const FEW: u64 = 16_384;

/// Takes as many as the system allows at all; many systems begin with 1,024, which a single attacker could use up (row R1).
#[cfg(unix)]
pub(super) fn allow_all() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limits = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limits.maximum,
        ..limits
    };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%error, "cannot raise how many files may be open");
    }
    let allowed = getrlimit(Resource::Nofile).current;
    if let Some(allowed) = allowed.filter(|allowed| *allowed < FEW) {
        tracing::warn!(
            allowed,
            "few connections can be open at a time; raise the system's limit of open files"
        );
    }
}

/// There is no such limit.
#[cfg(not(unix))]
pub(super) fn allow_all() {
    let _ = FEW;
}
