//! Every operation in every dialect, by the heading of its example.

mod groups;
mod refusals;

use std::collections::BTreeSet;

use catalog::{
    ContentType, Discovery, GroupUpdate, MatchAttribute, MemberAdd, MemberRemove, OperationNames, Paging,
    UserUpdate,
};
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
    Discover,
}

/// One example.
pub struct Case {
    pub name: &'static str,
    pub capabilities: Capabilities,
    pub act: Act,
    /// Method, start of the path, status and body of answers that are given once in place of the usual ones.
    pub instead: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

fn id(id: &str) -> RemoteId {
    RemoteId::new(id).expect("an id")
}

fn ids(all: &[&str]) -> BTreeSet<RemoteId> {
    all.iter().copied().map(id).collect()
}

fn change(attribute: &str, old: Value, new: Value) -> Vec<Change> {
    vec![of(attribute, Some(old), Some(new))]
}

fn of(attribute: &str, old: Option<Value>, new: Option<Value>) -> Change {
    Change { attribute: attribute.parse().expect("a path"), old, new }
}

const EMAIL: &str = "emails[type eq \"work\"].value";
const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
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
    let stay = Some(ids(&[]));
    Act::Write(Write::Update { kind, remote_id, changes, add: ids(add), remove: ids(remove), stay })
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
    let case = |name, capabilities, act| Case { name, capabilities, act, instead: &[] };
    let met = |name, act, instead| Case { name, capabilities: usual(), act, instead };
    let known = [
        ("userName", Value::from("ada")),
        ("active", Value::Boolean(true)),
        ("name.givenName", "Ada".into()),
        (EMAIL, "ada@example.org".into()),
        (DEPARTMENT, "Engines".into()),
    ];
    let several = || {
        vec![
            of("title", Some("Engineer".into()), Some("Director".into())),
            of("nickName", None, Some("Countess".into())),
            of("displayName", Some("Ada".into()), None),
            of(EMAIL, Some("a@example.org".into()), Some("ada@example.org".into())),
            of(DEPARTMENT, Some("Engines".into()), Some("Looms".into())),
        ]
    };
    let cleared = || {
        let email = Some("ada@example.org".into());
        vec![
            of("title", Some("Engineer".into()), None),
            of(EMAIL, email, None),
            of(DEPARTMENT, Some("Engines".into()), None),
        ]
    };
    let returned = || {
        let mut returned = change("active", Value::Boolean(false), Value::Boolean(true));
        returned.push(of("title", Some("Engineer".into()), Some("Director".into())));
        returned
    };
    let new_email = || vec![of(EMAIL, None, Some("ada@example.org".into()))];
    let same_email = || change(EMAIL, "a@example.org".into(), "ada@example.org".into());
    let user = |changes| update(Kind::User, changes, &[], &[]);
    let find = |kind, key| Act::Find(kind, key);
    let delete_group = Act::Write(Write::Delete { kind: Kind::Group, remote_id: id("9") });
    let plural = Capabilities { discovery: Discovery::PluralConfig, ..usual() };
    let skip = Capabilities { discovery: Discovery::Skip, ..usual() };
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
    let capitals = Capabilities { operation_names: OperationNames::Capitalised, ..usual() };
    let by_id_only = Capabilities { match_attributes: vec![MatchAttribute::Id], ..usual() };
    let small_pages = Capabilities { page_size: 50, ..usual() };
    vec![
        case("write verbs with capitals", capitals, user(several())),
        case("change several attributes by PUT", put.clone(), user(several())),
        case("clear attributes by PATCH without paths", object.clone(), user(cleared())),
        case("look a user up by what no filter asks for", by_id_only, by_name()),
        case("keep a size of pages", small_pages, Act::List(Kind::User)),
        case("create a user", usual(), create(Kind::User, "e-7", &ada, &[])),
        case("change a user by PATCH with paths", usual(), title()),
        case("change a user by PATCH without paths", object.clone(), title()),
        case("change a user by PUT", put.clone(), title()),
        case("create a user with all that is mapped", usual(), create(Kind::User, "e-7", &known, &[])),
        case("change several attributes by PATCH with paths", usual(), user(several())),
        case("change several attributes by PATCH without paths", object.clone(), user(several())),
        case("clear attributes by PATCH", usual(), user(cleared())),
        case("clear attributes by PUT", put.clone(), user(cleared())),
        case("add an address", usual(), user(new_email())),
        case("rename a user", usual(), user(change("userName", "ada".into(), "lovelace".into()))),
        case("reactivate a user with what changed meanwhile", usual(), user(returned())),
        case("deactivate a user by PATCH without paths", object, user(active())),
        case("deactivate a user by PUT", put.clone(), user(active())),
        Case {
            instead: &[(
                "GET",
                "/Users/7",
                "200 OK",
                r#"{"id": "7", "userName": "ada", "meta": {"version": "W/\"3\""}}"#,
            )],
            ..case("change a user of a known version by PUT", put, title())
        },
        met("be told that there is no PATCH", title(), &[("PATCH", "/Users/7", "501 Not Implemented", "")]),
        met(
            "be told that nothing is there to be replaced",
            user(same_email()),
            &[("PATCH", "/Users/7", "400 Bad Request", r#"{"scimType": "noTarget"}"#)],
        ),
        met(
            "be told that the media type is not known",
            title(),
            &[("PATCH", "/Users/7", "415 Unsupported Media Type", "")],
        ),
        met(
            "create a user and be shown no id",
            create(Kind::User, "e-7", &ada, &[]),
            &[("POST", "/Users", "201 Created", "")],
        ),
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
        case("change a group by PUT", group_put.clone(), moved(&[], &["7"])),
        case("rename a group by PUT", group_put, update(Kind::Group, named(), &[], &[])),
        case("create a group without members", usual(), create(Kind::Group, "e-9", &crew, &[])),
        met(
            "create a group at a target that ignores members",
            create(Kind::Group, "e-9", &crew, &["7"]),
            &[("POST", "/Groups", "201 Created", r#"{"id": "9", "displayName": "Crew"}"#)],
        ),
        met(
            "be told that a member is not removed by filter",
            moved(&[], &["7"]),
            &[("PATCH", "/Groups/9", "501 Not Implemented", "")],
        ),
        case("delete a group", usual(), delete_group),
        case("keep a limit of operations", one_by_one, moved(&[], &["7", "8"])),
        case("look a user up by name", usual(), by_name()),
        case("look a user up by externalId", usual(), find(Kind::User, MatchKey::ExternalId("e-7".into()))),
        case(
            "look a user up by e-mail",
            usual(),
            find(Kind::User, MatchKey::Email("ada@example.org".into())),
        ),
        case("look a group up by name", usual(), find(Kind::Group, MatchKey::Name("Crew".into()))),
        case("look a group up by externalId", usual(), find(Kind::Group, MatchKey::ExternalId("e-9".into()))),
        case("look a user up by cursor", cursor.clone(), by_name()),
        case("look a user up without a filter", Capabilities { filter: false, ..usual() }, by_name()),
        case("list users by index", usual(), Act::List(Kind::User)),
        case("list groups by index", usual(), Act::List(Kind::Group)),
        case("list users by cursor", cursor.clone(), Act::List(Kind::User)),
        case("list groups by cursor", cursor, Act::List(Kind::Group)),
        case("list users without pages", no_pages.clone(), Act::List(Kind::User)),
        case("list groups without pages", no_pages, Act::List(Kind::Group)),
        met(
            "be given a cursor that was not asked for",
            Act::List(Kind::User),
            &[(
                "GET",
                "/Users?startIndex=1",
                "200 OK",
                r#"{"Resources": [{"id": "7"}], "nextCursor": "two"}"#,
            )],
        ),
        case(
            "list groups whole",
            Capabilities { excludes_attributes: false, ..usual() },
            Act::List(Kind::Group),
        ),
        case("read a user", usual(), Act::Get(Kind::User, id("7"))),
        case("read a group", usual(), Act::Get(Kind::Group, id("9"))),
        case("try the connection", usual(), Act::Control),
        case("discover what a target can do", usual(), Act::Discover),
        case("discover where the configuration is in the plural", plural, Act::Discover),
        case("discover nothing", skip, Act::Discover),
    ]
    .into_iter()
    .chain(groups::all())
    .chain(refusals::all())
    .collect()
}
