//! From starting the app to its first picture, and its memory, beside a bare Tauri window with a page of one line.
//!
//! The display is a file that the X server draws into, as large as the window and without a cursor. It is looked at every
//! two milliseconds. A picture is there when it holds more than a few colours: the empty display has one, a mapped window
//! whose page is not drawn yet adds one, and the smoothed edges of the first letters bring many. The app starts on a
//! locked vault, as on any day but the first.

mod screen;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use countersign_vault::KdfProfile;

use super::{
    Extent,
    cost::{Process, float, median, ms, ratio},
    report::{Report, Row},
    unlock::fill,
};
use crate::part::{Part, built};
use screen::Screen;

const GOAL_TIME: f64 = 1.1;
const GOAL_MEMORY: f64 = 1.25;
const LOOK_EVERY: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(30);
/// From the first picture to the look at the memory: what is loaded late is loaded by then.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) async fn measure(folder: &Path, extent: Extent, report: &mut Report) -> Result<()> {
    fs::create_dir_all(folder)?;
    let (app, bare) = (built("countersign")?, built("examples/bare")?);
    let session = Session::start(folder)?;
    fill(&folder.join("app/vault"), KdfProfile::STANDARD, 10)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..extent.of(10, 3) {
        let pictures = (folder.join("app.png"), folder.join("bare.png"));
        let pair = (
            session.open(&app, &pictures.0).await.context("the app")?,
            session
                .open(&bare, &pictures.1)
                .await
                .context("the bare window")?,
        );
        // The first of each fills the caches
        if round > 0 {
            ours.push(pair.0);
            theirs.push(pair.1);
        }
    }
    let times = [&ours, &theirs].map(|shown| median(shown.iter().map(|shown| shown.after)));
    report.add(Row {
        what: format!("window to first picture, {} runs each", ours.len()),
        figure: format!("{:.0} ms", ms(times[0])),
        beside: format!("{:.0} ms: a bare Tauri window", ms(times[1])),
        ratio: Some(ratio(times[0], times[1])),
        goal: "≤ 1.1 ×".to_owned(),
        met: Some(ratio(times[0], times[1]) <= GOAL_TIME),
    });
    let memory = [&ours, &theirs].map(|shown| {
        let mut sizes: Vec<u64> = shown.iter().map(|shown| shown.pss_kib).collect();
        sizes.sort_unstable();
        float(sizes[sizes.len() / 2]) / 1024.0
    });
    report.add(Row {
        what: "window: memory of all its processes (PSS)".to_owned(),
        figure: format!("{:.0} MiB", memory[0]),
        beside: format!("{:.0} MiB: a bare Tauri window", memory[1]),
        ratio: Some(memory[0] / memory[1]),
        goal: "≤ 1.25 ×".to_owned(),
        met: Some(memory[0] / memory[1] <= GOAL_MEMORY),
    });
    report.note(format!(
        "The first pictures, as they were seen: {}",
        folder.display()
    ));
    Ok(())
}

/// How an opening went.
struct Shown {
    after: Duration,
    pss_kib: u64,
}

/// A display and a session bus with a keystore, for one program at a time.
struct Session {
    screen: Screen,
    bus: String,
    home: PathBuf,
    _part: Part,
}

/// Prints the bus's address and stays.
const SESSION: &str = r#"
printf '\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
echo "$DBUS_SESSION_BUS_ADDRESS"
exec sleep infinity
"#;

impl Session {
    fn start(folder: &Path) -> Result<Self> {
        let screen = Screen::start(folder)?;
        let mut session = Part::start(
            Command::new("dbus-run-session")
                .args(["--", "sh", "-c", SESSION])
                .env("HOME", folder)
                .env("XDG_RUNTIME_DIR", folder)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )?;
        let out = session
            .child()
            .stdout
            .take()
            .context("its output is a pipe")?;
        let mut bus = String::new();
        BufReader::new(out).read_line(&mut bus)?;
        Ok(Self {
            screen,
            bus: bus.trim().to_owned(),
            home: folder.to_owned(),
            _part: session,
        })
    }

    /// Opens `program`, waits for its first picture, which it keeps in `picture`, and closes it again.
    async fn open(&self, program: &Path, picture: &Path) -> Result<Shown> {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.screen.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", &self.home)
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_CONFIG_HOME", self.home.join("config"))
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env("XDG_RUNTIME_DIR", &self.home)
            .env("COUNTERSIGN_HOME", self.home.join("app"))
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("TAURI_WEBVIEW_AUTOMATION")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.blank()
            .await
            .context("the display did not become empty")?;
        let start = Instant::now();
        let part = Part::start(&mut command)?;
        while !self.screen.holds_a_picture()? {
            if start.elapsed() > PATIENCE {
                bail!("no picture came");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let after = start.elapsed();
        self.screen.keep(picture)?;
        tokio::time::sleep(SETTLE).await;
        let pss_kib = Process(part.id()).group_pss_kib()?;
        drop(part);
        Ok(Shown { after, pss_kib })
    }

    async fn blank(&self) -> Result<()> {
        let start = Instant::now();
        while self.screen.holds_a_picture()? {
            if start.elapsed() > PATIENCE {
                bail!("the window before is still there");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}
