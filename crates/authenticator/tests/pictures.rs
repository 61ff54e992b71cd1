//! Hard pictures of codes, made by `pictures/make.py`, and odd kinds of file, made by `pictures/make_odd.py`.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use std::{fs, io::Cursor, path::PathBuf};

use countersign_authenticator::picture::{MAX_BYTES, PictureError, read};
use image::{GrayImage, ImageFormat, Luma, imageops};
use qrcode::{EcLevel, Version};

const TEXT: &str = "https://confirm.example.org/activate#WXKFH1vH81s2cgU1N1d1";

fn picture(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures")).join(name))
        .unwrap()
}

#[test]
fn ten_hard_pictures_are_read() {
    let names = [
        "01-rotated",
        "02-upside-down",
        "03-blurred",
        "04-shaken",
        "05-perspective",
        "06-steep",
        "07-glare",
        "08-inverted",
        "09-dark",
        "10-small",
    ];
    for name in names {
        assert_eq!(
            read(&picture(&format!("{name}.jpg"))).as_deref(),
            Ok(&[TEXT.to_owned()][..]),
            "{name}"
        );
    }
}

#[test]
fn several_codes_are_all_read() {
    let texts = read(&picture("two-codes.png")).unwrap();
    assert_eq!(texts.len(), 2);
    assert!(texts.contains(&TEXT.to_owned()));
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("otpauth://totp/Library"))
    );
}

#[test]
fn a_picture_without_a_code_and_what_is_no_picture_are_told_apart() {
    assert_eq!(read(&picture("no-code.png")), Err(PictureError::NoCode));
    for junk in [&b""[..], b"hello", b"\x89PNG\r\n\x1a\n", &[0; 1000]] {
        assert_eq!(read(junk), Err(PictureError::NotAPicture));
    }
    let mut cut = picture("01-rotated.jpg");
    cut.truncate(200);
    assert_eq!(read(&cut), Err(PictureError::NotAPicture));
}

#[test]
fn every_kind_of_picture_is_read_however_it_lies() {
    for name in [
        "odd-1-bit.png",
        "odd-16-bit.png",
        "odd-cmyk.jpg",
        "odd-exif-3.jpg",
        "odd-exif-6.jpg",
        "odd-exif-7.jpg",
        "odd-lossless.webp",
        "odd-lossy.webp",
        "odd-moving.gif",
        "odd-moving.webp",
        "odd-progressive.jpg",
        "odd-tiny.png",
        "odd-transparent.png",
    ] {
        assert_eq!(
            read(&picture(name)).as_deref(),
            Ok(&[TEXT.to_owned()][..]),
            "{name}"
        );
    }
}

#[test]
fn kinds_that_are_not_read_are_called_by_their_name() {
    for (start, kind) in [
        (&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], "HEIC"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miaf", "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avif", "AVIF"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"%PDF-1.7\n", "PDF"),
    ] {
        assert_eq!(read(start), Err(PictureError::OtherKind(kind)));
    }
    // A film begins alike and is no picture
    assert_eq!(
        read(b"\0\0\0\x18ftypisom\0\0\0\0"),
        Err(PictureError::NotAPicture)
    );
}

#[test]
fn codes_that_need_to_be_looked_at_differently_are_found_in_one_picture() {
    let code = |text: &str, module: u32| {
        let code = qrcode::QrCode::new(text).unwrap();
        code.render::<Luma<u8>>()
            .module_dimensions(module, module)
            .build()
    };
    let mut wall = GrayImage::from_pixel(1_000, 700, Luma([206]));
    imageops::overlay(&mut wall, &code("first: dark on light", 8), 40, 40);
    let mut light_on_dark = code("second: light on dark", 8);
    imageops::invert(&mut light_on_dark);
    imageops::overlay(&mut wall, &light_on_dark, 540, 40);
    let mut pale = code("third: pale", 6);
    pale.iter_mut().for_each(|grey| *grey = 190 + *grey / 16);
    imageops::overlay(&mut wall, &pale, 300, 400);
    assert_eq!(
        read(&png(&wall)).unwrap(),
        [
            "first: dark on light",
            "second: light on dark",
            "third: pale"
        ]
    );
}

#[test]
fn small_kinds_of_code_are_left_alone() {
    let code = qrcode::QrCode::with_version("12345", Version::Micro(2), EcLevel::L).unwrap();
    let drawn = code.render::<Luma<u8>>().module_dimensions(8, 8).build();
    assert_eq!(read(&png(&drawn)), Err(PictureError::NoCode));
}

fn png(picture: &GrayImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

#[test]
fn q5_a_picture_that_claims_to_be_huge_is_refused_before_it_is_unpacked() {
    // Honest ones of 100 and 268 megapixels, which pack into a few kilobytes
    for side in [10_000, 16_384] {
        let large = png(&GrayImage::new(side, side));
        assert_eq!(read(&large), Err(PictureError::TooLarge));
    }
    // A PNG header that announces 60,000 × 60,000 pixels, and whose sum is wrong
    let mut claim = picture("no-code.png");
    claim[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    assert_eq!(read(&claim), Err(PictureError::NotAPicture));
    // A JPEG header that announces 65,500 × 65,500
    let mut claim = picture("odd-exif-3.jpg");
    let frame = claim
        .windows(4)
        .position(|bytes| bytes == [0xff, 0xc0, 0, 11])
        .unwrap();
    claim[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert_eq!(read(&claim), Err(PictureError::TooLarge));
    // A GIF's
    let mut claim = picture("odd-moving.gif");
    claim[6..10].copy_from_slice(&[0xff; 4]);
    assert_eq!(read(&claim), Err(PictureError::TooLarge));
    assert_eq!(read(&vec![0; MAX_BYTES + 1]), Err(PictureError::TooLarge));
}
