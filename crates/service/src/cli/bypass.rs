//! `bypass`: codes for a person whose device is not at hand.

use clap::Args;
use serde_json::json;

use super::open::Settings;
use super::{Options, Printed, user};
use crate::operator::OPERATOR;

#[derive(Debug, Args)]
pub(super) struct Bypass {
    /// For whom
    name: String,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
    count: u8,
}

impl Bypass {
    pub(super) async fn run(self, options: Options) -> anyhow::Result<Printed> {
        let core = Settings::of(options)?.core().await?;
        let person = user::find(&core, &self.name).await?;
        let made = core
            .make_bypass_codes(&person, self.count.into(), OPERATOR)
            .await?;
        let codes: Vec<&str> = made.codes.iter().map(|code| code.as_str()).collect();
        Ok(Printed {
            text: format!("For one day, each once:\n  {}", codes.join("\n  ")),
            json: json!({ "code": codes.first(), "codes": codes, "expires_at": made.expires_at.seconds() }),
        })
    }
}
