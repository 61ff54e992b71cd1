//! From a file's bytes to grey values, within bounds that are checked before anything is unpacked (row Q5's spirit).

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageDecoder as _, ImageError, ImageReader, Limits, Luma};

use super::{PictureError, treat::shrunk_or_grown};

/// Largest picture that is taken, in bytes of its file.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Most pixels that are taken, in millions.
pub const MAX_MEGAPIXELS: u32 = 50;
/// Longest side in pixels, and how many bytes a picture takes unpacked.
const MAX_SIDE: u32 = 16_384;
const MAX_DECODED_BYTES: u64 = 192 * 1024 * 1024;
/// No code needs more pixels than fit a side of this length; a larger photo is shrunk before anything else.
const LARGEST: u32 = 4_096;

/// Unpacks and greys.
pub(super) fn load(bytes: &[u8]) -> Result<GrayImage, PictureError> {
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::TooLarge);
    }
    if let Some(kind) = other_kind(bytes) {
        return Err(PictureError::OtherKind(kind));
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| PictureError::NotAPicture)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| refused(&error))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureError::NotAPicture);
    }
    if width.max(height) > MAX_SIDE
        || u64::from(width) * u64::from(height) > u64::from(MAX_MEGAPIXELS) * 1_000_000
        || decoder.total_bytes() > MAX_DECODED_BYTES
    {
        return Err(PictureError::TooLarge);
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refused(&error))?;
    let grey = on_paper(picture);
    let longest = width.max(height);
    if longest <= LARGEST {
        return Ok(grey);
    }
    let fit = |length: u32| {
        let exact = u64::from(length) * u64::from(LARGEST) / u64::from(longest);
        u32::try_from(exact).unwrap_or(1).max(1)
    };
    Ok(shrunk_or_grown(grey, fit(width), fit(height)))
}

fn refused(error: &ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooLarge,
        _ => PictureError::NotAPicture,
    }
}

/// Grey, with a transparent background counted as paper.
fn on_paper(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let flat = picture.into_luma_alpha8();
    GrayImage::from_fn(flat.width(), flat.height(), |x, y| {
        let [grey, alpha] = flat.get_pixel(x, y).0.map(u32::from);
        let mixed = (grey * alpha + 255 * (255 - alpha)) / 255;
        Luma([u8::try_from(mixed).unwrap_or(u8::MAX)])
    })
}

/// Kinds that people have and that are not read, told by how their files begin: iPhones write HEIC.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("TIFF"),
        [b'%', b'P', b'D', b'F', ..] => Some("PDF"),
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"avif" | b"avis" => Some("AVIF"),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
                Some("HEIC")
            }
            _ => None,
        },
        _ => None,
    }
}
