//! Reading: one resource, a page, a look-up by key. A filter is never trusted: what came back is compared with what was
//! asked for, and a target that ignores filters is walked.

use provisioning::folding::folded;
use provisioning::ids::RemoteId;
use provisioning::target::{Found, FoundPage, Kind, MatchKey, RequestNote, TargetError};
use scim::Resource;
use scim::message::ListResponse;

use crate::target::HttpTarget;
use crate::wire::{Request, encoded, endpoint, resource_path};

/// Rows asked for per page; targets give fewer as they please.
const PAGE: u64 = 200;
/// Pages walked for one look-up at most: a target whose lists never end must not hold a worker.
const MOST_PAGES: usize = 500;

impl HttpTarget {
    pub(crate) async fn control_read(&self, notes: &mut Vec<RequestNote>) -> Result<(), TargetError> {
        self.rows(Request::get(endpoint(Kind::User), "count=1"), notes).await.map(drop)
    }

    pub(crate) async fn read_whole(
        &self,
        kind: Kind,
        id: &RemoteId,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Resource, TargetError> {
        let answer = self.send(Request::get(resource_path(kind, id), ""), notes).await?;
        let request = answer.request.clone();
        let resource = Resource::from_json(answer.json()?);
        // A few targets answer a missing id with another one's data, or with none: nothing is decided on that.
        resource.filter(|resource| resource.id().as_deref() == Some(id.as_str())).ok_or_else(|| {
            TargetError::Unknown(format!(
                "{request} was answered with something that does not bear the id asked for"
            ))
        })
    }

    pub(crate) async fn read(
        &self,
        kind: Kind,
        id: &RemoteId,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Found, TargetError> {
        let resource = self.read_whole(kind, id, notes).await?;
        found(kind, resource).ok_or_else(|| TargetError::Unknown(format!("the {kind} {id} has no id")))
    }

    /// One page, filtered or not.
    pub(crate) async fn page(
        &self,
        kind: Kind,
        start: u64,
        filter: Option<&str>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<FoundPage, TargetError> {
        let list = self.rows(page_request(kind, start, PAGE, filter), notes).await?;
        let next = match (list.resources.len() as u64, list.total_results) {
            (0, _) => None,
            (rows, Some(total)) => Some(start + rows).filter(|next| *next <= total),
            (rows, None) => self.follows(kind, start + rows, filter, &list, notes).await?,
        };
        Ok(FoundPage { found: list.resources.into_iter().filter_map(|row| found(kind, row)).collect(), next })
    }

    /// Whether another page follows where the target does not say how many there are: one row further on is asked for,
    /// and must be none of those that are known.
    async fn follows(
        &self,
        kind: Kind,
        next: u64,
        filter: Option<&str>,
        page: &ListResponse,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Option<u64>, TargetError> {
        let further = self.rows(page_request(kind, next, 1, filter), notes).await?;
        let known = |row: &Resource| page.resources.iter().any(|seen| seen.id() == row.id());
        Ok(further.resources.first().filter(|row| !known(row)).map(|_| next))
    }

    /// Every resource that truly bears the key.
    pub(crate) async fn search(
        &self,
        kind: Kind,
        key: &MatchKey,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Vec<Found>, TargetError> {
        if self.capabilities.filter {
            match self.walk(kind, key, Some(&filter_for(kind, key)), notes).await {
                // It knows no such filter, or answers 404 for "none": without a filter it must answer.
                Err(TargetError::Rejected(_) | TargetError::Unsupported(_) | TargetError::NotFound(_)) => {
                    tracing::info!(%kind, "the target refuses the filter; its list is walked");
                }
                found => return found,
            }
        }
        self.walk(kind, key, None, notes).await
    }

    async fn walk(
        &self,
        kind: Kind,
        key: &MatchKey,
        filter: Option<&str>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Vec<Found>, TargetError> {
        let mut bearing: Vec<Found> = Vec::new();
        let mut start = 1;
        for _ in 0..MOST_PAGES {
            let page = self.page(kind, start, filter, notes).await?;
            for candidate in page.found {
                let known = bearing.iter().any(|found| found.remote_id == candidate.remote_id);
                if !known && bears(&candidate, key) {
                    bearing.push(candidate);
                }
            }
            match page.next {
                Some(next) => start = next,
                None => return Ok(bearing),
            }
        }
        Err(TargetError::Unsupported(format!(
            "the target's list of {kind}s is too long to be searched without a filter"
        )))
    }

    /// The rows of a list, or the error for an answer that is none.
    pub(crate) async fn rows(
        &self,
        request: Request,
        notes: &mut Vec<RequestNote>,
    ) -> Result<ListResponse, TargetError> {
        let answer = self.send(request, notes).await?;
        let request = answer.request.clone();
        ListResponse::from_json(answer.json()?).ok_or_else(|| {
            TargetError::Unknown(format!(
                "{request} was answered with JSON that is no SCIM list: is the base URL right?"
            ))
        })
    }
}

fn page_request(kind: Kind, start: u64, count: u64, filter: Option<&str>) -> Request {
    let mut query = filter.map(|filter| format!("filter={}&", encoded(filter))).unwrap_or_default();
    query.push_str(&format!("startIndex={start}&count={count}"));
    if kind == Kind::Group {
        query.push_str("&excludedAttributes=members");
    }
    Request::get(endpoint(kind), query)
}

/// The filter, its value quoted as JSON (RFC 7644 section 3.4.2.2).
fn filter_for(kind: Kind, key: &MatchKey) -> String {
    let (attribute, value) = match key {
        MatchKey::ExternalId(id) => ("externalId", id),
        MatchKey::Name(name) => (name_attribute(kind), name),
        MatchKey::Email(address) => ("emails.value", address),
    };
    format!("{attribute} eq {}", serde_json::Value::from(value.as_str()))
}

fn bears(candidate: &Found, key: &MatchKey) -> bool {
    match key {
        MatchKey::ExternalId(id) => candidate.external_id.as_ref() == Some(id),
        MatchKey::Name(name) => folded(&candidate.name) == folded(name),
        MatchKey::Email(address) => candidate.emails().any(|shown| folded(shown) == folded(address)),
    }
}

/// The attribute that names a resource of a kind.
pub(crate) fn name_attribute(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "userName",
        Kind::Group => "displayName",
    }
}

/// A resource as the domain sees it; `None` without an id that can be used.
pub(crate) fn found(kind: Kind, resource: Resource) -> Option<Found> {
    Some(Found {
        remote_id: RemoteId::new(&resource.id()?)?,
        external_id: resource.text("externalId").map(str::to_owned),
        name: resource.text(name_attribute(kind)).unwrap_or_default().to_owned(),
        active: resource.active().filter(|_| kind == Kind::User),
        resource,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_filter() {
        let key = MatchKey::Name("a\" or userName pr \\".into());
        let filter = filter_for(Kind::User, &key);
        assert_eq!(filter, r#"userName eq "a\" or userName pr \\""#);
        let request = page_request(Kind::User, 1, 200, Some("a eq \"b&c\""));
        assert_eq!(request.query, "filter=a%20eq%20%22b%26c%22&startIndex=1&count=200");
    }

    #[test]
    fn groups_are_read_without_their_members() {
        let request = page_request(Kind::Group, 201, 200, None);
        assert_eq!(request.query, "startIndex=201&count=200&excludedAttributes=members");
    }
}
