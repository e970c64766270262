//! What a user should be at an application.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::application::Selection;
use crate::directory::{Group, Status, UserRecord};

/// The three values of desired (DESIGN section 1), and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Desired {
    /// In a selected group and enabled.
    Active,
    /// In a selected group and disabled.
    Suspended,
    /// In no selected group.
    Unassigned,
    /// Deleted from the directory.
    Deleted,
}

impl Desired {
    /// Decides from one consistent read of the user and his groups. `None` is a user the directory does not have.
    pub fn of(record: Option<&UserRecord>, selection: &Selection) -> Self {
        let Some((record, user)) = record.and_then(|record| record.present().map(|user| (record, user)))
        else {
            return Self::Deleted;
        };
        match (selection.includes_any(&record.groups), user.status) {
            (false, _) => Self::Unassigned,
            (true, Status::Active) => Self::Active,
            (true, Status::Disabled) => Self::Suspended,
        }
    }

    /// The same of a group: it is provisioned, not provisioned, or no more in the directory.
    pub fn of_group(group: Option<&Group>, selection: &Selection) -> Self {
        match group.filter(|group| !group.deleting) {
            None => Self::Deleted,
            Some(group) if selection.provisions_group(&group.id) => Self::Active,
            Some(_) => Self::Unassigned,
        }
    }
}

impl fmt::Display for Desired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "in a selected group",
            Self::Suspended => "disabled in the directory",
            Self::Unassigned => "in no selected group",
            Self::Deleted => "deleted from the directory",
        })
    }
}
