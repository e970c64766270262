//! What passes by itself is waited out, and what does not is told without anybody's data.

use std::sync::atomic::{AtomicUsize, Ordering};

use provisioning::ports::{DirectoryWriteError, StoreError};
use serde_json::{Value, json};

use crate::database;
use crate::examples::{ada, id, mark, new_user, put_groups, user};

/// Answers the first `times` requests of an operation with `answer`.
fn first(
    operation: &'static str,
    times: usize,
    answer: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static,
) -> impl Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync + 'static {
    let count = AtomicUsize::new(0);
    move |asked, body| {
        let applies = asked == operation && count.fetch_add(1, Ordering::Relaxed) < times;
        applies.then(|| answer(body))
    }
}

fn conflict(body: &Value) -> (u16, Value) {
    let parts = body["TransactItems"].as_array().map_or(0, Vec::len);
    let mut reasons = vec![json!({"Code": "None"}); parts];
    reasons[parts - 1] =
        json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"});
    let error = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    (400, json!({"__type": error, "Message": "Transaction cancelled", "CancellationReasons": reasons}))
}

#[tokio::test]
async fn conflicts_of_transactions_are_waited_out() {
    let directory =
        database::on(database::client_with(first("TransactWriteItems", 5, conflict))).await.directory;
    put_groups(&*directory, &["Staff"]).await;
    directory.write_user(&new_user(&user("Ada"), &["staff"])).await.unwrap();
    assert_eq!(directory.members_page(&id("staff"), None, 9).await.unwrap(), [id("ada")]);
}

#[tokio::test]
async fn a_conflict_that_stays_is_told_as_the_table_being_unavailable() {
    let directory =
        database::on(database::client_with(first("TransactWriteItems", 99, conflict))).await.directory;
    let refused = directory.write_user(&new_user(&user("Ada"), &[])).await.unwrap_err();
    assert!(matches!(refused, DirectoryWriteError::Store(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn a_mark_waits_for_a_transaction_on_its_link() {
    let conflict = |_: &Value| {
        let error = "com.amazonaws.dynamodb.v20120810#TransactionConflictException";
        (400, json!({"__type": error, "message": "Transaction is ongoing for the item"}))
    };
    let links = database::on(database::client_with(first("UpdateItem", 4, conflict))).await.links;
    assert_eq!(links.mark(&ada(), &mark()).await.unwrap(), 1);
}

#[tokio::test]
async fn what_a_batch_left_unprocessed_is_sent_again() {
    let unprocessed =
        first("BatchWriteItem", 3, |body| (200, json!({"UnprocessedItems": body["RequestItems"]})));
    let unread = first("BatchGetItem", 2, |body| {
        (200, json!({"Responses": {}, "UnprocessedKeys": body["RequestItems"]}))
    });
    let either =
        move |operation: &str, body: &Value| unprocessed(operation, body).or_else(|| unread(operation, body));
    let tables = database::on(database::client_with(either)).await;
    let pushed = provisioning::ports::Pushed {
        user: id("ada"),
        remote_id: crate::examples::remote("42"),
        target_generation: 1,
        since: None,
        removal: None,
    };
    let (crm, staff) = (id("crm"), id("staff"));
    tables.memberships.record_pushed(&crm, &staff, std::slice::from_ref(&pushed)).await.unwrap();
    let among = tables.memberships.pushed_among(&crm, &staff, &[id("ada")]).await.unwrap();
    assert_eq!(among[&id("ada")], pushed);
}

#[tokio::test]
async fn what_stays_unprocessed_is_an_error() {
    let never = first("BatchWriteItem", 99, |body| (200, json!({"UnprocessedItems": body["RequestItems"]})));
    let memberships = database::on(database::client_with(never)).await.memberships;
    assert!(memberships.put_todo(&id("crm"), &id("staff"), &[id("ada")]).await.is_err());
}

#[tokio::test]
async fn an_error_tells_the_operation_and_the_code_but_no_item() {
    let refuse = |body: &Value| {
        let error = "com.amazon.coral.validate#ValidationException";
        (400, json!({"__type": error, "message": format!("Value {body} failed to satisfy constraint")}))
    };
    let directory =
        database::on(database::client_with(first("TransactWriteItems", 1, refuse))).await.directory;
    let refused = directory.write_user(&new_user(&user("Ada"), &[])).await.unwrap_err();
    assert_eq!(refused.to_string(), "the directory store is unavailable: ValidationException");
}
