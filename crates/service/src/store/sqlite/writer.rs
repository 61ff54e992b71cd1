//! The one writer: a thread that runs waiting use cases one after another in one transaction and commits them together.
//!
//! Each use case is a closure, undone by itself when it fails. Whoever waits is answered after the commit, so nobody
//! hears of anything that is not in the file.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::statement::Db;
use crate::store::StoreError;

/// Use cases committed together at most, so that the first of them does not wait long for the last.
const TOGETHER: usize = 64;

/// What becomes of the changes of a use case that came to a result.
#[derive(Debug)]
pub(super) enum Ended<T> {
    /// They stay.
    Kept(T),
    /// They are undone.
    Undone(T),
}

/// When a use case is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Before it is answered.
    Durable,
    /// With the next durable one. The death of the process loses nothing; a power cut may lose it, but never while it
    /// keeps something that came later, because the log is one sequence.
    WithNext,
}

/// The thread and the way to it.
#[derive(Debug)]
pub(super) struct Writer {
    waiting: Mutex<Option<Sender<UseCase>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct UseCase {
    durability: Durability,
    run: Box<dyn FnOnce(&Db<'_>) -> Ran + Send>,
}

/// A use case that ran and is not committed yet.
struct Ran {
    kept: bool,
    /// Tells whoever waits: what came out, or that the commit failed.
    answer: Box<dyn FnOnce(Result<(), StoreError>)>,
}

impl Writer {
    /// Gives the connection to a thread of its own.
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || write_all(&connection, &receiver))
            .map_err(|error| StoreError::Engine(Box::new(error)))?;
        Ok(Self {
            waiting: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs a use case in its turn. It goes on when the caller gives up waiting.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Db<'_>) -> Result<Ended<T>, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        let run = Box::new(move |db: &Db<'_>| {
            let result = catch_unwind(AssertUnwindSafe(|| work(db)))
                .unwrap_or_else(|panic| Err(broken_off(panic.as_ref())));
            let (kept, result) = match result {
                Ok(Ended::Kept(value)) => (true, Ok(value)),
                Ok(Ended::Undone(value)) => (false, Ok(value)),
                Err(error) => (false, Err(error)),
            };
            let answer = Box::new(move |committed: Result<(), StoreError>| {
                // Whoever gave up waiting is not told
                let _ = sender.send(committed.and(result));
            });
            Ran { kept, answer }
        });
        let use_case = UseCase { durability, run };
        self.queue(use_case)?;
        answer.await.map_err(|_| closed())?
    }

    fn queue(&self, use_case: UseCase) -> Result<(), StoreError> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = waiting.as_ref().ok_or_else(closed)?;
        sender.send(use_case).map_err(|_| closed())
    }

    /// Ends the thread after what waits already, and its connection with it.
    pub(super) fn close(&self) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // Use cases that panic are caught, so there is nothing to learn from it
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    /// Who opens the file next does not meet this connection.
    fn drop(&mut self) {
        self.close();
    }
}

fn write_all(connection: &Connection, waiting: &Receiver<UseCase>) {
    let mut durable = true;
    while let Ok(first) = waiting.recv() {
        let together: Vec<UseCase> = std::iter::once(first)
            .chain(waiting.try_iter().take(TOGETHER - 1))
            .collect();
        let wanted = together
            .iter()
            .any(|use_case| use_case.durability == Durability::Durable);
        match begin(connection, &mut durable, wanted) {
            Ok(()) => write_together(connection, together),
            // Whoever waits learns it from the dropped use case, as of any other fault
            Err(error) => tracing::warn!(%error, "could not begin to write"),
        }
    }
}

/// Begins a transaction that holds the write lock from the start, so what it reads cannot change under it.
fn begin(connection: &Connection, durable: &mut bool, wanted: bool) -> Result<(), StoreError> {
    if !connection.is_autocommit() {
        // Left by a rollback that failed
        connection.execute_batch("rollback")?;
    }
    if *durable != wanted {
        // Full: the log is on disk when the commit returns. Normal: it is in the hands of the operating system
        let level = if wanted { "full" } else { "normal" };
        connection.pragma_update(None, "synchronous", level)?;
        *durable = wanted;
    }
    Db::of(connection).execute("begin immediate", &[])?;
    Ok(())
}

/// Runs use cases in one transaction that has begun, commits it and answers all of them.
fn write_together(connection: &Connection, use_cases: Vec<UseCase>) {
    let mut ran = Vec::with_capacity(use_cases.len());
    for use_case in use_cases {
        match in_savepoint(connection, use_case) {
            Ok(one) => ran.push(one),
            // The engine gave the whole transaction up, or cannot go on with it
            Err(error) => return give_up(connection, ran, &error),
        }
    }
    match Db::of(connection).execute("commit", &[]) {
        Ok(_) => {
            for one in ran {
                (one.answer)(Ok(()));
            }
        }
        Err(error) => give_up(connection, ran, &error),
    }
}

/// Runs one use case; what it changed is undone if it wants that or failed. An error ends the transaction for all.
fn in_savepoint(connection: &Connection, use_case: UseCase) -> Result<Ran, StoreError> {
    let db = Db::of(connection);
    db.execute("savepoint use_case", &[])?;
    let ran = (use_case.run)(&db);
    // A full disk or a failed write makes SQLite roll back everything at once, earlier use cases included
    if connection.is_autocommit() {
        (ran.answer)(Err(undone("the engine rolled back")));
        return Err(undone("the engine rolled back"));
    }
    if !ran.kept {
        db.execute("rollback to use_case", &[])?;
    }
    db.execute("release use_case", &[])?;
    Ok(ran)
}

/// Rolls back, and tells everyone who ran that it was for nothing.
fn give_up(connection: &Connection, ran: Vec<Ran>, error: &StoreError) {
    tracing::warn!(%error, "could not write");
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("rollback")
    {
        tracing::warn!(%error, "could not roll back");
    }
    for one in ran {
        (one.answer)(Err(undone(&error.to_string())));
    }
}

fn undone(why: &str) -> StoreError {
    StoreError::Engine(format!("the transaction was undone: {why}").into())
}

fn closed() -> StoreError {
    StoreError::Engine("the writer does not answer".into())
}

/// The panic hook has told where; the message may quote a secret.
fn broken_off(_panic: &(dyn Any + Send)) -> StoreError {
    StoreError::Engine("a use case broke off".into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rusqlite::params;

    use super::*;

    /// A writer on a file of one table that takes no number twice, and a look at the file from outside.
    fn writer() -> (Writer, Connection, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("pragma journal_mode = wal; create table numbers (n integer primary key); pragma foreign_keys = on")
            .unwrap();
        let outside = Connection::open(&path).unwrap();
        (Writer::start(connection).unwrap(), outside, folder)
    }

    fn insert(db: &Db<'_>, n: i64) -> Result<(), StoreError> {
        db.execute("insert into numbers values ($1)", params![n])?;
        Ok(())
    }

    fn numbers(outside: &Connection) -> Vec<i64> {
        Db::of(outside)
            .all("select n from numbers order by n", &[], |row| {
                Ok(row.get(0)?)
            })
            .unwrap()
    }

    /// Has a use case hold the writer until the others wait behind it, so that those are committed together.
    async fn held(writer: &Writer) -> std::sync::mpsc::Sender<()> {
        let (go, held) = channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        writer
            .queue(UseCase {
                durability: Durability::Durable,
                run: Box::new(move |_| {
                    begun.send(()).unwrap();
                    held.recv().unwrap();
                    Ran {
                        kept: true,
                        answer: Box::new(|_| ()),
                    }
                }),
            })
            .unwrap();
        has_begun.await.unwrap();
        go
    }

    #[tokio::test]
    async fn c11_of_use_cases_that_are_committed_together_the_one_that_fails_is_undone_alone() {
        let (writer, outside, _folder) = writer();
        let go = held(&writer).await;
        let durable = Durability::Durable;
        let (good, failed, panicked, unwanted, last, ()) = tokio::join!(
            writer.run(durable, |db| insert(db, 1).map(Ended::Kept)),
            writer.run(durable, |db| {
                insert(db, 2)?;
                insert(db, 1).map(Ended::Kept)
            }),
            writer.run(durable, |db| -> Result<Ended<()>, StoreError> {
                insert(db, 3)?;
                panic!("canary")
            }),
            writer.run(durable, |db| insert(db, 4).map(Ended::Undone)),
            writer.run(durable, |db| insert(db, 5).map(Ended::Kept)),
            async { go.send(()).unwrap() },
        );
        good.unwrap();
        assert!(failed.is_err());
        assert!(!panicked.unwrap_err().to_string().contains("canary"));
        unwanted.unwrap();
        last.unwrap();
        assert_eq!(numbers(&outside), [1, 5]);
    }

    #[tokio::test]
    async fn c11_nobody_hears_yes_when_the_whole_transaction_is_rolled_back() {
        let (writer, outside, _folder) = writer();
        let go = held(&writer).await;
        let ran = Arc::new(AtomicUsize::new(0));
        let counted = |n| {
            let ran = ran.clone();
            move |db: &Db<'_>| {
                ran.fetch_add(1, Ordering::SeqCst);
                insert(db, n).map(Ended::Kept)
            }
        };
        let (first, roller, after, ()) = tokio::join!(
            writer.run(Durability::Durable, counted(1)),
            // As a full disk does
            writer.run(Durability::Durable, |db| {
                db.execute("rollback", &[]).map(Ended::Kept)
            }),
            writer.run(Durability::Durable, counted(2)),
            async { go.send(()).unwrap() },
        );
        assert!(first.is_err() && roller.is_err() && after.is_err());
        assert_eq!(
            ran.load(Ordering::SeqCst),
            1,
            "none ran outside a transaction"
        );
        assert!(numbers(&outside).is_empty());
        writer.run(Durability::Durable, counted(3)).await.unwrap();
        assert_eq!(numbers(&outside), [3], "the next ones are written again");
    }

    #[tokio::test]
    async fn c11_a_commit_that_fails_is_told_to_everyone_in_it() {
        let (writer, outside, _folder) = writer();
        writer
            .run(Durability::Durable, |db| {
                db.execute(
                    "create table parts (n references numbers deferrable initially deferred)",
                    &[],
                )
                .map(Ended::Kept)
            })
            .await
            .unwrap();
        let go = held(&writer).await;
        // The constraint is looked at when the transaction commits
        let (good, orphan, ()) = tokio::join!(
            writer.run(Durability::Durable, |db| insert(db, 1).map(Ended::Kept)),
            writer.run(Durability::WithNext, |db| {
                db.execute("insert into parts values (9)", &[])
                    .map(Ended::Kept)
            }),
            async { go.send(()).unwrap() },
        );
        assert!(good.is_err() && orphan.is_err());
        assert!(numbers(&outside).is_empty());
    }

    #[tokio::test]
    async fn what_waits_is_written_before_the_end_and_nothing_after_it() {
        let (writer, outside, _folder) = writer();
        let waits = writer.run(Durability::WithNext, |db| insert(db, 1).map(Ended::Kept));
        let mut waits = std::pin::pin!(waits);
        let queued =
            std::future::poll_fn(|cx| std::task::Poll::Ready(waits.as_mut().poll(cx).is_pending()));
        assert!(queued.await);
        writer.close();
        waits.await.unwrap();
        assert_eq!(numbers(&outside), [1]);
        let late = writer.run(Durability::Durable, |db| insert(db, 2).map(Ended::Kept));
        assert!(late.await.is_err());
    }
}
