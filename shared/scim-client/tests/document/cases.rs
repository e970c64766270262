//! Every operation in every dialect, by the heading of its example.

use std::collections::BTreeSet;

use catalog::{ContentType, GroupUpdate, MemberAdd, MemberRemove, Paging, UserUpdate};
use provisioning::ids::RemoteId;
use provisioning::target::{Capabilities, Change, Kind, MatchKey, Write};
use provisioning::value::{Attributes, Value};

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
const HOME: &str = "emails[type eq \"home\"].value";

/// What is asked of the client.
pub enum Act {
    Write(Write),
    Find(Kind, MatchKey),
    Get(Kind, RemoteId),
    List(Kind),
    Control,
}

/// One example.
pub struct Case {
    pub name: &'static str,
    pub capabilities: Capabilities,
    pub act: Act,
}

fn id(id: &str) -> RemoteId {
    RemoteId::new(id).expect("an id")
}

fn ids(all: &[&str]) -> BTreeSet<RemoteId> {
    all.iter().copied().map(id).collect()
}

fn change(attribute: &str, old: Value, new: Value) -> Vec<Change> {
    vec![Change { attribute: attribute.parse().expect("a path"), old: Some(old), new: Some(new) }]
}

/// A first value.
fn first(attribute: &str, new: &str) -> Vec<Change> {
    vec![Change { attribute: attribute.parse().expect("a path"), old: None, new: Some(new.into()) }]
}

/// A value that goes.
fn last(attribute: &str, old: &str) -> Vec<Change> {
    vec![Change { attribute: attribute.parse().expect("a path"), old: Some(old.into()), new: None }]
}

fn update(kind: Kind, changes: Vec<Change>, add: &[&str], remove: &[&str]) -> Act {
    let remote_id = id(if kind == Kind::User { "7" } else { "9" });
    Act::Write(Write::Update { kind, remote_id, changes, add: ids(add), remove: ids(remove) })
}

fn create(kind: Kind, external_id: &str, attributes: &[(&str, Value)], members: &[&str]) -> Act {
    let named = attributes.iter().map(|(path, value)| (path.parse().expect("a path"), value.clone()));
    let attributes: Attributes = named.collect();
    Act::Write(Write::Create { kind, external_id: external_id.into(), attributes, members: ids(members) })
}

/// All of them.
pub fn all() -> Vec<Case> {
    let usual = Capabilities::default;
    let title = || update(Kind::User, change("title", "Engineer".into(), "Director".into()), &[], &[]);
    let active = || change("active", Value::Boolean(true), Value::Boolean(false));
    let named = || change("displayName", "Crew".into(), "Team".into());
    let moved = |add: &[&str], remove: &[&str]| update(Kind::Group, Vec::new(), add, remove);
    let by_name = || Act::Find(Kind::User, MatchKey::Name("ada".into()));
    let ada = [("userName", Value::from("ada")), ("active", Value::Boolean(true))];
    let report = [("userName", Value::from("ada")), (MANAGER, Value::from("3"))];
    let crew = [("displayName", Value::from("Crew"))];
    let delete = Act::Write(Write::Delete { kind: Kind::User, remote_id: id("7") });
    let case = |name, capabilities, act| Case { name, capabilities, act };
    let object = Capabilities { user_update: UserUpdate::PatchObject, ..usual() };
    let put = Capabilities { user_update: UserUpdate::Put, ..usual() };
    let json = Capabilities { content_type: ContentType::Json, ..usual() };
    let nested = Capabilities { member_add: MemberAdd::Nested, ..usual() };
    let array = Capabilities { member_remove: MemberRemove::Array, ..usual() };
    let replace = Capabilities { member_remove: MemberRemove::Replace, ..usual() };
    let group_put = Capabilities { group_update: GroupUpdate::Put, ..usual() };
    let one_by_one = Capabilities { operations_per_request: 1, ..usual() };
    let cursor = Capabilities { paging: Paging::Cursor, ..usual() };
    let no_pages = Capabilities { paging: Paging::None, ..usual() };
    vec![
        case("create a user", usual(), create(Kind::User, "e-7", &ada, &[])),
        case("change a user by PATCH with paths", usual(), title()),
        case("change a user by PATCH without paths", object, title()),
        case("change a user by PUT", put, title()),
        case("create a user whose manager has an account", usual(), create(Kind::User, "e-7", &report, &[])),
        case("name a user's manager", usual(), update(Kind::User, first(MANAGER, "3"), &[], &[])),
        case("clear a user's manager", usual(), update(Kind::User, last(MANAGER, "3"), &[], &[])),
        case(
            "add an element of a list",
            usual(),
            update(Kind::User, first(HOME, "ada@home.example"), &[], &[]),
        ),
        case(
            "clear an element of a list",
            usual(),
            update(Kind::User, last(HOME, "ada@home.example"), &[], &[]),
        ),
        case("deactivate a user", usual(), update(Kind::User, active(), &[], &[])),
        case("delete a user", usual(), delete),
        case("send plain JSON", json, title()),
        case("create a group with its members", usual(), create(Kind::Group, "e-9", &crew, &["7"])),
        case("rename a group", usual(), update(Kind::Group, named(), &[], &[])),
        case("change the members of a group", usual(), moved(&["8"], &["7"])),
        case("add nested members", nested, moved(&["8"], &[])),
        case("remove members as an array", array, moved(&[], &["7"])),
        case("remove members by replacing all", replace, moved(&[], &["7"])),
        case("change a group by PUT", group_put, moved(&[], &["7"])),
        case("keep a limit of operations", one_by_one, moved(&[], &["7", "8"])),
        case("look a user up by name", usual(), by_name()),
        case("look a user up without a filter", Capabilities { filter: false, ..usual() }, by_name()),
        case("list users by index", usual(), Act::List(Kind::User)),
        case("list groups by index", usual(), Act::List(Kind::Group)),
        case("list users by cursor", cursor, Act::List(Kind::User)),
        case("list users without pages", no_pages, Act::List(Kind::User)),
        case(
            "list groups whole",
            Capabilities { excludes_attributes: false, ..usual() },
            Act::List(Kind::Group),
        ),
        case("read a user", usual(), Act::Get(Kind::User, id("7"))),
        case("try the connection", usual(), Act::Control),
    ]
}
