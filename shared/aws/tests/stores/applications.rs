use provisioning::application::{
    Application, Condition, Connection, Lifecycle, Listing, Policy, SecretName, Selection, SweepNote,
    SweepPhase,
};
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::{ApplicationSummary, ConfigurationWrite};
use provisioning::target::Capabilities;

use crate::database;
use crate::examples::{at, id, ids, outcome};

fn application(version: u64) -> Application {
    Application {
        id: id("crm"),
        name: "CRM".into(),
        catalog_key: "generic".into(),
        version,
        lifecycle: Lifecycle::Enabled,
        connection: Some(Connection {
            base_url: id("https://crm.example.org/scim/v2"),
            secret: SecretName("rollcall/crm".into()),
            capabilities: Capabilities { patch: false, members_per_request: 20, ..Capabilities::default() },
        }),
        target_generation: 1,
        policy: Policy { grace_seconds: 5, ..Policy::default() },
    }
}

fn mapping() -> Mapping {
    let mapped = |target, source, required| MappedAttribute { target: id(target), source, required };
    Mapping {
        attributes: vec![
            mapped("userName", Source::Directory(DirectoryAttribute::Username), true),
            mapped("emails[type eq \"work\"].value", Source::Custom("mail".into()), false),
            mapped("title", Source::Constant("Staff".into()), false),
        ],
    }
}

fn first_write() -> ConfigurationWrite {
    let selection = Selection { groups: ids(&["sales", "staff"]), ..Selection::default() };
    ConfigurationWrite {
        application: application(1),
        mapping: Some(mapping()),
        selection: Some(selection),
        outcome: Some(outcome("crm:config:1", at(0))),
    }
}

fn note() -> SweepNote {
    SweepNote {
        job: id("job-1"),
        phase: SweepPhase::Users,
        listing: Some(Listing { id: id("job-1"), users: 10, groups: 2 }),
        groups_since: Some(at(3)),
    }
}

#[tokio::test]
async fn an_application_is_loaded_as_it_was_written() {
    let applications = database::tables().await.applications;
    assert_eq!(applications.load(&id("crm")).await.unwrap(), None);
    let write = first_write();
    assert!(applications.write(&write).await.unwrap());
    let loaded = applications.load(&id("crm")).await.unwrap().unwrap();
    assert_eq!(loaded.application, write.application);
    assert_eq!(Some(loaded.mapping), write.mapping);
    assert_eq!(Some(loaded.selection), write.selection);
    assert_eq!(loaded.condition, Condition::default());
    let summary = ApplicationSummary { id: id("crm"), lifecycle: Lifecycle::Enabled, version: 1 };
    assert_eq!(applications.list().await.unwrap(), [summary]);
}

#[tokio::test]
async fn a_write_that_is_not_on_the_version_before_is_refused() {
    let applications = database::tables().await.applications;
    let at_version = |version| ConfigurationWrite {
        application: Application { lifecycle: Lifecycle::Disabled, ..application(version) },
        mapping: None,
        selection: None,
        outcome: None,
    };
    assert!(!applications.write(&at_version(2)).await.unwrap());
    assert!(applications.write(&first_write()).await.unwrap());
    assert!(!applications.write(&first_write()).await.unwrap());
    assert!(!applications.write(&at_version(3)).await.unwrap());
    assert!(applications.write(&at_version(2)).await.unwrap());
    assert!(!applications.write(&at_version(2)).await.unwrap());
    let loaded = applications.load(&id("crm")).await.unwrap().unwrap();
    assert_eq!(loaded.application.version, 2);
    assert_eq!(loaded.mapping, mapping(), "what a write does not name stays");
    assert_eq!(applications.list().await.unwrap()[0].lifecycle, Lifecycle::Disabled);
}

#[tokio::test]
async fn holding_off_keeps_the_later_time() {
    let applications = database::tables().await.applications;
    let crm = id("crm");
    applications.hold_off(&crm, at(10)).await.unwrap();
    applications.hold_off(&crm, at(5)).await.unwrap();
    assert_eq!(applications.condition(&crm).await.unwrap().not_before, Some(at(10)));
    applications.hold_off(&crm, at(20)).await.unwrap();
    assert_eq!(applications.condition(&crm).await.unwrap().not_before, Some(at(20)));
}

#[tokio::test]
async fn notes_do_not_overwrite_each_other() {
    let applications = database::tables().await.applications;
    let crm = id("crm");
    applications.write(&first_write()).await.unwrap();
    applications.pause(&crm, Some("401")).await.unwrap();
    applications.note_sweep(&crm, Some(&note())).await.unwrap();
    applications.hold_off(&crm, at(10)).await.unwrap();
    let all = Condition { not_before: Some(at(10)), paused: Some("401".into()), sweep: Some(note()) };
    assert_eq!(applications.condition(&crm).await.unwrap(), all);
    assert_eq!(applications.load(&crm).await.unwrap().unwrap().condition, all);
    applications.pause(&crm, None).await.unwrap();
    applications.note_sweep(&crm, None).await.unwrap();
    let left = Condition { not_before: Some(at(10)), ..Condition::default() };
    assert_eq!(applications.condition(&crm).await.unwrap(), left);
}
