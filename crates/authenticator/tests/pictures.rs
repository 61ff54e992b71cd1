//! Hard pictures of codes, made by `pictures/make.py`.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use std::{fs, path::PathBuf};

use countersign_authenticator::picture::{PictureError, read};

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
fn q5_a_picture_that_claims_to_be_huge_is_refused_before_it_is_unpacked() {
    let mut large = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(16_384, 16_384)
        .write_to(&mut large, image::ImageFormat::Png)
        .unwrap();
    assert_eq!(read(large.get_ref()), Err(PictureError::NotAPicture));
    // A PNG header that announces 60,000 × 60,000 pixels
    let mut png = picture("no-code.png");
    png[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    assert_eq!(read(&png), Err(PictureError::NotAPicture));
}
