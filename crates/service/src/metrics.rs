//! What the service counts about itself, rendered in Prometheus' text format.
//!
//! Labels come from closed lists (routes, results), so the number of series is bounded and no label tells on a person.

use std::{sync::OnceLock, time::Duration};

use metrics::{counter, describe_counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

const REQUESTS: &str = "countersign_http_requests_total";
const LATENCY: &str = "countersign_http_request_seconds";
const CONNECTIONS_REFUSED: &str = "countersign_connections_refused_total";
const PUSHES_CREATED: &str = "countersign_pushes_created_total";
const PUSHES_DECIDED: &str = "countersign_pushes_decided_total";
const PASSCODES: &str = "countersign_passcodes_total";
const ACTIVATIONS: &str = "countersign_activations_total";
const TEXTS: &str = "countersign_texts_total";
const TEXTS_STOPPED: &str = "countersign_texts_stopped_total";
const CALLS: &str = "countersign_calls_total";
const CALLS_STOPPED: &str = "countersign_calls_stopped_total";

/// Upper bounds in seconds. The long ones are there for held polls.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0,
];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts counting for the process. Later calls do nothing.
pub fn install() {
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .unwrap_or_else(|_| PrometheusBuilder::new())
            .build_recorder();
        let handle = recorder.handle();
        // An error says that another recorder is at work; ours then renders an empty page.
        let _ = metrics::set_global_recorder(recorder);
        describe_counter!(
            REQUESTS,
            "HTTP requests by route template, method and status"
        );
        describe_histogram!(
            LATENCY,
            "Seconds from request head to answer head, by route template"
        );
        describe_counter!(
            CONNECTIONS_REFUSED,
            "Connections ended because their address had its share"
        );
        describe_counter!(PUSHES_CREATED, "Sign-in requests sent to devices");
        describe_counter!(PUSHES_DECIDED, "Sign-in requests decided, by result");
        describe_counter!(PASSCODES, "Passcodes checked, by result");
        describe_counter!(CALLS, "Telephone calls, by outcome");
        describe_counter!(
            CALLS_STOPPED,
            "Telephone calls that a limit kept back, by limit"
        );
        describe_counter!(ACTIVATIONS, "Devices activated, by wire protocol");
        describe_counter!(TEXTS, "Texts, by what became of them");
        describe_counter!(TEXTS_STOPPED, "Texts that a limit kept back, by limit");
        handle
    });
}

/// The page that `GET /metrics` answers; empty when counting was never started.
pub fn render() -> String {
    RECORDER
        .get()
        .map(PrometheusHandle::render)
        .unwrap_or_default()
}

/// Folds what has been observed since the last call; call it now and then so that memory stays bounded without scrapes.
pub fn upkeep() {
    if let Some(handle) = RECORDER.get() {
        handle.run_upkeep();
    }
}

/// One HTTP request has been answered. `route` is the template, never the path.
pub fn request(route: &str, method: &'static str, status: u16, latency: Duration) {
    counter!(REQUESTS, "route" => route.to_owned(), "method" => method, "status" => status.to_string()).increment(1);
    histogram!(LATENCY, "route" => route.to_owned()).record(latency);
}

/// A text was `handed` over, `refused`, or that is `unknown`; later it was `delivered` or `failed`.
pub fn text(became: &'static str) {
    counter!(TEXTS, "became" => became).increment(1);
}

/// A text was not sent; `limit` is `too_many` or `spend`.
pub fn text_stopped(limit: &'static str) {
    counter!(TEXTS_STOPPED, "limit" => limit).increment(1);
}

/// A connection was ended because its address had its share.
pub fn connection_refused() {
    counter!(CONNECTIONS_REFUSED).increment(1);
}

/// A sign-in request was put before a device.
pub fn push_created() {
    counter!(PUSHES_CREATED).increment(1);
}

/// A sign-in request reached its one decision, such as `allow`, `deny` or `timeout`.
pub fn push_decided(result: &'static str) {
    counter!(PUSHES_DECIDED, "result" => result).increment(1);
}

/// A passcode was checked.
pub fn passcode(accepted: bool) {
    counter!(PASSCODES, "result" => if accepted { "ok" } else { "failed" }).increment(1);
}

/// A telephone call is over.
pub fn call(outcome: &'static str) {
    counter!(CALLS, "outcome" => outcome).increment(1);
}

/// A telephone call was not placed; `limit` is `number_busy`, `too_many` or `spend`.
pub fn call_stopped(limit: &'static str) {
    counter!(CALLS_STOPPED, "limit" => limit).increment(1);
}

/// A device was activated; `protocol` is `countersign/1` or `legacy`.
pub fn activation(protocol: &'static str) {
    counter!(ACTIVATIONS, "protocol" => protocol).increment(1);
}
