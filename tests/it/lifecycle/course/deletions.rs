//! The end: deletions.

use provisioning::application::{Departure, DeselectedGroup, Policy};
use provisioning::target::Kind;
use testkit::Deletion;

use super::{Course, id, policy};

impl Course {
    /// From now on who is wanted no more is deleted, and a group that is wanted no more too.
    pub(super) async fn delete_for_good(&mut self) {
        let known = catalog::profile(self.catalog_key)
            .and_then(|profile| profile.deletion.as_ref())
            .map(|known| known.value);
        // Where nothing can be deleted, that is refused when it is asked for.
        let gone = match known {
            Some(catalog::Deletion::Refused) => Departure::Deactivate,
            _ => Departure::Delete,
        };
        let cannot = matches!(known, Some(catalog::Deletion::Refused | catalog::Deletion::Deactivates));
        let stays = cannot || matches!(self.quirks().deletion, Deletion::Unsupported | Deletion::Deactivates);
        let on_deselect = DeselectedGroup::Delete;
        let deleting = Policy { on_unassign: gone, on_delete: gone, on_deselect, ..policy() };
        self.world.set_policy(deleting).await;
        let erased = self.world.stand_in.user(&self.story.people[&id(18)].name).and_then(|user| user.id());
        assert!(self.world.stand_in.erase(Kind::User, &erased.unwrap()), "somebody was faster");
        let leavers: Vec<_> = [17, 18, 19].map(|number| self.story.people[&id(number)].name.clone()).into();
        for number in [17, 18] {
            self.world.delete(&id(number)).await;
            self.story.people.remove(&id(number));
        }
        self.alter(19, |person| person.groups.clear()).await;
        self.settle("deletions").await;
        let there = |name: &&String| self.world.stand_in.user(name).is_some();
        let kept: Vec<_> = leavers.iter().filter(there).collect();
        match stays {
            true => assert_eq!(kept.len(), 2, "they are off"),
            false => assert_eq!(kept, Vec::<&String>::new(), "they are deleted"),
        }
        // A name that is never free again is a story of its own. An account that is off and was deleted by us, as far as anybody
        // told us, is turned on by a person.
        let is_asked = self.quirks().deletion == Deletion::Deactivates && !cannot;
        if self.quirks().deletion != Deletion::ForGood && !is_asked {
            self.alter(19, |person| person.groups = ["ops"].into()).await;
            self.settle("a return from deletion").await;
        }
        let is_ours = !self.strangers.made_groups();
        self.deselect("design").await;
        let target = &self.world.stand_in;
        let can_delete = target.quirks().deletion != Deletion::Unsupported && !target.quirks().no_groups;
        if is_ours && can_delete {
            assert!(target.group("The design").is_none(), "it is deleted");
            self.story.groups.remove("design");
        }
    }
}
