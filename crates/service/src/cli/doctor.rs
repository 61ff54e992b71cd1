//! `doctor`: can the service start, are its records whole, and does what it relies on outside answer?

use anyhow::bail;
use serde_json::json;

use super::open::Settings;
use super::{Options, Printed, carriers};
use crate::directory::checkup::Step;
use crate::directory::ldap::LdapDirectory;
use crate::texts::doctor;
use crate::tls;

pub(super) async fn run(options: Options) -> anyhow::Result<Printed> {
    let json = options.json;
    let mut settings = Settings::of(options)?;
    let calls = std::mem::take(&mut settings.config.calls);
    // Opening it checks the folder, the database's form, and that the master key opens the service's own key
    let core = settings.core().await?;
    core.store.ping().await?;
    let audit = core.verify_audit().await?;
    if let Some(seq) = audit.broken_at {
        bail!("the audit log was altered at row {seq}; compare it with the copy kept outside");
    }
    let directory = match settings.directory()? {
        Some(directory) => look_at(&directory, json).await?,
        None => Vec::new(),
    };
    tls::install_provider();
    let calls = carriers::doctor(calls, &core.site.host).await?;
    let host = core.site.host.as_str();
    let texts = match std::mem::take(&mut settings.config.texts).carrier {
        Some(carrier) => doctor::examine(carrier).await?,
        None => "Nobody is texted: [texts] names no carrier.".to_owned(),
    };
    Ok(Printed {
        text: format!(
            "The database opens with its key.\nThe audit log is whole: {} rows.\nActivation codes name {host}.\n{texts}\n{calls}\nThe service is {}.",
            audit.rows,
            core.service_id()
        ),
        json: json!({ "ok": true, "service": core.service_id(), "host": host, "audit_rows": audit.rows, "texts": texts, "calls": calls, "directory": directory }),
    })
}

/// Looks at the directory step by step, and says each as it is known: a slow one takes a while.
async fn look_at(directory: &LdapDirectory, json: bool) -> anyhow::Result<Vec<String>> {
    let mut wrong = None;
    let mut right = Vec::new();
    for Step { of, found } in directory.check_up().await {
        let line = match &found {
            Ok(found) => format!("{of}: {found}"),
            Err(why) => format!("{of}: WRONG: {why}"),
        };
        if !json {
            super::print(&line);
        }
        match found {
            Ok(_) => right.push(line),
            Err(why) => wrong = wrong.or(Some(format!("the directory: {of}: {why}"))),
        }
    }
    match wrong {
        Some(wrong) => bail!("{wrong}"),
        None => Ok(right),
    }
}
