//! Any text of a picture, a link or the clipboard: told apart without a panic, and a link's host is plain ASCII.

use countersign_protocol::scanned::Scanned;

use crate::otpauth;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Scanned::read(&text) {
        Scanned::Other(account) => otpauth::holds(&account),
        Scanned::WebLink { host } => assert!(host.is_ascii() && !host.is_empty(), "{host:?}"),
        Scanned::Activation(activation) => assert!(activation.host.as_str().is_ascii()),
        Scanned::BrokenActivation
        | Scanned::BrokenOther(_)
        | Scanned::Migration
        | Scanned::ContactCard
        | Scanned::Wifi
        | Scanned::PlainText => {}
    }
}
