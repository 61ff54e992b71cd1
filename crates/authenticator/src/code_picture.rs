//! A text as a picture of squares that another phone scans.

use std::io;

use data_encoding::BASE64;
use image::{ImageFormat, Luma};
use qrcode::{EcLevel, QrCode};

/// Pixels per module: a code is shown at its size or smaller.
const MODULE_PIXELS: u32 = 4;

/// `data:image/png;base64,…`, black on white, with as few squares as the text takes. `None` for more than a code holds.
pub(crate) fn draw(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let picture = code
        .render::<Luma<u8>>()
        .module_dimensions(MODULE_PIXELS, MODULE_PIXELS)
        .quiet_zone(true)
        .build();
    let mut png = io::Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).ok()?;
    let png = BASE64.encode(&png.into_inner());
    Some(format!("data:image/png;base64,{png}"))
}
