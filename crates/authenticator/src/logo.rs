//! An organisation's emblem: decoded within limits and written anew, so that nothing of the service's file is kept.

use std::io::Cursor;

use data_encoding::BASE64;
use image::{ImageFormat, ImageReader, Limits, imageops::FilterType};

/// Longest side kept.
const SIDE: u32 = 128;

/// A PNG of ours from a service's base64 PNG. `None` where it is not a picture; the account then shows initials.
pub(crate) fn rewritten(base64: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(base64.as_bytes()).ok()?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(2_048);
    limits.max_image_height = Some(2_048);
    limits.max_alloc = Some(32 * 1024 * 1024);
    reader.limits(limits);
    let picture = reader.decode().ok()?;
    let small = if picture.width().max(picture.height()) > SIDE {
        picture.resize(SIDE, SIDE, FilterType::Triangle)
    } else {
        picture
    };
    let mut png = Cursor::new(Vec::new());
    small.write_to(&mut png, ImageFormat::Png).ok()?;
    Some(png.into_inner())
}
