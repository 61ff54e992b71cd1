//! Whoever takes as much of the service as it gives: bodies that never end, from an address of its own.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use reqwest::StatusCode;
use tokio::task::JoinSet;

use super::service::Service;

/// Another address of this machine than everybody else's, on Linux.
pub const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 66));
/// Bodies on one connection; the service takes 64 streams.
const ON_ONE_CONNECTION: usize = 60;

/// One byte, then nothing more.
struct NeverEnding(Option<Bytes>);

impl Body for NeverEnding {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Poll::Pending,
        }
    }
}

/// Sends so many bodies to `path` that never end, from `from`, and returns when the service has the heads of all of them.
/// What the tasks give are the statuses of those that were answered after all.
pub async fn never_ending(
    service: &Service,
    path: &str,
    from: IpAddr,
    count: usize,
) -> JoinSet<StatusCode> {
    let mut bodies = JoinSet::new();
    for first in (0..count).step_by(ON_ONE_CONNECTION) {
        let client = service
            .client_with(&[b"h2"])
            .local_address(from)
            .build()
            .unwrap();
        // Opens the one connection that all of them share
        alive(service, &client).await;
        for _ in first..count.min(first + ON_ONE_CONNECTION) {
            let body = reqwest::Body::wrap(NeverEnding(Some(Bytes::from_static(b"{"))));
            let sent = client
                .post(service.url(path))
                .header("content-type", "application/json")
                .header("x-countersign-session", "new")
                .body(body)
                .send();
            bodies.spawn(async move { sent.await.unwrap().status() });
        }
        tokio::task::yield_now().await;
        // It is answered after the service took what came before it on the same connection
        alive(service, &client).await;
    }
    bodies
}

async fn alive(service: &Service, client: &reqwest::Client) {
    let alive = client.get(service.url("/healthz")).send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);
}
