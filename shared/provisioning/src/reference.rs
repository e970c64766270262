//! References: attributes that name another user of the directory, `manager` above all. A target is sent the id of that
//! user's account there, so what is sent depends on his link too.
//!
//! A user whose account is not there is left out, and nobody waits for him: a row ([`crate::ports::ReferenceStore`]) finds
//! those who name him once his account comes, changes or goes, and each is looked at again.

use std::collections::{BTreeMap, BTreeSet};

use scim::AttributePath;

use crate::application::Configured;
use crate::desired::Desired;
use crate::directory::{User, UserRecord};
use crate::ids::{RemoteId, UserId};
use crate::mapping::Source;
use crate::ports::{StoreResult, Tables};
use crate::value::Value;

/// A user as one application is to see him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// He and his groups. Whom his mapped attributes name stands there by the id of his account at the target; where he has
    /// none, the attribute has no value.
    pub record: UserRecord,
    /// Attributes that are left out because whom they name has no account.
    pub left_out: Vec<LeftOut>,
}

/// An attribute that is left out because whom it names has no account at the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub target: AttributePath,
    /// Whom it names.
    pub user: UserId,
}

impl Resolved {
    /// A record that names nobody, or of somebody of whom nothing but `active` is sent.
    pub fn plain(record: UserRecord) -> Self {
        Self { record, left_out: Vec::new() }
    }

    /// The paths of what is left out.
    pub fn left_out_paths(&self) -> Vec<AttributePath> {
        self.left_out.iter().map(|left| left.target.clone()).collect()
    }
}

/// Whom mapped attributes of the user name, as long as he is to have an account.
pub fn named(configured: &Configured, record: Option<&UserRecord>) -> BTreeSet<UserId> {
    if Desired::of(record, &configured.selection) != Desired::Active {
        return BTreeSet::new();
    }
    let user = record.and_then(UserRecord::present);
    user.into_iter().flat_map(|user| configured.mapping.references(user)).map(|(_, id)| id.clone()).collect()
}

/// The user as the application is to see him, by what the directory and the links say of those he names now.
///
/// # Errors
///
/// A table did not answer.
pub async fn resolved(
    tables: &Tables,
    configured: &Configured,
    record: Option<UserRecord>,
) -> StoreResult<Option<Resolved>> {
    let named = named(configured, record.as_ref());
    let Some(record) = record else { return Ok(None) };
    if Desired::of(Some(&record), &configured.selection) != Desired::Active {
        return Ok(Some(Resolved::plain(record)));
    }
    let accounts = match named.is_empty() {
        true => BTreeMap::new(),
        false => accounts(tables, configured, &named).await?,
    };
    Ok(Some(resolve(configured, record, &accounts)))
}

/// The user as the application would see him if he were to have an account.
///
/// # Errors
///
/// A table did not answer.
pub async fn resolved_if_active(
    tables: &Tables,
    configured: &Configured,
    user: User,
) -> StoreResult<(User, Vec<LeftOut>)> {
    let named: BTreeSet<_> = configured.mapping.references(&user).map(|(_, named)| named.clone()).collect();
    let accounts = accounts(tables, configured, &named).await?;
    let record = UserRecord { user: Some(user.clone()), groups: BTreeSet::new() };
    let Resolved { record, left_out } = resolve(configured, record, &accounts);
    Ok((record.user.unwrap_or(user), left_out))
}

/// The accounts of those of these users who are in the directory and have one at the target.
async fn accounts(
    tables: &Tables,
    configured: &Configured,
    users: &BTreeSet<UserId>,
) -> StoreResult<BTreeMap<UserId, RemoteId>> {
    let ids: Vec<UserId> = users.iter().cloned().collect();
    let application = &configured.application;
    let (profiles, links) =
        tokio::try_join!(tables.directory.users(&ids), tables.links.links_among(&application.id, &ids))?;
    let present = |user: &UserId| profiles.get(user).is_some_and(|user| !user.deleting);
    let account = |user: &UserId| links.get(user)?.account_at(application.target_generation).cloned();
    let found = ids.into_iter().filter(present).filter_map(|user| Some((user.clone(), account(&user)?)));
    Ok(found.collect())
}

/// Puts accounts in the place of those who are named.
pub fn resolve(
    configured: &Configured,
    mut record: UserRecord,
    accounts: &BTreeMap<UserId, RemoteId>,
) -> Resolved {
    let Some(user) = record.user.as_mut() else { return Resolved::plain(record) };
    let left_out = configured.mapping.references(user).filter(|(_, named)| !accounts.contains_key(*named));
    let left_out =
        left_out.map(|(mapped, named)| LeftOut { target: mapped.target.clone(), user: named.clone() });
    let left_out = left_out.collect();
    let names = configured.mapping.attributes.iter().filter_map(|mapped| match &mapped.source {
        Source::Reference(name) => Some(name),
        _ => None,
    });
    // Two attributes may have one source, which is put once.
    for name in names.collect::<BTreeSet<_>>() {
        put_account(user, name, accounts);
    }
    Resolved { record, left_out }
}

/// Whatever else stands there, such as a text from before the attribute named users, is no account.
fn put_account(user: &mut User, name: &str, accounts: &BTreeMap<UserId, RemoteId>) {
    let account = match user.custom.get(name) {
        Some(Value::Reference(reference)) => accounts.get(&reference.user),
        _ => None,
    };
    match account {
        Some(account) => user.custom.insert(name.to_owned(), Value::Text(account.to_string())),
        None => user.custom.remove(name),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Link, LinkKey, State};
    use crate::mapping::MappedAttribute;
    use crate::testing::{configured, user};

    fn under(manager: &str) -> (Configured, UserRecord) {
        let mut configured = configured();
        configured.mapping.attributes.push(MappedAttribute {
            target: "manager.value".parse().expect("a path"),
            source: Source::Reference("manager".into()),
            required: false,
        });
        let mut ada = user("ada", "Countess");
        ada.custom.insert("manager".into(), Value::reference(&id(manager)));
        let groups = ["sales".parse().expect("an id")].into();
        (configured, UserRecord { user: Some(ada), groups })
    }

    fn id(user: &str) -> UserId {
        user.parse().expect("an id")
    }

    fn value(resolved: &Resolved) -> Option<&Value> {
        resolved.record.user.as_ref().and_then(|user| user.custom.get("manager"))
    }

    #[test]
    fn whom_an_attribute_names_stands_there_by_his_account_or_is_left_out() {
        let (configured, record) = under("boss");
        assert_eq!(named(&configured, Some(&record)), [id("boss")].into());
        let account = RemoteId::new("77").expect("an id");
        let resolved = resolve(&configured, record.clone(), &[(id("boss"), account)].into());
        assert_eq!((value(&resolved), resolved.left_out.len()), (Some(&Value::from("77")), 0));
        let resolved = resolve(&configured, record, &BTreeMap::new());
        assert_eq!(
            (value(&resolved), resolved.left_out_paths()),
            (None, vec!["manager.value".parse().expect("a path")])
        );
    }

    #[test]
    fn a_text_from_before_the_attribute_named_users_is_nobodys_account() {
        let (configured, mut record) = under("boss");
        let ada = record.user.as_mut().expect("ada");
        ada.custom.insert("manager".into(), "boss".into());
        let account = RemoteId::new("77").expect("an id");
        let resolved = resolve(&configured, record, &[(id("boss"), account)].into());
        assert_eq!((value(&resolved), resolved.left_out.len()), (None, 0));
    }

    #[test]
    fn of_whom_nothing_is_sent_names_nobody() {
        let (configured, record) = under("boss");
        let outside = UserRecord { groups: BTreeSet::new(), ..record };
        assert!(named(&configured, Some(&outside)).is_empty());
        assert!(named(&configured, None).is_empty());
    }

    #[test]
    fn an_account_of_another_target_or_one_that_is_gone_is_none_to_be_named() {
        let key = LinkKey::user(&"app".parse().expect("an id"), &id("boss"));
        let account = |state| {
            let link =
                Link { state, target_generation: 3, remote_id: RemoteId::new("7"), ..Link::new(key.clone()) };
            [2, 3].map(|generation| link.account_at(generation).is_some())
        };
        for state in [State::Linked, State::Deactivated, State::Released] {
            assert_eq!(account(state), [false, true], "{state:?}");
        }
        for state in [State::Missing, State::Tombstone] {
            assert_eq!(account(state), [false, false], "{state:?}");
        }
    }
}
