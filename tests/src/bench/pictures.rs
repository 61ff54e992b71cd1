//! The ten hard pictures of a QR code, read by the engine.

use std::{fs, time::Instant};

use anyhow::{Result, ensure};
use countersign_authenticator::picture::read;

use super::{
    cost::{median, ms},
    report::{Report, Row},
};
use crate::part::root;

/// What all ten hold.
const TEXT: &str = "https://confirm.example.org/activate#WXKFH1vH81s2cgU1N1d1";
const ROUNDS: usize = 5;

pub(super) fn measure(report: &mut Report) -> Result<()> {
    let (mut pictures, mut right, mut wrong) = (0, 0, 0);
    let (mut times, mut slowest) = (Vec::new(), (String::new(), std::time::Duration::ZERO));
    let mut paths: Vec<_> = fs::read_dir(root().join("crates/authenticator/tests/pictures"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    // The numbered ones; beside them lie odd kinds of file, which are about formats
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(|first: char| first.is_ascii_digit())
    });
    paths.sort();
    for path in &paths {
        let bytes = fs::read(path)?;
        let mut runs = Vec::new();
        let mut texts = Ok(Vec::new());
        for _ in 0..ROUNDS {
            let start = Instant::now();
            texts = read(&bytes);
            runs.push(start.elapsed());
        }
        pictures += 1;
        match texts {
            Ok(texts) if texts == [TEXT] => right += 1,
            Ok(_) => wrong += 1,
            Err(_) => {}
        }
        let time = median(runs);
        if time > slowest.1 {
            slowest = (
                path.file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                time,
            );
        }
        times.push(time);
    }
    ensure!(pictures == 10, "there are ten pictures");
    report.add(Row {
        what: "QR, ten hard pictures".to_owned(),
        figure: format!(
            "{right}/{pictures} right, {wrong} wrong; {:.1} ms",
            ms(median(times))
        ),
        beside: format!("slowest: {} {:.0} ms", slowest.0, ms(slowest.1)),
        goal: "10/10, 0 wrong".to_owned(),
        met: Some(right == pictures && wrong == 0),
        ..Row::default()
    });
    Ok(())
}
