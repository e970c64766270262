//! Whom a user's attributes name, and why somebody has no account that could be named.

use std::collections::BTreeMap;

use scim::AttributePath;

use super::NamedUser;
use crate::application::Configured;
use crate::desired::Desired;
use crate::directory::UserRecord;
use crate::ids::UserId;
use crate::link::LinkKey;
use crate::ports::{StoreResult, Tables};

/// Whom the user's mapped attributes name, by attribute.
pub(super) async fn of(
    tables: &Tables,
    configured: &Configured,
    record: Option<&UserRecord>,
) -> StoreResult<BTreeMap<AttributePath, NamedUser>> {
    let mut names = BTreeMap::new();
    let user = record.and_then(UserRecord::present);
    for (mapped, named) in user.into_iter().flat_map(|user| configured.mapping.references(user)) {
        names.insert(mapped.target.clone(), named_user(tables, configured, named).await?);
    }
    Ok(names)
}

async fn named_user(tables: &Tables, configured: &Configured, user: &UserId) -> StoreResult<NamedUser> {
    let key = LinkKey::user(&configured.application.id, user);
    let (record, link) = tokio::try_join!(tables.directory.user(user), tables.links.link(&key))?;
    let Some(present) = record.as_ref().and_then(UserRecord::present) else {
        let absent = Some("he is deleted from the directory".to_owned());
        return Ok(NamedUser { user: user.clone(), username: None, absent });
    };
    let account = link.as_ref().and_then(|link| link.account_at(configured.application.target_generation));
    let desired = Desired::of(record.as_ref(), &configured.selection);
    let absent = match (account, desired) {
        (Some(_), _) => None,
        (None, Desired::Active) => {
            Some("he has no account yet; the attribute is sent once he has one".into())
        }
        (None, desired) => Some(format!("he is {desired} and has no account there")),
    };
    Ok(NamedUser { user: user.clone(), username: Some(present.username.clone()), absent })
}
