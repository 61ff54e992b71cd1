//! JSON that is looked at and thrown away: a text stays in the file's bytes wherever it is written there as it is.
//!
//! An export is mostly short texts. One that is not copied costs nothing to make or to throw away, and of a key there is no
//! copy that nobody wipes unless it is written with escapes, which no app does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// Any value.
pub(super) enum Json<'a> {
    Null,
    Flag(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Object<'a>),
}

/// An object's members as they are written. Of several with one name the last holds.
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Json<'a> {
    pub(super) fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl<'a> Object<'a> {
    /// Looks through them all: an export's objects have few members, and no more names are asked for than a format has.
    pub(super) fn get(&self, name: &str) -> Option<&Json<'a>> {
        let mut members = self.0.iter().rev();
        let found = members.find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// The names as they are written.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// The values in the order of their names.
    pub(super) fn values(&self) -> impl Iterator<Item = &Json<'a>> {
        let members = self.0.iter().map(|(name, value)| (&**name, value));
        members.collect::<BTreeMap<_, _>>().into_values()
    }
}

impl<'a> FromIterator<(&'a str, Json<'a>)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, Json<'a>)>>(members: I) -> Self {
        let members = members.into_iter();
        Self(members.map(|(name, value)| (name.into(), value)).collect())
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut object = Vec::new();
        while let Some((Name(name), value)) = members.next_entry()? {
            object.push((name, value));
        }
        Ok(Json::Object(Object(object)))
    }
}

/// A member's name. Serde copies a bare `Cow` always.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn is_same(json: &Json<'_>, value: &Value) -> bool {
        match (json, value) {
            (Json::Null, Value::Null) => true,
            (Json::Flag(one), Value::Bool(other)) => one == other,
            (Json::Number(one), Value::Number(other)) => one == other,
            (Json::Text(one), Value::String(other)) => one == other,
            (Json::List(one), Value::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b))
            }
            (Json::Object(one), Value::Object(other)) => {
                let mut values: Vec<_> = other.iter().collect();
                values.sort_unstable_by_key(|(name, _)| *name);
                one.values().count() == values.len()
                    && one.values().zip(&values).all(|(a, (_, b))| is_same(a, b))
                    && values
                        .iter()
                        .all(|(name, value)| one.get(name).is_some_and(|one| is_same(one, value)))
            }
            _ => false,
        }
    }

    fn is_read_as_serde_reads_it(text: &str) -> bool {
        let json = serde_json::from_str::<Json<'_>>(text);
        match (json, serde_json::from_str::<Value>(text)) {
            (Ok(json), Ok(value)) => is_same(&json, &value),
            (Err(one), Err(other)) => one.classify() == other.classify(),
            _ => false,
        }
    }

    #[test]
    fn every_kind_of_value_is_what_serde_makes_of_it() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for text in [
            r#"{"b":[null,true,false,0,-1,18446744073709551615,-9223372036854775808,1.5,1e3,1e300]}"#,
            r#"{"z":{"a":1},"a":"plain","esc\u0061ped":"a \"quoted\"\nline \ud83d\ude00","":{}}"#,
            r#"{"twice":1,"other":2,"twice":{"inside":3},"tw\u0069ce":"the last"}"#,
            r#"[[[]],{},"",[1,[2,{"a":[3]}]]]"#,
            "1e999",
            r#"{"a":1"#,
            r#"{"a" 1}"#,
            "{1:1}",
            "[1,]",
            r#"["\ud800"]"#,
            &deep,
            "",
        ] {
            assert!(is_read_as_serde_reads_it(text), "{text}");
        }
    }

    #[test]
    fn a_text_without_escapes_is_not_copied() {
        let text = r#"{"name":"text"}"#;
        let Json::Object(Object(members)) = serde_json::from_str(text).unwrap() else {
            panic!("an object");
        };
        assert!(matches!(
            members.as_slice(),
            [(Cow::Borrowed("name"), Json::Text(Cow::Borrowed("text")))]
        ));
    }

    proptest! {
        #[test]
        fn any_text_is_what_serde_makes_of_it(text in r#"([\[\]{},:"0-9a\\n.e-]|null|true|"a":|"b":){0,24}"#) {
            prop_assert!(is_read_as_serde_reads_it(&text));
        }
    }
}
