//! Finding the counterpart of an object that has no link yet: in the sweep's listing, or by asking the target.

use super::task::Task;
use crate::application::Listing;
use crate::link::{Link, State};
use crate::matching::Candidates;
use crate::ports::StoreResult;
use crate::target::{Found, Kind, MatchKey, RequestNote, TargetError};

/// What a look-up brought, or why it could not.
pub(super) type Looked = Result<Candidates, TargetError>;

impl Task<'_> {
    /// The candidates for this object. A sweep's complete listing says without a request that there is none, but only for a link that never
    /// sent a create: after one, only the target knows.
    pub(super) async fn candidates(
        &self,
        link: &Link,
        external_id: &str,
        name: &str,
        requests: &mut Vec<RequestNote>,
    ) -> StoreResult<Looked> {
        let untried = link.state != State::Creating && link.work.attempts == 0;
        match self.listing().filter(|_| untried && link.work.by_sweep) {
            Some(listing) => match self.listed(&listing, external_id, name).await? {
                none if none == Candidates::default() => Ok(Ok(none)),
                // What was there when it was listed may be gone by now, or be another's.
                _ => Ok(self.ask(external_id, Some(name), requests).await),
            },
            None => Ok(self.ask(external_id, Some(name), requests).await),
        }
    }

    fn listing(&self) -> Option<Listing> {
        self.configured().condition.sweep.as_ref()?.listing.clone()
    }

    async fn listed(&self, listing: &Listing, external_id: &str, name: &str) -> StoreResult<Candidates> {
        let kind = self.key.kind();
        let count = match kind {
            Kind::User => listing.users,
            Kind::Group => listing.groups,
        };
        if count == 0 {
            return Ok(Candidates::default());
        }
        let jobs = &self.tables().jobs;
        let application = &self.key.application;
        let by_external_id = MatchKey::ExternalId(external_id.to_owned());
        let by_name = MatchKey::Name(name.to_owned());
        Ok(Candidates {
            by_external_id: jobs.found(application, &listing.id, kind, &by_external_id).await?,
            by_name: jobs.found(application, &listing.id, kind, &by_name).await?,
        })
    }

    /// Asks the target by externalId, then by name. A target that cannot filter by externalId says so by an error that is
    /// about the filter; the name still finds what bears it.
    pub(super) async fn ask(
        &self,
        external_id: &str,
        name: Option<&str>,
        requests: &mut Vec<RequestNote>,
    ) -> Looked {
        let by_external_id = self.find(MatchKey::ExternalId(external_id.to_owned()), requests).await;
        let by_external_id = match (by_external_id, name) {
            (
                Err(TargetError::Rejected(_) | TargetError::NotFound(_) | TargetError::Unsupported(_)),
                Some(_),
            ) => Vec::new(),
            (found, _) => found?,
        };
        let by_name = match name {
            Some(name) if by_external_id.is_empty() => {
                self.find(MatchKey::Name(name.to_owned()), requests).await?
            }
            _ => Vec::new(),
        };
        Ok(Candidates { by_external_id, by_name })
    }

    async fn find(&self, key: MatchKey, requests: &mut Vec<RequestNote>) -> Result<Vec<Found>, TargetError> {
        let answer = self.target().find(self.key.kind(), &key).await;
        requests.extend(answer.requests);
        answer.result
    }

    /// What an adopted counterpart already has of the attributes we would send.
    pub(super) fn baseline(&self, found: &Found) -> crate::value::Attributes {
        let mapped = self.configured().mapping.attributes.iter().map(|mapped| mapped.target.clone());
        let paths: Vec<_> = match self.key.kind() {
            Kind::User => mapped.collect(),
            Kind::Group => "displayName".parse().into_iter().collect(),
        };
        let shown = |path: scim::AttributePath| {
            let value = crate::value::Value::from_json(found.resource.read(&path)?)?;
            Some((path, value))
        };
        let mut attributes: crate::value::Attributes = paths.into_iter().filter_map(shown).collect();
        if let (Kind::User, Some(active)) = (self.key.kind(), found.active) {
            attributes.insert(crate::plan::active(), crate::value::Value::Boolean(active));
        }
        attributes
    }
}
