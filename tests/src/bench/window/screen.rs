//! A virtual display whose picture lies in a file, in the format of `xwd`.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    os::unix::fs::FileExt as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use image::{Rgb, RgbImage};

use crate::part::Part;

/// As large as the app's window opens (`tauri.conf.json`).
const SIZE: (u32, u32) = (420, 860);
/// An empty display and a window without a page have at most two colours.
const COLOURS_OF_A_PICTURE: usize = 8;

/// The running display.
pub(super) struct Screen {
    /// Its name, such as `:99`.
    pub display: String,
    frame: File,
    /// Where the pixels begin, and how long a line is.
    pixels_at: u64,
    line_bytes: usize,
    _part: Part,
}

impl Screen {
    /// Starts a display; its picture lies in `folder`.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let mut part = Part::start(
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-nolisten", "tcp", "-br", "-nocursor"])
                .args(["-screen", "0", &format!("{}x{}x24", SIZE.0, SIZE.1)])
                .arg("-fbdir")
                .arg(folder)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )?;
        let out = part.child().stdout.take().context("its output is a pipe")?;
        let mut number = String::new();
        BufReader::new(out).read_line(&mut number)?;
        let frame = File::open(folder.join("Xvfb_screen0"))?;
        // XWDFile.h: 25 numbers of 32 bits, the most significant byte first, then the display's name and its colours
        let mut header = [0; 100];
        frame.read_exact_at(&mut header, 0)?;
        let number_at = |index: usize| -> u32 {
            header[index * 4..index * 4 + 4]
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte))
        };
        let [header_size, bits_per_pixel, line_bytes, colours] = [0, 11, 12, 19].map(number_at);
        ensure!(bits_per_pixel == 32, "a pixel has 32 bits");
        Ok(Self {
            display: format!(":{}", number.trim()),
            frame,
            pixels_at: u64::from(header_size) + u64::from(colours) * 12,
            line_bytes: usize::try_from(line_bytes)?,
            _part: part,
        })
    }

    /// Whether something was drawn.
    pub(super) fn holds_a_picture(&self) -> Result<bool> {
        let mut seen: Vec<&[u8]> = Vec::new();
        let pixels = self.pixels()?;
        for pixel in pixels.chunks_exact(4) {
            let colour = &pixel[..3];
            if seen.last() != Some(&colour) && !seen.contains(&colour) {
                seen.push(colour);
                if seen.len() >= COLOURS_OF_A_PICTURE {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Writes what is on the display as PNG.
    pub(super) fn keep(&self, path: &Path) -> Result<()> {
        let pixels = self.pixels()?;
        let mut picture = RgbImage::new(SIZE.0, SIZE.1);
        for (to, from) in picture.pixels_mut().zip(pixels.chunks_exact(4)) {
            // The least significant byte first: blue, green, red
            *to = Rgb([from[2], from[1], from[0]]);
        }
        Ok(picture.save(path)?)
    }

    /// All pixels, four bytes each, line by line.
    fn pixels(&self) -> Result<Vec<u8>> {
        let (width, height) = (usize::try_from(SIZE.0)? * 4, usize::try_from(SIZE.1)?);
        let mut lines = vec![0; self.line_bytes * height];
        self.frame.read_exact_at(&mut lines, self.pixels_at)?;
        if self.line_bytes != width {
            lines = lines
                .chunks_exact(self.line_bytes)
                .flat_map(|line| line[..width].to_vec())
                .collect();
        }
        Ok(lines)
    }
}
