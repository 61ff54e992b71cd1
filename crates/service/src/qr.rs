//! A QR picture of a text, as PNG or SVG.

use std::io::Cursor;

use image::{ImageFormat, Luma};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// Pixels per module: small enough to travel, large enough that a screen's scaling does not blur neighbours together.
const MODULE_PIXELS: u32 = 8;

/// The text is too long for a QR code.
#[derive(Debug, thiserror::Error)]
#[error("the text does not fit into a QR code")]
pub struct TooLong;

/// A black-on-white PNG of `text`, error correction level M, with the quiet zone of four modules that ISO/IEC 18004
/// §9.1 asks for.
pub fn png(text: &str) -> Result<Vec<u8>, TooLong> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TooLong)?;
    let picture = code
        .render::<Luma<u8>>()
        .module_dimensions(MODULE_PIXELS, MODULE_PIXELS)
        .quiet_zone(true)
        .build();
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|_| TooLong)?;
    Ok(bytes.into_inner())
}

/// The same as an SVG document, which a page can show at any size and a screenshot reads as well.
pub fn svg(text: &str) -> Result<String, TooLong> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| TooLong)?;
    Ok(code
        .render::<svg::Color<'_>>()
        .module_dimensions(MODULE_PIXELS, MODULE_PIXELS)
        .quiet_zone(true)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_square_with_a_white_frame_of_four_modules() {
        let bytes = png("https://countersign.test/activate#WXKFH1vH81s2cgU1N1d1").unwrap();
        let picture = image::load_from_memory_with_format(&bytes, ImageFormat::Png)
            .unwrap()
            .to_luma8();
        assert_eq!(picture.width(), picture.height());
        let frame = 4 * MODULE_PIXELS;
        let light = |x, y| picture.get_pixel(x, y).0[0] == 255;
        assert!((0..picture.width()).all(|x| (0..frame).all(|y| light(x, y) && light(y, x))));
        // The finder pattern begins right after it.
        assert!(!light(frame, frame));
    }

    #[test]
    fn the_svg_is_one_document_that_fetches_and_runs_nothing() {
        let text = "https://countersign.test/activate#WXKFH1vH81s2cgU1N1d1";
        let document = svg(text).unwrap();
        let start = document.find("<svg").unwrap();
        assert!(document[..start].starts_with("<?xml") || start == 0);
        assert!(document.ends_with("</svg>"));
        assert!(!document.contains("href") && !document.contains("script"));
        assert!(!document.contains(text), "the code is in the picture alone");
    }

    #[test]
    fn refuses_what_no_qr_code_holds() {
        assert!(png(&"x".repeat(4000)).is_err());
    }
}
