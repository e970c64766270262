//! Whose account is whose: what is done about accounts that were at a target before us (DESIGN section 7, second table).

use serde::{Deserialize, Serialize};

/// What is done about an account that bears a user's name, or another key, and no externalId.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Adopt {
    /// It is his: it is linked, and what differs is sent.
    #[default]
    Automatic,
    /// A person says whose it is, user by user.
    Ask,
    /// It is never his.
    Never,
}

/// What is done about an account that is to be adopted and was turned off, not by us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReactivateAdopted {
    /// A person decides, user by user: it may have been turned off for a reason.
    #[default]
    Ask,
    /// It is turned on.
    Yes,
    /// It stays off, and is not linked.
    No,
}
