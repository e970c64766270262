//! The directory in which the engine keeps its data, and the lock that lets one process use it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::EngineError;

/// A data directory that belongs to this process until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(super) struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory if it is not there, and takes it.
    pub(super) fn take(path: &Path) -> Result<Self, EngineError> {
        let unusable = |error: io::Error| EngineError::Directory { path: path.to_owned(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let mut options = OpenOptions::new();
        let lock = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let lock = lock.open(path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(EngineError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The database's file.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The database's file, there and its owner's alone, also in a directory that was there before and is open to others.
    /// SQLite gives its other files the same mode.
    pub(super) fn private_database(&self) -> Result<PathBuf, EngineError> {
        let unusable = |error: io::Error| EngineError::Directory { path: self.path.clone(), error };
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(self.database()).map_err(unusable)?;
        file.set_permissions(Permissions::from_mode(0o600)).map_err(unusable)?;
        Ok(self.database())
    }

    /// Where secrets lie.
    pub(super) fn secrets(&self) -> PathBuf {
        self.path.join("secrets")
    }
}

/// The name of the database's file.
const DATABASE: &str = "rollcall.db";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_directory_serves_one_engine_at_a_time() {
        let outer = tempfile::tempdir().expect("a directory");
        let path = outer.path().join("data");
        let first = DataDirectory::take(&path).expect("free");
        let refused = DataDirectory::take(&path).expect_err("taken");
        assert!(matches!(refused, EngineError::InUse(_)), "{refused}");
        assert!(refused.to_string().contains("another process"), "{refused}");
        drop(first);
        DataDirectory::take(&path).expect("free again");
    }

    #[test]
    fn the_database_is_its_owners_alone_in_a_directory_open_to_all() {
        let outer = tempfile::tempdir().expect("a directory");
        std::fs::set_permissions(outer.path(), Permissions::from_mode(0o755)).expect("a mode");
        let data = DataDirectory::take(outer.path()).expect("free");
        assert_eq!(
            data.private_database().expect("a path").metadata().expect("a file").mode() & 0o777,
            0o600
        );
    }
}
