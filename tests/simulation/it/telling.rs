//! The activity log against the target's own: each write that took effect is told by exactly one event of the same object, with the
//! same attributes and members, and each event that tells of a write tells of exactly one. So with what is adopted.
//!
//! Only a write that the weather got in the way of (its answer was lost, or its task met trouble before it could settle it) may go
//! without an event of its own. It is told all the same: a create or a deletion by the one event that finds it done, a change by
//! later events about the same object that send again each attribute and member it named, or were refused it, as long as the object
//! is there and wanted.

mod answered;
mod event;

use std::collections::{BTreeMap, BTreeSet};

use provisioning::activity::Action;

use crate::oracle::{Holding, Oracle};
use crate::target::Done;
use crate::world::World;
use event::Event;

/// Everything in which the two logs are not the same.
pub fn judged(world: &World, oracle: &Oracle) -> Vec<String> {
    let contents = world.service.contents();
    let holdings = world.holdings();
    let events = event::all(&world.memory.state().activity);
    let writes: Vec<Write> = contents
        .log
        .iter()
        .zip(&contents.effects)
        .map(|(done, effect)| Write {
            done,
            was: effect.before.clone().unwrap_or_default().attributes,
            disturbed: world.troubles.met_by(done),
            told: None,
        })
        .collect();
    let mut judge = Judge { oracle, holdings, events, writes, wrong: Vec::new() };
    for index in 0..judge.events.len() {
        judge.pair(index);
    }
    for index in 0..judge.writes.len() {
        judge.answered_for(index);
    }
    judge.adoptions();
    judge.wrong
}

/// What was told, in its order.
pub fn lines(log: &BTreeMap<String, provisioning::activity::Outcome>) -> Vec<String> {
    event::all(log).iter().map(|event| format!("  {event}")).collect()
}

/// A write of the target's log, and the event that tells it.
struct Write<'a> {
    done: &'a Done,
    was: BTreeMap<String, provisioning::value::Value>,
    disturbed: bool,
    told: Option<usize>,
}

struct Judge<'a> {
    oracle: &'a Oracle,
    holdings: Vec<Holding>,
    events: Vec<Event>,
    writes: Vec<Write<'a>>,
    wrong: Vec<String>,
}

impl Judge<'_> {
    /// Finds the write that an event tells of.
    fn pair(&mut self, index: usize) {
        let event = &self.events[index];
        if event.reason.is_empty() {
            self.wrong.push(format!("no reason is told: {event}"));
        }
        if !event.succeeded {
            if !event.written.is_empty() {
                self.wrong.push(format!("a failure tells of a write that was done: {event}"));
            }
            return;
        }
        let ways: &[fn(&Self, &Write, &Event) -> bool] = match (&event.written[..], event.action) {
            // Found done, and brought into step by the same event.
            ([(method, _)], Action::Create) if method == "PATCH" => &[Self::tells, Self::finds],
            ([_], _) => &[Self::tells],
            ([], Action::Create | Action::Delete | Action::Deactivate) => &[Self::finds],
            ([], Action::Adopt | Action::Release | Action::Drift | Action::Hold) => &[],
            _ => return self.wrong.push(format!("so much is not told by one event: {event}")),
        };
        if event.written.is_empty() && ways.len() == 1 && (self.was_erased(event) || self.is_mistaken(event))
        {
            return;
        }
        for tells in ways {
            let event = &self.events[index];
            let mut told = self.writes.iter().enumerate().rev();
            let told = told.find(|(_, write)| write.told.is_none() && tells(self, write, event));
            match told.map(|(write, _)| write) {
                Some(write) => self.writes[write].told = Some(index),
                None => self.wrong.push(format!("no write is as it is told: {event}")),
            }
        }
    }

    /// Whether the event is that the target's administrator had deleted it.
    fn was_erased(&self, event: &Event) -> bool {
        let erased = &self.oracle.hindrances.erased;
        event.action != Action::Create && event.remote_id.as_ref().is_some_and(|id| erased.contains(id))
    }

    /// Whether an account that somebody made meanwhile is told as the one that was asked for: it bears that name and no
    /// externalId, and which of both it is cannot be told where a target may keep none.
    fn is_mistaken(&self, event: &Event) -> bool {
        let stranger = event.remote_id.as_ref().and_then(|id| self.oracle.strangers.get(id));
        event.action == Action::Create && stranger.is_some_and(|made| made.external_id.is_none())
    }

    /// Whether the event is about the object of the write, after it.
    fn follows(write: &Write, event: &Event) -> bool {
        event.remote_id.as_ref() == Some(&write.done.id)
            && event.kind == write.done.kind
            && event.at >= write.done.at
    }

    /// Whether the event tells of this very write: its answer came, and it asked for the same.
    fn tells(&self, write: &Write, event: &Event) -> bool {
        let asked = &write.done.asked;
        let (method, path) = &event.written[0];
        let attributes: BTreeMap<_, _> =
            event.changes.iter().map(|(name, (_, new))| (name.clone(), new.clone())).collect();
        let deactivates = asked.attributes.get("active").is_some_and(|new| new.as_deref() == Some("false"));
        let acts = match asked.method {
            "POST" => event.action == Action::Create,
            "DELETE" => event.action == Action::Delete,
            _ => match event.action {
                Action::Deactivate => deactivates,
                Action::Reactivate => asked.attributes.get("active").is_some_and(|_| !deactivates),
                Action::Update | Action::Adopt | Action::Create => !deactivates,
                _ => false,
            },
        };
        Self::follows(write, event)
            && write.done.request.answered
            && acts
            && method == asked.method
            && (asked.method == "POST" || path.ends_with(&format!("/{}", write.done.id)))
            && attributes == asked.attributes
            && self.are_named(&asked.add, &event.added)
            && self.are_named(&asked.remove, &event.removed)
            && self.is_his(write, event)
    }

    /// Whether the event finds done what a disturbed write did.
    fn finds(&self, write: &Write, event: &Event) -> bool {
        let is_that = match event.action {
            Action::Create => write.done.asked.method == "POST",
            _ => write.done.asked.method == "DELETE",
        };
        let among = event.added.iter().all(|name| {
            let mut added = write.done.asked.add.iter();
            added.any(|account| self.bears(account, name))
        });
        Self::follows(write, event) && write.disturbed && is_that && among
    }

    /// Whether whoever the event is about had the object when the write was sent, or, as it was made by it, had it then.
    fn is_his(&self, write: &Write, event: &Event) -> bool {
        let mut his = self.holdings.iter().filter(|holding| holding.id == write.done.id);
        let sent = write.done.request.sent;
        let makes = write.done.asked.method == "POST";
        his.any(|holding| {
            holding.owner == event.key && (makes || holding.from <= sent) && sent <= holding.until
        })
    }

    /// Whether the person whose account it is ever bore the name.
    fn bears(&self, account: &str, name: &str) -> bool {
        let mut owners = self.holdings.iter().filter(|holding| holding.id == account);
        owners.any(|holding| holding.owner == name || self.oracle.ever_bore(&holding.owner, name))
    }

    /// Whether these accounts are those of the people so named, one each.
    fn are_named(&self, accounts: &BTreeSet<String>, names: &[String]) -> bool {
        let distinct: BTreeSet<&String> = names.iter().collect();
        let has_name = |account: &String| names.iter().any(|name| self.bears(account, name));
        let has_account = |name: &&String| accounts.iter().any(|account| self.bears(account, name));
        names.len() == accounts.len()
            && distinct.len() == names.len()
            && accounts.iter().all(has_name)
            && distinct.iter().all(has_account)
    }

    /// Each account and group that was taken and not made for whoever took it is told as adopted, once, and nothing else is.
    fn adoptions(&mut self) {
        let made = |holding: &&Holding| {
            let mut made = self.writes.iter().filter(|write| write.done.asked.method == "POST");
            made.any(|write| write.done.id == holding.id)
        };
        let mistaken = |holding: &Holding| {
            let its = |event: &&Event| event.remote_id.as_ref() == Some(&holding.id) && event.succeeded;
            self.events.iter().filter(its).any(|event| self.is_mistaken(event))
        };
        let taken = self.holdings.iter().filter(|holding| !made(holding) && !mistaken(holding));
        let mut taken: Vec<(&String, &String)> = taken.map(|one| (&one.id, &one.owner)).collect();
        let told = self.events.iter().filter(|event| event.succeeded && event.action == Action::Adopt);
        let mut told: Vec<_> =
            told.filter_map(|event| Some((event.remote_id.as_ref()?, &event.key))).collect();
        taken.sort();
        told.sort();
        if taken != told {
            self.wrong.push(format!("adopted are {taken:?}, and told is {told:?}"));
        }
    }
}
