//! Texts made safe to show: whatever comes in, a [`Label`] is one bounded line, and cleaning it again changes nothing.

use countersign_protocol::label::Label;

pub(crate) fn run(input: &[u8]) {
    let label = Label::new(&String::from_utf8_lossy(input));
    holds(&label);
    assert_eq!(Label::new(label.as_str()), label);
}

/// What row T5 asks of every label.
pub(crate) fn holds(label: &Label) {
    shown(label.as_str());
}

/// The same of a text that a label became.
pub(crate) fn shown(text: &str) {
    assert!(text.chars().count() <= Label::MAX_CHARS);
    let bad = text.chars().find(|c| {
        c.is_control()
            || (c.is_whitespace() && *c != ' ')
            || matches!(*c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    });
    assert_eq!(bad, None, "{text:?}");
    assert_eq!(text.trim(), text);
}
