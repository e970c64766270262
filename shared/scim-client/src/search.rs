//! Reading: one resource, a page, a look-up by key. A filter is never trusted: what came back is compared with what was
//! asked for, and a target that ignores filters is walked.

use catalog::{Paging, Settings};
use provisioning::folding::folded;
use provisioning::ids::RemoteId;
use provisioning::target::{Found, FoundPage, Kind, MatchKey, RequestNote, TargetError};
use scim::Resource;
use scim::message::ListResponse;

use crate::answer::Answer;
use crate::target::HttpTarget;
use crate::wire::{Request, encoded, endpoint, resource_path};

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

    /// One page, filtered or not. Where pages go by cursor, all of them: a cursor does not outlive its walk (RFC 9865
    /// section 2.1), so none is handed out. Where there are no pages, the list says what it holds.
    pub(crate) async fn page(
        &self,
        kind: Kind,
        start: u64,
        filter: Option<&str>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<FoundPage, TargetError> {
        match self.capabilities.paging {
            Paging::Index => self.indexed(kind, start, filter, notes).await,
            Paging::Cursor => self.by_cursor(kind, filter, notes).await,
            Paging::None => self.only_page(kind, filter, notes).await,
        }
    }

    async fn indexed(
        &self,
        kind: Kind,
        start: u64,
        filter: Option<&str>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<FoundPage, TargetError> {
        let size = self.capabilities.page_size;
        let list = list(self.ask(kind, Rows::From(start, size), filter, notes).await?)?;
        if let Some(cursor) = list.next_cursor.clone().filter(|_| start == 1) {
            return self.by_cursor_unasked(kind, filter, list, cursor, notes).await;
        }
        let next = match (list.resources.len() as u64, list.total_results) {
            (0, _) => None,
            (rows, Some(total)) if start + rows <= total => Some(start + rows),
            // Some tell the rows of this page in place of all there are. A list that is cut off proves nobody's absence.
            (rows, Some(total)) if total != rows || filter.is_some() => None,
            (rows, _) => self.follows(kind, start + rows, filter, &list, notes).await?,
        };
        Ok(FoundPage { found: all_found(kind, list), next })
    }

    async fn by_cursor(
        &self,
        kind: Kind,
        filter: Option<&str>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<FoundPage, TargetError> {
        // A cursor may run out on the way (RFC 9865 section 2.1): then the walk begins anew, once.
        for _ in 0..2 {
            if let Some(found) = self.behind(kind, filter, String::new(), notes).await? {
                return Ok(FoundPage { found, next: None });
            }
        }
        Err(TargetError::Failed(format!("the target's cursors run out before its list of {kind}s is read")))
    }

    /// A target that gives a cursor to who asked by index pages by cursor, and is walked so.
    async fn by_cursor_unasked(
        &self,
        kind: Kind,
        filter: Option<&str>,
        first: ListResponse,
        cursor: String,
        notes: &mut Vec<RequestNote>,
    ) -> Result<FoundPage, TargetError> {
        if self.capabilities.layers.settings().paging.is_none() {
            self.learn(Settings { paging: Some(Paging::Cursor), ..Settings::default() });
        }
        match self.behind(kind, filter, cursor, notes).await? {
            Some(further) => {
                let found = all_found(kind, first).into_iter().chain(further).collect();
                Ok(FoundPage { found, next: None })
            }
            None => self.by_cursor(kind, filter, notes).await,
        }
    }

    /// All rows behind a cursor; `None` where a cursor ran out.
    async fn behind(
        &self,
        kind: Kind,
        filter: Option<&str>,
        mut cursor: String,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Option<Vec<Found>>, TargetError> {
        let size = self.capabilities.page_size;
        let mut rows = Vec::new();
        for _ in 0..MOST_PAGES {
            let answer = self.ask(kind, Rows::Behind(&cursor, size), filter, notes).await?;
            let ran_out = ["expiredCursor", "invalidCursor"].iter().any(|name| answer.is_scim_type(name));
            if answer.status == 400 && ran_out {
                return Ok(None);
            }
            let list = list(answer)?;
            let next = list.next_cursor.clone();
            rows.extend(all_found(kind, list));
            match next {
                Some(next) if next != cursor => cursor = next,
                _ => return Ok(Some(rows)),
            }
        }
        Err(too_long(kind))
    }

    async fn only_page(
        &self,
        kind: Kind,
        filter: Option<&str>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<FoundPage, TargetError> {
        let list = list(self.ask(kind, Rows::All, filter, notes).await?)?;
        if list.total_results.is_some_and(|total| total > list.resources.len() as u64) {
            // A list that is cut off proves nobody's absence.
            return Err(too_long(kind));
        }
        Ok(FoundPage { found: all_found(kind, list), next: None })
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
        let further = list(self.ask(kind, Rows::From(next, 1), filter, notes).await?)?;
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
        if self.capabilities.looks_up(kind, key) {
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
        Err(too_long(kind))
    }

    /// The rows of a list, or the error for an answer that is none.
    pub(crate) async fn rows(
        &self,
        request: Request,
        notes: &mut Vec<RequestNote>,
    ) -> Result<ListResponse, TargetError> {
        list(self.send(request, notes).await?)
    }
}

fn list(answer: Answer) -> Result<ListResponse, TargetError> {
    let request = answer.request.clone();
    ListResponse::from_json(answer.json()?).ok_or_else(|| {
        TargetError::Unknown(format!(
            "{request} was answered with JSON that is no SCIM list: is the base URL right?"
        ))
    })
}

/// Which rows of a list are asked for.
#[derive(Clone, Copy)]
enum Rows<'a> {
    /// From a 1-based index on, so many.
    From(u64, u64),
    /// Behind a cursor, so many; the first page has an empty one (RFC 9865 section 2).
    Behind(&'a str, u64),
    /// All there are.
    All,
}

impl HttpTarget {
    /// Asks for rows, of groups without their members. A target that refuses to leave them out is asked once more for all there
    /// is; that it takes this is learned.
    async fn ask(
        &self,
        kind: Kind,
        rows: Rows<'_>,
        filter: Option<&str>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<Answer, TargetError> {
        let learned = self.learned_settings().excludes_attributes.unwrap_or(true);
        let bare = kind == Kind::Group && self.capabilities.excludes_attributes && learned;
        let answer = self.send(page_request(kind, rows, filter, bare), notes).await?;
        let known = ["invalidFilter", "expiredCursor", "invalidCursor"];
        let is_about_another = known.iter().any(|name| answer.is_scim_type(name));
        let is_said = self.capabilities.layers.settings().excludes_attributes.is_some();
        if !bare || answer.status != 400 || is_about_another || is_said {
            return Ok(answer);
        }
        let whole = self.send(page_request(kind, rows, filter, false), notes).await?;
        if !(200..300).contains(&whole.status) {
            return Ok(answer);
        }
        self.learn(Settings { excludes_attributes: Some(false), ..Settings::default() });
        Ok(whole)
    }
}

fn page_request(kind: Kind, rows: Rows<'_>, filter: Option<&str>, bare: bool) -> Request {
    let mut query: Vec<String> =
        filter.map(|filter| format!("filter={}", encoded(filter))).into_iter().collect();
    match rows {
        Rows::From(start, count) => query.push(format!("startIndex={start}&count={count}")),
        Rows::Behind("", count) => query.push(format!("cursor&count={count}")),
        Rows::Behind(cursor, count) => query.push(format!("cursor={}&count={count}", encoded(cursor))),
        Rows::All => {}
    }
    if bare {
        query.push("excludedAttributes=members".into());
    }
    Request::get(endpoint(kind), query.join("&"))
}

fn all_found(kind: Kind, list: ListResponse) -> Vec<Found> {
    list.resources.into_iter().filter_map(|row| found(kind, row)).collect()
}

fn too_long(kind: Kind) -> TargetError {
    TargetError::Unsupported(format!("the target's list of {kind}s is too long to be read as a whole"))
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
    }
}
