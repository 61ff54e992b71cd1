//! Requests on their way in: one watcher an account, what waits, and answers.

mod answer;
mod ending;
mod notices;
mod pending;
mod test_request;
mod watch;

pub(crate) use answer::answer;
pub(crate) use ending::let_run_out;
pub(crate) use notices::{KnownNotice, answer as answer_notice};
pub(crate) use pending::{Accepted, Pending};
pub(crate) use test_request::ask_for_test;
pub(crate) use watch::{keep_watch, notice_sleep};

/// How an account's service can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// The first answer is awaited.
    Connecting,
    /// Requests arrive.
    Online,
    /// No answer; it is tried again.
    Offline,
    /// The service does not know this device's keys.
    Refused,
}
