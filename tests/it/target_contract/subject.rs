//! Whom the contract is held against, and in what targets differ without breaking it.

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
use url::Url;

/// In what targets differ without breaking the contract.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// `userName eq` ignores case, as RFC 7643 section 4.1.1 has it. Where it does not, an account whose name differs in case
    /// only is found by a listing, or by the 409 its creation meets, but not by a look-up.
    pub(super) name_filter_ignores_case: bool,
    /// Of two names that differ in case only, one can be taken.
    pub(super) names_differ_without_case: bool,
    /// How it says, or does not say, that users are changed.
    pub(super) user_update: UserUpdate,
    /// It does not say that it takes no filter.
    pub(super) filter: bool,
    /// It shows its `/Schemas`.
    pub(super) shows_schemas: bool,
    /// Members may be removed as an array.
    pub(super) removes_as_array: bool,
    /// Attributes may be changed without a path.
    pub(super) takes_objects: bool,
    /// It pages by cursor, whether it is asked to or not.
    pub(super) pages_by_cursor: bool,
    /// A `replace` of a whole list replaces it (RFC 7644 section 3.5.2.3). SCIMMY adds to it.
    pub(super) replaces_lists: bool,
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

pub(super) struct Subject {
    pub(super) connector: HttpConnector,
    pub(super) connection: Connection,
    token: SecretString,
    pub(super) target: Arc<dyn Target>,
    pub(super) dialect: Dialect,
}

impl Subject {
    /// A target, spoken to as its discovery documents say.
    pub(super) async fn new(base_url: &Url, token: &SecretString, dialect: Dialect) -> Self {
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
    pub(super) fn spoken_to(&self, overrides: Settings) -> Self {
        let capabilities = self.connection.capabilities.overridden(overrides);
        let connection = Connection { capabilities, ..self.connection.clone() };
        let target = self.connector.open(&connection, &self.token);
        let connector = HttpConnector::new(AddressPolicy::AllowLocal);
        Self { connector, connection, token: self.token.clone(), target, dialect: self.dialect }
    }

    /// What an account shows of an attribute.
    pub(super) async fn shown(&self, found: &Found, attribute: &str) -> Option<serde_json::Value> {
        self.read(Kind::User, found).await.resource.read(&path(attribute)).cloned()
    }

    pub(super) async fn create(&self, write: Write) -> Found {
        self.target.write(&write).await.result.expect("an accepted create").expect("what was made")
    }

    pub(super) async fn change(&self, found: &Found, changes: &[(&str, Option<&str>, Option<&str>)]) {
        let changes = changes.iter().map(|(attribute, old, new)| Change {
            attribute: path(attribute),
            old: old.map(Value::from),
            new: new.map(Value::from),
        });
        self.update(Kind::User, found, changes.collect(), &[], &[]).await;
    }

    pub(super) async fn update(
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

    /// Takes members out of a group of which some may be no members. Where the target refuses them together none is believed to be
    /// out, and each goes by himself, as the domain does it.
    pub(super) async fn take_out(&self, group: &Found, members: &[&Found]) {
        let before = self.members(group).await;
        let write = Write::Update {
            kind: Kind::Group,
            remote_id: group.remote_id.clone(),
            changes: Vec::new(),
            add: BTreeSet::new(),
            remove: ids(members),
            stay: Some([].into()),
        };
        match self.target.write(&write).await.result {
            Ok(_) => {}
            Err(TargetError::Rejected(_)) => {
                assert_eq!(self.members(group).await, before, "what is refused is not done in part");
                for alone in members {
                    self.update(Kind::Group, group, Vec::new(), &[], &[alone]).await;
                }
            }
            Err(error) => panic!("{write:?}: {error}"),
        }
    }

    pub(super) async fn read(&self, kind: Kind, found: &Found) -> Found {
        self.target.get(kind, &found.remote_id).await.result.expect("the resource")
    }

    pub(super) async fn find(&self, kind: Kind, key: MatchKey) -> Vec<RemoteId> {
        let found = self.target.find(kind, &key).await.result.expect("an answer");
        found.into_iter().map(|found| found.remote_id).collect()
    }

    pub(super) async fn members(&self, group: &Found) -> BTreeSet<String> {
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

pub(super) fn path(text: &str) -> AttributePath {
    text.parse().expect("a path")
}

pub(super) fn ids(found: &[&Found]) -> BTreeSet<RemoteId> {
    found.iter().map(|found| found.remote_id.clone()).collect()
}

pub(super) fn texts(found: &[&Found]) -> BTreeSet<String> {
    found.iter().map(|found| found.remote_id.to_string()).collect()
}

pub(super) fn user(name: &str, attributes: &[(&str, &str)]) -> Write {
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

pub(super) fn group(name: &str, members: &[&Found]) -> Write {
    let attributes = [(path("displayName"), Value::from(name))].into();
    Write::Create { kind: Kind::Group, external_id: format!("ext-{name}"), attributes, members: ids(members) }
}
