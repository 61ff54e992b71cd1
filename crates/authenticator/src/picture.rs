//! QR codes in a picture: a screenshot, a photo of a screen, a drawing.

use std::{collections::BTreeSet, io::Cursor};

use image::{DynamicImage, GrayImage, ImageReader, Limits, Luma, imageops};
use rxing::{
    Binarizer, BinaryBitmap, DecodeHints, Luma8LuminanceSource,
    common::{GlobalHistogramBinarizer, HybridBinarizer},
    multi::MultipleBarcodeReader as _,
    qrcode::cpp_port::QrReader,
};

/// Largest picture that is taken, in bytes of its file.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Longest side in pixels, how many pixels in all, and what decoding may use (row Q5's spirit).
const MAX_SIDE: u32 = 16_384;
const MAX_PIXELS: u64 = 50_000_000;
const MAX_DECODED_BYTES: u64 = 256 * 1024 * 1024;
/// Lengths of the longer side at which a picture is looked at, besides its own: noise and screen raster go as it shrinks.
const SCALES: [u32; 4] = [1_000, 640, 1_600, 400];

/// No code needs more pixels than fit a side of this length; a larger photo is shrunk before anything else.
const LARGEST: u32 = 4_096;
/// Width and height in percent, for codes seen from the side.
const STRETCHES: [(u32, u32); 4] = [(160, 100), (100, 160), (220, 100), (100, 220)];

/// Why no text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Not a picture, or too large a one.
    #[error("not a picture that can be read")]
    NotAPicture,
    /// A picture without a code that can be read.
    #[error("no code in that picture")]
    NoCode,
}

/// The texts of all QR codes found, without repeats, in alphabetical order. Takes up to a few seconds for a large
/// picture that has none; call it on a thread that may wait.
pub fn read(bytes: &[u8]) -> Result<Vec<String>, PictureError> {
    let luma = load(bytes)?;
    for candidate in candidates(&luma) {
        let found = look(&candidate);
        if !found.is_empty() {
            return Ok(found.into_iter().collect());
        }
    }
    Err(PictureError::NoCode)
}

fn load(bytes: &[u8]) -> Result<GrayImage, PictureError> {
    let not_a_picture = |_| PictureError::NotAPicture;
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::NotAPicture);
    }
    let reader = || ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let (width, height) = reader()
        .map_err(not_a_picture)?
        .into_dimensions()
        .map_err(|_| PictureError::NotAPicture)?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::NotAPicture);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    let mut reader = reader().map_err(not_a_picture)?;
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| PictureError::NotAPicture)?;
    if picture.width() == 0 || picture.height() == 0 {
        return Err(PictureError::NotAPicture);
    }
    Ok(on_paper(picture))
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

/// The picture as it is, then at other scales, softened, inverted, and stretched for a code seen from the side.
fn candidates(luma: &GrayImage) -> impl Iterator<Item = GrayImage> {
    let longest = luma.width().max(luma.height());
    let scales = std::iter::once(longest.min(LARGEST)).chain(
        SCALES
            .into_iter()
            .filter(move |side| *side < longest || longest < 400),
    );
    let whole = scales.flat_map(move |side| {
        let sized = scale(luma, side);
        let (dark, soft) = (inverted(&sized), imageops::blur(&sized, 1.2));
        [sized, dark, soft]
    });
    whole.chain(
        STRETCHES
            .into_iter()
            .map(|(wide, high)| stretch(luma, wide, high)),
    )
}

/// Wider and higher than it was photographed, in percent, on a longer side of at most a thousand pixels.
fn stretch(luma: &GrayImage, wide: u32, high: u32) -> GrayImage {
    let sized = scale(luma, luma.width().max(luma.height()).min(1_000));
    let by = |length: u32, percent: u32| (length.saturating_mul(percent) / 100).max(1);
    imageops::resize(
        &sized,
        by(sized.width(), wide),
        by(sized.height(), high),
        imageops::FilterType::Triangle,
    )
}

fn scale(luma: &GrayImage, side: u32) -> GrayImage {
    let longest = luma.width().max(luma.height());
    if side == longest {
        return luma.clone();
    }
    let fit = |length: u32| {
        u32::try_from(u64::from(length) * u64::from(side) / u64::from(longest))
            .unwrap_or(1)
            .max(1)
    };
    imageops::resize(
        luma,
        fit(luma.width()),
        fit(luma.height()),
        imageops::FilterType::Triangle,
    )
}

fn inverted(luma: &GrayImage) -> GrayImage {
    let mut other = luma.clone();
    imageops::invert(&mut other);
    other
}

fn look(luma: &GrayImage) -> BTreeSet<String> {
    let source =
        || Luma8LuminanceSource::new(luma.as_raw().clone(), luma.width(), luma.height()).ok();
    let mut found = BTreeSet::new();
    if let Some(source) = source() {
        found.extend(texts(HybridBinarizer::new(source)));
    }
    if found.is_empty()
        && let Some(source) = source()
    {
        found.extend(texts(GlobalHistogramBinarizer::new(source)));
    }
    found
}

fn texts(binarizer: impl Binarizer) -> Vec<String> {
    let hints = DecodeHints {
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let results = QrReader.decode_multiple_with_hints(&mut BinaryBitmap::new(binarizer), &hints);
    results
        .unwrap_or_default()
        .iter()
        .map(|result| result.getText().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}
