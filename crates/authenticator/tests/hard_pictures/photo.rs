//! A camera made of arithmetic: a code on a sheet of paper on a desk, seen from somewhere, with what spoils a photograph.

use std::{f32::consts::TAU, io::Cursor};

use image::{DynamicImage, GrayImage, codecs::jpeg::JpegEncoder};
use qrcode::{Color, QrCode};

/// Random numbers from a seed (SplitMix64), so that every run sees the same pictures.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between the two.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        let part = f32::from(u16::try_from(self.next() >> 48).unwrap()) / 65_536.0;
        low + (high - low) * part
    }

    /// About normal, with mean 0 and deviation 1.
    fn normal(&mut self) -> f32 {
        let mut bits = self.next();
        let mut sum = 0.0;
        for _ in 0..4 {
            sum += f32::from(u16::try_from(bits & 0xffff).unwrap()) / 65_536.0 - 0.5;
            bits >>= 16;
        }
        sum * 1.732
    }
}

/// Where the camera stands and how the paper lies.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// Pixels a module in the middle of the code.
    pub(crate) module: f32,
    /// Turned in the picture, radians.
    pub(crate) turn: f32,
    /// Leant back and to the side, radians.
    pub(crate) lean: [f32; 2],
    /// Radius of the cylinder around which the paper lies, in widths of the code; 0 = flat.
    pub(crate) bend: f32,
    /// Light modules around the code.
    pub(crate) margin: f32,
    /// Width of the picture in widths of the code.
    pub(crate) room: f32,
}

impl View {
    pub(crate) const STRAIGHT: Self = Self {
        module: 6.0,
        turn: 0.0,
        lean: [0.0; 2],
        bend: 0.0,
        margin: 4.0,
        room: 1.5,
    };
}

/// Light on the sheet, and ink.
const PAPER: f32 = 225.0;
const INK: f32 = 30.0;
const DESK: f32 = 140.0;

/// A photograph in the making: grey values, row by row.
pub(crate) struct Photo {
    side: u16,
    grey: Vec<f32>,
}

impl Photo {
    /// Takes it. `covered` leaves out a disc in the middle of that radius, in parts of the code's width, as a logo does.
    pub(crate) fn take(code: &QrCode, view: View, covered: f32) -> Self {
        let modules = f32::from(u16::try_from(code.width()).unwrap());
        let width = i16::try_from(code.width()).unwrap();
        let ink: Vec<bool> = code.to_colors().iter().map(|c| *c == Color::Dark).collect();
        let side = rounded((modules * view.module * view.room).max(64.0));
        let half = f32::from(side) / 2.0;
        let away = f32::from(side) * 1.4;
        let axes = turned(view.turn, view.lean);
        let normal = axes[2];
        let at = |x: f32, y: f32| -> f32 {
            let ray = [x - half, y - half, away];
            let along = normal[2] * away / dot(normal, ray);
            let point = [ray[0] * along, ray[1] * along, ray[2] * along - away];
            let mut u = dot(axes[0], point) / view.module;
            let v = dot(axes[1], point) / view.module;
            if view.bend > 0.0 {
                let radius = view.bend * modules;
                if u.abs() >= radius {
                    return DESK;
                }
                u = radius * (u / radius).asin();
            }
            let edge = modules / 2.0 + view.margin;
            if u.abs() > edge || v.abs() > edge {
                return DESK;
            }
            if u.hypot(v) < covered * modules {
                return PAPER;
            }
            let (column, row) = (floor(u + modules / 2.0), floor(v + modules / 2.0));
            let inside = (0..width).contains(&column) && (0..width).contains(&row);
            let dark = inside
                && ink[usize::try_from(i32::from(row) * i32::from(width) + i32::from(column))
                    .unwrap()];
            if dark { INK } else { PAPER }
        };
        let mut grey = Vec::with_capacity(usize::from(side) * usize::from(side));
        for y in 0..side {
            for x in 0..side {
                let (x, y) = (f32::from(x), f32::from(y));
                let sum = at(x + 0.25, y + 0.25)
                    + at(x + 0.75, y + 0.25)
                    + at(x + 0.25, y + 0.75)
                    + at(x + 0.75, y + 0.75);
                grey.push(sum / 4.0);
            }
        }
        Self { side, grey }
    }

    fn each(mut self, change: impl Fn(f32, f32, f32) -> f32) -> Self {
        let side = f32::from(self.side);
        for (row, y) in self.grey.chunks_mut(usize::from(self.side)).zip(0_u16..) {
            for (grey, x) in row.iter_mut().zip(0_u16..) {
                *grey = change(*grey, f32::from(x) / side, f32::from(y) / side);
            }
        }
        self
    }

    /// Out of focus by so many pixels.
    pub(crate) fn blurred(self, by: f32) -> Self {
        let side = self.side;
        let picture = DynamicImage::from(self.developed()).blur(by);
        let grey = picture
            .into_luma8()
            .into_raw()
            .into_iter()
            .map(f32::from)
            .collect();
        Self { side, grey }
    }

    /// Moved by so many pixels while it was taken.
    pub(crate) fn shaken(self, by: f32) -> Self {
        let by = rounded(by);
        let side = usize::from(self.side);
        let mut grey = Vec::with_capacity(self.grey.len());
        for row in self.grey.chunks(side) {
            for x in 0..side {
                let seen = (0..by).map(|step| row[(x + usize::from(step)).min(side - 1)]);
                grey.push(seen.sum::<f32>() / f32::from(by));
            }
        }
        Self { grey, ..self }
    }

    /// Grain.
    pub(crate) fn noisy(mut self, by: f32, random: &mut Random) -> Self {
        for grey in &mut self.grey {
            *grey += random.normal() * by;
        }
        self
    }

    /// A lamp mirrored at a place, of a radius, both in parts of the picture's width.
    pub(crate) fn glaring(self, at: [f32; 2], radius: f32, by: f32) -> Self {
        self.each(|grey, x, y| {
            let far = (x - at[0]).hypot(y - at[1]) / radius;
            grey + by * (-far * far / 2.0).exp()
        })
    }

    /// In the shade on one side of a slanting line.
    pub(crate) fn shaded(self, at: f32, slant: f32, left: f32) -> Self {
        self.each(|grey, x, y| {
            let in_it = ((x + slant * (y - 0.5) - at) * 40.0).clamp(-0.5, 0.5) + 0.5;
            grey * (1.0 - in_it * (1.0 - left))
        })
    }

    /// Grey in grey: what is left of the span between ink and paper, around a middle.
    pub(crate) fn pale(self, left: f32, middle: f32) -> Self {
        self.each(|grey, _, _| middle + (grey - 128.0) * left)
    }

    /// The rows and columns of a screen, and the waves that they make with those of the camera.
    pub(crate) fn on_a_screen(self, waves: f32, by: f32) -> Self {
        let side = f32::from(self.side);
        self.each(|grey, x, y| {
            let raster = 1.0
                - by * 0.5 * (1.0 + (TAU * x * side / 3.1).sin() * (TAU * y * side / 2.9).sin());
            let wave = 1.0 - by * 0.5 * (1.0 + (TAU * (x * waves + y * waves * 0.6)).sin());
            grey * raster * wave
        })
    }

    /// Light on dark.
    pub(crate) fn inverted(self) -> Self {
        self.each(|grey, _, _| 255.0 - grey)
    }

    fn developed(&self) -> GrayImage {
        let grey = self.grey.iter().map(|grey| rounded_byte(*grey)).collect();
        GrayImage::from_raw(u32::from(self.side), u32::from(self.side), grey).unwrap()
    }

    /// As a JPEG file.
    pub(crate) fn jpeg(&self, quality: u8) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        JpegEncoder::new_with_quality(&mut file, quality)
            .encode_image(&self.developed())
            .unwrap();
        file.into_inner()
    }
}

/// The paper's axes (along, down, out of it) in the camera's space.
fn turned(turn: f32, [back, aside]: [f32; 2]) -> [[f32; 3]; 3] {
    let in_plane = [
        [turn.cos(), turn.sin(), 0.0],
        [-turn.sin(), turn.cos(), 0.0],
        [0.0, 0.0, 1.0],
    ];
    in_plane.map(|[x, y, z]| {
        let (y, z) = (
            y * back.cos() - z * back.sin(),
            y * back.sin() + z * back.cos(),
        );
        let (x, z) = (
            x * aside.cos() + z * aside.sin(),
            z * aside.cos() - x * aside.sin(),
        );
        [x, y, z]
    })
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "it saturates"
)]
fn floor(value: f32) -> i16 {
    value.floor() as i16
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates"
)]
fn rounded(value: f32) -> u16 {
    value.round() as u16
}

fn rounded_byte(value: f32) -> u8 {
    u8::try_from(rounded(value.clamp(0.0, 255.0))).unwrap()
}
