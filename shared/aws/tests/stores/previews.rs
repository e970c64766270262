use provisioning::ids::{ApplicationId, JobId};
use provisioning::link::Object;
use provisioning::ports::{DueItem, DueKey};
use provisioning::preview::{GroupWeight, Members, PreviewJob, PreviewRow, RowAction};
use provisioning::sweep::SweepRequest;
use provisioning::target::{Change, Kind};
use provisioning::value::Value;

use crate::database;
use crate::examples::{at, id, remote};

fn crm() -> ApplicationId {
    id("crm")
}

fn preview(name: &str) -> PreviewJob {
    PreviewJob { due_at: Some(at(0)), ..PreviewJob::new(id(name), crm(), 7, at(0)) }
}

fn row(object: Object, action: RowAction) -> PreviewRow {
    let change = Change { attribute: id("title"), old: Some(Value::from("A")), new: None };
    PreviewRow {
        name: object.id().to_owned(),
        object,
        action,
        remote_id: Some(remote("r-1")),
        follows: Vec::new(),
        changes: vec![change],
        reason: Some("why".into()),
        candidates: Vec::new(),
        added: Members { count: 2, names: vec!["ada".into()] },
        removed: Members::default(),
        weight: GroupWeight { linked: true, pushed: 3, taken: 2, lost: 1 },
    }
}

fn ada() -> Object {
    Object::User(id("ada"))
}

fn sales() -> Object {
    Object::Group(id("sales"))
}

#[tokio::test]
async fn a_preview_is_kept_and_due_whether_or_not_the_application_is_enabled() {
    let tables = database::tables().await;
    let job = preview("p1");
    tables.previews.start(&job).await.unwrap();
    assert_eq!(tables.previews.preview(&crm(), &job.id).await.unwrap(), Some(job.clone()));
    assert_eq!(tables.previews.current(&crm()).await.unwrap(), Some(job.id.clone()));
    let due = tables.directory_jobs.propose_due(at(0), 10).await.unwrap();
    let key = DueKey::Job(crm(), job.id.clone());
    assert_eq!(due, [DueItem { key, generation: 0, due_at: at(0), by_sweep: false }]);
    assert!(tables.links.postpone(&due[0], at(50)).await.unwrap());
    assert!(tables.directory_jobs.propose_due(at(49), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_newest_preview_is_the_current_one() {
    let tables = database::tables().await;
    tables.previews.start(&preview("p1")).await.unwrap();
    tables.previews.start(&preview("p2")).await.unwrap();
    assert_eq!(tables.previews.current(&crm()).await.unwrap(), Some(id("p2")));
    assert_eq!(tables.previews.preview(&crm(), &id("none")).await.unwrap(), None);
}

#[tokio::test]
async fn only_who_holds_the_current_step_advances() {
    let tables = database::tables().await;
    let before = preview("p1");
    tables.previews.start(&before).await.unwrap();
    let after = PreviewJob { step: 1, position: None, due_at: None, ..before.clone() };
    assert!(tables.previews.advance(&before, &after).await.unwrap());
    assert!(!tables.previews.advance(&before, &after).await.unwrap());
    assert_eq!(tables.previews.preview(&crm(), &before.id).await.unwrap(), Some(after));
    assert!(tables.directory_jobs.propose_due(at(1_000), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_row_is_kept_to_the_letter_in_the_place_of_an_older_one() {
    let tables = database::tables().await;
    let job = preview("p1");
    tables.previews.put_rows(&job, &[row(ada(), RowAction::Update)]).await.unwrap();
    let newer = row(ada(), RowAction::Adopt);
    tables.previews.put_rows(&job, std::slice::from_ref(&newer)).await.unwrap();
    let users = [id("ada"), id("bob")];
    let among = tables.previews.rows_among(&crm(), &job.id, &users).await.unwrap();
    assert_eq!(among.into_values().collect::<Vec<_>>(), [newer]);
    let taken = |id| {
        let tables = tables.clone();
        async move { tables.previews.taken_by(&crm(), &id, Kind::User, &remote("r-1")).await.unwrap() }
    };
    assert_eq!(taken(job.id.clone()).await, Some(ada()));
    assert_eq!(taken(id::<JobId>("p2")).await, None, "of another preview");
}

#[tokio::test]
async fn rows_come_a_page_at_a_time_groups_first() {
    let tables = database::tables().await;
    let job = preview("p1");
    let rows = [row(ada(), RowAction::Create), row(sales(), RowAction::Update)];
    tables.previews.put_rows(&job, &rows).await.unwrap();
    let page = |after: Option<Object>| {
        let (tables, job) = (tables.clone(), job.id.clone());
        async move { tables.previews.rows(&crm(), &job, after.as_ref(), 1).await.unwrap() }
    };
    let first = page(None).await;
    assert_eq!(first, [rows[1].clone()]);
    assert_eq!(page(Some(sales())).await, [rows[0].clone()]);
    assert!(page(Some(ada())).await.is_empty());
}

#[tokio::test]
async fn a_preview_is_no_sweep_and_a_sweep_no_preview() {
    let tables = database::tables().await;
    tables.previews.start(&preview("p1")).await.unwrap();
    assert_eq!(tables.jobs.job(&crm(), &id("p1")).await.unwrap(), None);
    let request =
        SweepRequest { job: id("s1"), application: crm(), read_target: true, allowed_removals: None };
    assert!(tables.jobs.start(&request.into_job(at(0)), None).await.unwrap());
    assert_eq!(tables.previews.preview(&crm(), &id("s1")).await.unwrap(), None);
}
