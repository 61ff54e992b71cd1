//! Pictures of QR codes, as a service's page shows them.

use std::path::Path;

use anyhow::Result;
use image::Luma;
use qrcode::QrCode;

/// Draws `text` as a QR code into the PNG file `path`.
pub fn qr(text: &str, path: &Path) -> Result<()> {
    QrCode::new(text)?
        .render::<Luma<u8>>()
        .module_dimensions(8, 8)
        .build()
        .save(path)?;
    Ok(())
}

/// A picture without any code in it.
pub fn blank(path: &Path) -> Result<()> {
    image::GrayImage::from_pixel(320, 240, Luma([200])).save(path)?;
    Ok(())
}
