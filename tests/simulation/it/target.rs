//! The target: a strict directory of accounts and groups that writes down what was asked of it, and loses, delays and refuses
//! as the climate has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use provisioning::application::{BaseUrlProblem, Connection};
use provisioning::clock::Clock;
use provisioning::folding::folded;
use provisioning::ids::RemoteId;
use provisioning::ports::{Connector, Target};
use provisioning::target::{
    Capabilities, Discovery, Exchange, Found, FoundPage, Kind, MatchKey, RequestNote, TargetError, Write,
};
use provisioning::value::Value;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use crate::chance::{Chance, SimulatedClock};
use crate::effect::Effect;
use crate::oracle::Circle;
use crate::weather::{Now, Storm};

/// Where a user's manager stands.
pub const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";

/// An account as the target keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub external_id: Option<String>,
    pub name: String,
    pub active: bool,
    pub title: Option<String>,
    /// The id of his manager's account.
    pub manager: Option<String>,
    /// An attribute that nobody maps.
    pub nick_name: Option<String>,
    /// When it was made; none for what was there before.
    pub created: String,
}

/// A write that took effect.
#[derive(Debug, Clone)]
pub struct Done {
    pub at: u64,
    pub kind: Kind,
    pub id: String,
    pub what: String,
    /// The account was turned off, or deleted.
    pub off: bool,
    pub deleted: bool,
    /// Whose it was, by externalId.
    pub external_id: Option<String>,
}

#[derive(Default)]
pub struct Contents {
    pub accounts: BTreeMap<String, Account>,
    pub groups: BTreeMap<String, Circle>,
    pub log: Vec<Done>,
    /// What each write of the log made of what was there.
    pub effects: Vec<Effect>,
    last: u64,
}

/// The service at the other end.
pub struct Service {
    contents: Mutex<Contents>,
    clock: Arc<SimulatedClock>,
    chance: Arc<Chance>,
    climate: Arc<Now>,
    members_per_request: usize,
}

impl Service {
    pub fn new(
        clock: Arc<SimulatedClock>,
        chance: Arc<Chance>,
        climate: Arc<Now>,
        members: usize,
    ) -> Arc<Self> {
        let contents = Mutex::new(Contents::default());
        Arc::new(Self { contents, clock, chance, climate, members_per_request: members })
    }

    pub fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap()
    }
}

type Answer<T> = Result<T, TargetError>;

impl Contents {
    pub fn next_id(&mut self) -> String {
        self.last += 1;
        format!("r{:04}", self.last)
    }

    fn name_taken(&self, kind: Kind, name: &str, but: &str) -> bool {
        let mut names: Vec<(&String, &String)> = match kind {
            Kind::User => self.accounts.iter().map(|(id, account)| (id, &account.name)).collect(),
            Kind::Group => self.groups.iter().map(|(id, group)| (id, &group.name)).collect(),
        };
        names.retain(|(id, _)| *id != but);
        names.iter().any(|(_, other)| folded(other) == folded(name))
    }

    fn found(&self, kind: Kind, id: &str) -> Option<Found> {
        let remote_id = RemoteId::new(id)?;
        let resource = |json| scim::Resource::from_json(json).unwrap();
        Some(match kind {
            Kind::User => {
                let account = self.accounts.get(id)?;
                let json = json!({"id": id, "userName": account.name, "active": account.active, "title": account.title,
                    scim::ENTERPRISE_SCHEMA: {"manager": {"value": account.manager}},
                    "externalId": account.external_id, "meta": {"created": account.created}});
                Found {
                    remote_id,
                    external_id: account.external_id.clone(),
                    name: account.name.clone(),
                    active: Some(account.active),
                    resource: resource(json),
                }
            }
            Kind::Group => {
                let group = self.groups.get(id)?;
                let members: Vec<_> = group.members.iter().map(|id| json!({"value": id})).collect();
                let json = json!({"id": id, "displayName": group.name, "externalId": group.external_id,
                    "members": members});
                Found {
                    remote_id,
                    external_id: group.external_id.clone(),
                    name: group.name.clone(),
                    active: None,
                    resource: resource(json),
                }
            }
        })
    }

    fn ids(&self, kind: Kind) -> Vec<String> {
        match kind {
            Kind::User => self.accounts.keys().cloned().collect(),
            Kind::Group => self.groups.keys().cloned().collect(),
        }
    }

    fn know(&self, members: &BTreeSet<RemoteId>) -> Answer<BTreeSet<String>> {
        let members: BTreeSet<String> = members.iter().map(ToString::to_string).collect();
        match members.iter().find(|id| !self.accounts.contains_key(*id)) {
            Some(stranger) => Err(TargetError::Rejected(format!("no account {stranger}"))),
            None => Ok(members),
        }
    }

    /// Applies a write, and notes what it made of what was there.
    fn carry_out(&mut self, write: &Write, at: u64, now: &str) -> Answer<Option<Found>> {
        let before = match write {
            Write::Create { .. } => None,
            Write::Update { kind, remote_id, .. } | Write::Delete { kind, remote_id } => {
                self.kept(*kind, remote_id.as_str())
            }
        };
        let answer = self.apply(write, at, now)?;
        if let Some((kind, id)) = self.log.last().map(|done| (done.kind, done.id.clone())) {
            let after = self.kept(kind, &id);
            self.effects.push(Effect { kind, id, before, after });
        }
        Ok(answer)
    }

    fn apply(&mut self, write: &Write, at: u64, now: &str) -> Answer<Option<Found>> {
        match write {
            Write::Create { kind, external_id, attributes, members } => {
                let name = if *kind == Kind::User { "userName" } else { "displayName" };
                let text = |name: &str| match attributes.get(&name.parse().unwrap()) {
                    Some(Value::Text(text)) => Some(text.clone()),
                    _ => None,
                };
                let name = text(name).ok_or_else(|| TargetError::Rejected("a name is required".into()))?;
                if self.name_taken(*kind, &name, "") {
                    return Err(TargetError::Conflict(format!("{name} is taken")));
                }
                let members = self.know(members)?;
                let id = self.next_id();
                let external_id = Some(external_id.clone());
                let what = format!("create {write:?}");
                self.log.push(Done {
                    at,
                    kind: *kind,
                    id: id.clone(),
                    what,
                    off: false,
                    deleted: false,
                    external_id: external_id.clone(),
                });
                match kind {
                    Kind::User => {
                        let (title, created) = (text("title"), now.to_owned());
                        let manager = text(MANAGER);
                        let active = true;
                        let account =
                            Account { external_id, name, active, title, manager, nick_name: None, created };
                        self.accounts.insert(id.clone(), account);
                    }
                    Kind::Group => {
                        self.groups.insert(id.clone(), Circle { external_id, name, members });
                    }
                }
                Ok(self.found(*kind, &id))
            }
            Write::Update { kind, remote_id, changes, add, remove, .. } => {
                let id = remote_id.to_string();
                let Some(found) = self.found(*kind, &id) else {
                    return Err(TargetError::NotFound(format!("no {kind} {id}")));
                };
                let add = self.know(add)?;
                let mut off = false;
                let text = |value: &Option<Value>| match value {
                    Some(Value::Text(text)) => Some(text.clone()),
                    _ => None,
                };
                for change in changes {
                    let name = change.attribute.to_string();
                    if ["userName", "displayName"].contains(&name.as_str())
                        && self.name_taken(*kind, &text(&change.new).unwrap_or_default(), &id)
                    {
                        return Err(TargetError::Conflict(format!("{:?} is taken", change.new)));
                    }
                }
                for change in changes {
                    match (kind, change.attribute.to_string().as_str()) {
                        (Kind::User, "userName") => {
                            self.accounts.get_mut(&id).unwrap().name = text(&change.new).unwrap();
                        }
                        (Kind::User, "title") => {
                            self.accounts.get_mut(&id).unwrap().title = text(&change.new);
                        }
                        (Kind::User, MANAGER) => {
                            self.accounts.get_mut(&id).unwrap().manager = text(&change.new);
                        }
                        (Kind::User, "active") => {
                            let on = change.new == Some(Value::Boolean(true));
                            off |= !on;
                            self.accounts.get_mut(&id).unwrap().active = on;
                        }
                        (Kind::Group, "displayName") => {
                            self.groups.get_mut(&id).unwrap().name = text(&change.new).unwrap();
                        }
                        (_, other) => return Err(TargetError::Rejected(format!("no attribute {other}"))),
                    }
                }
                if *kind == Kind::Group {
                    let members = &mut self.groups.get_mut(&id).unwrap().members;
                    members.extend(add);
                    members.retain(|member| !remove.iter().any(|gone| gone.as_str() == member));
                }
                let what = format!("update {write:?}");
                let external_id = found.external_id;
                self.log.push(Done { at, kind: *kind, id, what, off, deleted: false, external_id });
                Ok(None)
            }
            Write::Delete { kind, remote_id } => {
                let id = remote_id.to_string();
                let Some(found) = self.found(*kind, &id) else {
                    return Err(TargetError::NotFound(format!("no {kind} {id}")));
                };
                self.accounts.remove(&id);
                self.groups.remove(&id);
                self.groups.values_mut().for_each(|group| {
                    group.members.remove(&id);
                });
                let external_id = found.external_id;
                let what = format!("delete {kind} {id}");
                self.log.push(Done { at, kind: *kind, id, what, off: false, deleted: true, external_id });
                Ok(None)
            }
        }
    }
}

/// What becomes of one request.
enum Fate {
    Well,
    Before(TargetError),
    After(TargetError),
}

impl Service {
    fn fate(&self) -> Fate {
        if !self.chance.hits(self.climate.get().target) {
            return Fate::Well;
        }
        let wait = Duration::from_secs(1 + self.chance.below(8));
        match self.chance.below(8) {
            0 | 1 => Fate::Before(TargetError::Throttled(wait)),
            2 => Fate::Before(TargetError::Failed("500".into())),
            3 => Fate::Before(TargetError::Unknown("the connection was cut".into())),
            4 => Fate::After(TargetError::Failed("500 after the fact".into())),
            _ => Fate::After(TargetError::Unknown("the answer was lost".into())),
        }
    }

    /// One request, which goes on though nobody waits for it any more.
    async fn exchange<T: Send + 'static>(
        self: &Arc<Self>,
        storm: &Storm,
        note: (&str, String),
        ask: impl FnOnce(&mut Contents, u64, &str) -> Answer<T> + Send + 'static,
    ) -> Exchange<T> {
        storm.process.goes_on().await;
        storm.strike().await;
        let (service, fate) = (Arc::clone(self), self.fate());
        let (there, back) = (self.chance.latency(), self.chance.latency());
        let under_way = tokio::spawn(async move {
            tokio::time::sleep(there).await;
            if let Fate::Before(error) = fate {
                return Err(error);
            }
            let (at, now) = (service.clock.millis(), service.clock.now().to_string());
            let answer = ask(&mut service.contents(), at, &now);
            tokio::time::sleep(back).await;
            match fate {
                Fate::After(error) => Err(error),
                _ => answer,
            }
        });
        let result = under_way.await.unwrap();
        storm.strike().await;
        let status = match &result {
            Ok(_) => Some(200),
            Err(TargetError::Unknown(_)) => None,
            Err(_) => Some(400),
        };
        let (method, path) = note;
        Exchange {
            requests: vec![RequestNote { method: method.to_owned(), path, status, millis: 1 }],
            result,
        }
    }
}

/// The target as one process reaches it; also what opens it.
pub struct Wire {
    pub service: Arc<Service>,
    pub storm: Arc<Storm>,
}

fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "/Users",
        Kind::Group => "/Groups",
    }
}

#[async_trait]
impl Target for Wire {
    async fn write(&self, write: &Write) -> Exchange<Option<Found>> {
        let note = match write {
            Write::Create { kind, .. } => ("POST", path(*kind).to_owned()),
            Write::Update { kind, remote_id, .. } => ("PATCH", format!("{}/{remote_id}", path(*kind))),
            Write::Delete { kind, remote_id } => ("DELETE", format!("{}/{remote_id}", path(*kind))),
        };
        let write = write.clone();
        self.service
            .exchange(&self.storm, note, move |contents, at, now| contents.carry_out(&write, at, now))
            .await
    }

    async fn find(&self, kind: Kind, key: &MatchKey) -> Exchange<Vec<Found>> {
        let key = key.clone();
        let ask = move |contents: &mut Contents, _, _: &str| {
            let all = contents.ids(kind).into_iter().filter_map(|id| contents.found(kind, &id));
            Ok(all
                .filter(|found| match &key {
                    MatchKey::ExternalId(id) => found.external_id.as_ref() == Some(id),
                    MatchKey::Name(name) => folded(&found.name) == folded(name),
                    MatchKey::Email(address) => found.emails().any(|shown| folded(shown) == folded(address)),
                })
                .collect())
        };
        self.service.exchange(&self.storm, ("GET", format!("{}?filter", path(kind))), ask).await
    }

    async fn get(&self, kind: Kind, remote_id: &RemoteId) -> Exchange<Found> {
        let id = remote_id.to_string();
        let ask = move |contents: &mut Contents, _, _: &str| {
            contents.found(kind, &id).ok_or_else(|| TargetError::NotFound(format!("no {kind} {id}")))
        };
        self.service.exchange(&self.storm, ("GET", format!("{}/{remote_id}", path(kind))), ask).await
    }

    async fn list(&self, kind: Kind, start: u64) -> Exchange<FoundPage> {
        const PAGE: usize = 7;
        let ask = move |contents: &mut Contents, _, _: &str| {
            let ids = contents.ids(kind);
            let skipped = usize::try_from(start.saturating_sub(1)).unwrap();
            let page = ids.iter().skip(skipped).take(PAGE).filter_map(|id| contents.found(kind, id));
            let next = (ids.len() > skipped + PAGE).then_some(start + PAGE as u64);
            Ok(FoundPage { found: page.collect(), next })
        };
        self.service.exchange(&self.storm, ("GET", path(kind).to_owned()), ask).await
    }

    async fn control(&self) -> Exchange<()> {
        self.service.exchange(&self.storm, ("GET", "/Users?count=1".into()), |_, _, _| Ok(())).await
    }
}

#[async_trait]
impl Connector for Wire {
    fn base_url(&self, typed: &str) -> Result<Url, BaseUrlProblem> {
        Ok(Url::parse(typed).expect("a URL of the history's own"))
    }

    fn open(&self, _: &Connection, _: &SecretString) -> Arc<dyn Target> {
        Arc::new(Self { service: self.service.clone(), storm: self.storm.clone() })
    }

    async fn discover(&self, _: &Connection, _: &SecretString) -> Exchange<Discovery> {
        let members_per_request = self.service.members_per_request;
        let attributes = ["userName", "title", MANAGER].map(|path| path.parse().unwrap()).to_vec();
        let discovery = Discovery {
            capabilities: Capabilities { members_per_request, ..Capabilities::default() },
            required: attributes[..1].to_vec(),
            attributes,
            from_schemas: true,
        };
        Exchange { requests: Vec::new(), result: Ok(discovery) }
    }
}
