//! Whether a connection still leads to the tenant in which our links were made. Ids of two tenants overlap, so a link is
//! trusted only where its account is seen to be the one that was linked.

use std::fmt;

use crate::application::Configured;
use crate::folding::folded;
use crate::link::{Link, State};
use crate::ports::{StoreResult, Tables, Target};
use crate::target::{Found, Kind, TargetError};

/// How many links are looked at. One account may have been deleted or renamed over there; hardly all of them.
const SAMPLE: usize = 5;
/// Pages of links looked through for accounts in use, of so many links each.
const PAGES: usize = 10;
const LINKS: usize = 100;

/// What was seen of the accounts that were linked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Accounts that are the ones that were linked.
    pub same: usize,
    /// Ids under which there is somebody else.
    pub different: usize,
    /// Ids under which there is nobody.
    pub missing: usize,
}

/// What one account shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// It is the one that was linked.
    Same,
    /// It is somebody else's.
    Different,
}

impl Evidence {
    /// Whether this is the tenant in which the links were made. Without links there is nothing to mistake.
    pub fn is_same_tenant(self) -> bool {
        let Self { same, different, missing } = self;
        different == 0 && (same > 0 || missing == 0)
    }

    /// Looks the sample up at the target that `target` reaches.
    ///
    /// # Errors
    ///
    /// Outside: a table did not answer. Inside: the target did not.
    pub async fn gather(
        tables: &Tables,
        configured: &Configured,
        target: &dyn Target,
    ) -> StoreResult<Result<Self, TargetError>> {
        let mut evidence = Self::default();
        for link in sample(tables, configured).await? {
            let Some(remote_id) = &link.remote_id else { continue };
            match target.get(Kind::User, remote_id).await.result {
                Ok(found) => match Sighting::of(&link, &found) {
                    Sighting::Same => evidence.same += 1,
                    Sighting::Different => evidence.different += 1,
                },
                Err(TargetError::NotFound(_)) => evidence.missing += 1,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(evidence))
    }
}

impl Sighting {
    /// By the externalId where both have one, else by the name.
    pub fn of(link: &Link, found: &Found) -> Self {
        let same = match (&link.external_id, &found.external_id) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => link.shown_name().is_some_and(|name| folded(&name) == folded(&found.name)),
        };
        if same { Self::Same } else { Self::Different }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { same, different, missing } = self;
        let of = same + different + missing;
        write!(
            f,
            "of {of} accounts that were linked, {same} are there as they were, {missing} are not there, and under the \
             ids of {different} there is somebody else"
        )
    }
}

/// Some of the accounts that are in use through us.
async fn sample(tables: &Tables, configured: &Configured) -> StoreResult<Vec<Link>> {
    let application = &configured.application;
    let mut sample = Vec::new();
    let mut cursor = None;
    for page in 0.. {
        // Without any, all are looked through: none is taken for the same tenant because it was not looked for.
        if page >= PAGES && !sample.is_empty() {
            break;
        }
        let page = tables.links.propose_links(&application.id, Kind::User, cursor, LINKS).await?;
        for key in &page.keys {
            let Some(link) = tables.links.link(key).await? else { continue };
            let in_use = matches!(link.state, State::Linked | State::Deactivated);
            if in_use && link.target_generation == application.target_generation && link.remote_id.is_some() {
                sample.push(link);
            }
            if sample.len() == SAMPLE {
                return Ok(sample);
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(sample)
}

#[cfg(test)]
mod tests {
    use scim::{Resource, USER_SCHEMA};

    use super::*;
    use crate::ids::RemoteId;
    use crate::link::LinkKey;
    use crate::value::Value;

    fn link(external_id: &str, name: &str) -> Link {
        let key = LinkKey::user(&"crm".parse().expect("an id"), &"ada".parse().expect("an id"));
        let sent = [("userName".parse().expect("a path"), Value::from(name))].into();
        Link { external_id: Some(external_id.into()), sent, ..Link::new(key) }
    }

    fn found(external_id: Option<&str>, name: &str) -> Found {
        Found {
            remote_id: RemoteId::new("7").expect("an id"),
            external_id: external_id.map(str::to_owned),
            name: name.into(),
            active: Some(true),
            resource: Resource::of_schemas(&[USER_SCHEMA]),
        }
    }

    #[test]
    fn the_external_id_tells_two_tenants_apart_where_both_show_one() {
        assert_eq!(Sighting::of(&link("e1", "ada"), &found(Some("e1"), "renamed")), Sighting::Same);
        assert_eq!(Sighting::of(&link("e1", "ada"), &found(Some("e2"), "ada")), Sighting::Different);
    }

    #[test]
    fn without_one_the_name_does_without_regard_to_case() {
        assert_eq!(Sighting::of(&link("e1", "ada"), &found(None, "ADA")), Sighting::Same);
        assert_eq!(Sighting::of(&link("e1", "ada"), &found(None, "grace")), Sighting::Different);
    }

    #[test]
    fn one_stranger_is_enough_and_one_deleted_account_is_not() {
        let of = |same, different, missing| Evidence { same, different, missing }.is_same_tenant();
        assert!(of(0, 0, 0) && of(4, 0, 1) && of(1, 0, 4));
        assert!(!of(4, 1, 0) && !of(0, 0, 1));
    }
}
