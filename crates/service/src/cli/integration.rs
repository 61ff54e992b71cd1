//! `integration …`: applications and their keys.

use clap::Subcommand;
use serde_json::json;

use super::open::Settings;
use super::{Options, Printed};
use crate::policy::IntegrationPolicy;

#[derive(Debug, Subcommand)]
pub(super) enum Integration {
    /// Add an application; its secret key is printed once
    Add {
        /// What phones show as the application
        name: String,
        /// Digits of the number that is typed on the phone, 3 to 6; 0 allows plain push, which is weak
        #[arg(long, value_name = "N", default_value_t = 3)]
        number_digits: u8,
        /// Let devices that speak Duo's plain dialect answer, which is weak
        #[arg(long)]
        allow_legacy: bool,
        /// Let the application sign with HMAC-SHA1, as old clients do, which is weak
        #[arg(long)]
        allow_sha1: bool,
    },
}

impl Integration {
    pub(super) async fn run(self, options: Options) -> anyhow::Result<Printed> {
        let Self::Add {
            name,
            number_digits,
            allow_legacy,
            allow_sha1,
        } = self;
        let policy = IntegrationPolicy::with_digits(number_digits)
            .ok_or_else(|| anyhow::anyhow!("--number-digits takes 3 to 6, or 0 for plain push"))?;
        let policy = IntegrationPolicy {
            allow_legacy,
            allow_sha1,
            ..policy
        };
        let core = Settings::of(options)?.core().await?;
        let made = core.add_integration(&name, policy).await?;
        let host = core.site.host.as_str();
        Ok(Printed {
            text: format!(
                "host  {host}\nikey  {}\nskey  {} (shown once)",
                made.ikey,
                made.skey.as_str()
            ),
            json: json!({
                "ikey": made.ikey,
                "skey": made.skey.as_str(),
                "host": host,
                "name": name,
                "number_digits": number_digits,
                "allow_legacy": allow_legacy,
                "allow_sha1": allow_sha1,
            }),
        })
    }
}
