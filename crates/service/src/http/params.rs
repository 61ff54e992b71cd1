//! The parameters of a call, wherever the client put them: query, form body or flat JSON, each name once.

use std::fmt;

use countersign_protocol::params::Params;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::{
    envelope::{Code, Failure},
    received::Received,
};

/// Decoded parameters without repeated names. Unknown ones are kept and never looked at.
#[derive(Debug, Default)]
pub struct Parameters(Params);

impl Parameters {
    /// Merges the query with the form or JSON body.
    ///
    /// A name that occurs twice, in whichever places, refuses the whole call: one reader might take the first value and
    /// another the last.
    pub fn of(received: &Received) -> Result<Self, Failure> {
        let query = Params::decode(&received.query);
        let body = if received.is_json() {
            flat_json(&received.body)?
        } else {
            Params::decode(form_text(received)?)
        };
        let all = query.and(body);
        if all.repeated().is_some() {
            return Err(Code::InvalidParameter.into());
        }
        Ok(Self(all))
    }

    /// The value of `name`, absent or not. An empty text is a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        // Repeated names were refused when this was made.
        self.0.one(name).ok().flatten()
    }

    /// The value of a parameter that must be there and not empty.
    pub fn required(&self, name: &'static str) -> Result<&str, Failure> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Failure::missing(name))
    }

    /// A switch: `1` or `true` is on; `0`, `false`, empty or absent is off.
    pub fn flag(&self, name: &'static str) -> Result<bool, Failure> {
        match self.get(name) {
            None | Some("" | "0" | "false" | "False") => Ok(false),
            Some("1" | "true" | "True") => Ok(true),
            Some(_) => Err(Failure::invalid(name)),
        }
    }

    /// A number of plain decimal digits.
    pub fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Failure> {
        self.get(name)
            .map(|text| {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                digits
                    .then(|| text.parse().ok())
                    .flatten()
                    .ok_or_else(|| Failure::invalid(name))
            })
            .transpose()
    }
}

/// The body as form text, without the stray `?` that one client begins it with.
pub fn form_text(received: &Received) -> Result<&str, Failure> {
    let text =
        std::str::from_utf8(&received.body).map_err(|_| Failure::new(Code::InvalidParameter))?;
    Ok(text.strip_prefix('?').unwrap_or(text))
}

fn flat_json(body: &[u8]) -> Result<Params, Failure> {
    if body.is_empty() {
        return Ok(Params::new());
    }
    serde_json::from_slice::<Flat>(body)
        .map(|flat| flat.0)
        .map_err(|_| Code::InvalidParameter.into())
}

/// One JSON object whose values are texts, whole numbers or booleans. `null` is the same as absent.
struct Flat(Params);

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Flat;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a flat object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flat, A::Error> {
                let mut params = Params::new();
                while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                    let text = match value {
                        serde_json::Value::Null => continue,
                        serde_json::Value::String(text) => text,
                        serde_json::Value::Bool(on) => on.to_string(),
                        serde_json::Value::Number(number) if !number.is_f64() => number.to_string(),
                        _ => {
                            return Err(A::Error::custom(
                                "not a text, a whole number or a boolean",
                            ));
                        }
                    };
                    params = params.with(&name, text);
                }
                Ok(Flat(params))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        extract::FromRequest as _,
        http::{Request, header::CONTENT_TYPE},
    };

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json; charset=utf-8";

    async fn read(uri: &str, kind: &str, body: &str) -> Result<Parameters, Failure> {
        let request = Request::post(uri)
            .header(CONTENT_TYPE, kind)
            .body(Body::from(body.to_owned()))
            .unwrap();
        Parameters::of(&Received::from_request(request, &()).await.unwrap())
    }

    #[tokio::test]
    async fn query_and_form_are_merged_and_a_stray_question_mark_is_dropped() {
        let params = read(
            "/x?customer_protocol=1",
            FORM,
            "?model=Pixel+3a&device_name=a%20b",
        )
        .await
        .unwrap();
        assert_eq!(params.get("customer_protocol"), Some("1"));
        assert_eq!(params.get("model"), Some("Pixel 3a"));
        assert_eq!(params.get("device_name"), Some("a b"));
        assert_eq!(params.get("other"), None);
    }

    #[tokio::test]
    async fn an_empty_query_and_no_body_hold_nothing() {
        assert!(read("/x?", FORM, "").await.unwrap().get("").is_none());
    }

    #[tokio::test]
    async fn json_numbers_and_booleans_count_as_texts_and_null_as_absent() {
        let params = read(
            "/x",
            JSON,
            r#"{"async":1,"flag":true,"username":"al\u00efce","device":null}"#,
        )
        .await
        .unwrap();
        assert_eq!(params.get("async"), Some("1"));
        assert!(params.flag("flag").unwrap());
        assert_eq!(params.get("username"), Some("alïce"));
        assert_eq!(params.get("device"), None);
    }

    #[tokio::test]
    async fn k2_a_name_that_occurs_twice_refuses_the_call() {
        for (uri, kind, body) in [
            ("/x?a=1&a=1", FORM, ""),
            ("/x?a=1", FORM, "a=2"),
            ("/x", FORM, "a=1&%61=2"),
            ("/x", JSON, r#"{"a":"1","a":"2"}"#),
            ("/x?a=1", JSON, r#"{"a":"1"}"#),
        ] {
            assert_eq!(
                read(uri, kind, body).await.unwrap_err().code(),
                Code::InvalidParameter,
                "{uri} {body}"
            );
        }
    }

    #[tokio::test]
    async fn json_that_is_not_flat_is_refused() {
        for body in [
            "[]",
            "{",
            r#"{"a":{}}"#,
            r#"{"a":[1]}"#,
            r#"{"a":1.5}"#,
            "\"a\"",
            r#"{"a":"1"} x"#,
        ] {
            assert_eq!(
                read("/x", JSON, body).await.unwrap_err().code(),
                Code::InvalidParameter,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn switches_and_numbers_are_strict() {
        let params = read("/x?on=1&off=0&odd=yes&n=60&bad=-1&plus=%2B1", FORM, "")
            .await
            .unwrap();
        assert_eq!(params.flag("on"), Ok(true));
        assert_eq!(
            (params.flag("off"), params.flag("absent")),
            (Ok(false), Ok(false))
        );
        assert_eq!(params.flag("odd"), Err(Failure::invalid("odd")));
        assert_eq!(params.number::<u32>("n"), Ok(Some(60)));
        assert_eq!(params.number::<u32>("bad"), Err(Failure::invalid("bad")));
        assert_eq!(params.number::<u32>("plus"), Err(Failure::invalid("plus")));
        assert_eq!(params.number::<u32>("absent"), Ok(None));
    }
}
