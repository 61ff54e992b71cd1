//! The ways in which a picture is looked at, the quick and the likely first.

use image::{DynamicImage, GrayImage, Luma, imageops::FilterType};
use rxing::Point;

/// Lengths of the longer side at which a picture is looked at, besides its own: noise and screen raster go as it shrinks.
const SIDES: [u32; 4] = [1_000, 640, 1_600, 400];
/// A picture smaller than this is enlarged to the sizes above, to so many times its own at most.
const SMALL: u32 = 400;
const ENLARGED: u32 = 8;
/// The longest side at which what takes long is tried.
const SLOW: u32 = 2_000;
/// Width and height in percent, for codes seen from the side.
const STRETCHES: [(u32, u32); 4] = [(160, 100), (100, 160), (220, 100), (100, 220)];
/// Side at which a picture is stretched, and at which what is beside a code is looked at.
const MIDDLING: u32 = 1_000;

/// One way to look: at a size, and with something done to the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Treatment {
    /// Pixels of the longer side.
    side: u32,
    /// Width and height in percent of that.
    stretch: (u32, u32),
    effect: Effect,
}

/// What is done to a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Effect {
    /// Nothing.
    Plain,
    /// Light and dark change places.
    Inverted,
    /// Grain and raster are blurred away, by so many pixels.
    Soft(f32),
    /// Every part gets the same brightness and contrast: shade, glare and pale print.
    Levelled,
    /// Edges are made steeper, by a blur of so many pixels.
    Sharp(f32),
}

/// All of them, in order.
pub(super) fn all(luma: &GrayImage) -> impl Iterator<Item = Treatment> + use<> {
    let own = longest(luma);
    let sides: Vec<u32> = std::iter::once(own)
        .chain(
            SIDES
                .into_iter()
                .filter(|side| *side < own || (own < SMALL && *side <= own * ENLARGED)),
        )
        .collect();
    let whole = |side: &u32, effect| Treatment {
        side: *side,
        stretch: (100, 100),
        effect,
    };
    let first = [Effect::Plain, Effect::Inverted, Effect::Soft(1.2)];
    let then = [
        Effect::Levelled,
        Effect::Sharp(2.0),
        Effect::Sharp(4.0),
        Effect::Soft(2.5),
    ];
    let quick: Vec<_> = sides
        .iter()
        .flat_map(|side| first.map(|effect| whole(side, effect)))
        .collect();
    let slow: Vec<_> = sides
        .iter()
        .filter(|side| **side <= SLOW)
        .flat_map(|side| then.map(|effect| whole(side, effect)))
        .collect();
    let stretched = STRETCHES.into_iter().map(move |stretch| Treatment {
        side: own.min(MIDDLING),
        stretch,
        effect: Effect::Plain,
    });
    quick.into_iter().chain(stretched).chain(slow)
}

/// The ways in which what is left of a picture is looked at, once `by` found something in it.
pub(super) fn beside(by: Treatment, left: &GrayImage) -> impl Iterator<Item = Treatment> {
    let side = longest(left).min(MIDDLING);
    [Effect::Plain, Effect::Inverted, Effect::Levelled]
        .into_iter()
        .map(move |effect| Treatment {
            side,
            stretch: (100, 100),
            effect,
        })
        .filter(move |treatment| *treatment != by)
}

impl Treatment {
    /// The picture as it is seen so.
    pub(super) fn of(self, luma: &GrayImage) -> GrayImage {
        let sized = resized(luma, self.side, self.stretch);
        match self.effect {
            Effect::Plain => sized,
            Effect::Inverted => {
                let mut other = DynamicImage::from(sized);
                other.invert();
                other.into_luma8()
            }
            Effect::Soft(by) => blurred(&sized, by),
            Effect::Levelled => levelled(&sized),
            Effect::Sharp(by) => sharp(&sized, by),
        }
    }
}

fn longest(luma: &GrayImage) -> u32 {
    luma.width().max(luma.height())
}

fn resized(luma: &GrayImage, side: u32, (wide, high): (u32, u32)) -> GrayImage {
    let own = longest(luma);
    let fit = |length: u32, percent: u32| {
        let exact = u64::from(length) * u64::from(side) * u64::from(percent);
        u32::try_from(exact / (u64::from(own) * 100))
            .unwrap_or(1)
            .max(1)
    };
    let (width, height) = (fit(luma.width(), wide), fit(luma.height(), high));
    if (width, height) == luma.dimensions() {
        return luma.clone();
    }
    shrunk_or_grown(luma.clone(), width, height)
}

/// A mean of what each new pixel covers where it shrinks: as good as a filter here, and it needs no copy in floats.
///
/// What the `image` crate does is called through its [`DynamicImage`] throughout: so it is compiled there, and fast in
/// builds for tests too.
pub(super) fn shrunk_or_grown(luma: GrayImage, width: u32, height: u32) -> GrayImage {
    let shrinks = width <= luma.width() && height <= luma.height();
    let picture = DynamicImage::from(luma);
    if shrinks {
        picture.thumbnail_exact(width, height)
    } else {
        picture.resize_exact(width, height, FilterType::Triangle)
    }
    .into_luma8()
}

fn blurred(luma: &GrayImage, by: f32) -> GrayImage {
    DynamicImage::from(luma.clone()).fast_blur(by).into_luma8()
}

/// Each pixel by how far it lies from the mean around it, in units of how far its neighbours do.
fn levelled(luma: &GrayImage) -> GrayImage {
    let around = (f32::from(u16::try_from(longest(luma)).unwrap_or(u16::MAX)) / 24.0).max(2.0);
    let mean = blurred(luma, around);
    let mut far = luma.clone();
    for (far, mean) in far.iter_mut().zip(mean.iter()) {
        *far = far.abs_diff(*mean);
    }
    let spread = blurred(&far, around);
    let mut level = luma.clone();
    for ((grey, mean), spread) in level.iter_mut().zip(mean.iter()).zip(spread.iter()) {
        let far = i32::from(*grey) - i32::from(*mean);
        *grey = clamped(128 + far * 64 / (i32::from(*spread) + 2));
    }
    level
}

/// Each pixel pushed away from the mean around it.
fn sharp(luma: &GrayImage, by: f32) -> GrayImage {
    let soft = blurred(luma, by);
    let mut sharp = luma.clone();
    for (grey, soft) in sharp.iter_mut().zip(soft.iter()) {
        let (grey_now, soft) = (i32::from(*grey), i32::from(*soft));
        *grey = clamped(grey_now + 3 * (grey_now - soft));
    }
    sharp
}

fn clamped(grey: i32) -> u8 {
    u8::try_from(grey.clamp(0, 255)).unwrap_or(u8::MAX)
}

/// Paints over the box around a place, so that it is not found again.
pub(super) fn paint_over(luma: &mut GrayImage, corners: &[Point]) {
    let span = |values: &mut dyn Iterator<Item = f32>| {
        let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        (whole(low), whole(high))
    };
    let (left, right) = span(&mut corners.iter().map(|corner| corner.x));
    let (top, bottom) = span(&mut corners.iter().map(|corner| corner.y));
    let paper = Luma([200]);
    for y in top..=bottom.min(luma.height().saturating_sub(1)) {
        for x in left..=right.min(luma.width().saturating_sub(1)) {
            luma.put_pixel(x, y, paper);
        }
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, and a place beyond the edge is cut there"
)]
fn whole(place: f32) -> u32 {
    place.round() as u32
}
