//! Finding the counterpart of an object that has no link yet: in the sweep's listing, or by asking the target.

use jiff::{SignedDuration, Timestamp};

use super::asked_for::asked_for_by;
use super::task::Task;
use crate::application::{Configured, Listing};
use crate::folding::folded;
use crate::ids::{ApplicationId, RemoteId};
use crate::link::{Link, LinkKey, State};
use crate::matching::{Candidates, Rules};
use crate::ports::{StoreResult, Tables};
use crate::target::{Found, Kind, MatchKey, RequestNote, TargetError};
use crate::value::{Attributes, Value};

/// Of how many candidates the owner is looked up: with more than one, none is taken anyway.
const MOST_OWNERS: usize = 4;

/// What a look-up brought, or why it could not.
pub(super) type Looked = Result<Candidates, TargetError>;

/// Pages walked for one counterpart at most: a target whose lists never end must not hold a worker.
const MOST_PAGES: usize = 500;
/// The same where only one object is looked for that is likely not to be shown at all.
const MOST_PAGES_FOR_ONE: usize = 50;

/// By what a counterpart is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    pub(crate) external_id: &'a str,
    pub(crate) name: Option<&'a str>,
    /// The e-mail address, where an administrator chose that as a key.
    pub(crate) email: Option<&'a str>,
    /// There may be something of ours that bears another name by now, so all is read where no filter finds our externalId.
    pub(crate) thorough: bool,
}

impl<'a> Keys<'a> {
    pub(super) fn named(external_id: &'a str, name: &'a str, thorough: bool) -> Self {
        Self { external_id, name: Some(name), email: None, thorough }
    }

    /// Adds what bears one of them.
    fn sort(&self, row: Found, found: &mut Candidates) {
        let named = self.name.is_some_and(|name| folded(name) == folded(&row.name));
        let addressed =
            self.email.is_some_and(|email| row.emails().any(|shown| folded(shown) == folded(email)));
        if row.external_id.as_deref() == Some(self.external_id) {
            found.by_external_id.push(row);
        } else if named {
            found.by_name.push(row);
        } else if addressed {
            found.by_email.push(row);
        }
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
        let keys = Keys::named(external_id, name, link.create_is_open(self.generation()));
        self.candidates_by(link, &keys, requests).await
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
            if listed == Candidates::default() {
                return Ok(Ok(listed));
            }
            // What was there when it was listed may be gone by now, or be another's; but a filter that finds nothing does not
            // prove it, where a list had it.
            let found = match self.ask_by(keys, requests).await {
                Ok(found) if found.all().is_empty() => self.still_there(&listed, keys, requests).await,
                found => found,
            };
            return match found {
                Ok(found) => self.with_owners(found).await.map(Ok),
                Err(error) => Ok(Err(error)),
            };
        }
        match self.ask_by(keys, requests).await {
            Ok(found) => self.with_owners(found).await.map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Those of the listed candidates that are there now and bear what they are looked for by.
    async fn still_there(
        &self,
        listed: &Candidates,
        keys: &Keys<'_>,
        requests: &mut Vec<RequestNote>,
    ) -> Looked {
        let mut there = Candidates::default();
        for candidate in listed.all().into_iter().take(MOST_OWNERS) {
            let read = self.target().get(self.key.kind(), &candidate.remote_id).await;
            requests.extend(read.requests);
            let found = match read.result {
                Ok(found) => found,
                Err(TargetError::NotFound(_)) => continue,
                Err(error) => return Err(error),
            };
            let bears_email = |wanted: &str| found.emails().any(|shown| folded(shown) == folded(wanted));
            if found.external_id.as_deref() == Some(keys.external_id) {
                there.by_external_id.push(found);
            } else if keys.name.is_some_and(|name| folded(name) == folded(&found.name)) {
                there.by_name.push(found);
            } else if keys.email.is_some_and(bears_email) {
                there.by_email.push(found);
            }
        }
        Ok(there)
    }

    fn listing(&self) -> Option<Listing> {
        self.configured().condition.sweep.as_ref()?.listing.clone()
    }

    /// Asks the target by externalId, then by name, after a create of ours may have been sent.
    pub(super) async fn ask(
        &self,
        external_id: &str,
        name: Option<&str>,
        requests: &mut Vec<RequestNote>,
    ) -> Looked {
        self.ask_by(&Keys { external_id, name, email: None, thorough: true }, requests).await
    }

    /// Asks the target by externalId, then by name, then by e-mail address, until something bears one; by none that it has no
    /// filter for. A target that cannot filter by externalId after all says so by an error that is about the filter; the name
    /// still finds what bears it. What no filter can find the list tells.
    pub(super) async fn ask_by(&self, keys: &Keys<'_>, requests: &mut Vec<RequestNote>) -> Looked {
        let profile = catalog::profile(&self.configured().application.catalog_key);
        let id_is_external_id = profile.and_then(|profile| profile.id_is_external_id.as_ref());
        if self.key.kind() == Kind::User && id_is_external_id.is_some_and(|known| known.value) {
            return self.ask_by_id(keys.external_id, requests).await;
        }
        let external_id = MatchKey::ExternalId(keys.external_id.to_owned());
        let name = keys.name.map(|name| MatchKey::Name(name.to_owned()));
        let email = keys.email.map(|email| MatchKey::Email(email.to_owned()));
        let (name, email) = (self.usable(name), self.usable(email));
        let by_external_id = self.usable(Some(external_id));
        let anything = by_external_id.is_some() || name.is_some() || email.is_some();
        let told_all = by_external_id.is_some() || !keys.thorough;
        let mut found = Candidates::default();
        if let Some(key) = by_external_id {
            found.by_external_id =
                match self.find(key, requests).await {
                    Err(
                        TargetError::Rejected(_) | TargetError::NotFound(_) | TargetError::Unsupported(_),
                    ) if keys.name.is_some() => Vec::new(),
                    found => found?,
                };
        }
        if let Some(key) = name.filter(|_| found.all().is_empty()) {
            found.by_name = self.find(key, requests).await?;
        }
        if let Some(key) = email.filter(|_| found.all().is_empty()) {
            found.by_email = self.find(key, requests).await?;
        }
        match (found.all().is_empty(), anything && told_all) {
            (true, false) => self.walk(keys, requests).await,
            (true, true) if self.key.kind() == Kind::Group => self.doubted(keys, requests).await,
            _ => Ok(found),
        }
    }

    /// Filters that find no group do not prove that there is none: some targets never find one, and make a second of the name. The
    /// list's first page says whether to believe them: it is all there is, or a filter finds a group that is on it.
    async fn doubted(&self, keys: &Keys<'_>, requests: &mut Vec<RequestNote>) -> Looked {
        let page = self.target().list(Kind::Group, 1).await;
        requests.extend(page.requests);
        let page = match page.result {
            Ok(page) => page,
            // What cannot be listed is known by its filters only.
            Err(TargetError::Rejected(_) | TargetError::NotFound(_) | TargetError::Unsupported(_)) => {
                return Ok(Candidates::default());
            }
            Err(error) => return Err(error),
        };
        let mut found = Candidates::default();
        page.found.iter().for_each(|row| keys.sort(row.clone(), &mut found));
        let Some(shown) = page.found.first().filter(|_| page.next.is_some()) else { return Ok(found) };
        if found.all().is_empty() {
            let again = self.find(MatchKey::Name(shown.name.clone()), requests).await?;
            if again.iter().any(|row| row.remote_id == shown.remote_id) {
                return Ok(found);
            }
        }
        self.walk(keys, requests).await
    }

    /// The key, if the target has a filter for it.
    fn usable(&self, key: Option<MatchKey>) -> Option<MatchKey> {
        let connection = self.configured().application.connection.as_ref()?;
        key.filter(|key| connection.capabilities.looks_up(self.key.kind(), key))
    }

    /// Where the id of an account is the externalId it was given, it is read under that.
    async fn ask_by_id(&self, external_id: &str, requests: &mut Vec<RequestNote>) -> Looked {
        let Some(remote_id) = RemoteId::new(external_id) else { return Ok(Candidates::default()) };
        let read = self.target().get(self.key.kind(), &remote_id).await;
        requests.extend(read.requests);
        match read.result {
            Ok(found) => {
                let found = Found { external_id: Some(external_id.to_owned()), ..found };
                Ok(Candidates { by_external_id: vec![found], ..Candidates::default() })
            }
            Err(TargetError::NotFound(_)) => Ok(Candidates::default()),
            Err(error) => Err(error),
        }
    }

    /// What bears a name that the target says is taken. Filters that find nothing do not prove it wrong: some compare as it is
    /// written what may be there once only in whatever case. The first time a list that is not too long is read, later it is left to
    /// the sweeps.
    pub(super) async fn taken_by(
        &self,
        keys: Keys<'_>,
        is_first: bool,
        requests: &mut Vec<RequestNote>,
    ) -> Looked {
        let keys = Keys { thorough: true, ..keys };
        let found = self.ask_by(&keys, requests).await?;
        if !found.all().is_empty() || !is_first {
            return Ok(found);
        }
        match self.walk_pages(&keys, MOST_PAGES_FOR_ONE, requests).await {
            Ok(walked) => Ok(walked.unwrap_or_default()),
            // What cannot be listed is known by its filters only.
            Err(TargetError::Rejected(_) | TargetError::NotFound(_) | TargetError::Unsupported(_)) => {
                Ok(found)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the target's list, once for all keys.
    async fn walk(&self, keys: &Keys<'_>, requests: &mut Vec<RequestNote>) -> Looked {
        self.walk_pages(keys, MOST_PAGES, requests).await?.ok_or_else(|| {
            let kind = self.key.kind();
            TargetError::Unsupported(format!(
                "the target's list of {kind}s is too long to be read as a whole"
            ))
        })
    }

    /// The same of so many pages at most; `None` where there are more.
    async fn walk_pages(
        &self,
        keys: &Keys<'_>,
        most: usize,
        requests: &mut Vec<RequestNote>,
    ) -> Result<Option<Candidates>, TargetError> {
        let kind = self.key.kind();
        let mut found = Candidates::default();
        let mut start = 1;
        for _ in 0..most {
            let page = self.target().list(kind, start).await;
            requests.extend(page.requests);
            let page = page.result?;
            page.found.into_iter().for_each(|row| keys.sort(row, &mut found));
            match page.next {
                Some(next) => start = next,
                None => return Ok(Some(found)),
            }
        }
        Ok(None)
    }

    /// What an open create may have made.
    pub(super) async fn made_by_open_create(
        &self,
        link: &Link,
        external_id: &str,
        requests: &mut Vec<RequestNote>,
    ) -> StoreResult<Looked> {
        match self.ask(external_id, link.asked_name.as_deref(), requests).await {
            Ok(found) => {
                Ok(Ok(self.with_owners(found).await?.made_by_open_create(external_id, link.asked_at)))
            }
            Err(error) => Ok(Err(error)),
        }
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

/// Whether what a create was answered with is not what it made: some servers answer 200 or 201 with what they already had. It is
/// older than the request (five minutes allow for the target's clock), or bears an externalId that is neither ours nor its own id.
pub(super) fn was_there_before(found: &Found, external_id: &str, asked_at: Timestamp) -> bool {
    let age = found.created().map(|created| asked_at.duration_since(created));
    let older = age.is_some_and(|age| age > SignedDuration::from_mins(5));
    older || found.is_anothers(external_id)
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
    let found: Vec<Found> = candidates.all().into_iter().take(MOST_OWNERS).cloned().collect();
    for found in found {
        let remote_id = &found.remote_id;
        let owner = tables.links.owner(&key.application, target_generation, key.kind(), remote_id).await?;
        let owner = match owner {
            Some(owner) => Some(owner),
            None => asked_for_by(tables, key, target_generation, &found).await?,
        };
        if let Some(owner) = owner.filter(|owner| owner != key) {
            candidates.owned.insert(found.remote_id, owner);
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
