//! The service under measurement, an application of it, its people with their devices, and load.

use std::{
    future::Future,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::task::JoinSet;

use super::{
    caller::{Application, Device, Http, client},
    cost::Process,
};
use crate::service::{Integration, Service};

/// Calls that enrol people at one time.
const ENROLLING: usize = 8;

/// A running service and what is known of it.
pub(super) struct Site {
    pub service: Service,
    pub integration: Integration,
    /// The folder of its certificate and authority.
    pub tls: PathBuf,
}

impl Site {
    /// Starts a service in `folder`, with an application that asks for no number.
    pub(super) async fn start(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let service = Service::start(folder).await?;
        let integration = service.add_integration("Bench", &["--number-digits", "0"])?;
        Ok(Self {
            service,
            integration,
            tls: folder.join("tls"),
        })
    }

    /// The service's process.
    pub(super) fn process(&self) -> Process {
        Process(self.service.id())
    }

    /// The application on a connection pool of its own.
    pub(super) fn application(&self) -> Result<Application> {
        Ok(Application {
            client: client(&self.service.ca, Http::One)?,
            host: self.service.address(),
            integration: self.integration.clone(),
        })
    }

    /// Enrols `count` people, called `prefix` and a number, each with an activated device.
    pub(super) async fn people(&self, prefix: &str, count: usize) -> Result<Vec<Device>> {
        let application = self.application()?;
        let mut tasks = JoinSet::new();
        for first in 0..ENROLLING.min(count) {
            let (application, prefix) = (application.clone(), prefix.to_owned());
            tasks.spawn(async move {
                let mut devices = Vec::new();
                for number in (first..count).step_by(ENROLLING) {
                    let username = format!("{prefix}{number}");
                    let code = application.enrol(&username).await?;
                    let Application { client, host, .. } = &application;
                    devices.push(Device::activate(client, host, &username, &code).await?);
                }
                anyhow::Ok(devices)
            });
        }
        let mut people = Vec::new();
        while let Some(devices) = tasks.join_next().await {
            people.extend(devices??);
        }
        Ok(people)
    }
}

/// What load cost.
#[derive(Debug)]
pub(super) struct Load {
    /// How long each operation took.
    pub times: Vec<Duration>,
    /// By the clock, from the first to the last.
    pub whole: Duration,
    /// Processor time of the measured process for one operation.
    pub cpu: Duration,
}

impl Load {
    /// Operations in a second.
    pub(super) fn rate(&self) -> f64 {
        super::cost::float(u64::try_from(self.times.len()).unwrap_or(u64::MAX))
            / self.whole.as_secs_f64()
    }
}

/// Runs `workers` side by side; each gives the times of its operations. Counts what `process` spends meanwhile.
pub(super) async fn load<W>(process: Process, workers: impl IntoIterator<Item = W>) -> Result<Load>
where
    W: Future<Output = Result<Vec<Duration>>> + Send + 'static,
{
    let (start, before) = (Instant::now(), process.cpu()?);
    let mut tasks: JoinSet<Result<Vec<Duration>>> = JoinSet::new();
    for worker in workers {
        tasks.spawn(worker);
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let (whole, spent) = (start.elapsed(), process.cpu()?.saturating_sub(before));
    let operations = u32::try_from(times.len().max(1))?;
    Ok(Load {
        times,
        whole,
        cpu: spent / operations,
    })
}
