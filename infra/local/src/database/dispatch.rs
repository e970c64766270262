//! From the wire form of a DynamoDB operation to dynoxide and back.

use dynoxide::DynoxideError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::usage::is_write;
use super::{Database, DatabaseError};

/// Why an operation was not done: as DynamoDB would say it.
enum Refused {
    Operation(DynoxideError),
    Closed,
}

impl Database {
    /// Answers one operation with a status and a JSON body, as DynamoDB would.
    pub async fn answer(&self, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
        self.counters.count(operation);
        match self.dispatch(operation, body).await {
            Ok(answer) => {
                if is_write(operation) {
                    self.writes.send_modify(|writes| *writes += 1);
                }
                (200, answer)
            }
            Err(Refused::Operation(error)) => (error.status_code(), error.to_json().into_bytes()),
            Err(Refused::Closed) => {
                (503, br#"{"__type":"InternalServerError","message":"the database is closed"}"#.to_vec())
            }
        }
    }

    async fn dispatch(&self, operation: &str, body: &[u8]) -> Result<Vec<u8>, Refused> {
        match operation {
            "GetItem" => self.ask(body, dynoxide::Database::get_item).await,
            "PutItem" => self.ask(body, dynoxide::Database::put_item).await,
            "UpdateItem" => self.ask(body, dynoxide::Database::update_item).await,
            "DeleteItem" => self.ask(body, dynoxide::Database::delete_item).await,
            "Query" => self.ask(body, dynoxide::Database::query).await,
            "Scan" => self.ask(body, dynoxide::Database::scan).await,
            "BatchGetItem" => self.ask(body, dynoxide::Database::batch_get_item).await,
            "BatchWriteItem" => self.ask(body, dynoxide::Database::batch_write_item).await,
            "TransactGetItems" => self.ask(body, dynoxide::Database::transact_get_items).await,
            "TransactWriteItems" => self.ask(body, dynoxide::Database::transact_write_items).await,
            "CreateTable" => self.ask(body, dynoxide::Database::create_table).await,
            "DescribeTable" => self.ask(body, dynoxide::Database::describe_table).await,
            "ListTables" => self.ask(body, dynoxide::Database::list_tables).await,
            "UpdateTable" => self.ask(body, dynoxide::Database::update_table).await,
            "DeleteTable" => self.ask(body, dynoxide::Database::delete_table).await,
            "UpdateTimeToLive" => self.ask(body, dynoxide::Database::update_time_to_live).await,
            "DescribeTimeToLive" => self.ask(body, dynoxide::Database::describe_time_to_live).await,
            _ => Err(Refused::Operation(DynoxideError::ValidationException(format!(
                "{operation} is not offered by the embedded database"
            )))),
        }
    }

    /// Reads the request and writes the answer on the caller's thread; only the operation itself waits its turn.
    async fn ask<Q, A>(
        &self,
        body: &[u8],
        operation: impl FnOnce(&dynoxide::Database, Q) -> dynoxide::Result<A> + Send + 'static,
    ) -> Result<Vec<u8>, Refused>
    where
        Q: DeserializeOwned + Send + 'static,
        A: Serialize + Send + 'static,
    {
        let request: Q = serde_json::from_slice(body)
            .map_err(|error| Refused::Operation(DynoxideError::SerializationException(error.to_string())))?;
        let answer = self.run(move |stored| operation(&stored.dynoxide, request)).await;
        let answer = answer.map_err(|_: DatabaseError| Refused::Closed)?.map_err(Refused::Operation)?;
        serde_json::to_vec(&answer)
            .map_err(|error| Refused::Operation(DynoxideError::InternalServerError(error.to_string())))
    }
}
