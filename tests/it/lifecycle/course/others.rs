//! What is done at the target by others, and what the target refuses until it is otherwise.

use provisioning::target::Kind;
use serde_json::json;
use testkit::Conflict;

use super::super::expected::Person;
use super::super::mapping;
use super::{Course, NOT_GIVEN, USERS, id};

impl Course {
    /// Whom the target refused comes once he is as it takes him.
    pub(super) async fn mend_who_is_refused(&mut self) {
        let quirks = self.quirks();
        for number in 0..USERS {
            if self.story.people[&id(number)].is_refused(quirks) {
                self.alter(number, |person| {
                    (person.name, person.home) = (format!("p{number:02}@example.org"), None);
                    person.family_name = Some("Family".into());
                    person.display_name = "Given Family";
                    if quirks.known_values.is_some() {
                        person.department = Some("Department 1".into());
                    }
                })
                .await;
            }
        }
        // Who is to have a name that is taken keeps his own, and so does a group.
        let clashes = quirks.conflict != Conflict::default();
        if clashes {
            let person = Person { name: "zz00@example.org".into(), ..self.story.people[&id(24)].clone() };
            let groups: Vec<_> = person.groups.iter().copied().collect();
            self.world.write_user(&id(24), &groups, |user| person.write(user)).await;
        }
        if let Some(prefix) = quirks.refused_group_prefix {
            self.world.group("legal", &format!("{prefix} lawyers")).await;
        } else if quirks.group_names_by_slug {
            self.world.group("legal", "the SALES!").await;
        }
        if quirks.groups_are_given {
            self.is_given_a_group(NOT_GIVEN).await;
        }
        self.settle("who was refused is mended").await;
        if clashes {
            self.alter(24, |_| {}).await;
        }
    }

    /// A group that we could not make is made by somebody else, and found by the next sweep.
    async fn is_given_a_group(&mut self, group: &'static str) {
        let name = format!("The {group}");
        let made = json!({"schemas": [scim::GROUP_SCHEMA], "displayName": name});
        self.world.stand_in.seed(Kind::Group, &made).unwrap();
        self.world.setup.start_sweep(&self.world.application, true, None).await.unwrap();
        self.story.groups.insert(group, name);
    }

    /// Both addresses change, and the second is not there any more: half of that is refused.
    pub(super) async fn half_a_change(&mut self, number: usize) {
        let account =
            self.world.stand_in.user(&self.story.people[&id(number)].name).and_then(|user| user.id());
        let gone = json!([{"op": "remove", "path": mapping::WORK}]);
        assert!(self.world.stand_in.alter(Kind::User, &account.unwrap(), &gone));
        self.alter(number, |person| person.home = Some("moved@example.com".into())).await;
    }

    pub(super) fn taken_out_by_somebody_else(&self, number: usize, group: &str) {
        let (target, name) = (&self.world.stand_in, &self.story.people[&id(number)].name);
        let (Some(group), Some(user)) = (target.group(group), target.user(name)) else { return };
        let path = format!("members[value eq \"{}\"]", user.id().unwrap());
        let removal = json!([{"op": "remove", "path": path}]);
        assert!(target.alter(Kind::Group, &group.id().unwrap(), &removal));
    }

    /// So many join a group and leave it that one request does not take them.
    pub(super) async fn come_and_go_in_a_crowd(&mut self, group: &'static str) {
        let before = self.story.people.clone();
        for number in 0..USERS {
            self.alter(number, |person| _ = person.groups.insert(group)).await;
        }
        self.settle("a crowd comes").await;
        for (id, person) in before {
            self.put(&id, person).await;
        }
        self.settle("a crowd goes").await;
    }
}
