//! Reading bodies: to their end, before a call has a place and before anybody looks who calls (rows R1, S1).
//!
//! Real bodies arrive within milliseconds. When too many arrive at a time, the one that has taken longest ends, so those
//! who send slowly on purpose are in each other's way only.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, FromRequest as _, Request},
    http::Extensions,
};
use tokio::sync::oneshot;

use super::envelope::{Code, Failure};
use crate::shares::{Origin, Shares};

/// The largest body that is read (row R1). So much is read of a larger one too: whoever is refused while they send may
/// never see the answer.
pub const BODY_BYTES: usize = 64 * 1024;
/// From the request head to the last byte of its body (row R1).
const BODY_TIME: Duration = Duration::from_secs(30);
/// Bodies that are on their way at a time, from everywhere and from one address: at most 128 MiB of memory.
const ARRIVING: usize = 2048;
const ARRIVING_FROM_ONE: usize = 256;

/// Every body that is on its way.
#[derive(Debug)]
pub struct Bodies {
    arriving: Mutex<Arriving>,
    shares: Arc<Shares>,
}

#[derive(Debug, Default)]
struct Arriving {
    next: u64,
    /// By age. Dropping the sender ends the reading.
    all: BTreeMap<u64, (Option<Origin>, oneshot::Sender<()>)>,
    of: HashMap<Origin, BTreeSet<u64>>,
}

impl Arriving {
    fn add(&mut self, origin: Option<Origin>) -> (u64, oneshot::Receiver<()>) {
        if let Some(of) = origin.and_then(|origin| self.of.get(&origin))
            && of.len() >= ARRIVING_FROM_ONE
            && let Some(oldest) = of.first().copied()
        {
            self.end(oldest);
        }
        if self.all.len() >= ARRIVING
            && let Some(oldest) = self.all.keys().next().copied()
        {
            self.end(oldest);
        }
        let (ends, ended) = oneshot::channel();
        let id = self.next;
        self.next += 1;
        self.all.insert(id, (origin, ends));
        if let Some(origin) = origin {
            self.of.entry(origin).or_default().insert(id);
        }
        (id, ended)
    }

    fn end(&mut self, id: u64) {
        let Some((Some(origin), _)) = self.all.remove(&id) else {
            return;
        };
        if let Some(of) = self.of.get_mut(&origin) {
            of.remove(&id);
            if of.is_empty() {
                self.of.remove(&origin);
            }
        }
    }
}

impl Bodies {
    /// None yet. Where many people are behind an address, `shares` knows.
    pub fn new(shares: Arc<Shares>) -> Self {
        Self {
            arriving: Mutex::default(),
            shares,
        }
    }

    /// The same request with its body in memory.
    pub async fn whole(&self, request: Request) -> Result<Request, Failure> {
        let origin = self.shares.origin(address(request.extensions()));
        let mut turn = self.begin(origin);
        let (parts, body) = request.into_parts();
        let reading = Bytes::from_request(Request::from_parts(parts.clone(), body), &());
        let bytes = tokio::select! {
            read = tokio::time::timeout(BODY_TIME, reading) => read
                .map_err(|_| Failure::new(Code::SlowBody))?
                .map_err(|rejection| match rejection.status().as_u16() {
                    413 => Failure::new(Code::TooLarge),
                    _ => Failure::new(Code::InvalidParameter),
                })?,
            _only_ever_dropped = &mut turn.ended => return Err(Code::SlowBody.into()),
        };
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }

    fn begin(&self, origin: Option<Origin>) -> Turn<'_> {
        let mut arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        let (id, ended) = arriving.add(origin);
        Turn {
            bodies: self,
            id,
            ended,
        }
    }
}

/// A body that is being read.
struct Turn<'a> {
    bodies: &'a Bodies,
    id: u64,
    ended: oneshot::Receiver<()>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let arriving = self.bodies.arriving.lock();
        arriving
            .unwrap_or_else(PoisonError::into_inner)
            .end(self.id);
    }
}

/// The address at the other end of the connection, or of its client where that is a proxy of ours (row R3).
pub fn address(extensions: &Extensions) -> IpAddr {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| {
            peer.ip().to_canonical()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shares::Limits;

    fn origin(last: u8) -> Origin {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)).into()
    }

    fn bodies() -> Bodies {
        Bodies::new(Limits::default().shares("bodies", 1))
    }

    fn ended(turn: &mut Turn<'_>) -> bool {
        turn.ended.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn r1_one_address_is_in_its_own_way_only() {
        let bodies = bodies();
        let mut other = bodies.begin(Some(origin(2)));
        let mut of_one: Vec<_> = (0..=ARRIVING_FROM_ONE)
            .map(|_| bodies.begin(Some(origin(1))))
            .collect();
        let over: Vec<bool> = of_one.iter_mut().map(ended).collect();
        assert!(over[0] && !over[1..].contains(&true));
        assert!(!ended(&mut other), "though it has taken longest");
        drop((of_one, other));
        let arriving = bodies.arriving.lock().unwrap();
        assert!(arriving.all.is_empty() && arriving.of.is_empty());
    }

    #[test]
    fn r1_what_arrives_at_a_time_is_bounded_and_the_oldest_ends() {
        let bodies = bodies();
        let mut turns: Vec<_> = (0..=ARRIVING).map(|_| bodies.begin(None)).collect();
        let over: Vec<bool> = turns.iter_mut().map(ended).collect();
        assert!(over[0] && !over[1..].contains(&true));
        assert_eq!(bodies.arriving.lock().unwrap().all.len(), ARRIVING);
    }

    #[tokio::test(start_paused = true)]
    async fn r1_a_body_that_never_ends_is_refused() {
        let stream = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::post("/").body(Body::from_stream(stream)).unwrap();
        let refused = bodies().whole(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::SlowBody);
    }
}
