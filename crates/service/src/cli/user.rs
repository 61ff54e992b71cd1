//! `user …`: people, their activation codes and their devices.

use anyhow::{Context, bail};
use clap::Subcommand;
use countersign_protocol::ids::DeviceId;
use serde_json::json;

use super::open::Settings;
use super::{Options, Printed, password};
use crate::access::AsUser;
use crate::activation::ActivationWish;
use crate::core::Core;
use crate::model::{DeviceState, Dialect, User as Person, UserStatus};
use crate::operator::{OPERATOR, UserAdded};
use crate::sign_in::UserRef;
use crate::store::desk::Released;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a person
    Add {
        /// The name by which applications know them
        name: String,
        /// The name as the organisation writes it, which their own pages show
        #[arg(
            long,
            value_name = "TEXT",
            default_value = "",
            hide_default_value = true
        )]
        display_name: String,
    },
    /// Set a person's password for the portal; it is read from standard input, one line
    Password {
        /// Whose
        name: String,
    },
    /// Let a person use the help desk's page of the portal, or no longer
    Operator {
        /// Who
        name: String,
        /// No longer
        #[arg(long)]
        remove: bool,
    },
    /// Stop a person from signing in anywhere; their sessions and open requests end at once
    Disable {
        /// Whom
        name: String,
    },
    /// Let a person sign in again
    Enable {
        /// Whom
        name: String,
    },
    /// Make an activation code for a person's phone; it lives ten minutes
    Activation {
        /// Whose
        name: String,
        /// Activate this device again instead of adding one; its old keys work until the new ones do
        #[arg(long, value_name = "ID")]
        device: Option<String>,
        /// For a client that knows only the plain dialect; it may then answer only where `--allow-legacy` was given
        #[arg(long)]
        plain: bool,
    },
    /// Let a person without a working device add one by themselves, once, within a day
    Release {
        /// Whom
        name: String,
    },
    /// List a person's devices
    Devices {
        /// Whose
        name: String,
    },
    /// Remove a person's device
    RemoveDevice {
        /// Whose
        name: String,
        /// Which, as `user devices` lists it
        device: String,
    },
}

impl User {
    pub(super) async fn run(self, options: Options) -> anyhow::Result<Printed> {
        let core = Settings::of(options)?.core().await?;
        match self {
            Self::Add { name, display_name } => add(&core, &name, &display_name).await,
            Self::Password { name } => password::set(&core, &name).await,
            Self::Operator { name, remove } => operator(&core, &name, !remove).await,
            Self::Disable { name } => status(&core, &name, UserStatus::Disabled).await,
            Self::Enable { name } => status(&core, &name, UserStatus::Active).await,
            Self::Activation {
                name,
                device,
                plain,
            } => activation(&core, &name, device.as_deref(), plain).await,
            Self::Release { name } => release(&core, &name).await,
            Self::Devices { name } => devices(&core, &name).await,
            Self::RemoveDevice { name, device } => remove_device(&core, &name, &device).await,
        }
    }
}

async fn add(core: &Core, name: &str, display_name: &str) -> anyhow::Result<Printed> {
    match core.add_person(Some(name), display_name, OPERATOR).await? {
        UserAdded::Added(user) => Ok(Printed {
            text: format!(
                "Added {}. Next: countersign-service user activation {}",
                user.name, user.name
            ),
            json: json!({ "user_id": user.id, "username": user.name }),
        }),
        UserAdded::Taken => {
            bail!("{name} exists already; make a code with: user activation {name}")
        }
        UserAdded::BadName => {
            bail!("the name is empty or too long; give one of 1 to 256 characters")
        }
    }
}

async fn operator(core: &Core, name: &str, is_operator: bool) -> anyhow::Result<Printed> {
    let person = find(core, name).await?;
    core.set_operator(&person, is_operator, OPERATOR).await?;
    Ok(Printed {
        text: if is_operator {
            format!("{} may use the help desk's page.", person.name)
        } else {
            format!("{} may no longer use the help desk's page.", person.name)
        },
        json: json!({ "user_id": person.id, "operator": is_operator }),
    })
}

async fn status(core: &Core, name: &str, status: UserStatus) -> anyhow::Result<Printed> {
    let person = find(core, name).await?;
    core.set_user_status(&person, status, OPERATOR).await?;
    let disabled = status == UserStatus::Disabled;
    Ok(Printed {
        text: if disabled {
            format!("{} cannot sign in any more.", person.name)
        } else {
            format!("{} can sign in.", person.name)
        },
        json: json!({ "user_id": person.id, "disabled": disabled }),
    })
}

async fn activation(
    core: &Core,
    name: &str,
    device: Option<&str>,
    plain: bool,
) -> anyhow::Result<Printed> {
    let person = find(core, name).await?;
    let device = device.map(parse_device).transpose()?;
    let wish = ActivationWish {
        device: device.as_ref(),
        plain,
        ..ActivationWish::default()
    };
    let made = core
        .make_activation(&person, wish, OPERATOR)
        .await?
        .with_context(|| format!("{name} has no such device; see: user devices {name}"))?;
    let (text, duo_text) = (made.text.app_text(), made.text.duo_text());
    Ok(Printed {
        text: format!("For ten minutes, once:\n  {text}\n  {duo_text}"),
        json: json!({
            "code": made.text.code.expose(),
            "text": text,
            "duo_text": duo_text,
            "expires_at": made.expires_at.seconds(),
        }),
    })
}

async fn release(core: &Core, name: &str) -> anyhow::Result<Printed> {
    let person = find(core, name).await?;
    match core.release_enrolment(&person, OPERATOR).await? {
        (Released::Done, until) => Ok(Printed {
            text: format!(
                "{} may add a device by themselves, once, within a day. They sign in to the portal with their password.",
                person.name
            ),
            json: json!({ "user_id": person.id, "released_until": until.seconds() }),
        }),
        (Released::NotNeeded, _) => bail!(
            "{name} has a device that works, or may not sign in; see: user devices {name}. Or make a one-time passcode: \
             bypass {name}"
        ),
        (Released::NotThere, _) => bail!("nobody is called {name} any more"),
    }
}

async fn devices(core: &Core, name: &str) -> anyhow::Result<Printed> {
    let person = find(core, name).await?;
    let devices = core.store.devices_of(&AsUser::of(&person)).await?;
    let mut lines = Vec::new();
    let mut list = Vec::new();
    for device in devices {
        let speaks = match device.dialect {
            Dialect::Countersign1 => "countersign/1",
            Dialect::Legacy => "legacy",
            Dialect::PasscodeOnly => "passcodes only",
            Dialect::CallsOnly => "calls only",
        };
        let state = if device.state == DeviceState::Active {
            "active"
        } else {
            "suspended"
        };
        lines.push(format!("{}  {}  {speaks}, {state}", device.id, device.name));
        list.push(
            json!({ "device": device.id, "name": device.name, "dialect": speaks, "state": state }),
        );
    }
    if lines.is_empty() {
        lines.push(format!(
            "{name} has no device. Make a code with: user activation {name}"
        ));
    }
    Ok(Printed {
        text: lines.join("\n"),
        json: json!({ "devices": list }),
    })
}

async fn remove_device(core: &Core, name: &str, device: &str) -> anyhow::Result<Printed> {
    let person = find(core, name).await?;
    let id = parse_device(device)?;
    if !core.remove_device(&person, &id, OPERATOR).await? {
        bail!("{name} has no such device; see: user devices {name}");
    }
    Ok(Printed {
        text: format!("Removed {id}."),
        json: json!({ "removed": id }),
    })
}

/// The person of a name, or what to do.
pub(super) async fn find(core: &Core, name: &str) -> anyhow::Result<Person> {
    core.find_user(&UserRef::Name(name.to_owned()))
        .await?
        .with_context(|| format!("nobody is called {name}; add them with: user add {name}"))
}

fn parse_device(text: &str) -> anyhow::Result<DeviceId> {
    DeviceId::parse(text)
        .map_err(|_| anyhow::anyhow!("{text} is not a device id; it begins with DP"))
}
