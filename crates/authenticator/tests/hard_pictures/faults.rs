//! What spoils a picture of a code, each in strengths from 0 to 1.

use std::f32::consts::{PI, TAU};

use qrcode::QrCode;

use crate::photo::{Photo, Random, View};

/// Makes a picture of a code with a fault of a strength from 0 to 1.
pub(crate) type Fault = fn(&QrCode, f32, &mut Random) -> Vec<u8>;

fn some_view(random: &mut Random) -> View {
    View {
        turn: random.between(-0.3, 0.3),
        lean: [random.between(-0.2, 0.2), random.between(-0.2, 0.2)],
        ..View::STRAIGHT
    }
}

/// Seventeen of them.
pub(crate) const FAULTS: [(&str, Fault); 17] = [
    ("turned", |code, by, _| {
        let view = View {
            turn: by * TAU * 0.93 + 0.2,
            ..View::STRAIGHT
        };
        Photo::take(code, view, 0.0).jpeg(80)
    }),
    ("from the side", |code, by, random| {
        let lean = 0.35 + by * 0.75;
        let round = random.between(-PI, PI);
        let view = View {
            lean: [lean * round.sin(), lean * round.cos()],
            module: 9.0,
            ..some_view(random)
        };
        Photo::take(code, view, 0.0).jpeg(80)
    }),
    ("out of focus", |code, by, random| {
        let view = View {
            module: 8.0,
            ..some_view(random)
        };
        Photo::take(code, view, 0.0)
            .blurred(2.0 + by * 2.6)
            .jpeg(80)
    }),
    ("shaken", |code, by, random| {
        let view = View {
            module: 8.0,
            ..some_view(random)
        };
        Photo::take(code, view, 0.0).shaken(4.0 + by * 7.0).jpeg(80)
    }),
    ("noisy", |code, by, random| {
        Photo::take(code, some_view(random), 0.0)
            .noisy(25.0 + by * 50.0, random)
            .jpeg(85)
    }),
    ("glaring", |code, by, random| {
        let at = [random.between(0.35, 0.65), random.between(0.35, 0.65)];
        Photo::take(code, some_view(random), 0.0)
            .glaring(at, 0.03 + by * 0.05, 230.0)
            .jpeg(80)
    }),
    ("pale", |code, by, random| {
        let photo = Photo::take(code, some_view(random), 0.0);
        photo
            .pale(0.4 - by * 0.32, random.between(60.0, 200.0))
            .noisy(2.0, random)
            .jpeg(90)
    }),
    ("on a screen", |code, by, random| {
        let view = View {
            module: 7.0,
            ..some_view(random)
        };
        let photo = Photo::take(code, view, 0.0);
        photo
            .on_a_screen(random.between(8.0, 30.0), 0.2 + by * 0.4)
            .noisy(5.0, random)
            .jpeg(75)
    }),
    ("squeezed", |code, by, random| {
        let view = some_view(random);
        Photo::take(code, view, 0.0).jpeg(if by > 0.5 { 10 } else { 20 })
    }),
    ("in the shade", |code, by, random| {
        let (at, slant) = (random.between(0.35, 0.65), random.between(-0.8, 0.8));
        Photo::take(code, some_view(random), 0.0)
            .shaded(at, slant, 0.4 - by * 0.3)
            .noisy(3.0, random)
            .jpeg(85)
    }),
    ("bent", |code, by, random| {
        let view = View {
            bend: 1.6 - by * 0.95,
            module: 8.0,
            turn: random.between(-0.2, 0.2),
            ..View::STRAIGHT
        };
        Photo::take(code, view, 0.0).jpeg(80)
    }),
    ("inverted", |code, by, random| {
        Photo::take(code, some_view(random), 0.0)
            .inverted()
            .noisy(4.0 + by * 20.0, random)
            .jpeg(80)
    }),
    ("small", |code, by, random| {
        let view = View {
            module: 3.6 - by * 1.7,
            ..some_view(random)
        };
        Photo::take(code, view, 0.0).noisy(4.0, random).jpeg(90)
    }),
    ("far away", |code, by, random| {
        let view = View {
            room: 3.0 + by * 2.0,
            module: 4.0,
            ..some_view(random)
        };
        Photo::take(code, view, 0.0).noisy(6.0, random).jpeg(85)
    }),
    ("without a margin", |code, by, random| {
        let view = View {
            margin: 1.5 - by * 1.5,
            ..some_view(random)
        };
        Photo::take(code, view, 0.0).jpeg(80)
    }),
    ("covered", |code, by, random| {
        Photo::take(code, some_view(random), 0.03 + by * 0.05).jpeg(80)
    }),
    ("a bit of each", |code, by, random| {
        let view = View {
            bend: 2.0,
            module: 7.0,
            turn: random.between(-PI, PI),
            lean: [by * 0.4, -by * 0.3],
            ..View::STRAIGHT
        };
        Photo::take(code, view, 0.02)
            .blurred(1.0 + by)
            .glaring([0.4, 0.6], 0.05, 120.0)
            .shaded(0.5, 0.4, 0.6)
            .noisy(6.0 + by * 10.0, random)
            .jpeg(50)
    }),
];

/// No fault.
pub(crate) const PLAIN: (&str, Fault) = ("plain", |code, _, _| {
    Photo::take(code, View::STRAIGHT, 0.0).jpeg(90)
});
