//! The data of an engine that does not run: to be looked at, by what must write nothing.

use std::path::Path;

use aws::tables::TableNames;
use provisioning::ports::Tables;

use super::EngineError;
use super::data_directory::DataDirectory;
use crate::database::Database;

/// A data directory, taken, with no function running on it.
pub struct AtRest {
    tables: Tables,
    _database: Database,
}

impl AtRest {
    /// Opens the data an engine left at `path`; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`EngineError`].
    pub fn open(path: &Path) -> Result<Option<Self>, EngineError> {
        if !path.is_dir() {
            return Ok(None);
        }
        let directory = DataDirectory::take(path)?;
        if !directory.database().exists() {
            return Ok(None);
        }
        let database = Database::at(&directory.database(), directory)?;
        let tables = aws::stores::tables(database.client(), TableNames::default());
        Ok(Some(Self { tables, _database: database }))
    }

    /// The tables, for reading.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }
}
