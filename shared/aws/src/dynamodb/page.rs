//! Queries, page after page: DynamoDB ends a page at 1 MB, whatever was asked for.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use provisioning::ports::StoreResult;

use super::{Item, patiently, unavailable};

/// Every item that the query finds.
pub(crate) async fn all(what: &'static str, query: QueryFluentBuilder) -> StoreResult<Vec<Item>> {
    first(what, query, usize::MAX).await
}

/// The first `limit` items that the query finds; it must have no filter.
pub(crate) async fn first(
    what: &'static str,
    query: QueryFluentBuilder,
    limit: usize,
) -> StoreResult<Vec<Item>> {
    let mut items = Vec::new();
    let mut query = query;
    while items.len() < limit {
        let left = i32::try_from(limit - items.len()).ok();
        let page = query.clone().set_limit(left);
        let page = patiently(|| page.clone().send()).await.map_err(|error| unavailable(what, &error))?;
        items.extend(page.items.unwrap_or_default());
        match page.last_evaluated_key {
            Some(key) => query = query.set_exclusive_start_key(Some(key)),
            None => break,
        }
    }
    Ok(items)
}
