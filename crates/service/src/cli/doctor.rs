//! `doctor`: can the service start, are its records whole, and does what it relies on outside answer?

use anyhow::bail;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::open::Settings;
use super::{Options, Printed, carriers};
use crate::directory::checkup::Step;
use crate::self_service::kerberos::Surroundings;
use crate::self_service::realm_checkup::check_up;
use crate::texts::doctor;
use crate::tls;
use crate::workstations::dns::Dns;

pub(super) async fn run(options: Options) -> anyhow::Result<Printed> {
    let json = options.json;
    let mut settings = Settings::of(options)?;
    settings.surround_by(Surroundings::of_a_checkup)?;
    let calls = std::mem::take(&mut settings.config.calls);
    // Opening it checks the folder, the database's form, and that the master key opens the service's own key
    let core = settings.core().await?;
    core.store.ping().await?;
    let audit = core.verify_audit().await?;
    if let Some(seq) = audit.broken_at {
        bail!("the audit log was altered at row {seq}; compare it with the copy kept outside");
    }
    let directory = match settings.directory()? {
        Some(directory) => said("the directory", directory.check_up().await, json)?,
        None => Vec::new(),
    };
    let recognition = match settings.config.recognition.take() {
        Some(rules) => {
            let host = core.site.host.name().to_owned();
            let looking = spawn_blocking(move || check_up(&rules.keytab, &host));
            said("recognition", looking.await?, json)?
        }
        None => Vec::new(),
    };
    let workstations = match &core.site.workstations.names {
        Some(names) => said("workstations", Dns::check_up(names).await, json)?,
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
        json: json!({ "ok": true, "service": core.service_id(), "host": host, "audit_rows": audit.rows, "texts": texts, "calls": calls, "directory": directory, "recognition": recognition, "workstations": workstations }),
    })
}

/// Says what was found step by step. The first that is wrong is the command's error.
fn said(whole: &str, steps: Vec<Step>, json: bool) -> anyhow::Result<Vec<String>> {
    let mut wrong = None;
    let mut right = Vec::new();
    for Step { of, found } in steps {
        let line = match &found {
            Ok(found) => format!("{of}: {found}"),
            Err(why) => format!("{of}: WRONG: {why}"),
        };
        if !json {
            super::print(&line);
        }
        match found {
            Ok(_) => right.push(line),
            Err(why) => wrong = wrong.or(Some(format!("{whole}: {of}: {why}"))),
        }
    }
    match wrong {
        Some(wrong) => bail!("{wrong}"),
        None => Ok(right),
    }
}
