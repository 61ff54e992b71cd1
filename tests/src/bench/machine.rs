//! What the figures were measured on: they mean little elsewhere.

use std::{fs, path::Path};

use anyhow::Result;

/// The machine, its state and the build, in a few lines.
pub(super) fn description(folder: &Path) -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let named = |name: &str| {
        processors
            .lines()
            .find_map(|line| line.strip_prefix(name)?.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let load = fs::read_to_string("/proc/loadavg")?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let build = if cfg!(debug_assertions) {
        "DEBUG build: these figures say nothing"
    } else {
        "release build"
    };
    Ok(format!(
        "{}, {} cores (family {}, model {}); Linux {}; {} on {}; load of others before: {}; {build}",
        named("model name"),
        std::thread::available_parallelism()?,
        named("cpu family"),
        named("model\t"),
        kernel.trim(),
        memory()?,
        file_system(folder)?,
        load.split(' ').take(3).collect::<Vec<_>>().join(" "),
    ))
}

fn memory() -> Result<String> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let total = text.lines().next().unwrap_or_default();
    let kib: u64 = total
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .parse()?;
    Ok(format!("{} GiB", kib / 1024 / 1024))
}

/// The kind of the file system that holds `folder`.
fn file_system(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let nearest = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            let (at, kind) = (words.next()?, words.next()?);
            folder.starts_with(at).then_some((at.len(), kind))
        })
        .max_by_key(|(length, _)| *length);
    Ok(nearest.map_or_else(String::new, |(_, kind)| kind.to_owned()))
}
