//! Which groups are provisioned, and which single sign-on permits.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{Configuration, Setup, SetupError};
use crate::application::{Configured, MOST_GROUPS, Selection, SelectionMode};
use crate::ids::{ApplicationId, GroupId};

/// How many groups are looked up at a time.
const CONCURRENT: usize = 16;

impl Setup {
    /// Selects the groups that are provisioned: those that single sign-on permits, or these.
    ///
    /// # Errors
    ///
    /// [`SetupError::UnknownGroups`], [`SetupError::TooManyGroups`], [`SetupError::EmptySelection`]; the others as they say.
    pub async fn select(
        &self,
        id: &ApplicationId,
        mode: SelectionMode,
        listed: BTreeSet<GroupId>,
        exclude_group_information: bool,
    ) -> Result<Configured, SetupError> {
        let before = self.load_kept(id).await?.selection;
        let groups = match mode {
            SelectionMode::SsoPermitted => before.sso_permitted.clone(),
            SelectionMode::List => {
                self.check_groups(&listed, &before.groups).await?;
                listed
            }
        };
        let selection = Selection { mode, groups, exclude_group_information, ..before };
        self.configure(id, Configuration { selection: Some(selection), ..Configuration::default() }).await
    }

    /// Sets the groups that single sign-on permits. Where they are what is selected, the selection follows.
    ///
    /// # Errors
    ///
    /// As [`Setup::select`].
    pub async fn permit(
        &self,
        id: &ApplicationId,
        groups: BTreeSet<GroupId>,
    ) -> Result<Configured, SetupError> {
        let before = self.load_kept(id).await?.selection;
        self.check_groups(&groups, &before.sso_permitted).await?;
        let selection = before.permitting(groups);
        self.configure(id, Configuration { selection: Some(selection), ..Configuration::default() }).await
    }

    /// Whether the directory has the groups that were not named before. One that is gone since may be named again: to take
    /// it out is no condition of changing another.
    async fn check_groups(
        &self,
        groups: &BTreeSet<GroupId>,
        before: &BTreeSet<GroupId>,
    ) -> Result<(), SetupError> {
        if groups.len() > MOST_GROUPS {
            return Err(SetupError::TooManyGroups { given: groups.len(), most: MOST_GROUPS });
        }
        let looked_up = groups.difference(before).map(|id| async move {
            let group = self.tables.directory.group(id).await?;
            Ok::<_, SetupError>(group.is_none_or(|group| group.deleting).then(|| id.clone()))
        });
        let looked_up: Vec<_> = looked_up.collect();
        let unknown: Vec<Option<GroupId>> =
            stream::iter(looked_up).buffered(CONCURRENT).try_collect().await?;
        let unknown: Vec<GroupId> = unknown.into_iter().flatten().collect();
        if unknown.is_empty() { Ok(()) } else { Err(SetupError::UnknownGroups(unknown)) }
    }
}
