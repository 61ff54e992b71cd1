//! `POST /texts/reports`: a gateway tells what became of a text (TEXTS.md §4, row H4).

use axum::{body::Bytes, extract::State, http::StatusCode};
use http::HeaderMap;

use super::{Edge, envelope::Failure};
use crate::texts::reports::NoReport;

/// Takes a report that the gateway signed. Whether the text is anybody's is not told.
pub async fn report(
    State(edge): State<Edge>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Failure> {
    let Some(reader) = &edge.core().phones.text_reports else {
        return Ok(StatusCode::NOT_FOUND);
    };
    let signature = headers.get(reader.header());
    let signature = signature.and_then(|value| value.to_str().ok());
    match reader.read(signature, &body) {
        Err(NoReport::Forged) => Ok(StatusCode::UNAUTHORIZED),
        Err(NoReport::Unreadable) => Ok(StatusCode::BAD_REQUEST),
        Ok(None) => Ok(StatusCode::NO_CONTENT),
        Ok(Some(report)) => {
            edge.core().note_report(&report).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    }
}
