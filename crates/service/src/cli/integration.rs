//! `integration …`: applications and their keys.

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use countersign_protocol::ids::IntegrationKey;
use serde_json::json;

use super::open::Settings;
use super::{Options, Printed};
use crate::policy::IntegrationPolicy;
use crate::prompt::RedirectUri;

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
        /// Where the sign-in prompt may send people back to; may be given more than once
        #[arg(long, value_name = "URI")]
        redirect_uri: Vec<String>,
    },
    /// Let the sign-in prompt send people back to further addresses
    RedirectUri {
        /// The application's ikey
        ikey: String,
        /// `https` addresses, compared character by character
        #[arg(required = true)]
        uri: Vec<String>,
    },
}

impl Integration {
    pub(super) async fn run(self, options: Options) -> anyhow::Result<Printed> {
        match self {
            Self::Add {
                name,
                number_digits,
                allow_legacy,
                allow_sha1,
                redirect_uri,
            } => {
                let policy = IntegrationPolicy::with_digits(number_digits)
                    .context("--number-digits takes 3 to 6, or 0 for plain push")?;
                let policy = IntegrationPolicy {
                    allow_legacy,
                    allow_sha1,
                    ..policy
                };
                add(options, &name, policy, &redirect_uri).await
            }
            Self::RedirectUri { ikey, uri } => add_redirect_uris(options, &ikey, &uri).await,
        }
    }
}

async fn add(
    options: Options,
    name: &str,
    policy: IntegrationPolicy,
    redirect_uris: &[String],
) -> anyhow::Result<Printed> {
    let uris = read(redirect_uris)?;
    let core = Settings::of(options)?.core().await?;
    let made = core.add_integration(name, policy).await?;
    if !uris.is_empty() {
        core.add_redirect_uris(&made.ikey, &uris).await?;
    }
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
            "number_digits": policy.number_digits,
            "allow_legacy": policy.allow_legacy,
            "allow_sha1": policy.allow_sha1,
            "redirect_uris": redirect_uris,
        }),
    })
}

async fn add_redirect_uris(
    options: Options,
    ikey: &str,
    redirect_uris: &[String],
) -> anyhow::Result<Printed> {
    let uris = read(redirect_uris)?;
    let unknown = || format!("no application has the ikey {ikey}");
    let ikey = IntegrationKey::parse(ikey).ok().with_context(unknown)?;
    let core = Settings::of(options)?.core().await?;
    ensure!(core.add_redirect_uris(&ikey, &uris).await?, "{}", unknown());
    Ok(Printed {
        text: format!(
            "The sign-in prompt sends people back to {}",
            redirect_uris.join(", ")
        ),
        json: json!({ "ikey": ikey, "redirect_uris": redirect_uris }),
    })
}

fn read(uris: &[String]) -> anyhow::Result<Vec<RedirectUri>> {
    uris.iter()
        .map(|uri| {
            RedirectUri::parse(uri).with_context(|| {
                format!(
                    "{uri} cannot be registered: https (http on this computer alone), without user and fragment"
                )
            })
        })
        .collect()
}
