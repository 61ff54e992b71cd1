//! A program started for a test, ended with everything that it started when dropped.

use std::{
    env,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

/// A running program and its whole process group.
pub struct Part {
    child: Child,
}

impl Part {
    /// Starts `command` in a process group of its own.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self { child })
    }

    /// The program's process.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The program's process id, which is also its group's.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends `signal` to the program and everything it started.
    pub fn signal(&self, signal: Signal) {
        if let Ok(raw) = i32::try_from(self.child.id())
            && let Some(group) = Pid::from_raw(raw)
        {
            // Gone already is what was wanted
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let patience = Instant::now() + Duration::from_secs(3);
        while Instant::now() < patience {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// A loopback port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// A program of this workspace, from the folder that holds the running test.
pub fn built(name: &str) -> Result<PathBuf> {
    let test = env::current_exe()?;
    let folder = test
        .ancestors()
        .skip(1)
        .find(|folder| folder.join(name).is_file());
    let Some(folder) = folder else {
        bail!(
            "{name} is not built: run `make test`, or `cargo build -p countersign-app -p countersign-service`"
        );
    };
    Ok(folder.join(name))
}

/// The app as it ships: `COUNTERSIGN_TEST_APP` where that is set, a release's say, else the build of these tests, which
/// leaves out what a release leaves out (`profile.dev.package` in `Cargo.toml`).
pub fn shipped() -> Result<PathBuf> {
    env::var_os("COUNTERSIGN_TEST_APP").map_or_else(|| built("countersign"), |app| Ok(app.into()))
}

/// The library `name` of libfaketime, by which a program's clock is wrong.
pub fn faketime(name: &str) -> Result<PathBuf> {
    std::fs::read_dir("/usr/lib")?
        .flatten()
        .map(|folder| folder.path().join("faketime").join(name))
        .find(|library| library.exists())
        .context("no libfaketime: run scripts/setup desktop")
}

/// The workspace's root.
pub fn root() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests)
}

/// Calls `attempt` until it gives a value, for as long as `patience`; the last error explains a failure.
pub async fn await_for<T>(
    patience: Duration,
    mut attempt: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let end = Instant::now() + patience;
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) if Instant::now() >= end => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
