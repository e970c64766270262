//! The tables' streams as dynoxide records them, how far each function has read, and the trimming of what all have read.
//!
//! dynoxide keeps stream records for ever in a table without an index, and looks for the newest one at every write: each
//! write would cost as much as there are records. The index and the trimming keep it constant.

use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Database, DatabaseError, Stored};

/// How far a function has read a table's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last sequence number it has done; `None` where it has done nothing yet.
    pub after: Option<String>,
    /// Records it has not read are gone: only a sweep tells what they said.
    pub gap: bool,
}

/// Records of a stream, in order.
#[derive(Debug, Default)]
pub struct StreamPage {
    /// The records.
    pub records: Vec<Record>,
}

/// Makes what is kept beside dynoxide's own tables. The index matches the expressions dynoxide 3.2.0 asks with.
pub(super) fn prepare(beside: &Connection) -> rusqlite::Result<()> {
    beside.execute_batch(
        "CREATE INDEX IF NOT EXISTS _rollcall_stream_order
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
         CREATE TABLE IF NOT EXISTS _rollcall_checkpoints
             (table_name TEXT, function TEXT, done INTEGER NOT NULL, PRIMARY KEY (table_name, function));
         CREATE TABLE IF NOT EXISTS _rollcall_trimmed (table_name TEXT PRIMARY KEY, up_to INTEGER NOT NULL);",
    )
}

impl Database {
    /// Where a function goes on reading a table's stream. Until it has said [`Database::save_checkpoint`], nothing of the
    /// stream is trimmed.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub async fn checkpoint(&self, table: &str, function: &str) -> Result<Checkpoint, DatabaseError> {
        let (table, function) = (table.to_owned(), function.to_owned());
        self.run(move |stored| stored.checkpoint(&table, &function)).await?.map_err(failed)
    }

    /// Notes that a function has done all up to `sequence_number`, and trims what every function has done.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub async fn save_checkpoint(
        &self,
        table: &str,
        function: &str,
        sequence_number: &str,
    ) -> Result<(), DatabaseError> {
        let done = stored_number(sequence_number)
            .ok_or_else(|| DatabaseError::Failed(format!("{sequence_number} is no sequence number")))?;
        let (table, function) = (table.to_owned(), function.to_owned());
        self.run(move |stored| stored.save_checkpoint(&table, &function, done)).await?.map_err(failed)
    }

    /// Removes items whose time to live is over, which DynamoDB does by itself.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub async fn remove_expired(&self) -> Result<(), DatabaseError> {
        self.run(|stored| stored.dynoxide.sweep_ttl()).await?.map_err(failed).map(|_| ())
    }

    /// At most `limit` (1,000) records of a table's stream behind `after`.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub async fn stream_page(
        &self,
        table: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<StreamPage, DatabaseError> {
        let (table, after) = (table.to_owned(), after.map(str::to_owned));
        self.run(move |stored| stored.stream_page(&table, after, limit)).await?.map_err(failed)
    }
}

impl Stored {
    fn checkpoint(&self, table: &str, function: &str) -> rusqlite::Result<Checkpoint> {
        let mut done = self
            .beside
            .prepare_cached("SELECT done FROM _rollcall_checkpoints WHERE table_name = ? AND function = ?")?;
        let done: Option<i64> = done.query_row(params![table, function], |row| row.get(0)).optional()?;
        let mut trimmed =
            self.beside.prepare_cached("SELECT up_to FROM _rollcall_trimmed WHERE table_name = ?")?;
        let trimmed: Option<i64> = trimmed.query_row(params![table], |row| row.get(0)).optional()?;
        let gap = trimmed.is_some_and(|trimmed| done.is_none_or(|done| done < trimmed));
        if done.is_none() {
            // Registered with nothing done, it holds back the trimming.
            self.beside.execute(
                "INSERT INTO _rollcall_checkpoints (table_name, function, done) VALUES (?, ?, ?)",
                params![table, function, trimmed.unwrap_or(0)],
            )?;
        }
        Ok(Checkpoint { after: done.filter(|done| *done > 0).map(public_number), gap })
    }

    fn save_checkpoint(&mut self, table: &str, function: &str, done: i64) -> rusqlite::Result<()> {
        let transaction = self.beside.transaction()?;
        transaction
            .prepare_cached(
                "INSERT INTO _rollcall_checkpoints (table_name, function, done) VALUES (?, ?, ?)
                 ON CONFLICT DO UPDATE SET done = max(done, excluded.done)",
            )?
            .execute(params![table, function, done])?;
        // The newest record that was done stays: the next number is made from it.
        let trimmed = transaction
            .prepare_cached(
                "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <
                     (SELECT min(done) FROM _rollcall_checkpoints WHERE table_name = ?1)",
            )?
            .execute(params![table])?;
        if trimmed > 0 {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO _rollcall_trimmed (table_name, up_to)
                     SELECT ?1, min(done) FROM _rollcall_checkpoints WHERE table_name = ?1",
                )?
                .execute(params![table])?;
        }
        transaction.commit()
    }

    fn stream_page(&self, table: &str, after: Option<String>, limit: usize) -> dynoxide::Result<StreamPage> {
        let asked = ListStreamsRequest { table_name: Some(table.to_owned()), ..Default::default() };
        let Some(stream) = self.dynoxide.list_streams(asked)?.streams.into_iter().next() else {
            return Ok(StreamPage::default());
        };
        let iterator = self.dynoxide.get_shard_iterator(GetShardIteratorRequest {
            stream_arn: stream.stream_arn,
            shard_id: dynoxide::streams::shard_id(table),
            shard_iterator_type: if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" }
                .into(),
            sequence_number: after,
        })?;
        let Some(shard_iterator) = iterator.shard_iterator else { return Ok(StreamPage::default()) };
        let page = self.dynoxide.get_records(GetRecordsRequest { shard_iterator, limit: Some(limit) })?;
        Ok(StreamPage { records: page.records })
    }
}

/// dynoxide shows its numbers behind a 1 and filled with zeros to 21 digits.
fn public_number(stored: i64) -> String {
    format!("1{stored:020}")
}

fn stored_number(public: &str) -> Option<i64> {
    public.strip_prefix('1').filter(|digits| digits.len() == 20)?.parse().ok()
}

fn failed(error: impl std::fmt::Display) -> DatabaseError {
    DatabaseError::Failed(error.to_string())
}
