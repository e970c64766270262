//! Which groups are provisioned, and which single sign-on permits.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use provisioning::application::{Configured, SelectionMode};
use provisioning::ids::{ApplicationId, GroupId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ConfigurationProblems, Read, present};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::etag::{ETag, IfMatch};
use crate::path::Path;
use crate::problem::{FieldError, Problem};
use crate::text::Name;
use crate::{Api, problems};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_permitted, permit)).routes(routes!(get_selection, select))
}

problems! {
    /// What a selection may meet beside.
    SelectionProblems: EmptySelection
}

/// The groups that single sign-on permits.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"groups": ["0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60"]}))]
struct Permitted {
    /// Ids of groups.
    #[schema(max_items = 4000)]
    groups: Vec<Name>,
}

/// Which groups are provisioned.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"mode": "list", "groups": ["0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60"], "exclude_group_information": false}))]
struct ShownSelection {
    /// Where the list of groups comes from.
    mode: Mode,
    /// Ids of the selected groups.
    #[schema(value_type = Vec<String>)]
    groups: BTreeSet<GroupId>,
    /// Users are provisioned, groups are not.
    exclude_group_information: bool,
}

/// Which groups are to be provisioned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"mode": "list", "groups": ["0198c0de-6f5e-7b3a-9a41-3f1c2d4e5f60"]}))]
struct NewSelection {
    /// Where the list of groups comes from.
    mode: Mode,
    /// Ids of the groups to select; with `sso_permitted` there are none to be named.
    #[serde(default)]
    #[schema(max_items = 4000)]
    groups: Vec<Name>,
    /// Users are provisioned, groups are not.
    #[serde(default)]
    exclude_group_information: bool,
}

/// Where the list of groups comes from.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SelectionMode)]
enum Mode {
    /// The groups that single sign-on permits.
    SsoPermitted,
    /// These groups.
    List,
}

impl From<SelectionMode> for Mode {
    fn from(mode: SelectionMode) -> Self {
        match mode {
            SelectionMode::SsoPermitted => Self::SsoPermitted,
            SelectionMode::List => Self::List,
        }
    }
}

fn ids(typed: Vec<Name>) -> Result<BTreeSet<GroupId>, Problem> {
    let ids = typed.into_iter().enumerate().map(|(index, typed)| {
        let typed = String::from(typed);
        typed.parse().map_err(|_| {
            let error = FieldError::of(format!("groups[{index}]")).given(&typed);
            Problem::value(error.allowed("an id of GET /v1/groups"))
        })
    });
    ids.collect()
}

fn permitted(configured: &Configured) -> Response {
    #[derive(Serialize)]
    struct Shown<'a> {
        groups: &'a BTreeSet<GroupId>,
    }
    let shown = Shown { groups: &configured.selection.sso_permitted };
    (ETag::version(configured.application.version), Json(shown)).into_response()
}

fn selected(configured: &Configured) -> Response {
    let selection = &configured.selection;
    let shown = ShownSelection {
        mode: selection.mode.into(),
        groups: selection.groups.clone(),
        exclude_group_information: selection.exclude_group_information,
    };
    (ETag::version(configured.application.version), Json(shown)).into_response()
}

/// Shows the groups that single sign-on permits.
#[utoipa::path(get, path = "/v1/applications/{id}/sso-groups", tag = "groups of an application", operation_id = "get_sso_groups",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "The permitted groups", body = Permitted,
        headers(("ETag" = String, description = "The application's version")))))]
async fn get_permitted(State(api): State<Api>, Path(id): Path<ApplicationId>) -> Result<Response, Problem> {
    Ok(permitted(&present(&api, &id).await?))
}

/// Sets the groups that single sign-on permits. Where they are what is provisioned, the selection follows.
#[utoipa::path(put, path = "/v1/applications/{id}/sso-groups", tag = "groups of an application", operation_id = "set_sso_groups",
    params(("id" = String, Path, description = "The application's id"),
        ("If-Match" = String, Header, description = "The ETag that was read", example = "\"2\"")),
    request_body = Permitted,
    responses((status = 200, description = "The permitted groups", body = Permitted,
        headers(("ETag" = String, description = "The application's version"))), ConfigurationProblems, SelectionProblems))]
async fn permit(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    precondition: IfMatch,
    caller: Caller,
    JsonBody(new): JsonBody<Permitted>,
) -> Result<Response, Problem> {
    let read = Read::expecting(&api, &id, &precondition, &caller).await?;
    Ok(permitted(&read.setup.permit(&id, ids(new.groups)?).await?))
}

/// Shows which groups are provisioned.
#[utoipa::path(get, path = "/v1/applications/{id}/groups", tag = "groups of an application", operation_id = "get_selection",
    params(("id" = String, Path, description = "The application's id")),
    responses((status = 200, description = "The selection", body = ShownSelection,
        headers(("ETag" = String, description = "The application's version")))))]
async fn get_selection(State(api): State<Api>, Path(id): Path<ApplicationId>) -> Result<Response, Problem> {
    Ok(selected(&present(&api, &id).await?))
}

/// Selects the groups that are provisioned. An enabled application keeps at least one.
#[utoipa::path(put, path = "/v1/applications/{id}/groups", tag = "groups of an application", operation_id = "set_selection",
    params(("id" = String, Path, description = "The application's id"),
        ("If-Match" = String, Header, description = "The ETag that was read", example = "\"3\"")),
    request_body = NewSelection,
    responses((status = 200, description = "The selection", body = ShownSelection,
        headers(("ETag" = String, description = "The application's version"))), ConfigurationProblems, SelectionProblems))]
async fn select(
    State(api): State<Api>,
    Path(id): Path<ApplicationId>,
    precondition: IfMatch,
    caller: Caller,
    JsonBody(new): JsonBody<NewSelection>,
) -> Result<Response, Problem> {
    let read = Read::expecting(&api, &id, &precondition, &caller).await?;
    let mode = match new.mode {
        Mode::List => SelectionMode::List,
        Mode::SsoPermitted if new.groups.is_empty() => SelectionMode::SsoPermitted,
        Mode::SsoPermitted => {
            let error = FieldError::of("groups").allowed("none, where the mode is sso_permitted");
            return Err(Problem::value(error.hint("set the permitted groups under sso-groups")));
        }
    };
    let groups = ids(new.groups)?;
    Ok(selected(&read.setup.select(&id, mode, groups, new.exclude_group_information).await?))
}
