//! A counterpart in a listing of the target, and what a link comes to once it is held against it.

use jiff::Timestamp;

use super::judge::{Subject, judge};
use crate::application::{Configured, Listing};
use crate::link::{Link, State};
use crate::ports::{StoreResult, Tables};
use crate::target::{Found, Kind, MatchKey};
use crate::value::Value;

/// A link's counterpart as it was listed: it is found under the externalId it was given, or under the name it shows.
///
/// # Errors
///
/// A table did not answer.
pub async fn listed_as(tables: &Tables, listing: &Listing, link: &Link) -> StoreResult<Option<Found>> {
    let kind = link.key.kind();
    let many = match kind {
        Kind::User => listing.users,
        Kind::Group => listing.groups,
    };
    if many == 0 {
        return Ok(None);
    }
    for key in keys(link) {
        let found = tables.jobs.found(&link.key.application, &listing.id, kind, &key).await?;
        let its = found.into_iter().find(|found| Some(&found.remote_id) == link.remote_id.as_ref());
        if its.is_some() {
            return Ok(its);
        }
    }
    Ok(None)
}

/// Under what a link's counterpart may have been listed.
fn keys(link: &Link) -> Vec<MatchKey> {
    let shown = link.observed.normalised.iter().chain(&link.observed.drift);
    let names = shown.filter(|(path, _)| {
        ["userName", "displayName"].iter().any(|name| path.to_string().eq_ignore_ascii_case(name))
    });
    let names = names.filter_map(|(_, value)| match value {
        Some(Value::Text(name)) => Some(name.clone()),
        _ => None,
    });
    let by_external_id = link.external_id.clone().map(MatchKey::ExternalId);
    by_external_id.into_iter().chain(names.chain(link.shown_name()).map(MatchKey::Name)).collect()
}

/// The link as a sweep leaves it that made this complete listing from `listed_at` on, for who only foresees what is done. What is
/// not listed is taken to be gone.
///
/// # Errors
///
/// A table did not answer.
pub async fn foreseen(
    tables: &Tables,
    configured: &Configured,
    subject: Subject<'_>,
    link: &Link,
    (listing, listed_at): (&Listing, Timestamp),
) -> StoreResult<Link> {
    let here = link.target_generation == configured.application.target_generation;
    let comparable =
        matches!(link.state, State::Linked | State::Deactivated | State::Missing | State::Tombstone);
    if !here || !comparable || link.remote_id.is_none() || link.observed.is_newer_than(listed_at) {
        return Ok(link.clone());
    }
    Ok(match listed_as(tables, listing, link).await? {
        Some(found) => {
            let judged = judge(configured, subject, link, &found, listed_at);
            judged.map_or_else(|| link.clone(), |judged| judged.after)
        }
        None if link.state == State::Linked => Link { state: State::Missing, ..link.clone() },
        None => link.clone(),
    })
}
