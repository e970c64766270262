//! What the stand-in keeps: users and groups with the indexes its checks and filters need. Members lie beside their group, so
//! that adding one to a group of thousands stays cheap.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use provisioning::folding::folded;
use provisioning::target::Kind;
use scim::Resource;
use serde_json::{Value, json};

use super::activations::{Activation, Activations};
use super::quirks::Ids;

/// Users and groups.
#[derive(Debug, Clone)]
pub(super) struct Store {
    /// The time that new resources are made at, where it stands still.
    pub frozen: Option<jiff::Timestamp>,
    started: Instant,
    last: u64,
    users: Kept,
    groups: Kept,
    members: HashMap<u64, BTreeSet<u64>>,
    /// Members who were added though they were members, by group.
    doubled: HashMap<u64, BTreeSet<u64>>,
    /// How often each resource was written.
    versions: HashMap<u64, u64>,
    /// Names that are never free again.
    spent: BTreeSet<String>,
    activations: Activations,
}

/// Resources of one kind by number, which is also their order of creation.
#[derive(Debug, Clone, Default)]
struct Kept {
    rows: BTreeMap<u64, Resource>,
    by_name: HashMap<String, BTreeSet<u64>>,
    by_external_id: HashMap<String, BTreeSet<u64>>,
}

impl Store {
    /// An empty one; what it tells the time of counts from `started`.
    pub fn new(started: Instant) -> Self {
        Self {
            frozen: None,
            started,
            last: 0,
            users: Kept::default(),
            groups: Kept::default(),
            members: HashMap::new(),
            doubled: HashMap::new(),
            versions: HashMap::new(),
            spent: BTreeSet::new(),
            activations: Activations::default(),
        }
    }

    fn kept(&self, kind: Kind) -> &Kept {
        match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
        }
    }

    fn kept_mut(&mut self, kind: Kind) -> &mut Kept {
        match kind {
            Kind::User => &mut self.users,
            Kind::Group => &mut self.groups,
        }
    }

    /// Whether both hold the same. When accounts were turned on and off is left aside: it keeps the time.
    pub fn holds_the_same_as(&self, other: &Self) -> bool {
        self.users.rows == other.users.rows
            && self.groups.rows == other.groups.rows
            && self.members == other.members
            && self.doubled == other.doubled
            && self.spent == other.spent
    }

    pub fn count(&self, kind: Kind) -> usize {
        self.kept(kind).rows.len()
    }

    pub fn all(&self, kind: Kind) -> Vec<Resource> {
        self.kept(kind).rows.keys().filter_map(|row| self.shown(kind, *row, true)).collect()
    }

    /// The numbers of all rows, in order.
    pub fn rows(&self, kind: Kind) -> impl Iterator<Item = u64> {
        self.kept(kind).rows.keys().copied()
    }

    pub fn resource(&self, kind: Kind, row: u64) -> Option<&Resource> {
        self.kept(kind).rows.get(&row)
    }

    /// A resource as it is answered.
    pub fn shown(&self, kind: Kind, row: u64, with_members: bool) -> Option<Resource> {
        let mut resource = self.resource(kind, row)?.clone();
        if kind == Kind::Group && with_members {
            let members = self.members.get(&row).into_iter().flatten();
            let members: Vec<Value> = members
                .chain(self.doubled.get(&row).into_iter().flatten())
                .map(|member| match self.groups.rows.contains_key(member) {
                    true => json!({"value": id_of(Kind::Group, *member), "type": "Group"}),
                    false => json!({"value": id_of(Kind::User, *member), "type": "User"}),
                })
                .collect();
            let path = "members".parse().ok()?;
            resource.write(&path, members.into());
        }
        Some(resource)
    }

    pub fn row_named(&self, kind: Kind, name: &str) -> Vec<u64> {
        self.kept(kind).by_name.get(&folded(name)).into_iter().flatten().copied().collect()
    }

    pub fn row_with_external_id(&self, kind: Kind, external_id: &str) -> Vec<u64> {
        self.kept(kind).by_external_id.get(external_id).into_iter().flatten().copied().collect()
    }

    pub fn named(&self, kind: Kind, name: &str) -> Option<Resource> {
        self.shown(kind, *self.row_named(kind, name).first()?, true)
    }

    pub fn member_names(&self, group: &str) -> BTreeSet<String> {
        let row = self.row_named(Kind::Group, group).first().copied();
        let members = row.and_then(|row| self.members.get(&row)).into_iter().flatten();
        members.filter_map(|member| Some(self.users.rows.get(member)?.text("userName")?.to_owned())).collect()
    }

    /// The number in an id, whether somebody is there or not.
    pub fn number_of(kind: Kind, id: &str) -> Option<u64> {
        let row = id.strip_prefix(prefix(kind))?.parse().ok()?;
        (id_of(kind, row) == id).then_some(row)
    }

    /// The row of an id, if it is there.
    pub fn row_of(&self, kind: Kind, id: &str) -> Option<u64> {
        Self::number_of(kind, id).filter(|row| self.kept(kind).rows.contains_key(row))
    }

    /// The row of an id in the form in which it is shown.
    pub fn row_shown_as(&self, kind: Kind, id: &str, ids: Ids) -> Option<u64> {
        match ids {
            Ids::Texts => self.row_of(kind, id),
            Ids::ExternalIds if kind == Kind::User => self.row_with_external_id(kind, id).first().copied(),
            Ids::ExternalIds => self.row_of(kind, id),
            Ids::Numbers => id.parse().ok().filter(|row| self.kept(kind).rows.contains_key(row)),
        }
    }

    /// The version of a resource.
    pub fn version(&self, row: u64) -> Option<String> {
        self.versions.get(&row).map(|version| format!("W/\"{version}\""))
    }

    /// Keeps a name from ever being free again.
    pub fn spend(&mut self, name: &str) {
        self.spent.insert(folded(name));
    }

    /// Whether a name was taken by somebody who is gone for good.
    pub fn is_spent(&self, name: &str) -> bool {
        self.spent.contains(&folded(name))
    }

    /// Whether somebody is a member of a group.
    pub fn is_member(&self, group: u64, member: u64) -> bool {
        self.members.get(&group).is_some_and(|members| members.contains(&member))
    }

    /// How many members a group has.
    pub fn member_count(&self, group: u64) -> usize {
        self.members.get(&group).map_or(0, BTreeSet::len)
    }

    /// Notes a write of members.
    pub fn change_members(
        &mut self,
        group: u64,
        change: impl FnOnce(&mut BTreeSet<u64>, &mut BTreeSet<u64>),
    ) {
        *self.versions.entry(group).or_default() += 1;
        change(self.members.entry(group).or_default(), self.doubled.entry(group).or_default());
    }

    /// Keeps a new resource and returns its row.
    pub fn insert(&mut self, kind: Kind, mut resource: Resource, members: BTreeSet<u64>) -> u64 {
        self.last += 1;
        let row = self.last;
        let created = self.frozen.unwrap_or_else(now);
        let meta = json!({"resourceType": if kind == Kind::User { "User" } else { "Group" },
            "created": created.to_string(),
            "location": format!("{}/{}", if kind == Kind::User { "/Users" } else { "/Groups" }, id_of(kind, row))});
        for (name, value) in [("id", Value::from(id_of(kind, row))), ("meta", meta)] {
            if let Ok(path) = name.parse() {
                resource.write(&path, value);
            }
        }
        self.put(kind, row, resource);
        if kind == Kind::Group {
            self.members.insert(row, members);
        }
        row
    }

    /// Puts a user back under the id he had.
    pub fn restore(&mut self, resource: &Value) -> Option<String> {
        let id = resource.get("id")?.as_str()?.to_owned();
        let row: u64 = id.strip_prefix(prefix(Kind::User))?.parse().ok()?;
        if row > self.last || self.users.rows.contains_key(&row) {
            return None;
        }
        self.put(Kind::User, row, Resource::from_json(resource.clone())?);
        Some(id)
    }

    fn put(&mut self, kind: Kind, row: u64, resource: Resource) {
        *self.versions.entry(row).or_default() += 1;
        if kind == Kind::User {
            self.activations.note(row, &resource, self.started.elapsed());
        }
        self.kept_mut(kind).put(kind, row, resource);
    }

    /// When the user of this name was turned on and off; the latest of this name where there were several.
    pub fn activations(&self, user_name: &str) -> Vec<Activation> {
        let row = self.row_named(Kind::User, user_name).last().copied();
        row.map(|row| self.activations.of(row)).unwrap_or_default()
    }

    /// Puts a resource in place of the one in this row; its id and meta stay.
    pub fn replace(&mut self, kind: Kind, row: u64, mut resource: Resource) {
        let Some(old) = self.kept_mut(kind).take(kind, row) else { return };
        for name in ["id", "meta"] {
            if let (Ok(path), Some(kept)) = (name.parse(), old.as_json().get(name)) {
                resource.write(&path, kept.clone());
            }
        }
        self.put(kind, row, resource);
    }

    /// Takes a resource away; a user out of the groups too, unless he is to dangle there.
    pub fn delete(&mut self, kind: Kind, id: &str, dangling: bool) -> bool {
        let Some(row) = self.row_of(kind, id) else { return false };
        self.delete_row(kind, row, dangling);
        true
    }

    /// The same, of a row that is there.
    pub fn delete_row(&mut self, kind: Kind, row: u64, dangling: bool) {
        self.kept_mut(kind).take(kind, row);
        if kind == Kind::Group || !dangling {
            self.members.values_mut().chain(self.doubled.values_mut()).for_each(|members| {
                members.remove(&row);
            });
        }
        self.members.remove(&row);
    }
}

impl Kept {
    fn put(&mut self, kind: Kind, row: u64, resource: Resource) {
        if let Some(name) = resource.text(name_attribute(kind)) {
            self.by_name.entry(folded(name)).or_default().insert(row);
        }
        if let Some(id) = resource.text("externalId") {
            self.by_external_id.entry(id.to_owned()).or_default().insert(row);
        }
        self.rows.insert(row, resource);
    }

    fn take(&mut self, kind: Kind, row: u64) -> Option<Resource> {
        let resource = self.rows.remove(&row)?;
        if let Some(rows) =
            resource.text(name_attribute(kind)).and_then(|name| self.by_name.get_mut(&folded(name)))
        {
            rows.remove(&row);
        }
        if let Some(rows) = resource.text("externalId").and_then(|id| self.by_external_id.get_mut(id)) {
            rows.remove(&row);
        }
        Some(resource)
    }
}

/// The stand-in keeps real time, like the servers it stands for.
#[expect(clippy::disallowed_methods, reason = "the stand-in keeps real time, like the servers it stands for")]
pub(super) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The attribute that names a resource of a kind.
pub(super) fn name_attribute(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "userName",
        Kind::Group => "displayName",
    }
}

fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "u-",
        Kind::Group => "g-",
    }
}

fn id_of(kind: Kind, row: u64) -> String {
    format!("{}{row:06}", prefix(kind))
}
