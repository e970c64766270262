use provisioning::directory::job::{DirectoryJob, Work};
use provisioning::ports::{DueItem, DueKey, Started, Tables};

use crate::database;
use crate::examples::{at, id, ids, put_groups, put_user};

fn deletion(name: &str, work: Work) -> DirectoryJob {
    DirectoryJob { due_at: Some(at(0)), ..DirectoryJob::new(id(name), work, at(0)) }
}

/// Sales with 70 members, more than one transaction takes.
async fn large_group() -> Tables {
    let tables = database::tables().await;
    put_groups(&*tables.directory, &["Sales", "Staff"]).await;
    for number in 0..70 {
        put_user(&*tables.directory, &format!("u{number:02}"), &["sales", "staff"]).await;
    }
    tables
}

#[tokio::test]
async fn a_deletion_that_begins_marks_its_object_and_is_due_and_one_under_way_begins_no_second() {
    let tables = large_group().await;
    let job = deletion("job-1", Work::DeleteGroup(id("sales")));
    let jobs = &tables.directory_jobs;
    assert_eq!(jobs.start_deletion(&job).await.unwrap(), Started::Yes);
    assert!(tables.directory.group(&id("sales")).await.unwrap().unwrap().deleting);
    assert_eq!(jobs.job(&id("job-1")).await.unwrap(), Some(job.clone()));
    let due = jobs.propose_due(at(0), 10).await.unwrap();
    let key = DueKey::DirectoryJob(id("job-1"));
    assert_eq!(due, [DueItem { key, generation: 0, due_at: at(0), by_sweep: false }]);
    assert!(tables.links.postpone(&due[0], at(50)).await.unwrap());
    assert!(jobs.propose_due(at(49), 10).await.unwrap().is_empty());
    assert_eq!(jobs.start_deletion(&job).await.unwrap(), Started::UnderWay);
}

#[tokio::test]
async fn what_is_not_there_is_not_deleted() {
    let tables = database::tables().await;
    let job = deletion("job-1", Work::DeleteUser(id("nobody")));
    assert_eq!(tables.directory_jobs.start_deletion(&job).await.unwrap(), Started::NotThere);
    assert_eq!(tables.directory_jobs.job(&id("job-1")).await.unwrap(), None);
}

#[tokio::test]
async fn a_deletion_that_was_begun_without_a_job_and_left_is_taken_over() {
    let tables = large_group().await;
    tables.directory.begin_group_deletion(&id("sales")).await.unwrap();
    assert!(!tables.directory.take_down_group(&id("sales")).await.unwrap(), "one page does not end it");
    let job = deletion("job-1", Work::DeleteGroup(id("sales")));
    // What is left fits one transaction, so the mark of the first page is what tells.
    match tables.directory.group(&id("sales")).await.unwrap() {
        Some(group) => {
            assert!(group.deleting);
            assert_eq!(tables.directory_jobs.start_deletion(&job).await.unwrap(), Started::Yes);
        }
        None => panic!("a page is less than the whole"),
    }
}

#[tokio::test]
async fn of_two_who_hold_one_step_one_advances_the_job_and_one_that_is_over_is_not_due() {
    let tables = large_group().await;
    let job = deletion("job-1", Work::DeleteUser(id("u00")));
    let jobs = &tables.directory_jobs;
    jobs.start_deletion(&job).await.unwrap();
    let over = DirectoryJob { step: 1, due_at: None, ended_at: Some(at(5)), ..job.clone() };
    let (one, other) = tokio::join!(jobs.advance(&job, &over), jobs.advance(&job, &over));
    assert!(one.unwrap() != other.unwrap());
    assert!(jobs.job(&id("job-1")).await.unwrap().unwrap().is_over());
    assert!(jobs.propose_due(at(1_000_000), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_large_group_goes_page_by_page_and_its_members_stay() {
    let tables = large_group().await;
    tables.directory.begin_group_deletion(&id("sales")).await.unwrap();
    let mut pages = 1;
    while !tables.directory.take_down_group(&id("sales")).await.unwrap() {
        pages += 1;
    }
    assert!(pages >= 3, "its members, itself, and a look whether anything is left: {pages}");
    assert_eq!(tables.directory.group(&id("sales")).await.unwrap(), None);
    assert_eq!(tables.directory.user(&id("u69")).await.unwrap().unwrap().groups, ids(&["staff"]));
}

#[tokio::test]
async fn who_bears_an_id_and_is_not_being_deleted_is_not_taken_down() {
    let tables = large_group().await;
    let before = tables.directory.user(&id("u00")).await.unwrap();
    assert!(tables.directory.take_down_user(&id("u00")).await.unwrap());
    assert!(tables.directory.take_down_group(&id("staff")).await.unwrap());
    assert_eq!(tables.directory.user(&id("u00")).await.unwrap(), before);
    assert!(tables.directory.group(&id("staff")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_small_group_whose_deletion_begins_is_gone_at_once() {
    let tables = database::tables().await;
    put_groups(&*tables.directory, &["Sales"]).await;
    put_user(&*tables.directory, "u1", &["sales"]).await;
    tables.directory.begin_group_deletion(&id("sales")).await.unwrap();
    assert_eq!(tables.directory.group(&id("sales")).await.unwrap(), None);
    assert_eq!(tables.directory.user(&id("u1")).await.unwrap().unwrap().groups, [].into());
    tables.directory.begin_group_deletion(&id("sales")).await.unwrap();
}
