//! Activation texts: whatever is read is written back in every form and read alike.

use countersign_protocol::activation::{ActivationText, Form};

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Some(Ok(read)) = ActivationText::read(text) else {
        return;
    };
    let code = read.code.expose();
    assert!((1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric()));
    let host = read.host.as_str();
    assert!(host.is_ascii() && !host.contains(['/', '@', '#', '?', ' ', '\\']));
    let _ = read.host.trust(&[]);
    let forms = [
        (read.app_text(), Form::Own),
        (read.duo_text(), Form::Duo),
        (read.picture_link(), Form::Duo),
    ];
    for (written, form) in forms {
        let again = ActivationText::read(&written).and_then(Result::ok);
        let again = again.unwrap_or_else(|| panic!("not read again: {written:?}"));
        assert_eq!(again.code.expose(), code, "{written:?}");
        assert_eq!(again.host, read.host, "{written:?}");
        assert_eq!(again.form, form, "{written:?}");
    }
}
