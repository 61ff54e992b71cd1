//! QR codes in a picture: a screenshot, a photo of a screen, a drawing.

mod load;
mod treat;

use std::collections::{BTreeSet, HashSet};

use image::GrayImage;
use rxing::{
    BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8LuminanceSource, Point,
    common::{GlobalHistogramBinarizer, HybridBinarizer},
    multi::MultipleBarcodeReader as _,
    qrcode::cpp_port::QrReader,
};

pub use load::{MAX_BYTES, MAX_MEGAPIXELS};
use treat::Treatment;

/// Why no text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Not a picture, or a damaged one.
    #[error("not a picture that can be read")]
    NotAPicture,
    /// A picture of a kind that is not read here, by its usual name.
    #[error("{0} pictures are not read; use PNG, JPEG, WebP or GIF")]
    OtherKind(&'static str),
    /// More bytes or pixels than are taken.
    #[error("too large a picture; cut out the part with the code")]
    TooLarge,
    /// A picture without a code that can be read.
    #[error("no code in that picture")]
    NoCode,
}

/// The texts of all QR codes found, without repeats, in alphabetical order. Takes up to a few seconds for a large
/// picture that has none; call it on a thread that may wait.
///
/// How the picture lies does not matter, so what a phone notes of that (EXIF) is not asked for; of a moving picture the
/// first frame is looked at.
pub fn read(bytes: &[u8]) -> Result<Vec<String>, PictureError> {
    let luma = load::load(bytes)?;
    for treatment in treat::all(&luma) {
        let seen = treatment.of(&luma);
        let found = look(&seen);
        if !found.is_empty() {
            return Ok(found
                .texts
                .into_iter()
                .chain(others(seen, treatment, &found.places))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect());
        }
    }
    Err(PictureError::NoCode)
}

/// Codes beside those already found: these are painted over, and what is left is seen in the other ways that are quick.
fn others(mut seen: GrayImage, by: Treatment, places: &[Vec<Point>]) -> BTreeSet<String> {
    for place in places {
        treat::paint_over(&mut seen, place);
    }
    treat::beside(by, &seen)
        .flat_map(|treatment| look(&treatment.of(&seen)).texts)
        .collect()
}

/// What was found in one picture, and the corners of where.
#[derive(Default)]
struct Found {
    texts: BTreeSet<String>,
    places: Vec<Vec<Point>>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    fn add(&mut self, binarizer: impl Binarizer) {
        // Nothing but whole QR codes: the small kinds have too few check words to be sure that they are there
        let hints = DecodeHints {
            TryHarder: Some(true),
            PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
            ..DecodeHints::default()
        };
        let results =
            QrReader.decode_multiple_with_hints(&mut BinaryBitmap::new(binarizer), &hints);
        for result in results.unwrap_or_default() {
            if !result.getText().is_empty() {
                self.texts.insert(result.getText().to_owned());
                self.places.push(result.getPoints().to_vec());
            }
        }
    }
}

fn look(luma: &GrayImage) -> Found {
    let source =
        || Luma8LuminanceSource::new(luma.as_raw().clone(), luma.width(), luma.height()).ok();
    let mut found = Found::default();
    if let Some(source) = source() {
        found.add(HybridBinarizer::new(source));
    }
    if found.is_empty()
        && let Some(source) = source()
    {
        found.add(GlobalHistogramBinarizer::new(source));
    }
    found
}
