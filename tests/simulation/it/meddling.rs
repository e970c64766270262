//! The target's administrator at work: he changes attributes, turns accounts on and off, deletes accounts and groups, puts
//! members in and takes them out, in worlds that histories from seeds brought to rest. What must be there some weeks later is what
//! was there, with what he did undone where the policy has it repaired, and as he left it where it is only told.
//!
//! The oracle is the snapshot, his acts and the policy; it knows nothing of `provisioning`.

mod picture;

use std::collections::BTreeSet;
use std::time::Duration;

use provisioning::activity::Action;
use provisioning::application::Configuration;

use crate::chance::Chance;
use crate::history::{Act, History, Rules, Undone};
use crate::oracle::{Account, Oracle};
use crate::seeds::simulated;
use crate::weather::Climate;
use crate::world::World;
use picture::Picture;

const SEEDS: u64 = 100;
const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);

fn undone(chance: &Chance) -> Undone {
    let whether = || chance.hits(5_000);
    Undone { attributes: whether(), members: whether(), deletions: whether(), reactivations: whether() }
}

/// One world, what must be there in the end, and how much of it is told.
struct Meddling<'a> {
    world: &'a World,
    oracle: &'a Oracle,
    chance: Chance,
    undone: Undone,
    wanted: Picture,
    told: usize,
    did: Vec<String>,
    /// Nothing is meddled with twice.
    touched: BTreeSet<String>,
}

impl Meddling<'_> {
    /// An account that was not meddled with: its id, and whose it is by externalId.
    fn account(&mut self, fits: impl Fn(&Self, &str, &Account) -> bool) -> Option<(String, String)> {
        let shown = self.world.shown();
        let ours = shown.accounts.iter().filter(|(id, account)| {
            let owner = account.external_id.as_ref();
            owner.is_some_and(|owner| {
                shown.owners.get(*id) == Some(owner)
                    && !self.touched.contains(owner)
                    && fits(self, owner, account)
            })
        });
        let ours: Vec<_> =
            ours.map(|(id, account)| (id.clone(), account.external_id.clone().unwrap())).collect();
        self.one_of(&ours)
    }

    fn one_of(&mut self, all: &[(String, String)]) -> Option<(String, String)> {
        if all.is_empty() {
            return None;
        }
        let (id, owner) = all[usize::try_from(self.chance.below(all.len() as u64)).unwrap()].clone();
        self.touched.insert(owner.clone());
        Some((id, owner))
    }

    /// A group that is kept and was not meddled with.
    fn group(&mut self) -> Option<(String, String)> {
        let shown = self.world.shown();
        let kept = shown.groups.iter().filter_map(|(id, circle)| {
            let owner = circle.external_id.clone()?;
            let kept = self.oracle.keeps_group(&owner) && shown.owners.get(id) == Some(&owner);
            (kept && !self.touched.contains(&owner) && circle.name == self.oracle.groups[&owner])
                .then(|| (id.clone(), owner))
        });
        let kept: Vec<_> = kept.collect();
        self.one_of(&kept)
    }

    fn is_in_step(&self, owner: &str, account: &Account) -> bool {
        self.oracle.is_wanted(owner) && account.active && self.oracle.people[owner].name == account.name
    }

    fn meddle(&mut self) {
        let marker = format!("Meddled {}", self.touched.len());
        match self.chance.below(8) {
            0 => {
                let Some((id, owner)) = self.account(Self::is_in_step) else { return };
                self.world.service.contents().accounts.get_mut(&id).unwrap().title = Some(marker.clone());
                self.did.push(format!("retitle {owner}"));
                self.told += 1;
                if !self.undone.attributes {
                    self.wanted.accounts.get_mut(&owner).unwrap().title = Some(marker);
                }
            }
            1 => {
                let Some((id, owner)) = self.account(Self::is_in_step) else { return };
                self.world.service.contents().accounts.get_mut(&id).unwrap().active = false;
                self.did.push(format!("suspend {owner}"));
                self.told += 1;
                self.wanted.accounts.get_mut(&owner).unwrap().active = false;
            }
            2 => {
                let off = |this: &Self, owner: &str, account: &Account| {
                    !this.oracle.is_wanted(owner) && !account.active
                };
                let Some((id, owner)) = self.account(off) else { return };
                self.world.service.contents().accounts.get_mut(&id).unwrap().active = true;
                self.did.push(format!("reactivate {owner}"));
                self.told += 1;
                self.wanted.accounts.get_mut(&owner).unwrap().active = !self.undone.reactivations;
            }
            3 => {
                let Some((id, owner)) = self.account(Self::is_in_step) else { return };
                let mut contents = self.world.service.contents();
                contents.accounts.remove(&id);
                contents.groups.values_mut().for_each(|circle| {
                    circle.members.remove(&id);
                });
                drop(contents);
                self.did.push(format!("erase {owner}"));
                self.told += 1;
                // In groups that are kept no more nobody puts him back.
                for (group, circle) in &mut self.wanted.groups {
                    if !self.undone.deletions || !self.oracle.keeps_group(group) {
                        circle.members.remove(&owner);
                    }
                }
                if !self.undone.deletions {
                    self.wanted.accounts.remove(&owner);
                }
            }
            4 => {
                let Some((id, owner)) = self.group() else { return };
                self.world.service.contents().groups.get_mut(&id).unwrap().name.clone_from(&marker);
                self.did.push(format!("rename {owner}"));
                self.told += 1;
                if !self.undone.attributes {
                    self.wanted.groups.get_mut(&owner).unwrap().name = marker;
                }
            }
            5 => {
                let Some((id, owner)) = self.group() else { return };
                self.world.service.contents().groups.remove(&id);
                self.did.push(format!("erase the group {owner}"));
                self.told += 1;
                if !self.undone.deletions {
                    self.wanted.groups.remove(&owner);
                }
            }
            number => self.meddle_with_members(number == 6),
        }
    }

    /// Somebody of ours is taken out of a group, or put in.
    fn meddle_with_members(&mut self, take_out: bool) {
        let Some((id, owner)) = self.group() else { return };
        let members = self.world.service.contents().groups[&id].members.clone();
        let shown = self.world.shown();
        let fits = |this: &Self, person: &str, account: &Account| {
            let own = shown
                .accounts
                .iter()
                .find(|(id, _)| shown.owners.get(*id).is_some_and(|owner| owner == person));
            this.is_in_step(person, account) && own.is_some_and(|(own, _)| members.contains(own) == take_out)
        };
        let Some((account, person)) = self.account(fits) else { return };
        let mut contents = self.world.service.contents();
        let members = &mut contents.groups.get_mut(&id).unwrap().members;
        if take_out {
            members.remove(&account);
        } else {
            members.insert(account);
        }
        drop(contents);
        self.did.push(format!("{} {person} {owner}", if take_out { "take out" } else { "put in" }));
        self.told += 1;
        if !self.undone.members {
            let members = &mut self.wanted.groups.get_mut(&owner).unwrap().members;
            if take_out {
                members.remove(&person);
            } else {
                members.insert(person);
            }
        }
    }
}

/// Brings a world to rest, has its target meddled with, and says what is wrong some weeks later.
async fn meddled(seed: u64) -> (Vec<String>, usize) {
    let history = History::of(seed);
    let world = World::new(seed, &history).await;
    let mut oracle = Oracle::new();
    world.start();
    for (pause, act) in &history.acts {
        tokio::time::sleep(Duration::from_millis(*pause)).await;
        world.act(act, &mut oracle).await;
    }
    let chance = Chance::of(seed ^ 0x6d65_6464);
    world.climate.set(Climate::CALM);
    world.act(&Act::SwitchOn, &mut oracle).await;
    world.act(&Act::Govern { rules: Rules::FIRST }, &mut oracle).await;
    let undone = undone(&chance);
    let policy = world.policy(Rules { undone, ..Rules::FIRST });
    let new = Configuration { policy: Some(policy), ..Configuration::default() };
    world.setup.configure(&world.application, new).await.unwrap();
    tokio::time::sleep(3 * DAY).await;
    for _ in 0..4 {
        if !world.allow_what_is_held().await {
            break;
        }
        tokio::time::sleep(DAY / 4).await;
    }
    // By then it was read, and all that is shown was seen.
    tokio::time::sleep(2 * WEEK).await;
    let told = |world: &World| {
        let state = world.memory.state();
        let drift = state.activity.values().filter(|event| event.action == Action::Drift);
        drift
            .map(|event| format!("{:?}: {}", event.target.as_ref().map(|target| &target.key), event.reason))
            .collect()
    };
    let before: Vec<String> = told(&world);
    if !before.is_empty() {
        return (before.into_iter().map(|told| format!("nobody did it: {told}")).collect(), 0);
    }
    let wanted = Picture::of(&world.shown());
    let mut meddling = Meddling {
        world: &world,
        oracle: &oracle,
        chance,
        undone,
        wanted,
        told: 0,
        did: Vec::new(),
        touched: BTreeSet::new(),
    };
    for _ in 0..1 + meddling.chance.below(5) {
        meddling.meddle();
    }
    let Meddling { wanted, told: times, did, .. } = meddling;
    world.climate.set(world.climate_at_first);
    tokio::time::sleep(2 * WEEK).await;
    world.climate.set(Climate::CALM);
    tokio::time::sleep(3 * WEEK).await;
    let mut wrong = wanted.differences(&Picture::of(&world.shown()));
    let all: Vec<String> = told(&world);
    if all.len() != times {
        wrong.push(format!("he did {times} things, and told is {all:#?}"));
    }
    let written = world.service.contents().log.len();
    tokio::time::sleep(2 * WEEK).await;
    for done in &world.service.contents().log[written..] {
        wrong.push(format!("another week writes {}", done.what));
    }
    if !wrong.is_empty() {
        wrong.push(format!("{undone:?}; he did {did:?}"));
        wrong.extend(crate::seeds::told(&world));
    }
    (wrong, times)
}

#[test]
fn what_the_targets_administrator_does_is_undone_or_left_as_the_policy_says_and_told_once() {
    let (mut wrong, mut times) = (Vec::new(), 0);
    for seed in 0..SEEDS {
        let (found, did) = simulated(meddled(seed));
        times += did;
        if !found.is_empty() {
            wrong.push(format!("seed {seed}\n{}", found.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} of {SEEDS} seeds\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    assert!(times > 150, "he did only {times} things");
}
