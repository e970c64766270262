//! What becomes of an account that should no longer be used, as far as the target can do it: what a profile says that
//! `active: false` and DELETE come to there.

use catalog::{Deactivation, Deletion, Profile};

use super::{Application, Configured, Departure, DeselectedGroup, Policy};
use crate::desired::Desired;
use crate::link::{Link, Origin, RemovalKind};

impl Policy {
    /// The policy of an application until an administrator sets one: a disabled user may be back tomorrow, so his account is
    /// left where turning it off would remove it.
    pub fn of_profile(profile: Option<&Profile>) -> Self {
        let on_disable = if deactivation_removes(profile) { Departure::Leave } else { Departure::Deactivate };
        Self { on_disable, ..Self::default() }
    }

    /// The policies that delete accounts, by their names.
    pub fn deleting(&self) -> Vec<&'static str> {
        let named = [("on_unassign", self.on_unassign), ("on_delete", self.on_delete)];
        named.into_iter().filter(|(_, what)| *what == Departure::Delete).map(|(name, _)| name).collect()
    }

    /// What an administrator should know of these policies at a target of this profile.
    pub fn warnings(&self, profile: Option<&Profile>) -> Vec<String> {
        let mut warnings = Vec::new();
        let removes = deactivation_removes(profile);
        let named = [
            ("on_disable", self.on_disable),
            ("on_unassign", self.on_unassign),
            ("on_delete", self.on_delete),
        ];
        for (name, _) in named.into_iter().filter(|(_, what)| removes && *what == Departure::Deactivate) {
            warnings.push(format!(
                "{name} is deactivate, and this target removes an account that is deactivated: who comes back gets a new one"
            ));
        }
        if removes && self.on_disable == Departure::Leave {
            warnings.push(
                "on_disable is leave, since this target removes an account that is deactivated: a disabled user keeps what his \
                 account gives him until he is unassigned or deleted, or on_disable is set to deactivate"
                    .into(),
            );
        }
        for name in self.deleting() {
            match deletion(profile) {
                Some(Deletion::Irreversible) => warnings.push(format!(
                    "{name} is delete, and at this target a deletion cannot be undone: the same account can never be made again"
                )),
                Some(Deletion::Deactivates) => warnings.push(format!(
                    "{name} is delete, and this target only turns off what is deleted: its accounts are deactivated"
                )),
                Some(Deletion::Refused) => warnings.push(format!(
                    "{name} is delete, and this target deletes no account: its accounts are deactivated"
                )),
                Some(Deletion::Removes) | None => {}
            }
        }
        warnings
    }
}

impl Application {
    /// What the catalog knows of its target.
    pub fn profile(&self) -> Option<&'static Profile> {
        catalog::profile(&self.catalog_key)
    }

    /// Whether its target refuses to delete accounts.
    pub fn refuses_deletion(&self) -> bool {
        deletion(self.profile()) == Some(Deletion::Refused)
    }

    /// Whether its target removes an account that is deactivated.
    pub fn deactivation_removes(&self) -> bool {
        deactivation_removes(self.profile())
    }
}

impl Configured {
    /// What is done to the account of somebody so desired. A suspension never deletes, and where DELETE deletes nothing the
    /// account is deactivated: nobody keeps access because a target cannot do what was asked for.
    pub fn departure(&self, desired: Desired) -> Departure {
        let policy = &self.application.policy;
        let (departure, may_delete) = match desired {
            Desired::Active => (Departure::Leave, false),
            Desired::Suspended => (policy.on_disable, false),
            Desired::Unassigned => (policy.on_unassign, true),
            Desired::Deleted => (policy.on_delete, true),
        };
        let deletes =
            !matches!(deletion(self.application.profile()), Some(Deletion::Deactivates | Deletion::Refused));
        match departure {
            Departure::Delete if !(may_delete && deletes) => Departure::Deactivate,
            departure => departure,
        }
    }

    /// What the account of somebody so desired loses, for whom the fuse is asked. A target that removes what is turned off deletes.
    pub fn removal_kind(&self, desired: Desired) -> RemovalKind {
        match self.departure(desired) {
            Departure::Delete => RemovalKind::Deletion,
            Departure::Deactivate if self.application.deactivation_removes() => RemovalKind::Deletion,
            Departure::Deactivate | Departure::Leave => RemovalKind::Removal,
        }
    }

    /// What a group loses that is wanted no more: one that was there before us is emptied, never deleted.
    pub fn group_removal_kind(&self, link: &Link) -> RemovalKind {
        match self.application.policy.on_deselect {
            DeselectedGroup::Delete if link.origin != Some(Origin::Adopted) => RemovalKind::Deletion,
            _ => RemovalKind::Removal,
        }
    }
}

fn deletion(profile: Option<&Profile>) -> Option<Deletion> {
    profile?.deletion.as_ref().map(|known| known.value)
}

fn deactivation_removes(profile: Option<&Profile>) -> bool {
    let known = profile.and_then(|profile| profile.deactivation.as_ref());
    known.is_some_and(|known| known.value == Deactivation::Removes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::configured;

    fn at(catalog_key: &str, departure: Departure) -> Configured {
        let mut configured = configured();
        configured.application.catalog_key = catalog_key.into();
        configured.application.policy = Policy {
            on_disable: departure,
            on_unassign: departure,
            on_delete: departure,
            ..Policy::default()
        };
        configured
    }

    #[test]
    fn a_disabled_user_keeps_his_account_where_deactivation_removes_it() {
        for (key, departure) in [
            ("sentry", Departure::Leave),
            ("gitlab-group", Departure::Leave),
            ("smartsheet", Departure::Leave),
            ("slack", Departure::Deactivate),
            ("generic-saml", Departure::Deactivate),
        ] {
            assert_eq!(Policy::of_profile(catalog::profile(key)).on_disable, departure, "{key}");
        }
    }

    #[test]
    fn where_a_deletion_deletes_nothing_the_account_is_deactivated() {
        for (key, departure) in [
            ("asana", Departure::Deactivate),
            ("salesforce", Departure::Deactivate),
            ("github-emu", Departure::Delete),
            ("generic-saml", Departure::Delete),
        ] {
            let configured = at(key, Departure::Delete);
            assert_eq!(configured.departure(Desired::Deleted), departure, "{key}");
            assert_eq!(configured.departure(Desired::Unassigned), departure, "{key}");
            assert_eq!(configured.departure(Desired::Suspended), Departure::Deactivate, "{key}");
        }
    }

    #[test]
    fn what_cannot_be_undone_is_warned_of() {
        let warnings = |key, departure| {
            let at = at(key, departure);
            at.application.policy.warnings(at.application.profile())
        };
        assert_eq!(warnings("sentry", Departure::Deactivate).len(), 3);
        assert!(warnings("sentry", Departure::Leave)[0].contains("keeps what his account gives him"));
        assert_eq!(warnings("github-emu", Departure::Delete).len(), 2);
        assert!(warnings("webex", Departure::Delete)[0].contains("cannot be undone"));
        for (key, departure) in [
            ("github-emu", Departure::Deactivate),
            ("generic-saml", Departure::Delete),
            ("generic-saml", Departure::Deactivate),
        ] {
            assert_eq!(warnings(key, departure), Vec::<String>::new(), "{key} {departure:?}");
        }
    }
}
