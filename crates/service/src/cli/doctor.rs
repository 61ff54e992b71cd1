//! `doctor`: can the service start, and are its records whole?

use anyhow::bail;
use serde_json::json;

use super::open::Settings;
use super::{Options, Printed};
use crate::texts::doctor;

pub(super) async fn run(options: Options) -> anyhow::Result<Printed> {
    let mut settings = Settings::of(options)?;
    // Opening it checks the folder, the database's form, and that the master key opens the service's own key
    let core = settings.core().await?;
    core.store.ping().await?;
    let audit = core.verify_audit().await?;
    if let Some(seq) = audit.broken_at {
        bail!("the audit log was altered at row {seq}; compare it with the copy kept outside");
    }
    let host = core.site.host.as_str();
    let texts = match std::mem::take(&mut settings.config.texts).carrier {
        Some(carrier) => doctor::examine(carrier).await?,
        None => "Nobody is texted: [texts] names no carrier.".to_owned(),
    };
    Ok(Printed {
        text: format!(
            "The database opens with its key.\nThe audit log is whole: {} rows.\nActivation codes name {host}.\n{texts}\nThe service is {}.",
            audit.rows,
            core.service_id()
        ),
        json: json!({ "ok": true, "service": core.service_id(), "host": host, "audit_rows": audit.rows, "texts": texts }),
    })
}
