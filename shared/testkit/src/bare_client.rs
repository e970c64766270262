//! The yardstick of the benchmark: the same accounts and groups created by a plain loop over an HTTP client, with nothing
//! recorded, compared or retried. What the engine takes beyond this is its own cost.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use provisioning::directory::User;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use crate::sample::Directory;

/// Requests in flight.
const IN_FLIGHT: usize = 32;

/// Why the loop ended early.
#[derive(Debug, thiserror::Error)]
pub enum BareClientError {
    /// The client could not send, or the target refused.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// An answer without an id.
    #[error("the target answered without an id")]
    NoId,
}

/// Creates every user, then every group with its members, 32 requests in flight, and returns the wall time.
///
/// # Errors
///
/// The first request that fails ends the loop.
pub async fn create_all(
    base_url: &Url,
    token: &SecretString,
    directory: &Directory,
) -> Result<Duration, BareClientError> {
    #[expect(clippy::disallowed_methods, reason = "wall time is what is measured")]
    let started = Instant::now();
    let client = Client::builder().no_proxy().build()?;
    let post = |endpoint: &str, body: Value| {
        let request = client.post(format!("{base_url}/{endpoint}")).bearer_auth(token.expose_secret());
        let request = request.header("content-type", "application/scim+json").body(body.to_string());
        async move {
            let made: Value = request.send().await?.error_for_status()?.json().await?;
            made.get("id").and_then(Value::as_str).map(str::to_owned).ok_or(BareClientError::NoId)
        }
    };
    let users = directory.users.iter().map(|user| {
        let made = post("Users", user_body(user));
        async move { Ok::<_, BareClientError>((&user.id, made.await?)) }
    });
    let ids: HashMap<_, _> = futures::stream::iter(users).buffer_unordered(IN_FLIGHT).try_collect().await?;
    let mut members: HashMap<_, Vec<Value>> = HashMap::new();
    for (group, user) in &directory.memberships {
        members.entry(group).or_default().extend(ids.get(user).map(|id| json!({ "value": id })));
    }
    let groups = directory.groups.iter().map(|group| {
        let members = members.remove(&group.id).unwrap_or_default();
        post(
            "Groups",
            json!({"schemas": [scim::GROUP_SCHEMA], "displayName": group.name,
            "externalId": group.id.as_str(), "members": members}),
        )
    });
    futures::stream::iter(groups.collect::<Vec<_>>())
        .buffer_unordered(IN_FLIGHT)
        .try_collect::<Vec<_>>()
        .await?;
    Ok(started.elapsed())
}

fn user_body(user: &User) -> Value {
    let custom = |name: &str| user.custom.get(name).map(provisioning::value::Value::to_json);
    json!({
        "schemas": [scim::USER_SCHEMA, scim::ENTERPRISE_SCHEMA],
        "userName": user.username,
        "externalId": user.id.as_str(),
        "active": user.status == provisioning::directory::Status::Active,
        "displayName": user.display_name,
        "name": {"givenName": user.first_name, "familyName": user.last_name},
        "emails": [{"type": "work", "primary": true, "value": user.email}],
        "title": custom("title"),
        scim::ENTERPRISE_SCHEMA: {"department": custom("department"), "costCenter": custom("cost_center")},
    })
}
