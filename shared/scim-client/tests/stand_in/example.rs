//! A target over a running stand-in, and writes to send to it.

use std::sync::Arc;
use std::time::Duration;

use provisioning::application::{Connection, SecretName};
use provisioning::ids::RemoteId;
use provisioning::ports::{Connector, Target};
use provisioning::target::{Capabilities, Change, Found, Kind, Write};
use provisioning::value::Value;
use scim::AttributePath;
use scim_client::{AddressPolicy, HttpConnector};
use testkit::{Quirks, StandIn, StandInConfig};

pub const WORK_EMAIL: &str = "emails[type eq \"work\"].value";

pub async fn stand_in(quirks: Quirks) -> StandIn {
    StandIn::start(StandInConfig { quirks, ..StandInConfig::default() }).await.expect("a stand-in")
}

pub fn connection(stand_in: &StandIn, capabilities: Capabilities) -> Connection {
    Connection {
        lifetime: provisioning::application::Lifetime::default(),
        base_url: stand_in.base_url().clone(),
        secret: SecretName("unused".into()),
        capabilities,
    }
}

pub fn connector() -> HttpConnector {
    HttpConnector::new(AddressPolicy::AllowLocal).with_request_timeout(Duration::from_secs(2))
}

pub fn target(stand_in: &StandIn) -> Arc<dyn Target> {
    target_with(stand_in, Capabilities::default())
}

pub fn target_with(stand_in: &StandIn, capabilities: Capabilities) -> Arc<dyn Target> {
    connector().open(&connection(stand_in, capabilities), &stand_in.token())
}

pub fn path(text: &str) -> AttributePath {
    text.parse().expect("a path")
}

pub fn change(attribute: &str, old: Option<Value>, new: Option<Value>) -> Change {
    Change { attribute: path(attribute), old, new }
}

pub fn create_user(name: &str) -> Write {
    let attributes = [
        (path("userName"), Value::from(name)),
        (path("active"), Value::Boolean(true)),
        (path("title"), "Engineer".into()),
        (path(WORK_EMAIL), format!("{name}@example.org").as_str().into()),
    ];
    Write::Create {
        kind: Kind::User,
        external_id: format!("ext-{name}"),
        attributes: attributes.into(),
        members: [].into(),
    }
}

pub fn create_group(name: &str, members: &[&RemoteId]) -> Write {
    Write::Create {
        kind: Kind::Group,
        external_id: format!("ext-{name}"),
        attributes: [(path("displayName"), Value::from(name))].into(),
        members: members.iter().map(|id| (*id).clone()).collect(),
    }
}

pub fn update(found: &Found, changes: &[Change]) -> Write {
    Write::Update {
        kind: Kind::User,
        remote_id: found.remote_id.clone(),
        changes: changes.to_vec(),
        add: [].into(),
        remove: [].into(),
        stay: None,
    }
}

pub fn members(group: &Found, add: &[&RemoteId], remove: &[&RemoteId]) -> Write {
    let ids = |ids: &[&RemoteId]| ids.iter().map(|id| (*id).clone()).collect();
    Write::Update {
        kind: Kind::Group,
        remote_id: group.remote_id.clone(),
        changes: Vec::new(),
        add: ids(add),
        remove: ids(remove),
        stay: Some([].into()),
    }
}

pub async fn made(target: &dyn Target, write: &Write) -> Found {
    target.write(write).await.result.expect("an accepted create").expect("what was made")
}
