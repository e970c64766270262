//! Writing a user: what may be written, and what stands in the way.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::directory::User;
use provisioning::fuse;
use provisioning::ids::{GroupId, UserId};
use provisioning::ports::{DirectoryWriteError, Doorbell, Lane, StoreResult, UserWrite};

use super::wire::{CustomValue, ShownUser};
use crate::Api;
use crate::etag::{ETag, IfMatch};
use crate::problem::{FieldError, Problem, ProblemKind, shortened};

/// How often a write is tried on a user whom others change at the same time.
const ATTEMPTS: u32 = 5;
/// Most bytes a user has as JSON; DynamoDB takes items of 400 KB, and a stream record holds two.
const MAXIMUM_BYTES: usize = 100_000;
/// Most definitions that a problem lists.
const LISTED: usize = 100;

/// Reads a user, unless he is deleted.
pub async fn present(api: &Api, id: &UserId) -> Result<User, Problem> {
    let record = api.tables.directory.user(id).await?;
    let user = record.as_ref().and_then(|record| record.present());
    user.cloned().ok_or_else(|| Problem::not_found("user", id.as_str()))
}

/// Writes a new user.
pub async fn create(api: &Api, user: User) -> Result<User, Problem> {
    bounded(&user)?;
    let write = UserWrite { old: None, new: user, join: BTreeSet::new(), leave: BTreeSet::new() };
    match api.tables.directory.write_user(&write).await {
        Ok(()) => Ok(write.new),
        Err(error) => Err(refused(api, error).await),
    }
}

/// Changes a user. `change` is laid over him as he is, again where somebody else was faster.
pub async fn change(
    api: &Api,
    id: &UserId,
    precondition: Option<&IfMatch>,
    change: impl Fn(&User) -> User,
) -> Result<User, Problem> {
    for _ in 0..ATTEMPTS {
        let old = present(api, id).await?;
        if let Some(precondition) = precondition {
            precondition.check(&ETag::of_content(&ShownUser::from(&old)))?;
        }
        let new = change(&old);
        if new == old {
            return Ok(old);
        }
        bounded(&new)?;
        let write = UserWrite { old: Some(old), new, join: BTreeSet::new(), leave: BTreeSet::new() };
        match api.tables.directory.write_user(&write).await {
            Ok(()) => return Ok(write.new),
            Err(DirectoryWriteError::Changed) => {}
            Err(error) => return Err(refused(api, error).await),
        }
    }
    Err(Problem::new(ProblemKind::ChangedMeanwhile, ProblemKind::ChangedMeanwhile.example()))
}

/// Lets the accounts of somebody go who was disabled or deleted by hand: that counts, and is never held. Should it not be taken
/// down, he is treated as anybody else.
pub async fn let_go(api: &Api, id: &UserId) {
    ring(api, id, fuse::let_go(&api.tables, id, api.clock.now()).await).await;
}

/// The same of a membership that was ended by hand, and of the accounts that hung on it.
pub async fn let_member_go(api: &Api, group: &GroupId, id: &UserId) {
    ring(api, id, fuse::let_member_go(&api.tables, group, id, api.clock.now()).await).await;
    let_go(api, id).await;
}

async fn ring(api: &Api, id: &UserId, bells: StoreResult<Vec<Doorbell>>) {
    let bells = match bells {
        Ok(bells) if bells.is_empty() => return,
        Ok(bells) => bells,
        Err(error) => return tracing::warn!(user = %id, %error, "his removal is counted like any other"),
    };
    if let Err(error) = api.setup.bell.ring(Lane::Live, "", &bells).await {
        tracing::warn!(user = %id, %error, "his accounts come due by themselves");
    }
}

fn bounded(user: &User) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(user).map_or(0, |json| json.len());
    if bytes <= MAXIMUM_BYTES {
        return Ok(());
    }
    let error = FieldError::of("custom").allowed(format!("a user has at most {MAXIMUM_BYTES} bytes as JSON"));
    Err(Problem::value(error))
}

/// Names the other who has the name or the source id.
async fn refused(api: &Api, error: DirectoryWriteError) -> Problem {
    let directory = &api.tables.directory;
    match error {
        DirectoryWriteError::NameTaken(name) => {
            let other = directory.user_named(&name).await.ok().flatten();
            Problem::taken(ProblemKind::NameTaken, "username", &name, other.as_ref().map(UserId::as_str))
        }
        DirectoryWriteError::SourceIdTaken(id) => {
            let other = directory.user_from_source(&id).await.ok().flatten();
            Problem::taken(ProblemKind::SourceIdTaken, "source_id", &id.0, other.as_ref().map(UserId::as_str))
        }
        DirectoryWriteError::Changed => {
            Problem::new(ProblemKind::ChangedMeanwhile, ProblemKind::ChangedMeanwhile.example())
        }
        DirectoryWriteError::Store(error) => error.into(),
    }
}

/// Holds custom attributes against their definitions.
pub async fn check_custom(api: &Api, custom: &BTreeMap<String, &CustomValue>) -> Result<(), Problem> {
    if custom.is_empty() {
        return Ok(());
    }
    let definitions = api.tables.attributes.list().await?;
    let mut errors = custom.iter().filter_map(|(name, value)| {
        let field = || FieldError::of(format!("custom.{}", shortened(name)));
        match definitions.iter().find(|definition| definition.name == **name) {
            Some(definition) if definition.kind.accepts(&value.0) => None,
            Some(definition) => Some(field().allowed(definition.kind.describe())),
            None => {
                let names: Vec<_> = definitions.iter().take(LISTED).map(|one| one.name.as_str()).collect();
                let allowed = if names.is_empty() { "none is defined".to_owned() } else { names.join(", ") };
                Some(field().allowed(allowed).hint("define it with PUT /v1/attributes/{name}"))
            }
        }
    });
    let Some(first) = errors.next() else { return Ok(()) };
    Err(errors.take(LISTED).fold(Problem::value(first), Problem::error))
}
