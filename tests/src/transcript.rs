//! The tour's record: readable lines on the standard output, numbered pictures in a folder.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Result;

use crate::page::Page;

/// A record that is being written.
pub struct Transcript {
    folder: PathBuf,
    pictures: u32,
    since: Instant,
}

impl Transcript {
    /// Begins a record whose pictures go to `folder`; pictures of an earlier one are removed.
    pub fn begin(folder: &Path, title: &str) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        println!("{title}");
        Ok(Self {
            folder: folder.to_owned(),
            pictures: 0,
            since: Instant::now(),
        })
    }

    /// Opens a chapter.
    pub fn chapter(&self, title: &str) {
        println!("\n{title}");
    }

    /// One thing that was done or seen, with the time since the beginning.
    pub fn says(&self, line: &str) {
        println!("  {:5.1} s  {line}", self.since.elapsed().as_secs_f32());
    }

    /// Takes the next numbered picture of `page` and says what it shows.
    pub async fn shows(&mut self, page: &Page, name: &str, line: &str) -> Result<()> {
        self.pictures += 1;
        let file = format!("{:02}-{name}.png", self.pictures);
        page.picture(&self.folder.join(&file)).await?;
        self.says(&format!("{line}  [{file}]"));
        Ok(())
    }

    /// How many pictures were taken.
    pub fn pictures(&self) -> u32 {
        self.pictures
    }
}
