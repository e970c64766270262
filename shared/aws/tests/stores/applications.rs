use std::time::Duration;

use provisioning::application::{
    Application, Charge, Condition, Connection, Lifecycle, Lifetime, Pace, Policy, SecretName, Selection,
    TargetSchema,
};
use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use provisioning::ports::{ApplicationSummary, ConfigurationWrite, Slot};
use provisioning::sweep::{SweepJob, SweepRequest};
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
            capabilities: Capabilities { filter: false, members_per_request: 20, ..Capabilities::default() },
            lifetime: Lifetime { stored_at: Some(at(7)), ..Lifetime::default() },
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
        schema: Some(schema()),
        mapping: Some(mapping()),
        selection: Some(selection),
        outcome: Some(outcome("crm:config:1", at(0))),
        ..ConfigurationWrite::of(application(1))
    }
}

fn schema() -> TargetSchema {
    TargetSchema {
        attributes: vec![id("userName"), id("title")],
        required: vec![id("userName")],
        from_schemas: true,
    }
}

fn sweep(job: &str) -> SweepJob {
    let request =
        SweepRequest { job: id(job), application: id("crm"), read_target: true, allowed_removals: Some(3) };
    request.into_job(at(0))
}

#[tokio::test]
async fn an_application_is_loaded_as_it_was_written() {
    let applications = database::tables().await.applications;
    assert_eq!(applications.load(&id("crm")).await.unwrap(), None);
    let write = first_write();
    assert!(applications.write(&write).await.unwrap());
    let loaded = applications.load(&id("crm")).await.unwrap().unwrap();
    assert_eq!(loaded.application, write.application);
    assert_eq!(loaded.schema, write.schema);
    assert_eq!(Some(loaded.mapping), write.mapping);
    assert_eq!(Some(loaded.selection), write.selection);
    assert_eq!(loaded.condition, Condition::default());
    let summary =
        ApplicationSummary { id: id("crm"), lifecycle: Lifecycle::Enabled, version: 1, warns_at: None };
    assert_eq!(applications.list().await.unwrap(), [summary]);
}

#[tokio::test]
async fn a_write_that_is_not_on_the_version_before_is_refused() {
    let applications = database::tables().await.applications;
    let at_version = |version| {
        let application = Application { lifecycle: Lifecycle::Disabled, ..application(version) };
        ConfigurationWrite::of(application)
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
    let tables = database::tables().await;
    let (applications, crm) = (&tables.applications, id("crm"));
    applications.write(&first_write()).await.unwrap();
    applications.pause(&crm, 1, "401").await.unwrap();
    tables.jobs.start(&sweep("job-1"), None).await.unwrap();
    applications.hold_off(&crm, at(10)).await.unwrap();
    let all = Condition {
        not_before: Some(at(10)),
        paused: Some("401".into()),
        held: 0,
        sweep: sweep("job-1").first_note(),
        read_at: None,
        listed_at: None,
    };
    assert_eq!(applications.condition(&crm).await.unwrap(), all);
    assert_eq!(applications.load(&crm).await.unwrap().unwrap().condition, all);
    applications.resume(&crm).await.unwrap();
    assert_eq!(applications.condition(&crm).await.unwrap(), Condition { paused: None, ..all });
}

#[tokio::test]
async fn a_refusal_met_under_an_older_version_pauses_nobody() {
    let applications = database::tables().await.applications;
    applications.write(&first_write()).await.unwrap();
    assert!(applications.write(&ConfigurationWrite::of(application(2))).await.unwrap());
    applications.pause(&id("crm"), 1, "401").await.unwrap();
    assert_eq!(applications.condition(&id("crm")).await.unwrap().paused, None);
}

#[tokio::test]
async fn a_sweep_is_started_by_the_write_that_asks_for_it_or_not_at_all() {
    let tables = database::tables().await;
    let applications = &tables.applications;
    applications.write(&first_write()).await.unwrap();
    applications.pause(&id("crm"), 1, "401").await.unwrap();
    tables.jobs.start(&sweep("job-1"), None).await.unwrap();
    let with_sweep = |version, job| ConfigurationWrite {
        sweep: Some(sweep(job)),
        resume: true,
        ..ConfigurationWrite::of(application(version))
    };
    assert!(!applications.write(&with_sweep(3, "job-2")).await.unwrap());
    assert_eq!(tables.jobs.job(&id("crm"), &id("job-2")).await.unwrap(), None);
    assert!(applications.write(&with_sweep(2, "job-3")).await.unwrap());
    let noted = applications.condition(&id("crm")).await.unwrap();
    assert_eq!((noted.sweep, noted.paused), (sweep("job-3").first_note(), None));
    let due = tables.links.propose_due(&id("crm"), at(1_000_000), 10).await.unwrap();
    assert_eq!(due.len(), 1, "the one that was replaced is due no more: {due:?}");
}

#[tokio::test]
async fn an_application_that_is_deleted_leaves_nothing() {
    let tables = database::tables().await;
    tables.applications.write(&first_write()).await.unwrap();
    tables.jobs.start(&sweep("job-1"), None).await.unwrap();
    tables.applications.delete(&id("crm")).await.unwrap();
    assert_eq!(tables.applications.load(&id("crm")).await.unwrap(), None);
    assert_eq!(tables.applications.list().await.unwrap(), []);
    assert_eq!(tables.jobs.job(&id("crm"), &id("job-1")).await.unwrap(), None);
    tables.applications.delete(&id("crm")).await.unwrap();
}

#[tokio::test]
async fn moments_at_a_pace_are_given_out_one_by_one() {
    let applications = database::tables().await.applications;
    applications.write(&first_write()).await.unwrap();
    let pace = Pace { rate: 2.0, refused_at: None, declared: None, changed_at: at(0) };
    applications.set_pace(&id("crm"), None, Some(pace)).await.unwrap();
    assert_eq!(applications.load(&id("crm")).await.unwrap().unwrap().pace, Some(pace));
    let reserve = async |now: i64, latest: i64| {
        let (now, latest) = (at(now * 1_000), at(latest * 1_000));
        applications.reserve(&id("crm"), &[charge("", 1_000)], now, latest).await.unwrap()
    };
    assert_eq!(reserve(10, 12).await, Slot::At(at(10_000)));
    assert_eq!(reserve(10, 12).await, Slot::At(at(11_000)));
    assert_eq!(reserve(10, 12).await, Slot::At(at(12_000)));
    assert_eq!(reserve(10, 12).await, Slot::Full(at(13_000)));
    assert_eq!(reserve(10, 20).await, Slot::At(at(13_000)), "who may wait longer goes first");
    assert_eq!(reserve(30, 31).await, Slot::At(at(30_000)), "moments that passed are not saved up");
    let slower = Pace { rate: 1.0, changed_at: at(5), ..pace };
    applications.set_pace(&id("crm"), Some(slower), None).await.unwrap();
    assert_eq!(applications.load(&id("crm")).await.unwrap().unwrap().pace, Some(pace), "it was not as read");
    applications.set_pace(&id("crm"), Some(pace), None).await.unwrap();
    assert_eq!(applications.load(&id("crm")).await.unwrap().unwrap().pace, None);
}

fn charge(rate: &str, millis: u64) -> Charge {
    Charge { rate: rate.into(), distance: Duration::from_millis(millis) }
}

#[tokio::test]
async fn a_moment_is_free_for_every_rate_that_is_about_a_request() {
    let applications = database::tables().await.applications;
    applications.write(&first_write()).await.unwrap();
    let reserve = async |charges: &[Charge]| {
        applications.reserve(&id("crm"), charges, at(10_000), at(30_000)).await.unwrap()
    };
    let (all, user_write, deletion) =
        (charge("", 100), charge("user_writes", 1_000), charge("deletions", 5_000));
    assert_eq!(reserve(&[all.clone(), user_write.clone()]).await, Slot::At(at(10_000)));
    assert_eq!(reserve(std::slice::from_ref(&all)).await, Slot::At(at(10_100)), "a read waits for no write");
    let delete = [all.clone(), user_write.clone(), deletion];
    assert_eq!(reserve(&delete).await, Slot::At(at(11_000)));
    assert_eq!(reserve(&[all, user_write]).await, Slot::At(at(12_000)), "no deletion need be waited for");
    assert_eq!(reserve(&delete).await, Slot::At(at(16_000)));
    assert_eq!(reserve(&[charge("deletions", 60_000)]).await, Slot::At(at(21_000)));
    assert_eq!(reserve(&delete).await, Slot::Full(at(81_000)));
    assert_eq!(reserve(&[]).await, Slot::At(at(10_000)));
}

#[tokio::test]
async fn who_reserves_at_the_same_time_gets_moments_apart() {
    let applications = database::tables().await.applications;
    applications.write(&first_write()).await.unwrap();
    let charges = [charge("writes", 100), charge("user_writes", 300)];
    let crm = id("crm");
    let reserve = |_| applications.reserve(&crm, &charges, at(0), at(60_000));
    let slots = futures::future::join_all((0..12).map(reserve)).await;
    let mut moments: Vec<_> = slots
        .into_iter()
        .filter_map(|slot| match slot.unwrap() {
            Slot::At(moment) => Some(moment.as_millisecond()),
            Slot::Full(_) => None,
        })
        .collect();
    moments.sort_unstable();
    assert!(moments.len() >= 2 && moments.windows(2).all(|two| two[1] - two[0] >= 300), "{moments:?}");
}
