//! Measures Countersign against its goals: `make bench`; `bench --quick` for trying it out; `bench NAME…` for a part.

use std::{env, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, ensure};
use countersign_tests::bench::{Extent, authority, run};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Names the folder to measure in. The process that makes it starts itself again, because the engine trusts the
/// authorities that were in its environment when it began.
const FOLDER: &str = "COUNTERSIGN_BENCH_FOLDER";

fn main() -> Result<ExitCode> {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return begin();
    };
    let mut extent = Extent::Full;
    let mut only = Vec::new();
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--quick" => extent = Extent::Quick,
            name => only.push(name.to_owned()),
        }
    }
    tokio::runtime::Runtime::new()?.block_on(run(&folder, extent, &only))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the folder, allows as many connections as the system does, and starts again.
fn begin() -> Result<ExitCode> {
    let program = env::current_exe()?;
    let target = program
        .ancestors()
        .nth(2)
        .context("the program lies in the target folder")?;
    // On the disk of the build, not in a file system of memory: commits are waited for
    let folder = target.join("bench");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let files = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: files.maximum,
            ..files
        },
    )?;
    let status = std::process::Command::new(&program)
        .args(env::args_os().skip(1))
        .env("SSL_CERT_FILE", authority(&folder))
        .env(FOLDER, &folder)
        .status()?;
    ensure!(status.success(), "the measurement failed");
    Ok(ExitCode::SUCCESS)
}
