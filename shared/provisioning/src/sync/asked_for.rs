//! What another object of the directory has asked for and not heard of yet: it is no stranger that one of its name may take over.

use crate::ids::{ApplicationId, SourceId};
use crate::link::{Link, LinkKey};
use crate::ports::{StoreResult, Tables};
use crate::target::{Found, Kind};

/// Whose open create may have made what was found: it bears his externalId.
pub(super) async fn asked_for_by(
    tables: &Tables,
    key: &LinkKey,
    target_generation: u64,
    found: &Found,
) -> StoreResult<Option<LinkKey>> {
    let Some(external_id) = found.external_id.as_deref().filter(|shown| !shown.is_empty()) else {
        return Ok(None);
    };
    for other in sent_as(tables, &key.application, key.kind(), external_id).await? {
        let asked = |link: &Link| {
            link.create_is_open(target_generation) && link.external_id.as_deref() == Some(external_id)
        };
        if other != *key && tables.links.link(&other).await?.as_ref().is_some_and(asked) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Who may have been sent under an externalId: it was his source id, or else his own.
async fn sent_as(
    tables: &Tables,
    application: &ApplicationId,
    kind: Kind,
    external_id: &str,
) -> StoreResult<Vec<LinkKey>> {
    let source_id = SourceId(external_id.to_owned());
    Ok(match kind {
        Kind::User => {
            let known = tables.directory.user_from_source(&source_id).await?;
            let users = known.into_iter().chain(external_id.parse().ok());
            users.map(|user| LinkKey::user(application, &user)).collect()
        }
        Kind::Group => {
            let known = tables.directory.group_from_source(&source_id).await?;
            let groups = known.into_iter().chain(external_id.parse().ok());
            groups.map(|group| LinkKey::group(application, &group)).collect()
        }
    })
}
