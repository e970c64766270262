//! Reading a preview's rows a page at a time, all or those of one action.

use super::{PreviewRow, RowAction};
use crate::ids::{ApplicationId, JobId};
use crate::link::Object;
use crate::ports::{PreviewStore, StoreResult};

/// How many rows are read at a time, and how often before a page ends though it is not full.
const READ: usize = 1_000;
const ROUNDS: usize = 20;

/// A page of rows, `limit` at most, behind an object; and behind which the next page goes on. A page may have fewer rows than were
/// asked for, or none, and still not be the last.
///
/// # Errors
///
/// The table did not answer.
pub async fn rows(
    previews: &dyn PreviewStore,
    preview: (&ApplicationId, &JobId),
    action: Option<RowAction>,
    mut after: Option<Object>,
    limit: usize,
) -> StoreResult<(Vec<PreviewRow>, Option<Object>)> {
    let wanted = |row: &PreviewRow| action.is_none_or(|action| row.action == action);
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let many = if action.is_none() { limit - found.len() + 1 } else { READ };
        let read = previews.rows(preview.0, preview.1, after.as_ref(), many).await?;
        let more = read.len() == many;
        for row in read {
            if !wanted(&row) {
                after = Some(row.object);
                continue;
            }
            if found.len() == limit {
                return Ok((found, after));
            }
            after = Some(row.object.clone());
            found.push(row);
        }
        if !more {
            return Ok((found, None));
        }
    }
    Ok((found, after))
}
