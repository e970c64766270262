//! What things mean at a target, and what it asks of values: what an administrator must know, whatever form requests take.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::forms;

forms! {
    /// What `active: false` does to an account.
    Deactivation {
        /// It is turned off, and can be turned on again.
        Suspends,
        /// It is turned off; its name and address are changed by the target, so that it is known by its id alone.
        SuspendsAndObfuscates,
        /// It is removed.
        Removes,
    }
    /// What DELETE does to an account.
    Deletion {
        /// It is removed.
        Removes,
        /// It is gone for good: the same account cannot be made again.
        Irreversible,
        /// It is turned off.
        Deactivates,
        /// It is refused.
        Refused,
    }
    /// What becomes of a group whose name changes.
    GroupRename {
        /// It takes the new name.
        Rename,
        /// It cannot be renamed: it keeps its name there, and that is told.
        Skip,
    }
    /// By what an account may be looked for with a filter.
    MatchAttribute {
        /// `externalId`
        ExternalId,
        /// `userName`
        UserName,
        /// The work e-mail.
        Email,
        /// `id`
        Id,
    }
    /// Which requests a rate is about.
    Operations {
        /// All of them.
        All,
        /// Reads.
        Reads,
        /// Writes.
        Writes,
        /// Reading users.
        UserReads,
        /// Writing users.
        UserWrites,
        /// Deleting users.
        UserDeletions,
        /// Listing groups.
        GroupLists,
        /// Reading one group.
        GroupReads,
        /// Changing groups.
        GroupWrites,
        /// Users assigned, however many requests that takes.
        Assignments,
    }
}

/// How many requests a target takes in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Which requests are counted.
    pub operations: Operations,
    /// How many.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
}
