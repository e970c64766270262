//! How the stores speak to DynamoDB: items, conditions, transactions, batches and pages, with what passes by itself
//! (throttles, conflicts of transactions, unprocessed parts) tried again.

mod batch;
mod condition;
mod item;
mod page;
mod patience;
mod transaction;

pub(crate) use batch::{batch_delete, batch_get, batch_put, concurrently};
pub(crate) use condition::Condition;
pub(crate) use item::{Item, decode, encode, key_item, key_of, millis, text, value};
pub(crate) use page::{all, first};
pub(crate) use patience::{is_condition_failure, patiently, unavailable};
pub(crate) use transaction::{Refused, check, delete, put, transact, update};
