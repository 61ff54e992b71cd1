//! The command line: each command opens the core, calls one use case and prints what came of it.
//!
//! Every command but `serve` may run while the service runs; they meet in the database.

mod bypass;
mod carriers;
mod doctor;
mod files;
mod integration;
mod open;
mod password;
mod phones;
mod serve;
mod user;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use serde_json::Value;

/// A second factor that Duo clients and the Countersign app talk to.
#[derive(Debug, Parser)]
#[command(name = "countersign-service", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Options {
    /// Read settings from this file; flags win over it
    #[arg(long, global = true, value_name = "FILE", env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
    /// Keep the database and the master key in this folder [default: countersign-data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Use another database: sqlite:FILE
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// The host in activation codes, with its port unless that is 443
    #[arg(long, global = true, value_name = "HOST")]
    public_host: Option<String>,
    /// Print one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service
    Serve(serve::Serve),
    /// Add people, give them passwords and activation codes, see and remove their devices
    #[command(subcommand)]
    User(user::User),
    /// Add applications
    #[command(subcommand)]
    Integration(integration::Integration),
    /// Make bypass codes for a person whose device is not at hand; they replace unused ones
    Bypass(bypass::Bypass),
    /// Check that the service can start and that its records are whole
    Doctor,
}

/// What a command prints: lines for people, one object for programs.
struct Printed {
    text: String,
    json: Value,
}

impl Cli {
    /// Runs the command. An error is one line that says what to do.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self { options, command } = self;
        let json = options.json;
        let printed = match command {
            Command::Serve(serve) => return serve.run(options).await,
            Command::User(user) => user.run(options).await?,
            Command::Integration(integration) => integration.run(options).await?,
            Command::Bypass(bypass) => bypass.run(options).await?,
            Command::Doctor => doctor::run(options).await?,
        };
        print(&if json {
            printed.json.to_string()
        } else {
            printed.text
        });
        Ok(())
    }
}

/// Prints a line; a reader that went away early is no error.
fn print(line: &str) {
    use std::io::Write;
    let _reader_went_away = writeln!(std::io::stdout(), "{line}");
}
