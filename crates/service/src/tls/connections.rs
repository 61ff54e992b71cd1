//! Connections, counted for each address from before their handshake until they end (row R1).

use std::{
    io::{self, IoSlice},
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{
    metrics,
    shares::{Share, Shares},
};

/// Lets a connection in if its address has not got its share; else ends it at once, before anything is computed for it.
#[derive(Debug, Clone)]
pub struct Counting(Arc<Shares>);

impl Counting {
    /// Counts by `shares`.
    pub fn by(shares: Arc<Shares>) -> Self {
        Self(shares)
    }

    fn share(&self, stream: &TcpStream) -> io::Result<Share> {
        let address: IpAddr = stream.peer_addr()?.ip();
        self.0.take(address).ok_or_else(|| {
            metrics::connection_refused();
            io::Error::new(io::ErrorKind::QuotaExceeded, "its address has its share")
        })
    }
}

impl<S> Accept<TcpStream, S> for Counting {
    type Stream = Counted;
    type Service = S;
    type Future = std::future::Ready<io::Result<(Counted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let counted = self.share(&stream).map(|share| Counted {
            stream,
            _share: share,
        });
        std::future::ready(counted.map(|counted| (counted, service)))
    }
}

/// A connection with its part of the share.
#[derive(Debug)]
pub struct Counted {
    stream: TcpStream,
    _share: Share,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
