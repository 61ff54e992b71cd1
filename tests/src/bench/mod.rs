//! What Countersign costs, each figure beside a floor or a peer that was measured in the same run.
//!
//! - [`report`]: the table
//! - `machine`: what it was measured on
//! - `cost`: processor time and memory of processes, medians
//! - `caller`: an application and its people's devices, as the service sees them
//! - `app`: the app's engine in this process
//! - `site`: the service under measurement, its people, and load on it
//! - `bare`: the bare web server beside it
//! - `floors`: what a signature and a durable commit cost without anything around them
//! - one file for each measurement: `push`, `passcode`, `inbox`, `idle`, `unlock`, `store`, `import`,
//!   `backup`, `window`, `pictures`,
//!   `self_service`, `refusals`, `directory`, `portal`, `calls`

mod app;
mod backup;
mod bare;
mod caller;
mod calls;
mod cost;
mod directory;
mod floors;
mod idle;
mod import;
mod inbox;
mod machine;
mod passcode;
mod pictures;
mod portal;
mod push;
mod refusals;
pub mod report;
mod self_service;
mod site;
mod store;
mod unlock;
mod window;

use std::path::Path;

use anyhow::Result;

use report::Report;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Enough for the figures that are published.
    Full,
    /// Under a minute, for trying it out.
    Quick,
}

impl Extent {
    /// `full` or `quick`, whichever this is.
    fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// Measures everything that `only` names, or all of it, in `folder`, and prints the table.
///
/// `SSL_CERT_FILE` has to name [`authority`] of that folder before, since the engine reads it once.
pub async fn run(folder: &Path, extent: Extent, only: &[String]) -> Result<()> {
    let wanted = |name: &str| only.is_empty() || only.iter().any(|only| only == name);
    let mut report = Report::new(machine::description(folder)?);
    if [
        "push",
        "passcode",
        "inbox",
        "self-service",
        "refusals",
        "portal",
        "idle",
    ]
    .into_iter()
    .any(wanted)
    {
        let floors = floors::measure(folder, extent)?;
        let mut site = site::Site::start(&folder.join("service")).await?;
        let mut peer = bare::Bare::start(&site)?;
        if wanted("push") {
            push::measure(&site, &peer, &floors, extent, &mut report).await?;
        }
        if wanted("passcode") {
            passcode::measure(&site, &peer, &floors, extent, &mut report).await?;
        }
        if wanted("inbox") {
            inbox::measure(&site, folder, extent, &mut report).await?;
        }
        if wanted("self-service") {
            self_service::measure(&site, folder, extent, &mut report).await?;
        }
        if wanted("refusals") {
            refusals::measure(&site, extent, &mut report).await?;
        }
        if wanted("portal") {
            portal::measure(&site, extent, &mut report).await?;
        }
        if wanted("idle") {
            idle::measure(&mut site, &mut peer, extent, &mut report).await?;
        }
    }
    if wanted("calls") {
        calls::measure(&folder.join("calls"), extent, &mut report)?;
    }
    if wanted("directory") {
        directory::measure(&folder.join("directory"), extent, &mut report).await?;
    }
    if wanted("unlock") {
        unlock::measure(&folder.join("unlock"), extent, &mut report).await?;
    }
    if wanted("store") {
        store::measure(&folder.join("store"), extent, &mut report)?;
    }
    if wanted("import") {
        import::measure(&folder.join("import"), extent, &mut report)?;
    }
    if wanted("backup") {
        backup::measure(&folder.join("backup"), extent, &mut report)?;
    }
    if wanted("window") {
        window::measure(&folder.join("window"), extent, &mut report).await?;
    }
    if wanted("pictures") {
        pictures::measure(&mut report)?;
    }
    report.print();
    Ok(())
}

/// The certificate authority of the service that is measured in `folder`.
pub fn authority(folder: &Path) -> std::path::PathBuf {
    folder.join("service/tls/ca.pem")
}
