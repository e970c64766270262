//! The tables as data: `create` makes them locally, and a test holds the SAM template to the same.

/// A table with string keys `pk` and `sk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableDefinition {
    /// What stands behind the prefix in its name.
    pub name: &'static str,
    /// Whether it has a stream, of new and old images.
    pub stream: bool,
    /// Whether items expire, by [`EXPIRES_AT`].
    pub expires: bool,
    /// Its global secondary indexes.
    pub indexes: &'static [IndexDefinition],
}

/// A global secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexDefinition {
    /// Its name.
    pub name: &'static str,
    /// Its partition key.
    pub partition: IndexKey,
    /// Its sort key.
    pub sort: IndexKey,
    /// What it holds beside the keys.
    pub projection: IndexProjection,
}

/// A key attribute of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexKey {
    /// The attribute.
    pub attribute: &'static str,
    /// Its type.
    pub key_type: KeyType,
}

/// The type of a key attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// `S`
    Text,
    /// `N`
    Number,
}

/// What an index holds beside the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexProjection {
    /// Nothing.
    KeysOnly,
    /// These attributes.
    Include(&'static [&'static str]),
    /// The whole item.
    All,
}

/// The attribute with the time at which an item goes by itself, in epoch seconds.
pub const EXPIRES_AT: &str = "expires_at";

const fn text(attribute: &'static str) -> IndexKey {
    IndexKey { attribute, key_type: KeyType::Text }
}

const fn index(name: &'static str, partition: &'static str, sort: IndexKey) -> IndexDefinition {
    IndexDefinition { name, partition: text(partition), sort, projection: IndexProjection::KeysOnly }
}

/// The index of users and groups by name.
pub const LISTING: IndexDefinition = index("listing", "listing_shard", text("listing_name"));
/// The index of links and jobs that are due; an item without `due_shard` is not in it.
pub const DUE: IndexDefinition = IndexDefinition {
    projection: IndexProjection::Include(&["item", "generation", "by_sweep", "attempts", "step"]),
    ..index("due", "due_shard", IndexKey { attribute: "due_at", key_type: KeyType::Number })
};
/// The index of links by application.
pub const BY_APPLICATION: IndexDefinition = index("by_application", "app_shard", text("object_id"));
/// The index of links in trouble, by application and kind of trouble; a link that is well is not in it.
pub const TROUBLE: IndexDefinition = index("trouble", "trouble_shard", text("object_id"));
/// The index of events by the object they are about.
pub const BY_OBJECT: IndexDefinition =
    IndexDefinition { projection: IndexProjection::All, ..index("by_object", "object", text("at_id")) };
/// The index of failures by application; an event that went well is not in it.
pub const FAILURES: IndexDefinition =
    IndexDefinition { projection: IndexProjection::All, ..index("failures", "failure_shard", text("at_id")) };
/// The index of all events by day.
pub const BY_DAY: IndexDefinition =
    IndexDefinition { projection: IndexProjection::All, ..index("by_day", "day_shard", text("at_id")) };

/// The tables, in the order directory, provisioning, activity, imports.
pub const DEFINITIONS: [TableDefinition; 4] = [
    TableDefinition { name: "directory", stream: true, expires: false, indexes: &[LISTING] },
    TableDefinition {
        name: "provisioning",
        stream: true,
        expires: true,
        indexes: &[DUE, BY_APPLICATION, TROUBLE],
    },
    TableDefinition {
        name: "activity",
        stream: false,
        expires: false,
        indexes: &[BY_OBJECT, FAILURES, BY_DAY],
    },
    TableDefinition { name: "imports", stream: false, expires: true, indexes: &[] },
];
