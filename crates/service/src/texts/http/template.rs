//! The body of a request to a gateway: what the configuration has, with our words in the place of its own.

use std::collections::BTreeMap;

use serde_json::Value;

/// What is put into a body.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// `{to}`: the number with `+`.
    pub to: &'a str,
    /// `{text}`: what is to be read.
    pub text: &'a str,
    /// `{id}`: our name for it.
    pub id: &'a str,
}

/// The body as it is written in the configuration.
#[derive(Debug, Clone)]
pub enum Body {
    /// JSON.
    Json(Value),
    /// A form.
    Form(BTreeMap<String, String>),
}

impl Body {
    /// Whether a word of ours is anywhere in it.
    pub fn has(&self, word: &str) -> bool {
        match self {
            Self::Json(value) => value_has(value, word),
            Self::Form(fields) => fields.values().any(|text| text.contains(word)),
        }
    }
}

/// Fills JSON: its strings, at any depth, and nothing else of it.
pub fn fill_json(value: &Value, words: Words<'_>) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, words)),
        Value::Array(values) => values.iter().map(|value| fill_json(value, words)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), fill_json(value, words)))
            .collect(),
        other => other.clone(),
    }
}

/// Puts our words into a string, once and from left to right: what was put in is not looked at again.
pub fn fill(template: &str, words: Words<'_>) -> String {
    let digits = words.to.trim_start_matches('+');
    let known = [
        ("{to}", words.to),
        ("{digits}", digits),
        ("{text}", words.text),
        ("{id}", words.id),
    ];
    let mut filled = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let (word, by) = known
            .into_iter()
            .find(|(word, _)| from.starts_with(word))
            .unwrap_or(("{", "{"));
        filled.push_str(by);
        rest = &from[word.len()..];
    }
    filled.push_str(rest);
    filled
}

fn value_has(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text.contains(word),
        Value::Array(values) => values.iter().any(|value| value_has(value, word)),
        Value::Object(members) => members.values().any(|value| value_has(value, word)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WORDS: Words<'_> = Words {
        to: "+447400123471",
        text: "123 \"{to}\" \\ {id}",
        id: "abc",
    };

    #[test]
    fn words_are_filled_in_once_and_cannot_break_out() {
        assert_eq!(
            fill("{digits}|{to}|{{id}}{", WORDS),
            "447400123471|+447400123471|{abc}{"
        );
        assert_eq!(fill("{text}", WORDS), WORDS.text);
        assert_eq!(fill("{name} stays", WORDS), "{name} stays");
        let body =
            json!({ "messages": [{ "to": ["{to}"], "text": "{text}" }], "n": 1, "{to}": true });
        let filled = fill_json(&body, WORDS);
        assert_eq!(
            filled,
            json!({ "messages": [{ "to": ["+447400123471"], "text": WORDS.text }], "n": 1, "{to}": true })
        );
        let read: Value = serde_json::from_str(&filled.to_string()).unwrap();
        assert_eq!(read["messages"][0]["text"], WORDS.text);
    }
}
