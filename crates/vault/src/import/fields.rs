//! Members of JSON as apps write them: numbers as texts, `null`, `"null"` and nothing for nothing.

use super::Unreadable;
use super::json::{Json, Object};

/// An object; any other value is one without members.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(Option<&'a Object<'a>>);

/// A member that is there and is not what it has to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotANumber;

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Json<'a>) -> Self {
        Self(value.as_object())
    }

    /// A member that is not null.
    pub(super) fn get(self, name: &str) -> Option<&'a Json<'a>> {
        let member = self.0?.get(name);
        member.filter(|value| !matches!(value, Json::Null))
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.0.is_some_and(|object| object.get(name).is_some())
    }

    /// A text that says something.
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        let text = self.get(name)?.as_text()?;
        (text != "null" && !text.trim().is_empty()).then_some(text)
    }

    pub(super) fn flag(self, name: &str) -> bool {
        match self.get(name) {
            Some(Json::Flag(flag)) => *flag,
            Some(Json::Text(text)) => text == "true",
            _ => false,
        }
    }

    /// A whole number that is not negative, as a number or as its digits.
    pub(super) fn number(self, name: &str) -> Result<Option<u64>, NotANumber> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Number(number)) => number.as_u64().map(Some).ok_or(NotANumber),
            Some(Json::Text(text)) => number(text),
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
        let members = self.0.into_iter().flat_map(Object::values);
        members
            .filter_map(Json::as_object)
            .map(|object| Self(Some(object)))
    }

    /// The elements of a member that is a list.
    pub(super) fn list(self, name: &str) -> Result<&'a [Json<'a>], Unreadable> {
        match self.get(name) {
            Some(Json::List(list)) if list.len() <= super::MOST => Ok(list),
            Some(Json::List(_)) => Err(Unreadable::TooLarge),
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
