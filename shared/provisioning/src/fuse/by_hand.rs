//! Removals that a person makes himself: they count, and are never held.

use jiff::Timestamp;

use super::{Fuse, Loss, Removes};
use crate::clock::after;
use crate::desired::Desired;
use crate::detect::RING_AGAIN;
use crate::ids::{GroupId, UserId};
use crate::link::{Link, LinkKey, Mark};
use crate::plan::{UserPlan, plan_user};
use crate::ports::{Doorbell, StoreResult, Tables};

/// How often a link may change under the hands of who stamps it.
const SURPRISES: usize = 5;

/// Lets the accounts of one user go, whom a person disabled or deleted, or who was in a list that a person allowed. Said once that
/// is written in the directory. What was held already is marked; its bells are given, and come due by themselves.
///
/// # Errors
///
/// A table did not answer: what is too much is held, as if nobody had said anything.
pub async fn let_go(tables: &Tables, user: &UserId, now: Timestamp) -> StoreResult<Vec<Doorbell>> {
    let mut bells = Vec::new();
    for link in tables.links.links_of(user).await? {
        bells.extend(let_one_go(tables, user, link, now).await?);
    }
    Ok(bells)
}

/// Lets one membership go, at every application, that a person ended or that was in a list which a person allowed. Said once that
/// is written in the directory. What was held already is marked; its bells are given, and come due by themselves.
///
/// # Errors
///
/// A table did not answer: what is too much is held, as if nobody had said anything.
pub async fn let_member_go(
    tables: &Tables,
    group: &GroupId,
    user: &UserId,
    now: Timestamp,
) -> StoreResult<Vec<Doorbell>> {
    let mut bells = Vec::new();
    let Some(record) = tables.directory.user(user).await? else { return Ok(bells) };
    if record.groups.contains(group) {
        return Ok(bells);
    }
    for link in tables.links.links_of(user).await? {
        let application = &link.key.application;
        let Some(configured) = tables.applications.load(application).await? else { continue };
        // Whoever leaves the application is counted by his account.
        if Desired::of(Some(&record), &configured.selection) != Desired::Active {
            continue;
        }
        let fuse = Fuse { tables, application, limits: configured.application.policy.fuse };
        for _ in 0..SURPRISES {
            let mut pushed =
                tables.memberships.pushed_among(application, group, std::slice::from_ref(user)).await?;
            let generation = configured.application.target_generation;
            let Some(member) = pushed.remove(user).filter(|member| member.target_generation == generation)
            else {
                break;
            };
            let within = (application, &configured.selection);
            let loss = Loss::of(tables, within, &record, (group, &member), now).await?;
            if !fuse.grant_member(group, (&member, loss), now).await? {
                continue;
            }
            if member.removal.is_some_and(crate::link::MemberRemoval::is_held) {
                tables.memberships.put_todo(application, group, std::slice::from_ref(user)).await?;
                let key = LinkKey::group(application, group);
                bells.push(mark(tables, key, configured.application.version, now).await?);
            }
            break;
        }
    }
    Ok(bells)
}

async fn mark(
    tables: &Tables,
    key: LinkKey,
    application_version: u64,
    now: Timestamp,
) -> StoreResult<Doorbell> {
    let due_at = after(now, RING_AGAIN);
    let mark = Mark { application_version, due_at, by_sweep: false, compare: false };
    let generation = tables.links.mark(&key, &mark).await?;
    Ok(Doorbell::Link { key, generation })
}

async fn let_one_go(
    tables: &Tables,
    user: &UserId,
    link: Link,
    now: Timestamp,
) -> StoreResult<Option<Doorbell>> {
    let key = link.key.clone();
    let Some(configured) = tables.applications.load(&key.application).await? else { return Ok(None) };
    let application = &configured.application;
    let mut link = Some(link);
    for _ in 0..SURPRISES {
        let Some(found) = link else { return Ok(None) };
        let record = tables.directory.user(user).await?;
        let desired = Desired::of(record.as_ref(), &configured.selection);
        // What was said before of his staying ends by what is said now.
        let kept = found.is_kept(desired);
        let unkept = Link { removal: found.removal.filter(|_| !kept), ..found.clone() };
        let goes = desired != Desired::Active
            && (found.create_is_open(application.target_generation)
                || plan_user(&configured, record.as_ref(), &unkept, now) != UserPlan::Nothing);
        if !goes {
            return Ok(None);
        }
        let fuse = Fuse { tables, application: &key.application, limits: application.policy.fuse };
        let kind = configured.removal_kind(desired);
        if fuse.grant(&found, (kind, Removes::Account), now).await? {
            if !found.is_held() && !kept {
                return Ok(None);
            }
            return mark(tables, key, application.version, now).await.map(Some);
        }
        link = tables.links.link(&key).await?;
    }
    // Whoever works on it asks for himself.
    Ok(None)
}
