//! Writing a user: what may be written, and what stands in the way.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::directory::User;
use provisioning::directory::attribute::AttributeType;
use provisioning::directory::naming::Naming;
use provisioning::fuse;
use provisioning::ids::{GroupId, UserId};
use provisioning::ports::{DirectoryWriteError, Doorbell, Lane, StoreResult, UserWrite};
use provisioning::value::Value;

use super::wire::{CustomValue, NamedUser, ShownUser};
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

/// Holds custom attributes against their definitions, and finds the users they name.
pub async fn custom(
    api: &Api,
    custom: &BTreeMap<String, Option<CustomValue>>,
) -> Result<BTreeMap<String, Option<Value>>, Problem> {
    let mut values = BTreeMap::new();
    if custom.is_empty() {
        return Ok(values);
    }
    let definitions = api.tables.attributes.list().await?;
    let mut errors = Vec::new();
    for (name, typed) in custom {
        let field = || FieldError::of(format!("custom.{}", shortened(name)));
        let definition = definitions.iter().find(|definition| definition.name == *name);
        let value = match (typed, definition) {
            (None, _) => Ok(None),
            (Some(typed), Some(definition)) if definition.kind == AttributeType::UserReference => {
                user_named(api, typed).await?.map(Some).map_err(|given| match given {
                    Some(given) => field().given(&given).allowed(definition.kind.describe()),
                    None => field().allowed(definition.kind.describe()),
                })
            }
            (Some(CustomValue::Plain(value)), Some(definition)) if definition.kind.accepts(value) => {
                Ok(Some(value.clone()))
            }
            (Some(_), Some(definition)) => Err(field().allowed(definition.kind.describe())),
            (Some(_), None) => {
                let names: Vec<_> = definitions.iter().take(LISTED).map(|one| one.name.as_str()).collect();
                let allowed = if names.is_empty() { "none is defined".to_owned() } else { names.join(", ") };
                Err(field().allowed(allowed).hint("define it with PUT /v1/attributes/{name}"))
            }
        };
        match value {
            Ok(value) => drop(values.insert(name.clone(), value)),
            Err(error) => errors.push(error),
        }
    }
    let mut errors = errors.into_iter();
    let Some(first) = errors.next() else { return Ok(values) };
    Err(errors.take(LISTED).fold(Problem::value(first), Problem::error))
}

/// The user that is named; else what was given, where it was a name.
async fn user_named(api: &Api, typed: &CustomValue) -> Result<Result<Value, Option<String>>, Problem> {
    let naming = match typed {
        CustomValue::Plain(Value::Text(text)) => Naming::Any(text),
        CustomValue::User(NamedUser { id: Some(id), .. }) => Naming::Id(id),
        CustomValue::User(NamedUser { source_id: Some(id), .. }) => Naming::SourceId(id),
        CustomValue::User(NamedUser { username: Some(name), .. }) => Naming::Username(name),
        CustomValue::Plain(_) | CustomValue::User(_) => return Ok(Err(None)),
    };
    let found = naming.find(api.tables.directory.as_ref()).await?;
    Ok(found.map(|user| Value::reference(&user)).ok_or_else(|| Some(naming.text().to_owned())))
}

/// Says the names of the users whom others name.
pub async fn with_names(api: &Api, users: &mut [ShownUser]) -> Result<(), Problem> {
    let named = users.iter_mut().flat_map(ShownUser::named);
    let ids: BTreeSet<UserId> = named.filter_map(|named| named.id.as_ref()?.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let found = api.tables.directory.users(&ids.into_iter().collect::<Vec<_>>()).await?;
    let names: BTreeMap<&str, &User> =
        found.iter().filter(|(_, user)| !user.deleting).map(|(id, user)| (id.as_str(), user)).collect();
    for named in users.iter_mut().flat_map(ShownUser::named) {
        let user = named.id.as_deref().and_then(|id| names.get(id));
        named.username = user.map(|user| user.username.clone());
    }
    Ok(())
}
