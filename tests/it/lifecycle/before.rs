//! What was at the target before us, and what is there of ours.

use std::collections::BTreeSet;

use provisioning::target::Kind;
use scim::Resource;
use serde_json::{Value, json};
use testkit::Ids;

use super::course::{GROUPS, NOT_GIVEN};
use super::expected::{Account, Person, Shown, Story};
use super::mapping::{EMAIL, HOME, department_path};
use crate::world::World;

/// Strangers' accounts and groups are called so.
const STRANGE: &str = "zz";
/// The last people of the company have accounts already, which nobody else keeps.
const THERE: usize = 3;

/// Accounts and groups that somebody else made.
pub struct Strangers {
    accounts: Vec<Value>,
    groups: Vec<Value>,
    made_groups: bool,
}

impl Strangers {
    /// Puts them there: a dozen accounts and two groups that are nobody's here; accounts that bear the names of three of the people;
    /// a group that bears the name of one of ours, with a stranger in it. Where groups cannot be made, all of ours are there but one.
    pub fn settle(world: &World, people: &[Person], fixed: bool) -> Self {
        let (target, quirks) = (&world.stand_in, world.stand_in.quirks());
        let account = |name: &str, title: &str, email: &str| {
            json!({"schemas": [scim::USER_SCHEMA], "userName": name, "title": title, "active": true,
                "displayName": "Given Family",
                "name": {"givenName": "Given", "familyName": "Family", "formatted": "Given Family"},
                "emails": [{"type": "work", "primary": true, "value": email}]})
        };
        let mut ids = Vec::new();
        for number in 0..12 {
            let name = format!("{STRANGE}{number:02}@example.org");
            let mut stranger = account(&name, "Stranger", &name);
            if quirks.ids == Ids::ExternalIds {
                stranger["externalId"] = name.clone().into();
            }
            ids.push(target.seed(Kind::User, &stranger).unwrap());
        }
        // An account that cannot be changed has what it should have.
        let of_ours = |person: &Person, title: &str| {
            let title = if fixed { person.title.as_str() } else { title };
            let mut account = account(&person.name, title, &person.email);
            if let Some(department) = person.department.as_ref().filter(|_| fixed) {
                let (schema, name) = department_path(quirks).rsplit_once(':').unwrap();
                account[schema] = json!({ name: department });
            }
            account
        };
        // Where the externalId is the id, an account without one cannot be.
        if quirks.ids != Ids::ExternalIds {
            for person in people.iter().rev().take(THERE) {
                target.seed(Kind::User, &of_ours(person, "Old")).unwrap();
            }
        }
        if quirks.protects_owner {
            for owner in people.iter().filter(|person| person.owner) {
                let mut account = of_ours(owner, "Owner");
                account["userType"] = "owner".into();
                target.seed(Kind::User, &account).unwrap();
            }
        }
        if !quirks.no_groups {
            let ours = GROUPS.map(|id| format!("The {id}"));
            let is_given = |name: &String| quirks.groups_are_given && *name != format!("The {NOT_GIVEN}");
            // A group that no filter finds is found by a sweep's list alone: that is a story of its own.
            let found = |name: &&String| *name == "The sales" && !quirks.group_filter_finds_nothing;
            let ours = ours.iter().filter(|name| is_given(name) || found(name));
            let strange = [format!("{STRANGE} one"), format!("{STRANGE} two")];
            let mut nested = Vec::new();
            for name in strange.iter().chain(ours) {
                let mut members = vec![json!({ "value": ids[0] })];
                members.append(&mut nested);
                let group = json!({"schemas": [scim::GROUP_SCHEMA], "displayName": name, "members": members});
                let id = target.seed(Kind::Group, &group).unwrap();
                // Each is a member of the next.
                nested.extend(Some(json!({ "value": id })).filter(|_| quirks.nests_groups));
            }
        }
        let (accounts, groups) = strangers(world);
        Self { accounts, groups, made_groups: quirks.groups_are_given }
    }

    /// Whether all groups were there before us.
    pub fn made_groups(&self) -> bool {
        self.made_groups
    }

    /// None of them was touched, and the stranger is in the group that we adopted.
    pub fn are_untouched(&self, world: &World) {
        assert_eq!(strangers(world), (self.accounts.clone(), self.groups.clone()));
        let target = &world.stand_in;
        if !target.quirks().no_groups && !target.quirks().group_filter_finds_nothing {
            let members = target.members_of("The sales");
            assert!(members.iter().any(|name| name.starts_with(STRANGE)), "{members:?}");
            let sales = target.group("The sales").map(Resource::into_json).unwrap();
            let nested =
                sales["members"].as_array().unwrap().iter().filter(|member| member["type"] == "Group");
            assert_eq!(nested.count(), usize::from(target.quirks().nests_groups), "{sales}");
        }
    }
}

/// What nobody here knows of.
fn strangers(world: &World) -> (Vec<Value>, Vec<Value>) {
    let strange = |resources: Vec<Resource>, name: &str| {
        let strange = resources.into_iter().filter(|found| is_strange(found.text(name).unwrap_or_default()));
        strange.map(Resource::into_json).collect()
    };
    (strange(world.stand_in.users(), "userName"), strange(world.stand_in.groups(), "displayName"))
}

fn is_strange(name: &str) -> bool {
    name.starts_with(STRANGE)
}

/// What the target's own store holds of ours, whatever it shows of it: who may sign in, and the members that are.
pub fn shown(world: &World, story: &Story) -> Shown {
    let (target, quirks) = (&world.stand_in, world.stand_in.quirks());
    let read = |user: &Resource, path: &str| {
        user.read(&path.parse().unwrap()).and_then(Value::as_str).map(str::to_owned)
    };
    let account = |user: &Resource| Account {
        title: user.text("title").unwrap_or_default().to_owned(),
        email: read(user, EMAIL).filter(|_| !quirks.keeps_emails),
        home: read(user, HOME).filter(|_| !quirks.keeps_emails),
        department: read(user, department_path(quirks)),
        first_name: read(user, "name.givenName").unwrap_or_default(),
        display_name: read(user, "displayName").filter(|_| !quirks.locks_display_names),
    };
    let users = target.users();
    let ours = |name: &&str| !is_strange(name);
    let active: Vec<_> = users
        .iter()
        .filter(|user| user.active() != Some(false))
        .filter_map(|user| Some((user.text("userName").filter(ours)?.to_owned(), account(user))))
        .collect();
    let names: BTreeSet<_> = active.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names.len(), active.len(), "two accounts of one name");
    let groups = target.groups();
    let groups: Vec<_> = groups.iter().filter_map(|group| group.text("displayName").filter(ours)).collect();
    let distinct: BTreeSet<_> = groups.iter().collect();
    assert_eq!(distinct.len(), groups.len(), "two groups of one name: {groups:?}");
    let members = |name: &&str| {
        // Who is suspended cannot sign in, and keeps his memberships until he is back. A leaver has none.
        let mut members = target.members_of(name);
        members.retain(|member| !is_strange(member) && !story.is_suspended(member));
        ((*name).to_owned(), members)
    };
    Shown { groups: groups.iter().map(members).collect(), active: active.into_iter().collect() }
}
