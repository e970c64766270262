//! The applications we know.

use axum::Json;
use catalog::Entry;
use provisioning::folding::folded;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::page::{Cursor, Limit, Page};
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Query;
use crate::routes::users::short;

/// The routes of this subject.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// Which entries are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those that can be provisioned, or only those that cannot.
    provisioning: Option<bool>,
    /// Only those whose name or key holds this, without regard to case.
    #[param(max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    q: Option<String>,
    /// How many at most.
    #[param(inline)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[param(inline)]
    cursor: Option<Cursor>,
}

impl Filter {
    fn lets_through(&self, entry: &Entry) -> bool {
        let wanted = self.q.as_deref().map(folded).unwrap_or_default();
        self.provisioning.is_none_or(|wanted| entry.provisioning.is_some() == wanted)
            && (folded(&entry.name).contains(&wanted) || entry.key.contains(&wanted))
    }
}

/// Lists the applications of the catalog, by name.
#[utoipa::path(get, path = "/v1/catalog", tag = "catalog", operation_id = "list_catalog", params(Filter),
    responses((status = 200, description = "A page of the catalog", body = Page<Entry>)))]
async fn list(Query(filter): Query<Filter>) -> Result<Json<Page<Entry>>, Problem> {
    short("q", filter.q.as_deref())?;
    let position = |entry: &Entry| (entry.name.clone(), entry.key.clone());
    let after: Option<(String, String)> = Cursor::position_of(filter.cursor.as_ref())?;
    let entries = catalog::entries().iter().filter(|entry| filter.lets_through(entry));
    let mut entries: Vec<_> =
        entries.filter(|entry| after.as_ref() < Some(&position(entry))).cloned().collect();
    entries.sort_by_key(position);
    let limit = filter.limit.unwrap_or_default().get();
    let next = (entries.len() > limit).then(|| position(&entries[limit - 1]));
    entries.truncate(limit);
    Ok(Json(Page::bounded(entries, next, position)))
}

/// Shows what is known of an application.
#[utoipa::path(get, path = "/v1/catalog/{key}", tag = "catalog", operation_id = "get_catalog_entry",
    params(("key" = String, Path, description = "The entry's key")),
    responses((status = 200, description = "The entry", body = Entry)))]
async fn one(Path(key): Path<String>) -> Result<Json<Entry>, Problem> {
    catalog::entry(&key).cloned().map(Json).ok_or_else(|| Problem::not_found("catalog entry", &key))
}
