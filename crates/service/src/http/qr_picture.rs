//! `GET /frame/qr?value=…`: the picture of an activation text of this service, and of nothing else.

use axum::{
    extract::{RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use countersign_protocol::{activation::ActivationText, params::Params};

use super::{
    Edge,
    envelope::{Code, Failure},
};
use crate::qr;

/// The longest text of ours: the prefix, 64 characters of code, and a DNS name with its port in base64.
const LONGEST_VALUE: usize = 512;

/// Draws `value`. Whether its code is known is not looked up, so the picture tells nothing (row A5).
pub async fn picture(
    State(edge): State<Edge>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let params = Params::decode(query.as_deref().unwrap_or_default());
    let value = params
        .one("value")
        .ok()
        .flatten()
        .filter(|value| value.len() <= LONGEST_VALUE);
    let text = value
        .filter(|value| is_ours(value, &edge))
        .ok_or(Code::NotFound)?;
    let png = qr::png(text).map_err(|_| Code::NotFound)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

/// Exactly a text that this service prints: every other spelling is refused, so no foreign link gets drawn.
fn is_ours(value: &str, edge: &Edge) -> bool {
    match ActivationText::read(value) {
        Some(Ok(text)) => {
            text.host == *edge.public_host()
                && (value == text.app_text() || value == text.duo_text())
        }
        _ => false,
    }
}
