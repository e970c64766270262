//! The engine, a target, and an application between them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use provisioning::application::{Configuration, Links, Policy, Selection};
use provisioning::directory::{Group, User};
use provisioning::ids::{ApplicationId, GroupId, UserId};
use provisioning::mapping::{Mapping, automatic, default_attributes};
use provisioning::ports::{GroupWrite, UserWrite};
use rollcall::engine::{Engine, EngineConfig, Idle};
use scim_client::AddressPolicy;
use testkit::sample::{self, Directory};
use testkit::{LoggedRequest, StandIn, StandInConfig};

/// How long a due time may lie ahead and still be waited for.
const HORIZON: Duration = Duration::from_secs(5);
/// Nothing here takes longer, but what takes longer the more users there are.
const PATIENCE: Duration = Duration::from_secs(120);
const PATIENCE_PER_USER: Duration = Duration::from_millis(50);

pub struct System {
    pub engine: Engine,
    pub target: StandIn,
    pub application: ApplicationId,
    pub directory: Directory,
}

impl System {
    /// A directory of so many, in step with its target; the target's log of requests is the first sync's.
    pub async fn in_step(users: usize, groups: usize, memberships_per_user: usize) -> Self {
        let system = Self::new(sample::directory(users, groups, memberships_per_user, 7).unwrap()).await;
        system.engine.setup().enable(&system.application, None).await.unwrap();
        system.rest().await;
        system
    }

    /// The same, of this directory and these groups of it, with a schedule that does not come round: what is asked of
    /// the tables is asked for changes only.
    pub async fn quiet(directory: Directory, selected: BTreeSet<GroupId>) -> Self {
        let system =
            Self::with_schedule("generic-saml", directory, selected, Duration::from_secs(3_600)).await;
        system.engine.setup().enable(&system.application, None).await.unwrap();
        system.rest().await;
        system
    }

    /// A directory and an application, not yet enabled.
    pub async fn new(directory: Directory) -> Self {
        Self::of("generic-saml", directory).await
    }

    /// The same, of this entry of the catalog.
    pub async fn of(catalog_key: &str, directory: Directory) -> Self {
        let all = directory.groups.iter().map(|group| group.id.clone()).collect();
        Self::with_schedule(catalog_key, directory, all, EngineConfig::default().schedule).await
    }

    async fn with_schedule(
        catalog_key: &str,
        directory: Directory,
        selected: BTreeSet<GroupId>,
        schedule: Duration,
    ) -> Self {
        let target = StandIn::start(StandInConfig::default()).await.unwrap();
        let address_policy = AddressPolicy::AllowLocal;
        let config = EngineConfig { address_policy, schedule, ..EngineConfig::default() };
        let engine = Engine::start(config).await.unwrap();
        let system = Self { engine, target, application: "crm".parse().unwrap(), directory };
        system.load().await;
        system.configure(catalog_key, selected).await;
        // What was written before is no change to tell: the sweep sees all of it.
        system.engine.until_streams_are_read().await;
        system.target.clear_log();
        system
    }

    async fn load(&self) {
        for group in &self.directory.groups {
            self.put_group(None, group).await;
        }
        let mut groups_of: BTreeMap<&UserId, BTreeSet<GroupId>> = BTreeMap::new();
        for (group, user) in &self.directory.memberships {
            groups_of.entry(user).or_default().insert(group.clone());
        }
        let groups_of = &groups_of;
        let users = futures::stream::iter(&self.directory.users);
        let writes = users.map(|user| async {
            let write = UserWrite {
                old: None,
                new: user.clone(),
                join: groups_of.get(&user.id).cloned().unwrap_or_default(),
                leave: BTreeSet::new(),
            };
            self.engine.tables().directory.write_user(&write).await
        });
        writes.buffer_unordered(16).try_collect::<()>().await.unwrap();
    }

    async fn configure(&self, catalog_key: &str, groups: BTreeSet<GroupId>) {
        let setup = self.engine.setup();
        setup.create(&self.application, "CRM", catalog_key).await.unwrap();
        setup
            .connect(&self.application, self.target.base_url(), &self.target.token(), Links::Keep)
            .await
            .unwrap();
        let columns: Vec<_> = sample::COLUMNS.iter().map(|&column| column.to_owned()).collect();
        let mapping =
            automatic(&columns, &default_attributes(), &[], &[], &Mapping::default()).unwrap().mapping;
        let selection = Selection { groups, ..Selection::default() };
        let policy = Policy { grace_seconds: 0, ..Policy::default() };
        let configuration = Configuration {
            name: None,
            mapping: Some(mapping),
            selection: Some(selection),
            policy: Some(policy),
            overrides: None,
        };
        setup.configure(&self.application, configuration).await.unwrap();
    }

    /// Waits until all is done.
    pub async fn rest(&self) -> Idle {
        let patience = PATIENCE + PATIENCE_PER_USER * self.directory.users.len() as u32;
        let idle = tokio::time::timeout(patience, self.engine.until_idle(HORIZON));
        idle.await.expect("it comes to rest").unwrap()
    }

    /// Makes a change, and returns the requests it led to.
    pub async fn requests_of(&self, change: impl Future<Output = ()>) -> Vec<LoggedRequest> {
        self.target.clear_log();
        change.await;
        let idle = self.rest().await;
        assert_eq!(idle, Idle::default(), "nothing is left over");
        self.target.requests()
    }

    pub fn groups_of(&self, user: &UserId) -> BTreeSet<GroupId> {
        let own = self.directory.memberships.iter().filter(|(_, member)| member == user);
        own.map(|(group, _)| group.clone()).collect()
    }

    /// The first active user who is in a group, and one he is not in.
    pub fn somebody(&self) -> (User, Group, Group) {
        let active =
            self.directory.users.iter().filter(|user| user.status == provisioning::directory::Status::Active);
        let user = active.clone().nth(3).unwrap().clone();
        let own = self.groups_of(&user.id);
        let (inside, outside): (Vec<&Group>, Vec<&Group>) =
            self.directory.groups.iter().partition(|group| own.contains(&group.id));
        (user, inside[0].clone(), outside[0].clone())
    }

    pub async fn put_group(&self, old: Option<Group>, new: &Group) {
        let write = GroupWrite { old, new: new.clone() };
        self.engine.tables().directory.write_group(&write).await.unwrap();
    }

    pub async fn put_user(&self, old: &User, new: User, join: &[&Group], leave: &[&Group]) {
        let ids = |groups: &[&Group]| groups.iter().map(|group| group.id.clone()).collect();
        let write = UserWrite { old: Some(old.clone()), new, join: ids(join), leave: ids(leave) };
        self.engine.tables().directory.write_user(&write).await.unwrap();
    }
}

/// Method and path of each request, without the query.
pub fn lines(requests: &[LoggedRequest]) -> Vec<String> {
    let line = |request: &LoggedRequest| {
        let path = request.path.split('?').next().unwrap_or_default();
        let collection = path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        format!("{} {collection}", request.method)
    };
    requests.iter().map(line).collect()
}
