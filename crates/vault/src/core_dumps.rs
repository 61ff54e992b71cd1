//! Keeps a process that holds secrets out of core dumps (row V8).

/// Sets this process's core file limit so low that none is written. Called by whoever opens a vault, so nobody can forget it.
///
/// A system that refuses does not stop the person: it is one of several defences.
#[cfg(unix)]
pub(crate) fn forbid() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    // On Linux a limit of 0 still feeds a core_pattern that is a pipe (systemd-coredump, apport); 1 byte, which no core
    // fits, is the value at which the kernel leaves the pipe alone too (core(5), fs/coredump.c)
    let wanted = u64::from(cfg!(any(target_os = "linux", target_os = "android")));
    let limits = getrlimit(Resource::Core);
    let lowest = limits.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let _ = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(lowest),
            maximum: limits.maximum,
        },
    );
}

/// Windows writes crash dumps only where an administrator asked for them.
#[cfg(not(unix))]
pub(crate) fn forbid() {}
