//! What the simulation found, by name. Each failed before it was mended.

use std::collections::BTreeSet;
use std::sync::Arc;

use provisioning::clock::SteppedClock;
use provisioning::directory::job::{Deletions, DirectoryWorker};
use provisioning::directory::{Status, User};
use provisioning::ports::{DirectoryJobs as _, UserWrite};

use crate::chance::{Chance, SimulatedClock};
use crate::examples::{at, id};
use crate::history::History;
use crate::queue::{CalmBell, Queues};
use crate::seeds::run;
use crate::tables::{Calm, Memory};
use crate::weather::{Climate, Now};

#[tokio::test(start_paused = true)]
async fn a_user_who_comes_back_under_his_id_is_not_deleted_by_the_job_that_deleted_him_before() {
    let clock = Arc::new(SteppedClock::at(at(0)));
    let tables = Memory::new(clock.clone()).tables(Arc::new(Calm));
    let simulated = Arc::new(SimulatedClock::starting_now());
    let calm = Arc::new(Now::of(Climate::CALM));
    let bell = Arc::new(CalmBell(Queues::new(simulated, Arc::new(Chance::of(0)), calm)));
    let ada = User {
        id: id("ada"),
        source_id: None,
        username: "ada".into(),
        email: None,
        first_name: None,
        last_name: None,
        display_name: None,
        status: Status::Active,
        custom: [].into(),
        deleting: false,
    };
    let hire = UserWrite { old: None, new: ada.clone(), join: BTreeSet::new(), leave: BTreeSet::new() };
    tables.directory.write_user(&hire).await.unwrap();
    let deletions =
        Deletions { jobs: tables.directory_jobs.clone(), bell: bell.clone(), clock: clock.clone() };
    assert!(deletions.delete_user(&ada.id).await.unwrap());
    // The page was done, and died before it said so.
    while !tables.directory.take_down_user(&ada.id).await.unwrap() {}
    tables.directory.write_user(&hire).await.unwrap();
    let due = tables.directory_jobs.propose_due(at(10_000_000), 1).await.unwrap();
    let provisioning::ports::DueKey::DirectoryJob(job) = &due[0].key else { panic!("{due:?}") };
    DirectoryWorker { tables: tables.clone(), bell, clock }.page(job, 0).await.unwrap();
    assert_eq!(tables.directory.user(&ada.id).await.unwrap().unwrap().user, Some(ada));
    assert!(tables.directory_jobs.job(job).await.unwrap().unwrap().is_over());
}

#[test]
fn a_group_marked_while_it_was_made_gets_the_members_that_did_not_fit_the_first_request() {
    for seed in [500, 932] {
        assert_eq!(run(seed, &History::of(seed)), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_member_recorded_for_a_create_that_was_not_done_is_not_taken_out_of_the_group_made_later() {
    assert_eq!(run(593, &History::of(593)), Vec::<String>::new());
}

#[test]
fn a_member_in_doubt_when_group_information_is_excluded_is_added_when_it_is_not_any_more() {
    assert_eq!(run(162, &History::of(162)), Vec::<String>::new());
}

#[test]
fn a_leaver_does_not_wait_for_a_group_whose_rename_is_refused() {
    assert_eq!(run(1473, &History::of(1473)), Vec::<String>::new());
}

#[test]
fn what_we_deleted_without_hearing_so_is_made_anew_when_it_is_wanted_again() {
    for seed in [1024, 3675] {
        assert_eq!(run(seed, &History::of(seed)), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_create_is_looked_up_though_disabled_users_are_left_alone() {
    for seed in [3043, 3163] {
        assert_eq!(run(seed, &History::of(seed)), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn who_comes_back_under_his_id_keeps_his_memberships() {
    assert_eq!(run(2083, &History::of(2083)), Vec::<String>::new());
}

#[test]
fn a_late_settlement_does_not_forget_whom_another_attempt_left_in_doubt() {
    for seed in [998, 3450] {
        assert_eq!(run(seed, &History::of(seed)), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_group_that_is_let_go_again_loses_whom_a_lost_request_may_have_added() {
    assert_eq!(run(4379, &History::of(4379)), Vec::<String>::new());
}
