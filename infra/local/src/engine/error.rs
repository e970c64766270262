//! Why the engine does not start.

use std::io;
use std::path::PathBuf;

use provisioning::application::SetupError;
use provisioning::ids::ApplicationId;
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
    /// Stream records were lost, and the sweep that finds what they told cannot be started.
    #[error("a sweep of '{0}' cannot be started: {1}")]
    Sweep(ApplicationId, Box<SetupError>),
    /// A table in it cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}
