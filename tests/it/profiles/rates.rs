//! The rates that profiles declare, held on a table: in no window more goes than is declared of it.

use catalog::{Operations, Rate};
use jiff::Timestamp;
use provisioning::application::{Call, Rates, Verb};
use provisioning::clock::Clock as _;
use provisioning::ports::Slot;
use provisioning::target::Kind;

use crate::world::World;

/// Calls of every kind, mixed by a small generator of its own.
fn mixed(count: usize) -> Vec<Call> {
    let verbs = [Verb::Read, Verb::List, Verb::Create, Verb::Update, Verb::Delete];
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut call = || {
        let kind = if next(4) == 0 { Kind::Group } else { Kind::User };
        let verb = verbs[next(5) as usize];
        Call { kind: Some(kind), verb, assigns: kind == Kind::User && verb == Verb::Create }
    };
    (0..count).map(|_| call()).collect()
}

/// The most moments within any window of so many seconds.
fn most_within(moments: &[i64], seconds: u32) -> usize {
    let window = i64::from(seconds) * 1_000;
    let from = |first: &i64| moments.iter().filter(|at| (*first..first + window).contains(*at)).count();
    moments.iter().map(from).max().unwrap_or(0)
}

/// The moments that the rate is about, as the words of its operations have it.
fn counted(sent: &[(i64, Call)], operations: Operations) -> Vec<i64> {
    let reads = |verb| matches!(verb, Verb::Read | Verb::List);
    let about = |call: &Call| match operations {
        Operations::All => true,
        Operations::Reads => reads(call.verb),
        Operations::Writes => !reads(call.verb),
        Operations::UserReads => call.kind == Some(Kind::User) && reads(call.verb),
        Operations::UserWrites => call.kind == Some(Kind::User) && !reads(call.verb),
        Operations::UserDeletions => call.kind == Some(Kind::User) && call.verb == Verb::Delete,
        Operations::GroupLists => call.kind == Some(Kind::Group) && call.verb == Verb::List,
        Operations::GroupReads => call.kind == Some(Kind::Group) && call.verb == Verb::Read,
        Operations::GroupWrites => call.kind == Some(Kind::Group) && !reads(call.verb),
        Operations::Assignments => call.assigns,
    };
    sent.iter().filter(|(_, call)| about(call)).map(|(at, _)| *at).collect()
}

async fn held(catalog_key: &str) {
    let world = World::of(catalog_key, &[]).await;
    let (applications, id) = (&world.tables.applications, &world.application);
    let rates = Rates::of(&applications.load(id).await.unwrap().unwrap());
    // What connecting took is over.
    let began = world.clock.now().as_millisecond() + 3_600_000;
    let at = |millis: i64| Timestamp::from_millisecond(began + millis).unwrap();
    let mut sent = Vec::new();
    let mut now = 0;
    for (number, call) in mixed(400).into_iter().enumerate() {
        let charges = rates.charges(&[call], 0);
        let latest = at(now + 100_000_000);
        match applications.reserve(id, &charges, at(now), latest).await.unwrap() {
            Slot::At(moment) => sent.push((moment.as_millisecond(), call)),
            Slot::Full(free) => panic!("{catalog_key}: nothing is free before {free}"),
        }
        // Now and then nobody wants anything for a while.
        now += if number % 50 == 49 { 90_000 } else { 3 };
    }
    let declared = catalog::profile(catalog_key).unwrap().rates.clone().unwrap().value;
    for Rate { operations, requests, seconds } in declared {
        let moments = counted(&sent, operations);
        let most = most_within(&moments, seconds);
        assert!(!moments.is_empty() && most <= requests as usize, "{catalog_key} {operations:?}: {most}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_window_holds_more_than_a_profile_declares_of_any_operation() {
    for catalog_key in ["slack", "miro", "github-emu"] {
        held(catalog_key).await;
    }
}
