//! The four tables: what they are called, how they are keyed and indexed, and which items they hold.

mod create;
pub mod definition;
pub mod item;
pub mod keys;

pub use create::create;

/// The names of the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNames {
    /// Users, groups, memberships.
    pub directory: String,
    /// Applications, links, pushed memberships, jobs.
    pub provisioning: String,
    /// The activity log.
    pub activity: String,
    /// Files under import.
    pub imports: String,
}

impl TableNames {
    /// `rollcall-directory` and so on, for the prefix `rollcall`.
    pub fn with_prefix(prefix: &str) -> Self {
        let named = |name: &str| format!("{prefix}-{name}");
        Self {
            directory: named("directory"),
            provisioning: named("provisioning"),
            activity: named("activity"),
            imports: named("imports"),
        }
    }
}

impl Default for TableNames {
    fn default() -> Self {
        Self::with_prefix("rollcall")
    }
}
