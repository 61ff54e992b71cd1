//! Members of JSON as apps write them: numbers as texts, `null`, `"null"` and nothing for nothing.

use serde_json::{Map, Value};

use super::Unreadable;

/// An object; any other value is one without members.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(Option<&'a Map<String, Value>>);

/// A member that is there and is not what it has to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotANumber;

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        Self(value.as_object())
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.0.is_some_and(|object| object.contains_key(name))
    }

    /// A text that says something.
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        let text = self.get(name)?.as_str()?;
        (text != "null" && !text.trim().is_empty()).then_some(text)
    }

    pub(super) fn flag(self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }

    /// A whole number that is not negative, as a number or as its digits.
    pub(super) fn number(self, name: &str) -> Result<Option<u64>, NotANumber> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => number.as_u64().map(Some).ok_or(NotANumber),
            Some(Value::String(text)) => number(text),
            Some(_) => Err(NotANumber),
        }
    }

    /// A number of 32 bits.
    pub(super) fn small(self, name: &str) -> Option<u32> {
        u32::try_from(self.number(name).ok()??).ok()
    }

    /// The members of a member; `None` where it is no object.
    pub(super) fn inside(self, name: &str) -> Option<Self> {
        Some(Self(Some(self.get(name)?.as_object()?)))
    }

    /// The members of this object that are objects themselves.
    pub(super) fn objects(self) -> impl Iterator<Item = Self> {
        let members = self.0.into_iter().flat_map(Map::values);
        members.filter(|value| value.is_object()).map(Self::of)
    }

    /// The elements of a member that is a list.
    pub(super) fn list(self, name: &str) -> Result<&'a [Value], Unreadable> {
        match self.get(name) {
            Some(Value::Array(list)) if list.len() <= super::MOST => Ok(list),
            Some(Value::Array(_)) => Err(Unreadable::TooLarge),
            None => Ok(&[]),
            Some(_) => Err(Unreadable::Damaged),
        }
    }
}

/// The same of a text; blank and `null` say nothing.
pub(super) fn number(text: &str) -> Result<Option<u64>, NotANumber> {
    match text.trim() {
        "" | "null" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map(Some).map_err(|_| NotANumber)
        }
        _ => Err(NotANumber),
    }
}
