//! The program: parses the command line, runs it, and says in one line what went wrong.

use std::process::ExitCode;

use clap::Parser;
use countersign_service::cli::Cli;
use zeroizing_alloc::ZeroAlloc;

/// Wipes memory before it is given back (row L6): a password crosses buffers of TLS, HTTP, JSON and LDAP that know nothing
/// of it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return failed(&anyhow::Error::new(error).context("cannot start the runtime"));
        }
    };
    match runtime.block_on(cli.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// One line, whatever the error holds, and the status that scripts look for.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!(
        "countersign-service: {}",
        format!("{error:#}").replace('\n', " ")
    );
    ExitCode::from(2)
}
