//! The rates a target is held to: its pace of all requests, declared or learned, and what its profile says that it takes of
//! some of them. Whoever sends reserves a moment that all of them leave free.

use std::time::Duration;

use catalog::{GroupUpdate, Operations, Profile, Rate, UserUpdate};

use super::{Application, Configured, Pace};
use crate::plan::active;
use crate::target::{Capabilities, Kind, RequestNote, Write};
use crate::value::Value;

/// What one request does, as far as rates tell requests apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// To users or groups; `None` for a discovery document.
    pub kind: Option<Kind>,
    /// What.
    pub verb: Verb,
    /// It gives somebody an account, or the one he had.
    pub assigns: bool,
}

/// What a request does to resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It reads one.
    Read,
    /// It lists some.
    List,
    /// It makes one.
    Create,
    /// It changes one.
    Update,
    /// It deletes one.
    Delete,
}

/// What a reservation takes of one rate: the moment after which the next may come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Which rate, by a name that does not change.
    pub rate: String,
    /// How long the rate is used up.
    pub distance: Duration,
}

/// All that a target is held to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rates {
    pace: Option<Pace>,
    declared: Vec<Rate>,
}

impl Call {
    /// One that reads one resource.
    pub fn read(kind: Kind) -> Self {
        Self { kind: Some(kind), verb: Verb::Read, assigns: false }
    }

    /// One that lists resources.
    pub fn list(kind: Kind) -> Self {
        Self { kind: Some(kind), verb: Verb::List, assigns: false }
    }

    /// The requests that a write is expected to take, at a target that is spoken to so.
    pub fn of_write(write: &Write, capabilities: &Capabilities) -> Vec<Self> {
        let call = |kind, verb| Self { kind: Some(kind), verb, assigns: false };
        match write {
            Write::Create { kind, .. } => {
                vec![Self { assigns: *kind == Kind::User, ..call(*kind, Verb::Create) }]
            }
            Write::Update { kind, changes, .. } => {
                let on = |change: &crate::target::Change| {
                    change.attribute == active() && change.new == Some(Value::Boolean(true))
                };
                let assigns = *kind == Kind::User && changes.iter().any(on);
                let update = Self { assigns, ..call(*kind, Verb::Update) };
                let reads_first = match kind {
                    Kind::User => capabilities.user_update == UserUpdate::Put,
                    Kind::Group => capabilities.group_update == GroupUpdate::Put,
                };
                if reads_first { vec![Self::read(*kind), update] } else { vec![update] }
            }
            Write::Delete { kind, .. } => vec![call(*kind, Verb::Delete)],
        }
    }

    /// What a request was that went out.
    pub fn of(request: &RequestNote) -> Self {
        let kind = match request.path.get(1..).unwrap_or_default().split(['/', '?']).next() {
            Some("Users") => Some(Kind::User),
            Some("Groups") => Some(Kind::Group),
            _ => None,
        };
        let names_one = request.path.trim_start_matches('/').contains('/');
        let verb = match request.method.as_str() {
            "POST" => Verb::Create,
            "PUT" | "PATCH" => Verb::Update,
            "DELETE" => Verb::Delete,
            _ if names_one => Verb::Read,
            _ => Verb::List,
        };
        Self { kind, verb, assigns: false }
    }

    /// Whether a rate is about it.
    fn counts(self, operations: Operations) -> bool {
        let reads = matches!(self.verb, Verb::Read | Verb::List);
        let (user, group) = (self.kind == Some(Kind::User), self.kind == Some(Kind::Group));
        match operations {
            Operations::All => true,
            Operations::Reads => reads,
            Operations::Writes => !reads,
            Operations::UserReads => user && reads,
            Operations::UserWrites => user && !reads,
            Operations::UserDeletions => user && self.verb == Verb::Delete,
            Operations::GroupLists => group && self.verb == Verb::List,
            Operations::GroupReads => group && self.verb == Verb::Read,
            Operations::GroupWrites => group && !reads,
            Operations::Assignments => self.assigns,
        }
    }
}

/// The requests of `sent` that were not expected.
pub fn beyond(expected: &[Call], sent: &[RequestNote]) -> Vec<Call> {
    let mut expected = expected.to_vec();
    let mut beyond: Vec<Call> = sent.iter().map(Call::of).collect();
    beyond.retain(|call| {
        let same = |known: &Call| known.kind == call.kind && known.verb == call.verb;
        match expected.iter().position(same) {
            Some(position) => {
                expected.swap_remove(position);
                false
            }
            None => true,
        }
    });
    beyond
}

impl Rates {
    /// Those of an application: the pace as it is now, and what its profile declares of some requests.
    pub fn of(configured: &Configured) -> Self {
        Self { pace: configured.pace, declared: declared(&configured.application) }
    }

    /// Whether nobody need count.
    pub fn is_none(&self) -> bool {
        self.pace.is_none() && self.declared.is_empty()
    }

    /// Whether there is a pace of all requests.
    pub fn has_pace(&self) -> bool {
        self.pace.is_some()
    }

    /// What a request takes of the pace, whatever it does.
    pub fn pace_charge(&self) -> Option<Charge> {
        self.pace.map(|pace| Charge { rate: PACE.into(), distance: pace.distance() })
    }

    /// What these requests take of each rate; the pace was paid for `paid` of them already.
    pub fn charges(&self, calls: &[Call], paid: usize) -> Vec<Charge> {
        let unpaid = calls.len().saturating_sub(paid);
        let pace = self.pace_charge().filter(|_| unpaid > 0);
        let pace = pace.map(|charge| Charge { distance: charge.distance * many(unpaid), ..charge });
        let declared = self.declared.iter().filter_map(|rate| {
            let counted = calls.iter().filter(|call| call.counts(rate.operations)).count();
            (counted > 0).then(|| Charge { rate: name(rate.operations), distance: gap(rate) * many(counted) })
        });
        pace.into_iter().chain(declared).collect()
    }

    /// How long so many users and groups take at least, where the declared rates are the slowest of all.
    pub fn least_time(&self, users: f64, groups: f64) -> Duration {
        let user = Call { assigns: true, kind: Some(Kind::User), verb: Verb::Create };
        let group = Call { assigns: false, kind: Some(Kind::Group), verb: Verb::Create };
        let of_rate = |rate: &Rate| {
            let counted = |call: Call, many: f64| if call.counts(rate.operations) { many } else { 0.0 };
            gap(rate).as_secs_f64() * (counted(user, users) + counted(group, groups))
        };
        let declared = self.declared.iter().map(of_rate);
        let pace = self.pace.and_then(Pace::least_distance);
        let pace = pace.map(|distance| distance.as_secs_f64() * (users + groups));
        let slowest = declared.chain(pace).fold(0.0, f64::max);
        Duration::try_from_secs_f64(slowest).unwrap_or(Duration::MAX)
    }
}

/// The name of the pace among charges.
const PACE: &str = "";

fn many(calls: usize) -> u32 {
    u32::try_from(calls).unwrap_or(u32::MAX)
}

/// What the profile says of some requests; what it says of all is the pace.
fn declared(application: &Application) -> Vec<Rate> {
    let rates = application.profile().and_then(|profile: &Profile| profile.rates.as_ref());
    let rates = rates.into_iter().flat_map(|known| &known.value);
    rates.filter(|rate| rate.operations != Operations::All && rate.requests > 0).copied().collect()
}

/// The distance between two requests, never shorter than the rate has it.
fn gap(rate: &Rate) -> Duration {
    Duration::from_millis((u64::from(rate.seconds) * 1_000).div_ceil(u64::from(rate.requests.max(1))))
}

/// As it is written in a table.
fn name(operations: Operations) -> String {
    serde_json::to_value(operations)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::configured;

    fn rates(catalog_key: &str) -> Rates {
        let mut configured = configured();
        configured.application.catalog_key = catalog_key.into();
        Rates::of(&configured)
    }

    fn charged(rates: &Rates, calls: &[Call]) -> Vec<(String, u128)> {
        rates.charges(calls, 0).into_iter().map(|charge| (charge.rate, charge.distance.as_millis())).collect()
    }

    fn note(method: &str, path: &str) -> RequestNote {
        RequestNote { method: method.into(), path: path.into(), status: Some(200), millis: 1 }
    }

    #[test]
    fn a_request_is_charged_to_every_rate_that_is_about_it() {
        let slack = rates("slack");
        let create = Call { kind: Some(Kind::User), verb: Verb::Create, assigns: true };
        assert_eq!(charged(&slack, &[create]), [("writes".into(), 100), ("user_writes".into(), 334)]);
        let read = charged(&slack, &[Call::read(Kind::User)]);
        assert_eq!(read, [("reads".into(), 60), ("user_reads".into(), 200)]);
        assert_eq!(charged(&slack, &[Call::list(Kind::Group)]), [("reads".into(), 60)]);
    }

    #[test]
    fn who_is_assigned_counts_however_that_is_asked_for() {
        let emu = rates("github-emu");
        let update = |on: bool| {
            let change =
                crate::target::Change { attribute: active(), old: None, new: Some(Value::Boolean(on)) };
            let remote_id = crate::ids::RemoteId::new("1").expect("an id");
            let write = Write::Update {
                kind: Kind::User,
                remote_id,
                changes: vec![change],
                add: std::collections::BTreeSet::new(),
                remove: std::collections::BTreeSet::new(),
                stay: None,
            };
            charged(&emu, &Call::of_write(&write, &Capabilities::default()))
        };
        assert_eq!(update(true), [("assignments".into(), 3_600)]);
        assert_eq!(update(false), []);
    }

    #[test]
    fn a_request_that_went_out_is_known_by_its_method_and_path() {
        for (method, path, kind, verb) in [
            ("GET", "/Users?filter=userName", Some(Kind::User), Verb::List),
            ("GET", "/Users/7", Some(Kind::User), Verb::Read),
            ("PUT", "/Users/7", Some(Kind::User), Verb::Update),
            ("POST", "/Groups", Some(Kind::Group), Verb::Create),
            ("DELETE", "/Groups/9", Some(Kind::Group), Verb::Delete),
            ("GET", "/ServiceProviderConfig", None, Verb::List),
        ] {
            assert_eq!(Call::of(&note(method, path)), Call { kind, verb, assigns: false }, "{method} {path}");
        }
    }

    #[test]
    fn what_was_not_expected_is_charged_afterwards() {
        let expected = [Call { kind: Some(Kind::User), verb: Verb::Update, assigns: false }];
        assert_eq!(beyond(&expected, &[note("PATCH", "/Users/7")]), []);
        let sent = [note("PATCH", "/Users/7"), note("GET", "/Users/7"), note("PUT", "/Users/7")];
        let more = beyond(&expected, &sent);
        assert_eq!(more.iter().map(|call| call.verb).collect::<Vec<_>>(), [Verb::Read, Verb::Update]);
    }

    #[test]
    fn the_slowest_rate_tells_how_long_it_takes_at_least() {
        assert_eq!(rates("slack").least_time(1_000.0, 0.0).as_secs(), 334);
        assert_eq!(rates("github-emu").least_time(10_000.0, 0.0).as_secs(), 36_000);
        assert_eq!(rates("miro").least_time(0.0, 100.0).as_secs(), 600);
        assert_eq!(rates("generic-saml").least_time(1_000_000.0, 1_000.0), Duration::ZERO);
    }
}
