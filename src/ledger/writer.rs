//! Two threads own the two connections. The writer commits what is queued as one group: each command in a savepoint of
//! its own, so one that fails does not undo its neighbours, and nobody is answered before the commit is on disk.
//!
//! A commit that fails is not tried again: after a failed fsync nobody knows what is on disk. Everyone in the group gets
//! the error and the writer takes no more work until the ledger is opened anew.

use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::error::Error;
use super::trail::Mirror;

/// Commands in one transaction at most: bounds how long the first waits for the last.
const GROUP: usize = 1_000;

/// Answers the caller, once it is known whether the commit held.
type Reply = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// Works inside the transaction, or is told that there is none. Returns what went wrong, and how to answer.
type Command = Box<dyn FnOnce(Result<&Connection, Error>) -> (Option<Error>, Reply) + Send>;

/// A thread with a connection and its queue. The queue needs no bound: each caller waits for its own answer.
pub(super) struct Worker {
    queue: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// The one that writes.
    pub(super) fn writer(connection: Connection, mut mirror: Mirror) -> Result<Self, Error> {
        Self::start("ledger-writer", move |queue| {
            let mut failed = None;
            while let Ok(first) = queue.recv() {
                let mut group = vec![first];
                group.extend(queue.try_iter().take(GROUP - 1));
                commit(&connection, group, &mut failed, &mut mirror);
            }
            // What is folded into the database when the last connection closes is folded from here on.
            kill_point!("K29");
        })
    }

    /// The one that reads: each command sees one moment of the ledger.
    pub(super) fn reader(connection: Connection) -> Result<Self, Error> {
        Self::start("ledger-reader", move |queue| {
            while let Ok(command) = queue.recv() {
                let begun = connection.execute_batch("BEGIN").map_err(Error::from);
                let (_, reply) = command(begun.map(|()| &connection));
                if !connection.is_autocommit() {
                    let _ = connection.execute_batch("ROLLBACK");
                }
                reply(Ok(()));
            }
        })
    }

    fn start(
        name: &str,
        work: impl FnOnce(&mpsc::Receiver<Command>) + Send + 'static,
    ) -> Result<Self, Error> {
        let (queue, commands) = mpsc::channel();
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || work(&commands))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` on the thread. Dropping the future does not undo it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let command: Command = Box::new(move |connection| {
            let result = connection.and_then(work);
            let error = result.as_ref().err().cloned();
            let reply: Reply = Box::new(move |committed| {
                // Nobody waits where the caller was cancelled; what was done is done.
                let _ = answer.send(committed.and(result));
            });
            (error, reply)
        });
        let gone = || Error::Unwritable { detail: "the thread of the ledger has ended".into() };
        self.queue.as_ref().and_then(|queue| queue.send(command).ok()).ok_or_else(gone)?;
        answered.await.map_err(|_| gone())?
    }
}

impl Drop for Worker {
    /// Whatever is queued is still written, and the database is closed before the process goes on.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Worker")
    }
}

fn commit(connection: &Connection, group: Vec<Command>, failed: &mut Option<Error>, mirror: &mut Mirror) {
    if failed.is_none() {
        // Another process may be writing: the busy time-out waits for it. Nothing was lost where it is too long.
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            let error = Error::from(error);
            refuse(group, &error);
            return;
        }
    }
    let mut replies = Vec::with_capacity(group.len());
    for command in group {
        let (_, reply) = match failed {
            Some(error) => command(Err(error.clone())),
            None => one(connection, command, failed),
        };
        replies.push(reply);
    }
    if failed.is_none()
        && let Err(error) = connection.execute_batch("COMMIT")
    {
        *failed = Some(Error::from(error));
    }
    if failed.is_some() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    if failed.is_none() {
        kill_point!("M1");
        // What is committed stays so: a line that could not be written comes with the next commit or opening.
        let _ = mirror.catch_up(connection);
    }
    for reply in replies {
        reply(failed.clone().map_or(Ok(()), Err));
    }
}

/// One command in its savepoint. Where SQLite gave up the whole transaction, the group has failed.
fn one(connection: &Connection, command: Command, failed: &mut Option<Error>) -> (Option<Error>, Reply) {
    if let Err(error) = connection.execute_batch("SAVEPOINT command") {
        let error = Error::from(error);
        *failed = Some(error.clone());
        return command(Err(error));
    }
    let (error, reply) = command(Ok(connection));
    let end = if error.is_some() { "ROLLBACK TO command; RELEASE command" } else { "RELEASE command" };
    if connection.is_autocommit() {
        *failed = Some(
            error.clone().unwrap_or(Error::Unwritable { detail: "the transaction was given up".into() }),
        );
    } else if let Err(error) = connection.execute_batch(end) {
        *failed = Some(Error::from(error));
    }
    (error, reply)
}

fn refuse(group: Vec<Command>, error: &Error) {
    for command in group {
        let (_, reply) = command(Err(error.clone()));
        reply(Err(error.clone()));
    }
}
