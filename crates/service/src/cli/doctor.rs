//! `doctor`: can the service start, are its records whole, and does what it relies on outside answer?

use anyhow::{anyhow, bail};
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
    let mut seen = Seen::default();
    let directory = match settings.directory() {
        Ok(Some(directory)) => seen.steps("the directory", directory.check_up().await, json),
        Ok(None) => Vec::new(),
        Err(wrong) => seen.wrong(wrong),
    };
    let recognition = match settings.config.recognition.take() {
        Some(rules) => {
            let host = core.site.host.name().to_owned();
            let looking = spawn_blocking(move || check_up(&rules.keytab, &host));
            seen.steps("recognition", looking.await?, json)
        }
        None => Vec::new(),
    };
    let workstations = match &core.site.workstations.names {
        Some(names) => seen.steps("workstations", Dns::check_up(names).await, json),
        None => Vec::new(),
    };
    tls::install_provider();
    let calls = seen.part(carriers::doctor(calls, &core.site.host).await);
    let host = core.site.host.as_str();
    let texts = seen.part(match std::mem::take(&mut settings.config.texts).carrier {
        Some(carrier) => doctor::examine(carrier).await,
        None => Ok("Nobody is texted: [texts] names no carrier.".to_owned()),
    });
    seen.end(json)?;
    Ok(Printed {
        text: format!(
            "The database opens with its key.\nThe audit log is whole: {} rows.\nActivation codes name {host}.\n{texts}\n{calls}\nThe service is {}.",
            audit.rows,
            core.service_id()
        ),
        json: json!({ "ok": true, "service": core.service_id(), "host": host, "audit_rows": audit.rows, "texts": texts, "calls": calls, "directory": directory, "recognition": recognition, "workstations": workstations }),
    })
}

/// What is wrong so far: one part that does not work hides none of the others.
#[derive(Default)]
struct Seen(Vec<anyhow::Error>);

impl Seen {
    /// Says what was found step by step. Gives what is right.
    fn steps(&mut self, whole: &str, steps: Vec<Step>, json: bool) -> Vec<String> {
        let mut right = Vec::new();
        let mut wrong = None;
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
                Err(why) => wrong = wrong.or(Some(anyhow!("{whole}: {of}: {why}"))),
            }
        }
        self.0.extend(wrong);
        right
    }

    /// What a part says, or nothing.
    fn part(&mut self, said: anyhow::Result<String>) -> String {
        said.unwrap_or_else(|wrong| {
            self.0.push(wrong);
            String::new()
        })
    }

    fn wrong(&mut self, wrong: anyhow::Error) -> Vec<String> {
        self.0.push(wrong);
        Vec::new()
    }

    /// The first that is wrong is the command's error; the others are said before it.
    fn end(self, json: bool) -> anyhow::Result<()> {
        let mut wrong = self.0.into_iter();
        let Some(first) = wrong.next() else {
            return Ok(());
        };
        for other in wrong {
            if !json {
                super::print(&format!("WRONG: {other:#}"));
            }
        }
        Err(first)
    }
}
