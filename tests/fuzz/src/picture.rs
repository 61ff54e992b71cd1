//! Pictures: whatever the bytes are, the decoder comes to an end within its bounds.

use countersign_authenticator::picture;

pub(crate) fn run(input: &[u8]) {
    if let Ok(texts) = picture::read(input) {
        assert!(texts.iter().all(|text| !text.is_empty()));
    }
}
