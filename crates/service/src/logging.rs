//! Structured logs on standard error: one JSON object a line, control characters escaped by the JSON encoding (row G3).
//!
//! What may appear is decided where a line is written: the request span of [`crate::http`] names the route's template,
//! never the path, and nothing logs headers, queries or bodies (row G2).

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// What is logged when neither the configuration nor `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info,sqlx=warn,hyper=warn,rustls=warn";

/// Starts logging for the process. `filter` is a `tracing` directive list; `RUST_LOG` wins over it.
///
/// Later calls in one process do nothing.
pub fn init(filter: Option<&str>) {
    let filter = EnvFilter::try_from_default_env()
        .or_else(|_| EnvFilter::try_new(filter.unwrap_or(DEFAULT_FILTER)))
        .unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let json = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_filter(filter_fn(may_be_logged));
    // An error says that a test or an embedding program has set its own subscriber, which then stays.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(json)
        .try_init();
    // A panic's message may quote what it choked on; its place is enough to find the fault (row G2).
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

/// Below "info" libraries write out headers and paths, so at those levels only our own lines pass, whatever is asked for.
/// The SMPP library writes out whole messages, with the codes and the password in them (row G2), and the SIP stack at "info"
/// too, with the numbers that are called and the keys that are pressed (row H4): nothing of them passes.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    if target.starts_with("rusmpp") || target.starts_with("rsipstack") {
        return false;
    }
    metadata.target().starts_with("countersign") || *metadata.level() <= Level::INFO
}
