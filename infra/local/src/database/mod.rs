//! The embedded DynamoDB: dynoxide on a file or in memory, reached through the real AWS SDK without a socket.
//!
//! One thread owns the database. It holds one lock for everything anyway, so further threads would only wait for it, and
//! tokio's own stay free for the network.

mod dispatch;
mod stream_log;
mod usage;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use aws::in_process::Client;
use tokio::sync::{oneshot, watch};

pub use stream_log::{Checkpoint, StreamPage};
pub use usage::Usage;

use usage::Counters;

/// Why the database cannot be opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file cannot be opened, or is not one of ours.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// It gave an error of its own; nothing is known of what was asked.
    #[error("the database failed: {0}")]
    Failed(String),
    /// Its thread is gone: the process is stopping.
    #[error("the database is closed")]
    Closed,
}

type Work = Box<dyn FnOnce(&mut Stored) + Send>;

/// What the database's thread owns.
struct Stored {
    dynoxide: dynoxide::Database,
    /// A second connection to the same database, for what dynoxide leaves out: an index over the stream records, their
    /// trimming, and checkpoints. Both connections belong to one thread, so they never lock each other out.
    beside: rusqlite::Connection,
}

/// The embedded database; clones share it.
#[derive(Clone)]
pub struct Database {
    work: mpsc::Sender<Work>,
    counters: Arc<Counters>,
    writes: watch::Sender<u64>,
    open: watch::Receiver<()>,
}

impl Database {
    /// A database that ends with the process.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Open`].
    pub fn in_memory() -> Result<Self, DatabaseError> {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        // A name of its own and SQLite's `memdb`, so that a second connection reaches the same memory.
        Self::open(format!("file:/rollcall-{}?vfs=memdb", OPENED.fetch_add(1, Ordering::Relaxed)), ())
    }

    /// The database in a file, made if it is not there. `held` is dropped once the database is closed, which is when the last
    /// clone has gone and what was asked is answered: a lock lives in it.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Open`].
    pub fn at(path: &Path, held: impl Send + 'static) -> Result<Self, DatabaseError> {
        let text =
            path.to_str().ok_or_else(|| DatabaseError::Open(format!("{} is not UTF-8", path.display())))?;
        // A name that begins with `file:` would be read as a URI.
        Self::open(if text.starts_with("file:") { format!("./{text}") } else { text.to_owned() }, held)
    }

    fn open(name: String, held: impl Send + 'static) -> Result<Self, DatabaseError> {
        let (opened, result) = mpsc::channel();
        let (work, inbox) = mpsc::channel::<Work>();
        let (still_open, open) = watch::channel(());
        let counters = Arc::<Counters>::default();
        let counted = Arc::clone(&counters);
        let thread = move || {
            // Dropped in the opposite order: the database, what is held, and then those are told who wait for it.
            let _still_open = still_open;
            let _held = held;
            let mut stored = match Stored::open(&name) {
                Ok(stored) => stored,
                Err(error) => {
                    let _ = opened.send(Err(error));
                    return;
                }
            };
            let _ = opened.send(Ok(()));
            while let Ok(work) = inbox.recv() {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "measures its own work; nothing is decided on it"
                )]
                let began = Instant::now();
                work(&mut stored);
                counted.count_busy(began.elapsed());
            }
        };
        std::thread::Builder::new()
            .name("database".into())
            .spawn(thread)
            .map_err(|error| DatabaseError::Open(error.to_string()))?;
        result.recv().map_err(|_| DatabaseError::Closed)??;
        Ok(Self { work, counters, writes: watch::Sender::new(0), open })
    }

    /// A client of the real SDK whose requests this database answers.
    pub fn client(&self) -> Client {
        let database = self.clone();
        aws::in_process::client(move |operation, body| {
            let database = database.clone();
            async move { database.answer(&operation, &body).await }
        })
    }

    /// Counts writes: it changes after every write that took effect, so that who reads streams sleeps until then.
    pub fn writes(&self) -> watch::Receiver<u64> {
        self.writes.subscribe()
    }

    /// What was asked of the database so far.
    pub fn usage(&self) -> Usage {
        self.counters.read()
    }

    /// Drops this clone and waits until the last one has gone and the database is closed.
    pub async fn close(self) {
        let mut open = self.open.clone();
        drop(self);
        // Nothing is ever sent: it ends with the sender.
        while open.changed().await.is_ok() {}
    }

    /// Runs `ask` on the database's thread.
    async fn run<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Stored) -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move |stored: &mut Stored| {
            // Who asked may have gone; what was done stays done.
            let _ = answer.send(ask(stored));
        });
        self.work.send(work).map_err(|_| DatabaseError::Closed)?;
        answered.await.map_err(|_| DatabaseError::Closed)
    }
}

impl Stored {
    fn open(name: &str) -> Result<Self, DatabaseError> {
        let failed = |error: &dyn std::fmt::Display| DatabaseError::Open(error.to_string());
        let dynoxide = dynoxide::Database::new(name).map_err(|error| failed(&error))?;
        // `.cargo/config.toml` compiles `synchronous = NORMAL` and a larger cache into SQLite: with the write-ahead log that
        // dynoxide turns on, a killed process loses nothing, and a write costs no fsync. A power cut may lose the last
        // writes, but leaves the database whole.
        let beside = rusqlite::Connection::open(name).map_err(|error| failed(&error))?;
        stream_log::prepare(&beside).map_err(|error| failed(&error))?;
        Ok(Self { dynoxide, beside })
    }
}

#[cfg(test)]
mod tests;
