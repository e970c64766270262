//! What the simulation found, by name. Each failed before it was mended. A seed tells the same story only as long as the same
//! calls are made in the same order; where that mattered, the story is told by itself, at the very call where it went wrong.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use provisioning::clock::SteppedClock;
use provisioning::directory::job::{Deletions, DirectoryWorker};
use provisioning::directory::{Status, User};
use provisioning::link::{LinkKey, Mark};
use provisioning::ports::{DirectoryJobs as _, Doorbell, StoreResult, UserWrite};
use tokio::sync::Notify;

use crate::chance::{Chance, SimulatedClock};
use crate::examples::{at, id};
use crate::history::{Act, History, Letting, Rules};
use crate::oracle::Oracle;
use crate::queue::{CalmBell, Queues};
use crate::seeds::{run, simulated};
use crate::tables::{Calm, Memory, Weather};
use crate::weather::{Climate, Now};
use crate::world::World;

/// Calm weather in which others act right before the first call of a kind, and that call waits for them.
struct Meddled {
    at: &'static str,
    once: AtomicBool,
    begin: Arc<Notify>,
    end: Arc<Notify>,
}

impl Meddled {
    fn at(at: &'static str, act: impl Future<Output = ()> + 'static) -> Arc<Self> {
        let (begin, end) = (Arc::<Notify>::default(), Arc::<Notify>::default());
        let (told, done) = (begin.clone(), end.clone());
        tokio::task::spawn_local(async move {
            told.notified().await;
            act.await;
            done.notify_one();
        });
        Arc::new(Self { at, once: AtomicBool::new(true), begin, end })
    }
}

#[async_trait]
impl Weather for Meddled {
    async fn before(&self, call: &'static str) -> StoreResult<()> {
        if call == self.at && self.once.swap(false, Ordering::SeqCst) {
            self.begin.notify_one();
            self.end.notified().await;
        }
        Ok(())
    }

    async fn after(&self, _: &'static str) -> StoreResult<()> {
        Ok(())
    }

    fn rows_written(&self, _: usize) -> Option<usize> {
        None
    }

    fn lag(&self) -> Duration {
        Duration::ZERO
    }
}

/// Two groups with one member in both, in step.
async fn in_step() -> World {
    let world = World::new(
        1,
        &History { acts: Vec::new(), members_per_request: 100, managers: false, interference: false },
    )
    .await;
    world.climate.set(Climate::CALM);
    let groups = BTreeSet::from([0, 1]);
    world.start();
    act(
        &world,
        &[
            Act::CreateGroup { group: 0, name: 0 },
            Act::CreateGroup { group: 1, name: 1 },
            Act::Hire { user: 0, name: 0, title: 0, groups: groups.clone() },
            Act::Select { groups },
            Act::SwitchOn,
        ],
    )
    .await;
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(world.service.contents().groups.len(), 2);
    world
}

async fn act(world: &World, acts: &[Act]) {
    let mut oracle = Oracle::new();
    oracle.groups = [("g0".into(), "Group 0".into()), ("g1".into(), "Group 1".into())].into();
    for act in acts {
        world.act(act, &mut oracle).await;
    }
}

/// A worker looks at the first group, in this weather.
async fn look_at_group(world: &World, weather: Arc<dyn Weather>) {
    let key = LinkKey::group(&world.application, &id("g0"));
    let mark = Mark { application_version: 1, due_at: at(0), by_sweep: false, compare: false };
    let generation = world.setup.tables.links.mark(&key, &mark).await.unwrap();
    world.worker_in(weather).work_off(&[Doorbell::Link { key, generation }]).await;
    tokio::time::sleep(Duration::from_secs(3_600)).await;
}

/// Seed 1361: the policy was changed seconds before the group went, after a worker had read it.
#[test]
fn a_group_goes_by_the_policy_that_stood_when_it_went_and_not_by_an_older_one() {
    let left = simulated(async {
        let world = in_step().await;
        let meddler = world.clone();
        let rules = Rules { deselected: Letting::Gone, ..Rules::FIRST };
        let meddled = Meddled::at("directory.group", async move {
            act(&meddler, &[Act::Govern { rules }, Act::DeleteGroup { group: 0 }]).await;
        });
        look_at_group(&world, meddled).await;
        world.service.contents().groups.values().map(|group| group.name.clone()).collect::<Vec<_>>()
    });
    assert_eq!(left, ["Group 1"], "it is deleted, and not only emptied and left");
}

#[test]
fn a_deletion_whose_answer_was_lost_is_remembered_though_the_group_is_left_alone_meanwhile() {
    assert_eq!(run(10_433, &History::of(10_433)), Vec::<String>::new());
}

#[test]
fn who_finds_a_lost_create_after_another_did_does_not_record_its_members_again() {
    assert_eq!(run(6_227, &History::of(6_227)), Vec::<String>::new());
}

#[test]
fn whom_a_lost_create_recorded_is_looked_at_though_the_next_one_is_lost_too() {
    for seed in [6_848, 1_885] {
        assert_eq!(run(seed, &History::of(seed)), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_member_who_was_recorded_half_is_found_from_his_own_side() {
    assert_eq!(run(22_857, &History::of(22_857)), Vec::<String>::new());
}

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
    for seed in [1024, 3675, 102_263] {
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

#[test]
fn what_a_lost_create_gave_and_is_wanted_no_more_is_cleared() {
    assert_eq!(run(5_239, &History::with_managers(5_239)), Vec::<String>::new());
}

#[test]
fn an_account_that_another_asked_for_and_has_not_heard_of_is_not_taken_over() {
    assert_eq!(run(20_944, &History::with_interference(20_944)), Vec::<String>::new());
}

#[test]
fn who_is_refused_as_a_member_after_a_lost_request_put_him_in_is_taken_out_when_he_leaves() {
    assert_eq!(run(30_218, &History::with_interference(30_218)), Vec::<String>::new());
}

#[test]
fn an_account_that_was_found_is_told_though_the_answer_to_its_first_change_was_lost() {
    for seed in [1_099, 1_105, 1_144] {
        assert_eq!(run(seed, &History::of(seed)), Vec::<String>::new(), "seed {seed}");
    }
}
