//! Embedded secrets: in memory, or a file each in a directory that only its owner may read.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use provisioning::application::SecretName;
use provisioning::ports::{SecretStore, StoreError, StoreResult};
use secrecy::{ExposeSecret as _, SecretString};

const WHAT: &str = "the embedded secret store";

static WRITES: AtomicU64 = AtomicU64::new(0);

/// Secrets that end with the process.
#[derive(Default)]
pub struct SecretsInMemory(Mutex<HashMap<SecretName, SecretString>>);

#[async_trait]
impl SecretStore for SecretsInMemory {
    async fn secret(&self, name: &SecretName) -> StoreResult<Option<SecretString>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    async fn put(&self, name: &SecretName, secret: &SecretString) -> StoreResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), secret.clone());
        Ok(())
    }

    async fn delete(&self, name: &SecretName) -> StoreResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }
}

/// Secrets in files of mode 0600 in a directory of mode 0700. A write is whole or not at all, also where the process is
/// killed in the middle of it.
pub struct SecretFiles(PathBuf);

impl SecretFiles {
    /// Secrets in `directory`, which is made if it is not there, and closed to others.
    /// It must belong to this process alone.
    ///
    /// # Errors
    ///
    /// The directory cannot be made or closed to others.
    pub fn in_directory(directory: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        // It may have been there before, made by somebody less careful.
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(directory)? {
            // What a killed process was writing is no secret yet, and may hold one.
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
                fs::remove_file(path)?;
            }
        }
        Ok(Self(directory.to_owned()))
    }

    /// Names are ids of our own making; anything else could address another file.
    fn path(&self, name: &SecretName) -> StoreResult<PathBuf> {
        let plain = !name.0.is_empty()
            && name.0.len() <= 128
            && name.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !plain {
            return Err(StoreError::Corrupt { what: WHAT, detail: "a name that is no plain id".into() });
        }
        Ok(self.0.join(&name.0))
    }

    fn write(&self, path: &Path, secret: &SecretString) -> io::Result<()> {
        // The dot keeps it apart from every name, the numbers from every other write.
        let write = WRITES.fetch_add(1, Ordering::Relaxed);
        let beside = self.0.join(format!(".{}-{write}", std::process::id()));
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(secret.expose_secret().as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, path)?;
            // The new name itself lies in the directory.
            File::open(&self.0)?.sync_all()
        })();
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

fn unavailable(error: &io::Error) -> StoreError {
    StoreError::Unavailable { what: WHAT, detail: error.kind().to_string() }
}

#[async_trait]
impl SecretStore for SecretFiles {
    async fn secret(&self, name: &SecretName) -> StoreResult<Option<SecretString>> {
        match fs::read_to_string(self.path(name)?) {
            Ok(secret) => Ok(Some(secret.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn put(&self, name: &SecretName, secret: &SecretString) -> StoreResult<()> {
        self.write(&self.path(name)?, secret).map_err(|error| unavailable(&error))
    }

    async fn delete(&self, name: &SecretName) -> StoreResult<()> {
        match fs::remove_file(self.path(name)?) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(unavailable(&error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modes(directory: &Path) -> Vec<u32> {
        let files = fs::read_dir(directory).expect("a directory");
        files
            .map(|file| file.expect("a file").metadata().expect("its mode").permissions().mode() & 0o777)
            .collect()
    }

    #[tokio::test]
    async fn files_and_their_directory_are_closed_to_others() {
        let outer = tempfile::tempdir().expect("a directory");
        let directory = outer.path().join("secrets");
        fs::create_dir(&directory).expect("made, and open to others");
        let secrets = SecretFiles::in_directory(&directory).expect("a store");
        secrets.put(&SecretName("one".into()), &"token".into()).await.expect("put");
        secrets.put(&SecretName("one".into()), &"other".into()).await.expect("put again");
        assert_eq!(modes(outer.path()), [0o700]);
        assert_eq!(modes(&directory), [0o600], "and no half-written file is left");
    }

    #[tokio::test]
    async fn what_a_killed_process_was_writing_is_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join(".7-0"), "half a tok").expect("written");
        SecretFiles::in_directory(directory.path()).expect("a store");
        assert!(modes(directory.path()).is_empty());
    }

    #[tokio::test]
    async fn a_name_that_addresses_another_file_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let secrets = SecretFiles::in_directory(directory.path()).expect("a store");
        for name in ["", "..", "../x", "a/b", ".hidden"] {
            assert!(secrets.put(&SecretName(name.into()), &"token".into()).await.is_err(), "{name:?}");
        }
    }
}
