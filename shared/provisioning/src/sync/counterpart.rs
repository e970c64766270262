//! Finding the counterpart of an object that has no link yet: in the sweep's listing, or by asking the target.

use super::task::Task;
use crate::application::{Configured, Listing};
use crate::ids::ApplicationId;
use crate::link::{Link, LinkKey, State};
use crate::matching::{Candidates, Rules};
use crate::ports::{StoreResult, Tables};
use crate::target::{Found, Kind, MatchKey, RequestNote, TargetError};
use crate::value::{Attributes, Value};

/// Of how many candidates the owner is looked up: with more than one, none is taken anyway.
const MOST_OWNERS: usize = 4;

/// What a look-up brought, or why it could not.
pub(super) type Looked = Result<Candidates, TargetError>;

/// By what a counterpart is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    pub(crate) external_id: &'a str,
    pub(crate) name: Option<&'a str>,
    /// The e-mail address, where an administrator chose that as a key.
    pub(crate) email: Option<&'a str>,
}

impl<'a> Keys<'a> {
    pub(super) fn named(external_id: &'a str, name: &'a str) -> Self {
        Self { external_id, name: Some(name), email: None }
    }
}

impl Task<'_> {
    /// What the administrator chose for accounts that were there before us.
    pub(super) fn rules(&self) -> Rules {
        Rules::from(&self.configured().application.policy)
    }

    /// The candidates for this object, by externalId and name.
    pub(super) async fn candidates(
        &self,
        link: &Link,
        external_id: &str,
        name: &str,
        requests: &mut Vec<RequestNote>,
    ) -> StoreResult<Looked> {
        self.candidates_by(link, &Keys::named(external_id, name), requests).await
    }

    /// The candidates for this object. A sweep's complete listing says without a request that there is none, but only for a link that never
    /// sent a create: after one, only the target knows.
    pub(super) async fn candidates_by(
        &self,
        link: &Link,
        keys: &Keys<'_>,
        requests: &mut Vec<RequestNote>,
    ) -> StoreResult<Looked> {
        let untried = link.state != State::Creating && link.work.attempts == 0;
        if let Some(listing) = self.listing().filter(|_| untried && link.work.by_sweep) {
            let application = &self.key.application;
            let listed = listed(self.tables(), application, &listing, self.key.kind(), keys).await?;
            // What was there when it was listed may be gone by now, or be another's.
            if listed == Candidates::default() {
                return Ok(Ok(listed));
            }
        }
        match self.ask_by(keys, requests).await {
            Ok(found) => self.with_owners(found).await.map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    fn listing(&self) -> Option<Listing> {
        self.configured().condition.sweep.as_ref()?.listing.clone()
    }

    /// Asks the target by externalId, then by name.
    pub(super) async fn ask(
        &self,
        external_id: &str,
        name: Option<&str>,
        requests: &mut Vec<RequestNote>,
    ) -> Looked {
        self.ask_by(&Keys { external_id, name, email: None }, requests).await
    }

    /// Asks the target by externalId, then by name, then by e-mail address, until something bears one. A target that cannot
    /// filter by externalId says so by an error that is about the filter; the name still finds what bears it.
    pub(super) async fn ask_by(&self, keys: &Keys<'_>, requests: &mut Vec<RequestNote>) -> Looked {
        let by_external_id = self.find(MatchKey::ExternalId(keys.external_id.to_owned()), requests).await;
        let by_external_id = match (by_external_id, keys.name) {
            (
                Err(TargetError::Rejected(_) | TargetError::NotFound(_) | TargetError::Unsupported(_)),
                Some(_),
            ) => Vec::new(),
            (found, _) => found?,
        };
        let mut found = Candidates { by_external_id, ..Candidates::default() };
        if let Some(name) = keys.name.filter(|_| found.all().is_empty()) {
            found.by_name = self.find(MatchKey::Name(name.to_owned()), requests).await?;
        }
        if let Some(email) = keys.email.filter(|_| found.all().is_empty()) {
            found.by_email = self.find(MatchKey::Email(email.to_owned()), requests).await?;
        }
        Ok(found)
    }

    /// Notes which of them are counterparts of others.
    pub(super) async fn with_owners(&self, found: Candidates) -> StoreResult<Candidates> {
        with_owners(self.tables(), &self.key, self.generation(), found).await
    }

    async fn find(&self, key: MatchKey, requests: &mut Vec<RequestNote>) -> Result<Vec<Found>, TargetError> {
        let answer = self.target().find(self.key.kind(), &key).await;
        requests.extend(answer.requests);
        answer.result
    }

    /// What an adopted counterpart already has of the attributes we would send.
    pub(super) fn baseline(&self, found: &Found) -> Attributes {
        let left_out = self.named.as_ref().map(|named| named.left_out.as_slice()).unwrap_or_default();
        baseline(self.configured(), self.key.kind(), found, left_out)
    }
}

/// What a sweep's complete listing found under these keys.
pub(crate) async fn listed(
    tables: &Tables,
    application: &ApplicationId,
    listing: &Listing,
    kind: Kind,
    keys: &Keys<'_>,
) -> StoreResult<Candidates> {
    let count = match kind {
        Kind::User => listing.users,
        Kind::Group => listing.groups,
    };
    let mut found = Candidates::default();
    if count == 0 {
        return Ok(found);
    }
    let under = async |key| tables.jobs.found(application, &listing.id, kind, &key).await;
    found.by_external_id = under(MatchKey::ExternalId(keys.external_id.to_owned())).await?;
    if let Some(name) = keys.name {
        found.by_name = under(MatchKey::Name(name.to_owned())).await?;
    }
    if let Some(email) = keys.email {
        found.by_email = under(MatchKey::Email(email.to_owned())).await?;
    }
    Ok(found)
}

/// Notes which of the candidates for `key` are counterparts of other objects of the directory.
pub(crate) async fn with_owners(
    tables: &Tables,
    key: &LinkKey,
    target_generation: u64,
    mut candidates: Candidates,
) -> StoreResult<Candidates> {
    let ids: Vec<_> =
        candidates.all().iter().take(MOST_OWNERS).map(|found| found.remote_id.clone()).collect();
    for remote_id in ids {
        let owner = tables.links.owner(&key.application, target_generation, key.kind(), &remote_id).await?;
        if let Some(owner) = owner.filter(|owner| owner != key) {
            candidates.owned.insert(remote_id, owner);
        }
    }
    Ok(candidates)
}

/// What a resource at the target shows of the attributes we would send. What is left out for now is not looked at: it stays
/// as it is until it can be sent.
pub(crate) fn baseline(
    configured: &Configured,
    kind: Kind,
    found: &Found,
    left_out: &[scim::AttributePath],
) -> Attributes {
    let mapped = configured.mapping.attributes.iter().map(|mapped| mapped.target.clone());
    let mapped = mapped.filter(|path| !left_out.contains(path));
    let paths: Vec<_> = match kind {
        Kind::User => mapped.collect(),
        Kind::Group => "displayName".parse().into_iter().collect(),
    };
    let shown = |path: scim::AttributePath| {
        let value = Value::from_json(found.resource.read(&path)?)?;
        Some((path, value))
    };
    let mut attributes: Attributes = paths.into_iter().filter_map(shown).collect();
    if let (Kind::User, Some(active)) = (kind, found.active) {
        attributes.insert(crate::plan::active(), Value::Boolean(active));
    }
    attributes
}
