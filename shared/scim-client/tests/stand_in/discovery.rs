//! What is known of a target after connecting.

use catalog::{GroupUpdate, UserUpdate};
use provisioning::mapping::default_attributes;
use provisioning::ports::Connector;
use provisioning::target::{Capabilities, Discovery, Layers, Origin, TargetError};
use testkit::{Fault, Quirks, StandIn};

use crate::example::*;

async fn discovered(stand_in: &StandIn) -> Result<Discovery, TargetError> {
    connector().discover(&connection(stand_in, Capabilities::default()), &stand_in.token()).await.result
}

/// Without where they are known from.
fn as_usual(capabilities: &Capabilities) -> Capabilities {
    Capabilities { layers: Layers::default(), ..capabilities.clone() }
}

#[tokio::test]
async fn capabilities_and_attributes_come_from_the_target() {
    let stand_in = stand_in(Quirks { no_patch: true, no_groups: true, ..Quirks::default() }).await;
    let discovery = discovered(&stand_in).await.expect("connected");
    let Capabilities { user_update, group_update, filter, groups, .. } = discovery.capabilities;
    assert_eq!((user_update, group_update), (UserUpdate::Put, GroupUpdate::Put));
    assert_eq!((filter, groups), (true, false));
    assert_eq!(discovery.capabilities.origin("user_update"), Origin::Advertised);
    assert_eq!(discovery.capabilities.origin("member_add"), Origin::Default);
    assert!(discovery.from_schemas);
    assert_eq!(discovery.required, [path("userName")]);
    let names: Vec<_> = discovery.attributes.iter().map(ToString::to_string).collect();
    for name in [
        "userName",
        "name.givenName",
        WORK_EMAIL,
        "phoneNumbers[type eq \"mobile\"].value",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
    ] {
        assert!(names.iter().any(|found| found == name), "{name} is missing from {names:?}");
    }
    assert!(!names.iter().any(|name| name == "active" || name.starts_with("groups")), "{names:?}");
}

#[tokio::test]
async fn without_discovery_documents_all_is_as_usual() {
    let stand_in = stand_in(Quirks { no_discovery: true, ..Quirks::default() }).await;
    let discovery = discovered(&stand_in).await.expect("connected");
    assert_eq!(as_usual(&discovery.capabilities), Capabilities::default());
    assert_eq!(discovery.attributes, default_attributes());
    assert!(!discovery.from_schemas);
    stand_in.set_quirks(Quirks { no_discovery: true, no_groups: true, ..Quirks::default() });
    assert!(!discovered(&stand_in).await.expect("connected").capabilities.groups);
}

#[tokio::test]
async fn broken_discovery_documents_are_no_failure() {
    let stand_in = stand_in(Quirks::default()).await;
    for fault in
        [Fault::always().status(500), Fault::always().web_page(), Fault::always().status(200).body("{}")]
    {
        stand_in.clear_faults();
        for document in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
            stand_in.fail(fault.clone().path(document));
        }
        let discovery = discovered(&stand_in).await.expect("connected");
        assert_eq!(as_usual(&discovery.capabilities), Capabilities::default());
        assert!(!discovery.from_schemas);
    }
}

#[tokio::test]
async fn the_control_read_decides() {
    let stand_in = stand_in(Quirks::default()).await;
    stand_in.fail(Fault::next(1).path("/Users").status(200).body(r#"{"hello": "world"}"#));
    assert!(
        matches!(discovered(&stand_in).await, Err(TargetError::Unknown(why)) if why.contains("no SCIM list"))
    );
    stand_in.fail(Fault::next(1).path("/Users").status(404).body("<html>"));
    assert!(
        matches!(discovered(&stand_in).await, Err(TargetError::NotFound(why)) if why.contains("base URL"))
    );
    stand_in.fail(Fault::next(1).path("/Users").status(401));
    assert!(matches!(discovered(&stand_in).await, Err(TargetError::Unauthorized(_))));
}
