//! A line between the service and a server that can be slow or cut, or answers in the server's place.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::{JoinHandle, JoinSet},
};

/// What the line does with what is said on it.
#[derive(Clone, Debug)]
pub enum Line {
    /// Passes it on.
    Clear,
    /// Passes each answer on that much later.
    Slow(Duration),
    /// Hangs up on whoever comes, and on who is there.
    Cut,
    /// Answers everything with these bytes, and passes nothing on.
    Instead(Vec<u8>),
}

/// A running line.
pub struct Between {
    /// Where it is reached.
    pub address: SocketAddr,
    line: Arc<Mutex<Line>>,
    task: JoinHandle<()>,
}

impl Between {
    /// From a free port of `host` to `server`, clear at first.
    pub async fn start(host: &str, server: &str) -> Result<Self> {
        let listener = TcpListener::bind((host, 0)).await?;
        let address = listener.local_addr()?;
        let line = Arc::new(Mutex::new(Line::Clear));
        let (shared, server) = (line.clone(), server.to_owned());
        let task = tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                open.spawn(join(near, server.clone(), shared.clone()));
            }
        });
        Ok(Self {
            address,
            line,
            task,
        })
    }

    /// From now on, on open connections too.
    pub fn set(&self, line: Line) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, until either end hangs up.
async fn join(near: TcpStream, server: String, line: Arc<Mutex<Line>>) {
    let now = || line.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Line::Cut = now() {
        return;
    }
    let Ok(far) = TcpStream::connect(server).await else {
        return;
    };
    let (mut near_read, near_write) = near.into_split();
    let (far_read, mut far_write) = far.into_split();
    let near_write = Arc::new(tokio::sync::Mutex::new(near_write));
    let asking = async {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = near_read.read(&mut buffer).await {
            let done = match now() {
                Line::Clear | Line::Slow(_) => far_write.write_all(&buffer[..read]).await,
                Line::Cut => return,
                Line::Instead(bytes) => near_write.lock().await.write_all(&bytes).await,
            };
            if done.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asking => {}
        () = answering(far_read, &near_write, &now) => {}
    }
}

async fn answering(
    mut far: OwnedReadHalf,
    near: &tokio::sync::Mutex<OwnedWriteHalf>,
    now: &impl Fn() -> Line,
) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = far.read(&mut buffer).await {
        match now() {
            Line::Clear => {}
            Line::Slow(by) => tokio::time::sleep(by).await,
            Line::Cut => return,
            Line::Instead(_) => continue,
        }
        if near.lock().await.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
