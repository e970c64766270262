//! How much a plan does, for people.

use std::fmt;

use super::ImportPlan;

/// The sizes of a plan's parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportCounts {
    /// Groups created.
    pub groups_created: u64,
    /// Groups renamed, or given an id of the source.
    pub groups_changed: u64,
    /// Users created.
    pub users_created: u64,
    /// Users whose attributes change, or who are enabled again.
    pub users_changed: u64,
    /// Memberships added.
    pub memberships_added: u64,
    /// Memberships removed.
    pub memberships_removed: u64,
    /// Users disabled.
    pub users_disabled: u64,
    /// Users deleted.
    pub users_deleted: u64,
    /// Groups deleted.
    pub groups_deleted: u64,
}

impl ImportCounts {
    pub(super) fn of(plan: &ImportPlan) -> Self {
        let mut counts = Self {
            users_deleted: plan.deleted_users.len() as u64,
            groups_deleted: plan.deleted_groups.len() as u64,
            ..Self::default()
        };
        for write in plan.groups.iter().flatten() {
            match write.old {
                None => counts.groups_created += 1,
                Some(_) => counts.groups_changed += 1,
            }
        }
        for write in plan.users.iter().flatten() {
            match &write.old {
                None => counts.users_created += 1,
                Some(old) if *old != write.new => counts.users_changed += 1,
                Some(_) => {}
            }
            counts.memberships_added += write.join.len() as u64;
        }
        for write in &plan.departures {
            let disabled = write.old.as_ref().is_some_and(|old| old.status != write.new.status);
            counts.users_disabled += u64::from(disabled);
            counts.memberships_removed += write.leave.len() as u64;
        }
        counts
    }
}

impl ImportCounts {
    /// What is left of them where the removals are held.
    pub fn additions(self) -> Self {
        Self { memberships_removed: 0, users_disabled: 0, users_deleted: 0, groups_deleted: 0, ..self }
    }
}

impl std::ops::AddAssign for ImportCounts {
    fn add_assign(&mut self, other: Self) {
        self.groups_created += other.groups_created;
        self.groups_changed += other.groups_changed;
        self.users_created += other.users_created;
        self.users_changed += other.users_changed;
        self.memberships_added += other.memberships_added;
        self.memberships_removed += other.memberships_removed;
        self.users_disabled += other.users_disabled;
        self.users_deleted += other.users_deleted;
        self.groups_deleted += other.groups_deleted;
    }
}

impl fmt::Display for ImportCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.users_created, "user created", "users created"),
            (self.users_changed, "user changed", "users changed"),
            (self.users_disabled, "user disabled", "users disabled"),
            (self.users_deleted, "user deleted", "users deleted"),
            (self.groups_created, "group created", "groups created"),
            (self.groups_changed, "group changed", "groups changed"),
            (self.groups_deleted, "group deleted", "groups deleted"),
            (self.memberships_added, "membership added", "memberships added"),
            (self.memberships_removed, "membership removed", "memberships removed"),
        ];
        let told = parts.iter().filter(|(count, ..)| *count > 0);
        let told: Vec<_> =
            told.map(|(n, one, many)| format!("{n} {}", if *n == 1 { one } else { many })).collect();
        if told.is_empty() { f.write_str("nothing to change") } else { f.write_str(&told.join(", ")) }
    }
}
