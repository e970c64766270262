//! Why the engine does not start.

use std::io;
use std::path::PathBuf;

use provisioning::ports::StoreError;

use crate::database::DatabaseError;

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Another process works on the same data.
    #[error("{} is in use by another process; only one may work on it at a time", .0.display())]
    InUse(PathBuf),
    /// The directory cannot be used.
    #[error("{} cannot be used: {error}", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database in it cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A table in it cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}
