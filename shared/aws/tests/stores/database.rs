//! An embedded database in memory, behind the real client.

use std::sync::Arc;

use aws::tables::TableNames;
use aws_sdk_dynamodb::Client;
use dynoxide::{Database, DynoxideError};
use provisioning::clock::SteppedClock;
use provisioning::ports::Tables;
use provisioning::randomness::Numbered;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A client of a new, empty database.
pub fn client() -> Client {
    let database = Database::memory().expect("a database in memory");
    aws::in_process::client(move |operation, body| std::future::ready(answer(&database, &operation, &body)))
}

/// Answers one request, as the service would.
pub fn answer(database: &Database, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let answer = match operation {
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        _ => Err(DynoxideError::ValidationException(format!("{operation} is not offered"))),
    };
    match answer {
        Ok(body) => (200, body),
        Err(error) => (error.status_code(), error.to_json().into_bytes()),
    }
}

fn run<Request: DeserializeOwned, Response: Serialize>(
    body: &[u8],
    act: impl FnOnce(Request) -> dynoxide::Result<Response>,
) -> dynoxide::Result<Vec<u8>> {
    let refuse = |error: serde_json::Error| DynoxideError::ValidationException(error.to_string());
    let response = act(serde_json::from_slice(body).map_err(refuse)?)?;
    serde_json::to_vec(&response).map_err(refuse)
}

/// A client whose requests `interfere` may answer in the place of the database, by operation and body.
pub fn client_with(
    interfere: impl Fn(&str, &serde_json::Value) -> Option<(u16, serde_json::Value)> + Send + Sync + 'static,
) -> Client {
    let database = Database::memory().expect("a database in memory");
    aws::in_process::client(move |operation, body| {
        let request = serde_json::from_slice(&body).expect("a request in JSON");
        std::future::ready(match interfere(&operation, &request) {
            Some((status, answer)) => (status, answer.to_string().into_bytes()),
            None => answer(&database, &operation, &body),
        })
    })
}

/// Every store on a new, empty database.
pub async fn tables() -> Tables {
    on(client()).await
}

/// Every store on the database behind `client`, with tables made.
pub async fn on(client: Client) -> Tables {
    let names = TableNames::default();
    aws::tables::create(&client, &names).await.expect("tables");
    let clock = SteppedClock::at("2026-11-24T10:00:00Z".parse().expect("a time"));
    aws::stores::tables_with(client, names, Arc::new(clock), Arc::new(Numbered::default()))
}
