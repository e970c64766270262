//! Histories from seeds. `ROLLCALL_SIMULATION_SEEDS` says how many (100 by default) and `ROLLCALL_SIMULATION_START` from which
//! on; one that fails says how to run it again, and is shrunk to the acts it needs.

mod met;

use std::time::Duration;

use crate::history::{Act, History};
use crate::oracle::Oracle;
use crate::weather::Climate;
use crate::world::World;
use met::Met;

const HOUR: Duration = Duration::from_secs(3_600);

/// Runs a history to its end, and says what is wrong then.
pub fn run(seed: u64, history: &History) -> Vec<String> {
    simulated(live(seed, history)).0
}

/// Runs on a clock of its own, which goes only when nobody has anything to do.
pub fn simulated<T>(run: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, run)
}

async fn live(seed: u64, history: &History) -> (Vec<String>, Met) {
    let world = World::new(seed, history).await;
    let mut oracle = Oracle::new();
    oracle.managers = history.managers;
    world.start();
    for (pause, act) in &history.acts {
        tokio::time::sleep(Duration::from_millis(*pause)).await;
        world.act(act, &mut oracle).await;
    }
    // The weather clears, provisioning is on, and what failed is tried again once a day at least.
    world.climate.set(Climate::CALM);
    if oracle.hindrances.locked {
        world.act(&Act::Restore, &mut oracle).await;
    }
    world.act(&Act::SwitchOn, &mut oracle).await;
    tokio::time::sleep(52 * HOUR).await;
    if history.interference {
        // What somebody did at the target is seen when it is read as a whole, once a week, and undone.
        tokio::time::sleep(15 * 24 * HOUR).await;
    }
    // What the fuse holds is allowed.
    for _ in 0..4 {
        if !world.allow_what_is_held().await {
            break;
        }
        // Who waited for the name of somebody whose rename was held is looked at again once a day.
        tokio::time::sleep(26 * HOUR).await;
    }
    let mut wrong = oracle.judge(&world.shown());
    wrong.extend(crate::telling::judged(&world, &oracle));
    let before = world.service.contents().log.len();
    let _ = world.setup.sync(&world.application, Some(u64::MAX)).await;
    tokio::time::sleep(HOUR).await;
    for done in &world.service.contents().log[before..] {
        wrong.push(format!("another sweep writes {}", done.what));
    }
    if !wrong.is_empty() {
        wrong.extend(told(&world));
    }
    (wrong, Met::of(&world, &oracle))
}

/// What was written at the target, what was told, and the links as they are.
pub fn told(world: &World) -> Vec<String> {
    let mut lines = vec![format!("climate {:?}", world.climate_at_first)];
    let contents = world.service.contents();
    lines.extend(contents.log.iter().map(|done| format!("  {} {} {}", done.at, done.id, done.what)));
    let state = world.memory.state();
    lines.extend(crate::telling::lines(&state.activity));
    let condition = state.configured(&world.application).map(|configured| configured.condition);
    lines.push(format!("  {condition:?}"));
    lines.extend(state.jobs.values().map(|job| format!("  {job:?}")));
    lines.extend(state.links.values().map(|link| {
        format!(
            "  {} {:?} {:?} due {:?} attempts {} {:?}",
            link.key, link.state, link.remote_id, link.work.due_at, link.work.attempts, link.work.problem
        )
    }));
    lines
}

/// Drops acts one by one, as long as something is wrong without them.
fn shrunk(seed: u64, history: &History) -> History {
    let mut least = history.clone();
    let mut position = 0;
    while position < least.acts.len() {
        let mut fewer = least.clone();
        let (pause, _) = fewer.acts.remove(position);
        if let Some((next, _)) = fewer.acts.get_mut(position) {
            *next += pause;
        }
        if run(seed, &fewer).is_empty() {
            position += 1;
        } else {
            least = fewer;
        }
    }
    least
}

#[expect(clippy::disallowed_methods, reason = "how long a run is to be is said to the test program itself")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn histories_end_as_the_oracle_says() {
    let met = [("written", 1_000), ("disturbed", 40), ("adopted", 20)];
    all_end_as_the_oracle_says("histories_end", &met, History::of);
}

#[test]
fn histories_of_users_with_managers_end_as_the_oracle_says() {
    let met = [("written", 1_000), ("disturbed", 40)];
    all_end_as_the_oracle_says("histories_of_users_with_managers", &met, History::with_managers);
}

#[test]
fn histories_in_which_the_target_interferes_end_as_the_oracle_says() {
    let met = [
        ("protected", 20),
        ("left out", 5),
        ("paused", 20),
        ("taken over", 5),
        ("adopted", 10),
        ("drifted", 15),
    ];
    let test = "histories_in_which_the_target_interferes";
    all_end_as_the_oracle_says(test, &met, History::with_interference);
}

/// Runs as many histories as are asked for. A hundred of them are to meet so much at least.
fn all_end_as_the_oracle_says(test: &str, least: &[(&str, u64)], of: impl Fn(u64) -> History) {
    let (start, many) = (setting("ROLLCALL_SIMULATION_START", 0), setting("ROLLCALL_SIMULATION_SEEDS", 100));
    let (mut failed, mut met) = (Vec::new(), Met::default());
    for seed in start..start + many {
        let (wrong, its) = simulated(live(seed, &of(seed)));
        met.add(&its);
        if !wrong.is_empty() {
            failed.push(seed);
        }
        if failed.len() >= 20 {
            break;
        }
    }
    let Some(seed) = failed.first() else { return met.assert(least, many) };
    let history = shrunk(*seed, &of(*seed));
    let acts: String = history.acts.iter().map(|(pause, act)| format!("  {pause} {act:?}\n")).collect();
    let wrong = run(*seed, &history).join("\n");
    panic!(
        "seeds {failed:?} end wrong. Again: ROLLCALL_SIMULATION_START={seed} ROLLCALL_SIMULATION_SEEDS=1 \
         cargo nextest run -p simulation {test}\n{seed} shrunk, {} members a request:\n{acts}{wrong}",
        history.members_per_request
    );
}

#[test]
fn a_seed_is_one_history() {
    for seed in 0..5 {
        let (one, other) = (traced(seed), traced(seed));
        assert!(!one.is_empty());
        assert_eq!(one, other, "seed {seed}");
    }
}

/// What a run does at the target, to the millisecond.
fn traced(seed: u64) -> Vec<String> {
    let history = History::of(seed);
    simulated(async {
        let world = World::new(seed, &history).await;
        let mut oracle = Oracle::new();
        world.start();
        for (pause, act) in &history.acts {
            tokio::time::sleep(Duration::from_millis(*pause)).await;
            world.act(act, &mut oracle).await;
        }
        tokio::time::sleep(HOUR).await;
        let contents = world.service.contents();
        contents.log.iter().map(|done| format!("{} {} {}", done.at, done.id, done.what)).collect()
    })
}
