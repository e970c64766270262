use provisioning::application::{Listing, SweepNote, SweepPhase};
use provisioning::ports::{DueItem, DueKey};
use provisioning::sweep::{Counts, Lacking, Position, Step, SweepJob};
use provisioning::target::{Found, Kind, MatchKey};
use serde_json::json;

use crate::database;
use crate::examples::{at, id, remote};

fn job(name: &str) -> SweepJob {
    SweepJob {
        id: id(name),
        application: id("crm"),
        step: 0,
        position: Some(Position {
            phase: SweepPhase::Users,
            step: Step::Behind(id("staff"), Some(id("ada"))),
        }),
        due_at: Some(at(0)),
        phase_began_at: at(0),
        started_at: at(0),
        pulse: None,
        pulse_before: None,
        listing: Listing { id: id(name), users: 3, groups: 1 },
        counts: Counts { users: 5, ..Counts::default() },
        allowed_removals: Some(4),
        held: 2,
        read_target: true,
        listed: true,
        lacking: Lacking { linked: 40, users: 2, groups: 1 },
        attempts: 1,
        problem: Some("500".into()),
    }
}

/// What the application notes of a job that has just begun.
fn begun(job: &SweepJob) -> SweepNote {
    job.first_note().expect("it is not over")
}

fn note(job: &SweepJob, phase: SweepPhase) -> SweepNote {
    SweepNote { job: job.id.clone(), phase, listing: Some(job.listing.clone()) }
}

fn next(job: &SweepJob) -> SweepJob {
    SweepJob { step: job.step + 1, due_at: Some(at(100)), ..job.clone() }
}

fn done(job: &SweepJob) -> SweepJob {
    SweepJob { position: None, due_at: None, ..next(job) }
}

#[tokio::test]
async fn a_started_job_is_due_and_noted() {
    let tables = database::tables().await;
    let first = job("job-1");
    let noted = begun(&first);
    tables.jobs.start(&first, None).await.unwrap();
    assert_eq!(tables.jobs.job(&id("crm"), &id("job-1")).await.unwrap(), Some(first));
    assert_eq!(tables.jobs.job(&id("crm"), &id("job-2")).await.unwrap(), None);
    assert_eq!(tables.applications.condition(&id("crm")).await.unwrap().sweep, Some(noted));
    let due = tables.links.propose_due(&id("crm"), at(0), 10).await.unwrap();
    let key = DueKey::Job(id("crm"), id("job-1"));
    assert_eq!(due, [DueItem { key, generation: 0, due_at: at(0), by_sweep: false }]);
    assert!(tables.links.postpone(&due[0], at(50)).await.unwrap());
    assert_eq!(tables.jobs.job(&id("crm"), &id("job-1")).await.unwrap().unwrap().due_at, Some(at(50)));
    assert_eq!(tables.links.propose_pending(&id("crm"), Kind::User, false, 9).await.unwrap(), 0);
}

#[tokio::test]
async fn of_two_who_hold_one_step_one_advances_the_job() {
    let tables = database::tables().await;
    let first = job("job-1");
    tables.jobs.start(&first, None).await.unwrap();
    let users = note(&first, SweepPhase::Users);
    let (one, other) = tokio::join!(
        async { tables.jobs.advance(&first, &next(&first), Some(&users)).await.unwrap() },
        async { tables.jobs.advance(&first, &next(&first), Some(&users)).await.unwrap() },
    );
    assert!(one != other);
    assert_eq!(tables.jobs.job(&id("crm"), &id("job-1")).await.unwrap(), Some(next(&first)));
    assert!(tables.jobs.advance(&next(&first), &next(&next(&first)), None).await.unwrap());
    assert_eq!(
        tables.applications.condition(&id("crm")).await.unwrap().sweep,
        Some(users),
        "it stays as it was"
    );
}

#[tokio::test]
async fn a_finished_job_is_neither_noted_nor_due() {
    let tables = database::tables().await;
    let first = job("job-1");
    let noted = note(&first, SweepPhase::Removals);
    tables.jobs.start(&first, None).await.unwrap();
    assert!(tables.jobs.advance(&first, &done(&first), Some(&noted)).await.unwrap());
    assert_eq!(tables.applications.condition(&id("crm")).await.unwrap().sweep, None);
    assert!(tables.links.propose_due(&id("crm"), at(1_000), 10).await.unwrap().is_empty());
    assert!(!tables.jobs.advance(&done(&first), &next(&done(&first)), None).await.unwrap());
}

#[tokio::test]
async fn of_two_who_start_the_weekly_sweep_at_once_one_does_and_none_while_a_sweep_is_under_way() {
    let tables = database::tables().await;
    let (first, second) = (job("weekly-1"), job("weekly-2"));
    let (one, other) =
        tokio::join!(async { tables.jobs.start_unless_read(&first, None).await.unwrap() }, async {
            tables.jobs.start_unless_read(&second, None).await.unwrap()
        },);
    assert!(one != other);
    assert!(!tables.jobs.start_unless_read(&job("weekly-3"), None).await.unwrap());
    let started = if one { first } else { second };
    assert_eq!(tables.applications.condition(&id("crm")).await.unwrap().sweep, Some(begun(&started)));
    assert_eq!(tables.jobs.job(&id("crm"), &started.id).await.unwrap(), Some(started));
}

#[tokio::test]
async fn when_a_sweep_that_read_the_target_began_is_noted_at_its_end_and_who_knows_of_none_starts_none() {
    let tables = database::tables().await;
    let read_at = async || tables.applications.condition(&id("crm")).await.unwrap().read_at;
    let blind = SweepJob { read_target: false, started_at: at(3), ..job("job-1") };
    tables.jobs.start(&blind, None).await.unwrap();
    assert!(tables.jobs.advance(&blind, &done(&blind), None).await.unwrap());
    assert_eq!(read_at().await, None);
    let reading = SweepJob { started_at: at(5), ..job("job-2") };
    assert!(tables.jobs.start_unless_read(&reading, None).await.unwrap());
    assert!(tables.jobs.advance(&reading, &done(&reading), None).await.unwrap());
    assert_eq!(read_at().await, Some(at(5)));
    assert!(!tables.jobs.start_unless_read(&job("job-3"), None).await.unwrap(), "another was done meanwhile");
    assert!(tables.jobs.start_unless_read(&job("job-3"), Some(at(5))).await.unwrap());
    assert_eq!(read_at().await, Some(at(5)), "it stands until the next is done");
}

#[tokio::test]
async fn a_job_that_was_replaced_advances_no_more_and_is_not_due() {
    let tables = database::tables().await;
    let (first, second) = (job("job-1"), job("job-2"));
    tables.jobs.start(&first, None).await.unwrap();
    tables.jobs.start(&second, None).await.unwrap();
    assert!(!tables.jobs.advance(&first, &done(&first), None).await.unwrap());
    let noted = tables.applications.condition(&id("crm")).await.unwrap().sweep;
    assert_eq!(noted, Some(begun(&second)));
    let due = tables.links.propose_due(&id("crm"), at(1_000), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].key, DueKey::Job(id("crm"), id("job-2")));
}

fn found(remote_id: &str, external_id: Option<&str>, name: &str) -> Found {
    let resource = json!({"id": remote_id, "userName": name, "nothing": null, "score": 1.0, "list": []});
    Found {
        remote_id: remote(remote_id),
        external_id: external_id.map(str::to_owned),
        name: name.into(),
        active: Some(true),
        resource: scim::Resource::from_json(resource).expect("an object"),
    }
}

#[tokio::test]
async fn what_a_listing_found_is_found_by_external_id_and_by_name() {
    let jobs = database::tables().await.jobs;
    let (crm, listing) = (id("crm"), id("job-1"));
    let all = [found("1", Some("ada"), "Ada"), found("2", None, "ADA"), found("3", Some("Ada"), "bob")];
    jobs.put_found(&crm, &listing, Kind::User, &all).await.unwrap();
    jobs.put_found(&crm, &listing, Kind::User, &all).await.unwrap();
    let by = async |listing: &str, kind, key| jobs.found(&crm, &id(listing), kind, &key).await.unwrap();
    assert_eq!(by("job-1", Kind::User, MatchKey::Name("ada".into())).await, all[..2]);
    assert_eq!(by("job-1", Kind::User, MatchKey::ExternalId("ada".into())).await, all[..1], "ids have case");
    assert!(by("job-1", Kind::User, MatchKey::ExternalId("bob".into())).await.is_empty());
    assert!(by("job-1", Kind::Group, MatchKey::Name("ada".into())).await.is_empty());
    assert!(by("job-2", Kind::User, MatchKey::Name("ada".into())).await.is_empty());
}

#[tokio::test]
async fn a_group_too_large_for_an_item_is_found_without_its_members() {
    let jobs = database::tables().await.jobs;
    let members: Vec<_> =
        (0..10_000).map(|number| json!({"value": format!("member-{number:06}-of-the-group")})).collect();
    let mut group = found("1", None, "staff");
    group.resource =
        scim::Resource::from_json(json!({"id": "1", "displayName": "staff", "members": members})).unwrap();
    jobs.put_found(&id("crm"), &id("job-1"), Kind::Group, &[group]).await.unwrap();
    let key = MatchKey::Name("staff".into());
    let back = jobs.found(&id("crm"), &id("job-1"), Kind::Group, &key).await.unwrap();
    assert_eq!(back[0].resource.clone().into_json(), json!({"id": "1", "displayName": "staff"}));
}
