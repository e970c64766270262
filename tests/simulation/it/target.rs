//! The target: a strict directory of accounts and groups that writes down what was asked of it, and loses, delays and refuses
//! as the climate has it.

mod contents;
mod written;

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
use secrecy::SecretString;
use url::Url;

use crate::chance::{Chance, SimulatedClock};
use crate::weather::{Now, Storm};
pub use contents::{Account, Contents};
pub use written::{Done, Request};

/// Where a user's manager stands.
pub const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";

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
        ask: impl FnOnce(&mut Contents, Request, (u64, &str)) -> Answer<T> + Send + 'static,
    ) -> Exchange<T> {
        storm.goes_on().await;
        storm.strike().await;
        let (service, fate) = (Arc::clone(self), self.fate());
        let answered = !matches!(fate, Fate::After(_));
        let request = Request { sent: self.clock.millis(), task: tokio::task::try_id(), answered };
        let (there, back) = (self.chance.latency(), self.chance.latency());
        let under_way = tokio::spawn(async move {
            tokio::time::sleep(there).await;
            if let Fate::Before(error) = fate {
                return Err(error);
            }
            let (at, now) = (service.clock.millis(), service.clock.now().to_string());
            let answer = match service.contents() {
                contents if contents.refusals.locked => {
                    Err(TargetError::Unauthorized("the credentials were revoked".into()))
                }
                mut contents => ask(&mut contents, request, (at, &now)),
            };
            tokio::time::sleep(back).await;
            match fate {
                Fate::After(error) => Err(error),
                _ => answer,
            }
        });
        let waiting = storm.troubles.under_way();
        let result = under_way.await.unwrap();
        waiting.ends();
        storm.strike().await;
        let status = result.as_ref().map_or_else(status, |_| Some(200));
        let (method, path) = note;
        Exchange {
            requests: vec![RequestNote { method: method.to_owned(), path, status, millis: 1 }],
            result,
        }
    }
}

/// What answers with an error; none where no answer comes.
fn status(error: &TargetError) -> Option<u16> {
    match error {
        TargetError::Unknown(_) => None,
        TargetError::Unauthorized(_) => Some(401),
        TargetError::Forbidden(_) => Some(403),
        TargetError::NotFound(_) => Some(404),
        TargetError::Conflict(_) => Some(409),
        TargetError::Throttled(_) => Some(429),
        TargetError::Failed(_) => Some(500),
        _ => Some(400),
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
            .exchange(&self.storm, note, move |contents, request, (at, now)| {
                contents.carry_out(&write, request, at, now)
            })
            .await
    }

    async fn find(&self, kind: Kind, key: &MatchKey) -> Exchange<Vec<Found>> {
        let key = key.clone();
        let ask = move |contents: &mut Contents, _, _: (u64, &str)| {
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
        let ask = move |contents: &mut Contents, _, _: (u64, &str)| {
            contents.found(kind, &id).ok_or_else(|| TargetError::NotFound(format!("no {kind} {id}")))
        };
        self.service.exchange(&self.storm, ("GET", format!("{}/{remote_id}", path(kind))), ask).await
    }

    async fn list(&self, kind: Kind, start: u64) -> Exchange<FoundPage> {
        const PAGE: usize = 7;
        let ask = move |contents: &mut Contents, _, _: (u64, &str)| {
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
