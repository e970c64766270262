//! One record of a stream. Items name their kind in the attribute `item`.

use aws_lambda_events::dynamodb::{EventRecord, StreamRecord};
use provisioning::activity::Outcome;
use provisioning::detect::{DirectoryChange, StreamChange};
use provisioning::directory::{Group, User};
use provisioning::ids::RemoteId;
use provisioning::link::{Link, LinkKey};
use serde::de::DeserializeOwned;
use serde_dynamo::{AttributeValue, Item};

use super::Unreadable;
use crate::tables::item;

/// Reads one record; empty where it concerns nobody.
pub(super) fn read(record: &EventRecord) -> Result<Vec<StreamChange>, Unreadable> {
    if is_expiry(record) {
        return Ok(Vec::new());
    }
    let StreamRecord { old_image: old, new_image: new, .. } = &record.change;
    let image = if new.is_empty() { old } else { new };
    if image.is_empty() {
        return Err(Unreadable("it has no image"));
    }
    let mut changes = Vec::new();
    match text(image, item::ITEM) {
        Some(item::USER_PROFILE) => changes.extend(user(old, new)?),
        Some(item::GROUP_META) => changes.extend(group(old, new)?),
        // Of the two items of a membership only the group's is read, so that each is told once.
        Some(item::GROUP_MEMBERSHIP) => changes.extend(membership(old, new)?),
        Some(item::USER_LINK | item::GROUP_LINK) => changes.extend(presence(record)?),
        _ => {}
    }
    changes.extend(outcome(new)?.map(|outcome| StreamChange::Outcome(Box::new(outcome))));
    Ok(changes)
}

/// Whether the time-to-live process took the item away: nobody changed anything.
fn is_expiry(record: &EventRecord) -> bool {
    record.user_identity.as_ref().is_some_and(|identity| identity.principal_id == "dynamodb.amazonaws.com")
}

/// A profile that is being deleted counts as deleted.
fn user(old: &Item, new: &Item) -> Result<Option<StreamChange>, Unreadable> {
    let read = |image: &Item| {
        whole::<User>(image, "a profile is no user").map(|user| user.filter(|user| !user.deleting))
    };
    let (old, new) = (read(old)?, read(new)?);
    Ok((old != new).then_some(StreamChange::Directory(DirectoryChange::User { old, new })))
}

/// A group that is being deleted counts as deleted.
fn group(old: &Item, new: &Item) -> Result<Option<StreamChange>, Unreadable> {
    let read = |image: &Item| {
        whole::<Group>(image, "a group's item is no group").map(|group| group.filter(|group| !group.deleting))
    };
    let (old, new) = (read(old)?, read(new)?);
    Ok((old != new).then_some(StreamChange::Directory(DirectoryChange::Group { old, new })))
}

/// A membership is there or not; a change of its item is neither.
fn membership(old: &Item, new: &Item) -> Result<Option<StreamChange>, Unreadable> {
    const UNREADABLE: Unreadable = Unreadable("a membership's keys are not G#group and M#user");
    let (image, removed) = match (old.is_empty(), new.is_empty()) {
        (true, false) => (new, false),
        (false, true) => (old, true),
        _ => return Ok(None),
    };
    let part = |name, prefix| text(image, name).and_then(|key| key.strip_prefix(prefix)).ok_or(UNREADABLE);
    let group = part("pk", "G#")?.parse().map_err(|_| UNREADABLE)?;
    let user = part("sk", "M#")?.parse().map_err(|_| UNREADABLE)?;
    Ok(Some(StreamChange::Directory(DirectoryChange::Membership { group, user, removed })))
}

/// The settling write that gave, changed or took the counterpart says so. Whether its id became another one, its images tell.
fn presence(record: &EventRecord) -> Result<Vec<StreamChange>, Unreadable> {
    let StreamRecord { old_image: old, new_image: new, .. } = &record.change;
    if !matches!(new.get("presence_changed"), Some(AttributeValue::Bool(true))) {
        return Ok(Vec::new());
    }
    let key: LinkKey =
        text(new, "key").and_then(|key| key.parse().ok()).ok_or(Unreadable("a link has no key"))?;
    let mut changes = vec![StreamChange::Presence(key.clone())];
    if account(old) != account(new) {
        changes.push(StreamChange::Account(key));
    }
    Ok(changes)
}

/// The account that an image of a link says is there; one that cannot be read is another one than any.
fn account(image: &Item) -> Option<Result<(u64, RemoteId), ()>> {
    if image.is_empty() {
        return None;
    }
    let link: Result<Link, _> = serde_dynamo::from_item(image.clone());
    match link {
        Ok(link) => link.account().map(|(generation, remote_id)| Ok((generation, remote_id.clone()))),
        Err(_) => Some(Err(())),
    }
}

fn outcome(new: &Item) -> Result<Option<Outcome>, Unreadable> {
    match new.get("outcome") {
        None | Some(AttributeValue::Null(_)) => Ok(None),
        Some(value) => serde_dynamo::from_attribute_value(value.clone())
            .map(Some)
            .map_err(|_| Unreadable("an item's outcome is none")),
    }
}

/// The item as a domain type; `None` where there is no image.
fn whole<T: DeserializeOwned>(image: &Item, unreadable: &'static str) -> Result<Option<T>, Unreadable> {
    if image.is_empty() {
        return Ok(None);
    }
    serde_dynamo::from_item(image.clone()).map(Some).map_err(|_| Unreadable(unreadable))
}

fn text<'a>(image: &'a Item, name: &str) -> Option<&'a str> {
    match image.get(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}
