//! What our client needs of a SCIM target, as one contract: the stand-in passes it, and so do servers that we did not write. Where
//! they differ a [`Dialect`] says how.

use std::collections::BTreeSet;
use std::sync::Arc;

use catalog::{Settings, UserUpdate};
use provisioning::application::{Connection, SecretName};
use provisioning::ids::RemoteId;
use provisioning::ports::{Connector, Target};
use provisioning::target::{Capabilities, Change, Found, Kind, MatchKey, TargetError, Write};
use provisioning::value::Value;
use scim::AttributePath;
use scim_client::{AddressPolicy, HttpConnector};
use secrecy::SecretString;
use serde_json::json;
use testkit::{StandIn, StandInConfig};
use url::Url;

use crate::servers::{Product, start};

mod forms;
mod quirks;
mod surprises;

const WORK_EMAIL: &str = "emails[type eq \"work\"].value";
const WORK_PHONE: &str = "phoneNumbers[type eq \"work\"].value";
const HOME_EMAIL: &str = "emails[type eq \"home\"].value";
const MOBILE: &str = "phoneNumbers[type eq \"mobile\"].value";
const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

/// In what targets differ without breaking the contract.
#[derive(Debug, Clone, Copy)]
struct Dialect {
    /// `userName eq` ignores case, as RFC 7643 section 4.1.1 has it. Where it does not, an account whose name differs in case
    /// only is found by a listing, or by the 409 its creation meets, but not by a look-up.
    name_filter_ignores_case: bool,
    /// Of two names that differ in case only, one can be taken.
    names_differ_without_case: bool,
    /// How it says, or does not say, that users are changed.
    user_update: UserUpdate,
    /// It does not say that it takes no filter.
    filter: bool,
    /// It shows its `/Schemas`.
    shows_schemas: bool,
    /// Members may be removed as an array.
    removes_as_array: bool,
    /// Attributes may be changed without a path.
    takes_objects: bool,
    /// It pages by cursor, whether it is asked to or not.
    pages_by_cursor: bool,
    /// A `replace` of a whole list replaces it (RFC 7644 section 3.5.2.3). SCIMMY adds to it.
    replaces_lists: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            name_filter_ignores_case: true,
            names_differ_without_case: true,
            user_update: UserUpdate::PatchPath,
            filter: true,
            shows_schemas: true,
            removes_as_array: true,
            takes_objects: true,
            pages_by_cursor: false,
            replaces_lists: true,
        }
    }
}

struct Subject {
    connector: HttpConnector,
    connection: Connection,
    token: SecretString,
    target: Arc<dyn Target>,
    dialect: Dialect,
}

impl Subject {
    /// A target, spoken to as its discovery documents say.
    async fn new(base_url: &Url, token: &SecretString, dialect: Dialect) -> Self {
        let connector = HttpConnector::new(AddressPolicy::AllowLocal);
        let secret = SecretName("unused".into());
        let mut connection = Connection {
            lifetime: provisioning::application::Lifetime::default(),
            base_url: base_url.clone(),
            secret,
            capabilities: Capabilities::default(),
        };
        let discovery = connector.discover(&connection, token).await.result.expect("connected");
        connection.capabilities = discovery.capabilities;
        let target = connector.open(&connection, token);
        Self { connector, connection, token: token.clone(), target, dialect }
    }

    /// The same target, spoken to as an administrator says.
    fn spoken_to(&self, overrides: Settings) -> Self {
        let capabilities = self.connection.capabilities.overridden(overrides);
        let connection = Connection { capabilities, ..self.connection.clone() };
        let target = self.connector.open(&connection, &self.token);
        let connector = HttpConnector::new(AddressPolicy::AllowLocal);
        Self { connector, connection, token: self.token.clone(), target, dialect: self.dialect }
    }

    /// What an account shows of an attribute.
    async fn shown(&self, found: &Found, attribute: &str) -> Option<serde_json::Value> {
        self.read(Kind::User, found).await.resource.read(&path(attribute)).cloned()
    }

    async fn create(&self, write: Write) -> Found {
        self.target.write(&write).await.result.expect("an accepted create").expect("what was made")
    }

    async fn change(&self, found: &Found, changes: &[(&str, Option<&str>, Option<&str>)]) {
        let changes = changes.iter().map(|(attribute, old, new)| Change {
            attribute: path(attribute),
            old: old.map(Value::from),
            new: new.map(Value::from),
        });
        self.update(Kind::User, found, changes.collect(), &[], &[]).await;
    }

    async fn update(
        &self,
        kind: Kind,
        found: &Found,
        changes: Vec<Change>,
        add: &[&Found],
        remove: &[&Found],
    ) {
        let write = Write::Update {
            kind,
            remote_id: found.remote_id.clone(),
            changes,
            add: ids(add),
            remove: ids(remove),
            stay: Some([].into()),
        };
        let exchange = self.target.write(&write).await;
        exchange.result.unwrap_or_else(|error| panic!("{write:?}: {error}; {:?}", exchange.requests));
    }

    async fn read(&self, kind: Kind, found: &Found) -> Found {
        self.target.get(kind, &found.remote_id).await.result.expect("the resource")
    }

    async fn find(&self, kind: Kind, key: MatchKey) -> Vec<RemoteId> {
        let found = self.target.find(kind, &key).await.result.expect("an answer");
        found.into_iter().map(|found| found.remote_id).collect()
    }

    async fn members(&self, group: &Found) -> BTreeSet<String> {
        let group = self.read(Kind::Group, group).await.resource;
        let members =
            group.read(&path("members")).and_then(|members| members.as_array()).cloned().unwrap_or_default();
        let id = |member: &serde_json::Value| match &member["value"] {
            serde_json::Value::String(id) => id.clone(),
            id => id.to_string(),
        };
        members.iter().map(id).collect()
    }
}

fn path(text: &str) -> AttributePath {
    text.parse().expect("a path")
}

fn ids(found: &[&Found]) -> BTreeSet<RemoteId> {
    found.iter().map(|found| found.remote_id.clone()).collect()
}

fn texts(found: &[&Found]) -> BTreeSet<String> {
    found.iter().map(|found| found.remote_id.to_string()).collect()
}

fn user(name: &str, attributes: &[(&str, &str)]) -> Write {
    let mut all: provisioning::value::Attributes =
        [(path("userName"), Value::from(name)), (path("active"), Value::Boolean(true))].into();
    all.extend(attributes.iter().map(|(attribute, value)| (path(attribute), Value::from(*value))));
    Write::Create {
        kind: Kind::User,
        external_id: format!("ext-{name}"),
        attributes: all,
        members: BTreeSet::new(),
    }
}

fn group(name: &str, members: &[&Found]) -> Write {
    let attributes = [(path("displayName"), Value::from(name))].into();
    Write::Create { kind: Kind::Group, external_id: format!("ext-{name}"), attributes, members: ids(members) }
}

/// Every case in turn, on one target.
async fn holds_for(subject: &Subject, token: &SecretString) {
    a_page_of_nothing_ends_the_list(subject).await;
    discovery_knows_what_it_takes(subject, token).await;
    every_kind_of_attribute_arrives(subject).await;
    an_account_is_found_by_external_id_and_by_name(subject).await;
    one_changed_attribute_leaves_the_others(subject).await;
    an_email_comes_changes_and_goes(subject).await;
    let objects = subject.dialect.takes_objects.then_some(UserUpdate::PatchObject);
    for user_update in [UserUpdate::PatchPath, UserUpdate::Put].into_iter().chain(objects) {
        let subject = subject.spoken_to(Settings { user_update: Some(user_update), ..Settings::default() });
        a_manager_is_named_changed_and_cleared(&subject).await;
        elements_of_one_list_are_told_apart_by_type(&subject).await;
        an_address_loses_its_parts_one_by_one(&subject).await;
        a_list_of_roles_comes_changes_and_goes(&subject).await;
    }
    an_account_is_turned_off_and_on(subject).await;
    a_group_is_made_with_its_members_and_renamed(subject).await;
    members_come_and_go(subject).await;
    surprises::hold_for(subject).await;
    forms::hold_for(subject).await;
    every_page_of_a_long_list_is_read_once(subject).await;
    what_is_missing_is_not_found(subject).await;
    a_name_that_is_taken_is_a_conflict(subject).await;
    a_wrong_token_is_unauthorized(subject).await;
    what_is_deleted_is_gone(subject).await;
}

async fn a_page_of_nothing_ends_the_list(subject: &Subject) {
    for kind in [Kind::User, Kind::Group] {
        let page = subject.target.list(kind, 1).await.result.expect("a page");
        assert_eq!((page.found.len(), page.next), (0, None));
    }
}

async fn discovery_knows_what_it_takes(subject: &Subject, token: &SecretString) {
    let discovery = subject.connector.discover(&subject.connection, token).await.result.expect("connected");
    let Capabilities { user_update, filter, groups, .. } = discovery.capabilities;
    let Dialect { user_update: said, filter: filters, shows_schemas, .. } = subject.dialect;
    assert_eq!((user_update, filter, groups, discovery.from_schemas), (said, filters, true, shows_schemas));
    for attribute in ["userName", "name.givenName", "title", WORK_EMAIL, WORK_PHONE, DEPARTMENT] {
        assert!(discovery.attributes.iter().any(|known| known.same_as(&path(attribute))), "{attribute}");
    }
    assert!(discovery.required.contains(&path("userName")));
    subject.target.control().await.result.expect("the control read");
}

async fn every_kind_of_attribute_arrives(subject: &Subject) {
    let attributes = [
        ("title", "Engineer"),
        ("name.givenName", "Ada"),
        ("name.familyName", "Lovelace"),
        (WORK_EMAIL, "ada@example.org"),
        (WORK_PHONE, "+49 731 1"),
        ("addresses[type eq \"work\"].locality", "Ulm"),
        (DEPARTMENT, "Engines"),
    ];
    let made = subject.create(user("ada.arrives", &attributes)).await;
    assert_eq!((made.external_id.as_deref(), made.active), (Some("ext-ada.arrives"), Some(true)));
    let shown = subject.read(Kind::User, &made).await;
    assert_eq!((shown.name.as_str(), shown.active), ("ada.arrives", Some(true)));
    for (attribute, value) in attributes {
        assert_eq!(shown.resource.read(&path(attribute)), Some(&json!(value)), "{attribute}");
    }
}

async fn an_account_is_found_by_external_id_and_by_name(subject: &Subject) {
    let made = subject.create(user("Ada.Found", &[])).await;
    // A quote in a filter must be escaped, which not every server reads; it is found all the same.
    let quoted = subject.create(user("Ada.\"Found\"", &[])).await;
    let of = |key| subject.find(Kind::User, key);
    for (name, found) in [("Ada.Found", &made), ("Ada.\"Found\"", &quoted)] {
        let only = [found.remote_id.clone()];
        assert_eq!(of(MatchKey::ExternalId(format!("ext-{name}"))).await, only);
        assert_eq!(of(MatchKey::Name(name.into())).await, only);
    }
    let in_other_case = of(MatchKey::Name("ADA.found".into())).await;
    // Where no filter is used, what is compared is compared by us.
    let is_found = subject.dialect.name_filter_ignores_case || !subject.connection.capabilities.filter;
    let expected = if is_found { vec![made.remote_id] } else { Vec::new() };
    assert_eq!(in_other_case, expected);
    assert!(of(MatchKey::ExternalId("ext-nobody".into())).await.is_empty());
    assert!(of(MatchKey::Name("ada.foun".into())).await.is_empty());
    let crew = subject.create(group("Found Crew", &[])).await;
    for key in [MatchKey::Name("Found Crew".into()), MatchKey::ExternalId("ext-Found Crew".into())] {
        assert_eq!(subject.find(Kind::Group, key).await, std::slice::from_ref(&crew.remote_id));
    }
}

async fn one_changed_attribute_leaves_the_others(subject: &Subject) {
    let attributes = [("title", "Engineer"), (WORK_EMAIL, "b@example.org"), (DEPARTMENT, "Engines")];
    let made = subject.create(user("bob.changes", &attributes)).await;
    subject.change(&made, &[("title", Some("Engineer"), Some("Director"))]).await;
    subject.change(&made, &[("nickName", None, Some("Bobby")), ("name.givenName", None, Some("Bob"))]).await;
    subject.change(&made, &[(DEPARTMENT, Some("Engines"), Some("Sales"))]).await;
    let shown = subject.read(Kind::User, &made).await;
    for (attribute, value) in [
        ("title", "Director"),
        ("nickName", "Bobby"),
        ("name.givenName", "Bob"),
        (WORK_EMAIL, "b@example.org"),
        (DEPARTMENT, "Sales"),
    ] {
        assert_eq!(shown.resource.read(&path(attribute)), Some(&json!(value)), "{attribute}");
    }
    subject.change(&made, &[("title", Some("Director"), None), (DEPARTMENT, Some("Sales"), None)]).await;
    let shown = subject.read(Kind::User, &made).await;
    assert_eq!((shown.resource.read(&path("title")), shown.resource.read(&path(DEPARTMENT))), (None, None));
    assert_eq!(shown.resource.text("nickName"), Some("Bobby"));
}

async fn an_email_comes_changes_and_goes(subject: &Subject) {
    let made = subject.create(user("cyd.mails", &[("title", "Engineer")])).await;
    let email = async || subject.read(Kind::User, &made).await.resource.read(&path(WORK_EMAIL)).cloned();
    subject.change(&made, &[(WORK_EMAIL, None, Some("c@example.org"))]).await;
    assert_eq!(email().await, Some(json!("c@example.org")));
    subject.change(&made, &[(WORK_EMAIL, Some("c@example.org"), Some("cyd@example.org"))]).await;
    assert_eq!(email().await, Some(json!("cyd@example.org")));
    subject.change(&made, &[(WORK_EMAIL, Some("cyd@example.org"), None)]).await;
    assert_eq!(email().await, None);
    // We believe it is there; it was taken away at the target.
    subject.change(&made, &[(WORK_EMAIL, Some("cyd@example.org"), Some("back@example.org"))]).await;
    assert_eq!(email().await, Some(json!("back@example.org")));
    assert_eq!(subject.read(Kind::User, &made).await.resource.text("title"), Some("Engineer"));
}

/// A name that no other dialect's turn took.
fn in_turn(subject: &Subject, name: &str) -> String {
    format!("{name}.{:?}", subject.connection.capabilities.user_update)
}

async fn a_manager_is_named_changed_and_cleared(subject: &Subject) {
    let boss = subject.create(user(&in_turn(subject, "max.leads"), &[])).await;
    let dean = subject.create(user(&in_turn(subject, "ned.leads"), &[])).await;
    let (boss, dean) = (boss.remote_id.as_str(), dean.remote_id.as_str());
    let attributes = [(DEPARTMENT, "Engines"), (MANAGER, boss)];
    let made = subject.create(user(&in_turn(subject, "ona.reports"), &attributes)).await;
    assert_eq!(subject.shown(&made, MANAGER).await, Some(json!(boss)));
    subject.change(&made, &[(MANAGER, Some(boss), Some(dean))]).await;
    assert_eq!(subject.shown(&made, MANAGER).await, Some(json!(dean)));
    subject.change(&made, &[(MANAGER, Some(dean), None)]).await;
    assert_eq!(subject.shown(&made, MANAGER).await, None);
    subject.change(&made, &[(MANAGER, None, Some(boss))]).await;
    assert_eq!(subject.shown(&made, MANAGER).await, Some(json!(boss)));
    assert_eq!(subject.shown(&made, DEPARTMENT).await, Some(json!("Engines")));
    subject.change(&made, &[(MANAGER, Some(boss), None), (DEPARTMENT, Some("Engines"), None)]).await;
    assert_eq!((subject.shown(&made, MANAGER).await, subject.shown(&made, DEPARTMENT).await), (None, None));
    // The first of its schema.
    let plain = subject.create(user(&in_turn(subject, "pia.reports"), &[])).await;
    subject.change(&plain, &[(MANAGER, None, Some(boss))]).await;
    assert_eq!(subject.shown(&plain, MANAGER).await, Some(json!(boss)));
}

async fn elements_of_one_list_are_told_apart_by_type(subject: &Subject) {
    let attributes = [(WORK_EMAIL, "w@example.org"), (HOME_EMAIL, "h@example.org"), (MOBILE, "+49 1")];
    let made = subject.create(user(&in_turn(subject, "quin.mails"), &attributes)).await;
    subject.change(&made, &[(HOME_EMAIL, Some("h@example.org"), Some("home@example.org"))]).await;
    subject.change(&made, &[(WORK_PHONE, None, Some("+49 2"))]).await;
    let expected = [
        (WORK_EMAIL, "w@example.org"),
        (HOME_EMAIL, "home@example.org"),
        (MOBILE, "+49 1"),
        (WORK_PHONE, "+49 2"),
    ];
    for (attribute, value) in expected {
        assert_eq!(subject.shown(&made, attribute).await, Some(json!(value)), "{attribute}");
    }
    subject
        .change(&made, &[(HOME_EMAIL, Some("home@example.org"), None), (MOBILE, Some("+49 1"), None)])
        .await;
    for (attribute, value) in expected {
        let stays = attribute == WORK_EMAIL || attribute == WORK_PHONE;
        assert_eq!(subject.shown(&made, attribute).await, stays.then(|| json!(value)), "{attribute}");
    }
    let emails = subject.shown(&made, "emails").await.expect("the list");
    assert_eq!(emails.as_array().map(Vec::len), Some(1), "the element goes with its value: {emails}");
}

async fn an_address_loses_its_parts_one_by_one(subject: &Subject) {
    let (locality, country) = ("addresses[type eq \"work\"].locality", "addresses[type eq \"work\"].country");
    let made =
        subject.create(user(&in_turn(subject, "rae.moves"), &[(locality, "Ulm"), (country, "DE")])).await;
    subject.change(&made, &[(locality, Some("Ulm"), None)]).await;
    assert_eq!(subject.shown(&made, locality).await, None);
    assert_eq!(subject.shown(&made, country).await, Some(json!("DE")));
    subject.change(&made, &[(country, Some("DE"), None)]).await;
    assert_eq!(subject.shown(&made, country).await, None);
    subject.change(&made, &[(locality, None, Some("Bern")), (country, None, Some("CH"))]).await;
    assert_eq!(subject.shown(&made, locality).await, Some(json!("Bern")));
    assert_eq!(subject.shown(&made, country).await, Some(json!("CH")));
    let addresses = subject.shown(&made, "addresses").await.expect("the list");
    assert_eq!(addresses.as_array().map(Vec::len), Some(1), "{addresses}");
    let element = Change { attribute: path("addresses[type eq \"work\"]"), old: None, new: None };
    subject.update(Kind::User, &made, vec![element.clone()], &[], &[]).await;
    assert_eq!(subject.shown(&made, "addresses").await, None, "the element goes as a whole");
    subject.update(Kind::User, &made, vec![element], &[], &[]).await;
}

async fn a_list_of_roles_comes_changes_and_goes(subject: &Subject) {
    let list = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).to_owned()).collect());
    let change = |old: Option<Value>, new: Option<Value>| vec![Change { attribute: path("roles"), old, new }];
    let made = subject.create(user(&in_turn(subject, "sal.plays"), &[])).await;
    let roles = async || {
        let shown = subject.shown(&made, "roles").await;
        shown.and_then(|shown| Value::from_json(&shown))
    };
    let mut steps = vec![None, Some(list(&["pilot", "cook"])), Some(list(&["cook"])), None];
    if !subject.dialect.replaces_lists {
        steps.remove(2);
    }
    for step in steps.windows(2) {
        subject.update(Kind::User, &made, change(step[0].clone(), step[1].clone()), &[], &[]).await;
        assert_eq!(roles().await, step[1]);
    }
}

async fn an_account_is_turned_off_and_on(subject: &Subject) {
    let made = subject.create(user("dee.leaves", &[])).await;
    for active in [false, true] {
        let change = Change {
            attribute: path("active"),
            old: Some(Value::Boolean(!active)),
            new: Some(Value::Boolean(active)),
        };
        subject.update(Kind::User, &made, vec![change], &[], &[]).await;
        assert_eq!(subject.read(Kind::User, &made).await.active, Some(active));
    }
}

async fn a_group_is_made_with_its_members_and_renamed(subject: &Subject) {
    let eve = subject.create(user("eve.joins", &[])).await;
    let fay = subject.create(user("fay.joins", &[])).await;
    let crew = subject.create(group("Crew", &[&eve, &fay])).await;
    assert_eq!(subject.members(&crew).await, texts(&[&eve, &fay]));
    let change =
        Change { attribute: path("displayName"), old: Some("Crew".into()), new: Some("Team".into()) };
    subject.update(Kind::Group, &crew, vec![change], &[], &[]).await;
    assert_eq!(subject.read(Kind::Group, &crew).await.name, "Team");
    assert_eq!(subject.members(&crew).await, texts(&[&eve, &fay]));
}

async fn members_come_and_go(subject: &Subject) {
    let gus = subject.create(user("gus.moves", &[])).await;
    let hal = subject.create(user("hal.moves", &[])).await;
    let ida = subject.create(user("ida.moves", &[])).await;
    let crew = subject.create(group("Movers", &[])).await;
    subject.update(Kind::Group, &crew, Vec::new(), &[&gus, &hal], &[]).await;
    assert_eq!(subject.members(&crew).await, texts(&[&gus, &hal]));
    // One who is a member stays one, and one who is none cannot be missed.
    subject.update(Kind::Group, &crew, Vec::new(), &[&hal], &[]).await;
    subject.update(Kind::Group, &crew, Vec::new(), &[], &[&ida]).await;
    assert_eq!(subject.members(&crew).await, texts(&[&gus, &hal]));
    subject.update(Kind::Group, &crew, Vec::new(), &[&ida], &[&gus]).await;
    assert_eq!(subject.members(&crew).await, texts(&[&hal, &ida]));
    subject.update(Kind::Group, &crew, Vec::new(), &[], &[&hal, &ida]).await;
    assert!(subject.members(&crew).await.is_empty());
}

async fn every_page_of_a_long_list_is_read_once(subject: &Subject) {
    for number in 0..210 {
        subject.create(user(&format!("many{number}"), &[])).await;
    }
    let mut names = Vec::new();
    let (mut next, mut pages) = (Some(1), 0);
    while let Some(start) = next {
        let page = subject.target.list(Kind::User, start).await.result.expect("a page");
        names.extend(page.found.into_iter().map(|found| found.name));
        (next, pages) = (page.next, pages + 1);
        assert!(pages < 20, "the list never ends");
    }
    let many: BTreeSet<_> = names.iter().filter(|name| name.starts_with("many")).collect();
    assert_eq!(many.len(), 210);
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "a row came twice");
    let by_index = subject.connection.capabilities.paging == catalog::Paging::Index;
    // By cursor a walk is one.
    assert!(pages > 1 || !by_index || subject.dialect.pages_by_cursor);
}

async fn what_is_missing_is_not_found(subject: &Subject) {
    let nobody = RemoteId::new("6f1c1f5e-0000-4000-8000-000000000000").expect("an id");
    for kind in [Kind::User, Kind::Group] {
        let result = subject.target.get(kind, &nobody).await.result;
        assert!(matches!(result, Err(TargetError::NotFound(_))), "{result:?}");
        let deletion = subject.target.write(&Write::Delete { kind, remote_id: nobody.clone() }).await.result;
        assert!(matches!(deletion, Err(TargetError::NotFound(_))), "{deletion:?}");
    }
}

async fn a_name_that_is_taken_is_a_conflict(subject: &Subject) {
    subject.create(user("joe.first", &[])).await;
    let taken = ["joe.first", "JOE.First"];
    for name in taken.iter().take(if subject.dialect.names_differ_without_case { 2 } else { 1 }) {
        let result = subject.target.write(&user(name, &[])).await.result;
        assert!(matches!(result, Err(TargetError::Conflict(_))), "{name}: {result:?}");
    }
}

async fn a_wrong_token_is_unauthorized(subject: &Subject) {
    let target = subject.connector.open(&subject.connection, &"wrong".to_owned().into());
    let control = target.control().await.result;
    assert!(matches!(control, Err(TargetError::Unauthorized(_))), "{control:?}");
    let write = target.write(&user("kim.never", &[])).await.result;
    assert!(matches!(write, Err(TargetError::Unauthorized(_))), "{write:?}");
}

async fn what_is_deleted_is_gone(subject: &Subject) {
    let lea = subject.create(user("lea.goes", &[])).await;
    let crew = subject.create(group("Goers", &[])).await;
    for (kind, found) in [(Kind::User, lea), (Kind::Group, crew)] {
        let deletion = Write::Delete { kind, remote_id: found.remote_id.clone() };
        assert!(subject.target.write(&deletion).await.result.expect("deleted").is_none());
        let result = subject.target.get(kind, &found.remote_id).await.result;
        assert!(matches!(result, Err(TargetError::NotFound(_))), "{result:?}");
    }
}

#[tokio::test]
async fn the_stand_in_holds_the_contract() {
    let stand_in = StandIn::start(StandInConfig::default()).await.expect("a stand-in");
    let subject = Subject::new(stand_in.base_url(), &stand_in.token(), Dialect::default()).await;
    holds_for(&subject, &stand_in.token()).await;
}

#[tokio::test]
async fn scim2_server_holds_the_contract() {
    let Some(server) = start("scim2_server_holds_the_contract", Product::Scim2Server).await else { return };
    let dialect = Dialect { removes_as_array: false, ..Dialect::default() };
    let subject = Subject::new(&server.base_url, &server.token, dialect).await;
    holds_for(&subject, &server.token).await;
    assert!(!server.everything(Kind::User).await.is_empty());
}

#[tokio::test]
async fn scimmy_holds_the_contract() {
    let Some(server) = start("scimmy_holds_the_contract", Product::Scimmy).await else { return };
    let dialect = Dialect { name_filter_ignores_case: false, replaces_lists: false, ..Dialect::default() };
    let subject = Subject::new(&server.base_url, &server.token, dialect).await;
    holds_for(&subject, &server.token).await;
    assert!(!server.everything(Kind::User).await.is_empty());
}
