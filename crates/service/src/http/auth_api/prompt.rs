//! The choice that `login_duo` and `pam_duo` print and read back (`unix-clients.md`): `push1`, `verified_push2`, a code.

use serde_json::{Map, Value, json};

use crate::{model::Device, preauth::ListedDevice};

/// How a device is called in a list.
pub(super) fn display_name(device: &Device) -> String {
    if device.platform.is_empty() || device.name == device.platform {
        device.name.clone()
    } else {
        format!("{} ({})", device.name, device.platform)
    }
}

/// The text to print, and which line that is typed means what. Anything else that is typed is a passcode.
pub(super) fn offer(username: &str, devices: &[ListedDevice], with_number: bool) -> Value {
    let kind = if with_number { "verified_push" } else { "push" };
    let pushable = devices
        .iter()
        .enumerate()
        .filter(|(_, listed)| listed.capabilities.contains(&"push"));
    let mut factors = Map::new();
    let mut lines = vec![format!("Countersign login for {username}"), String::new()];
    for (line, (index, listed)) in (1..).zip(pushable) {
        lines.push(format!(" {line}. Push to {}", display_name(&listed.device)));
        factors.insert(line.to_string(), format!("{kind}{}", index + 1).into());
    }
    match factors.len() {
        0 => lines.push("Passcode: ".to_owned()),
        last => {
            lines.extend([String::new(), format!("Passcode or option (1-{last}): ")]);
            factors.insert("default".to_owned(), factors["1"].clone());
        }
    }
    let text = lines.join("\n");
    json!({ "text": text, "factors": factors })
}

/// What a typed or chosen `prompt` means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// A push to the n-th device, counted from 1.
    Push(usize),
    /// A call or a text.
    Unavailable,
    /// A passcode.
    Passcode,
}

/// Reads what came back.
pub(super) fn chosen(prompt: &str) -> Chosen {
    let word = prompt.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = match &prompt[word.len()..] {
        "" => Some(1),
        digits => digits.parse().ok(),
    };
    match (word, number) {
        ("push" | "verified_push", Some(number)) => Chosen::Push(number),
        ("phone" | "sms", Some(_)) => Chosen::Unavailable,
        _ => Chosen::Passcode,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_a_push_a_call_or_a_passcode() {
        for (typed, expected) in [
            ("push", Chosen::Push(1)),
            ("push1", Chosen::Push(1)),
            ("verified_push2", Chosen::Push(2)),
            ("phone1", Chosen::Unavailable),
            ("sms", Chosen::Unavailable),
            ("123456", Chosen::Passcode),
            ("push99999999999999999999999", Chosen::Passcode),
            ("", Chosen::Passcode),
            ("pushy", Chosen::Passcode),
        ] {
            assert_eq!(chosen(typed), expected, "{typed}");
        }
    }
}
