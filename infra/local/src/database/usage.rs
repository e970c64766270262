//! Counting what is asked of the database.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

/// What was asked of the database, by operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Calls by the operation's name.
    pub calls: BTreeMap<String, u64>,
    /// How long the database's thread was at work, streams included.
    pub busy: Duration,
}

const WRITES: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];
const READS: [&str; 5] = ["GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"];

/// Whether the operation writes items.
pub(super) fn is_write(operation: &str) -> bool {
    WRITES.contains(&operation)
}

impl Usage {
    /// Calls that write items.
    pub fn writes(&self) -> u64 {
        self.sum(&WRITES)
    }

    /// Calls that read items.
    pub fn reads(&self) -> u64 {
        self.sum(&READS)
    }

    /// What was asked since `earlier`.
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |operation: &String| earlier.calls.get(operation).copied().unwrap_or(0);
        let calls =
            self.calls.iter().map(|(operation, calls)| (operation.clone(), calls - before(operation)));
        Self { calls: calls.filter(|(_, calls)| *calls > 0).collect(), busy: self.busy - earlier.busy }
    }

    fn sum(&self, operations: &[&str]) -> u64 {
        operations.iter().filter_map(|operation| self.calls.get(*operation)).sum()
    }
}

#[derive(Default)]
pub(super) struct Counters(Mutex<Usage>);

impl Counters {
    pub(super) fn count(&self, operation: &str) {
        let mut usage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match usage.calls.get_mut(operation) {
            Some(calls) => *calls += 1,
            None => {
                usage.calls.insert(operation.to_owned(), 1);
            }
        }
    }

    pub(super) fn count_busy(&self, time: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).busy += time;
    }

    pub(super) fn read(&self) -> Usage {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
