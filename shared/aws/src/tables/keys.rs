//! Every key there is.
//!
//! | table | `pk` | `sk` | item |
//! | --- | --- | --- | --- |
//! | directory | `U#user` | `PROFILE` | the user |
//! | | `U#user` | `M#group` | he is a member of the group |
//! | | `G#group` | `META` | the group |
//! | | `G#group` | `M#user` | the user is a member of it |
//! | | `NAME#user#folded name`, `NAME#group#folded name` | `GUARD` | who bears the name |
//! | | `SOURCE#user#source id`, `SOURCE#group#source id` | `GUARD` | who has the source id |
//! | | `ATTRIBUTES` | name | the definition of a custom attribute |
//! | | `OFFBOARDED#user` | `OFFBOARDING` | when he was offboarded |
//! | provisioning | `APPS` | `app` | an application in the list of all |
//! | | `A#app` | `APP#CONFIG`, `APP#SCHEMA`, `APP#MAPPING`, `APP#SELECTION`, `APP#CONDITION`, `APP#PACE`, `APP#FUSE` | its configuration and what workers note |
//! | | `A#app` | `G#group` | the group's link |
//! | | `A#app` | `JOB#job` | a job, or a preview |
//! | | `A#app` | `PREVIEW` | which preview is current |
//! | | `V#app#preview` | `ROW#group#id`, `ROW#user#id` | what would be done about it |
//! | | `V#app#preview` | `TAKEN#kind#remote id` | who would take the account or group |
//! | | `DJ#job` | `JOB` | a job of the directory |
//! | | `U#user` | `L#app` | the user's link |
//! | | `U#user` | `P#app#group` | he is pushed in the group |
//! | | `R#app#target generation#kind#remote id` | `OWNER` | which link owns the account or group |
//! | | `P#app#group` | `U#user` | the user is pushed in it |
//! | | `T#app#group` | `U#user` | his membership is to be looked at |
//! | | `M#app#user` | `U#user` | a mapped attribute of the second names the first |
//! | | `F#app#listing#kind#x#externalId`, `F#app#listing#kind#n#folded name`, `F#app#listing#kind#e#folded e-mail` | remote id | what a listing found |
//! | imports | `IMPORTS` | `millis#id` | an import in the list of all |
//! | | `I#import` | `PART#number` | a part of its file |
//! | | `I#import#number#piece` | `PIECE` | a piece of a part |
//! | | `L#import#run#page` | `LINES` | what became of a page of lines |
//! | | `N#import#run#digest` | `NAMED` | who was named |
//! | activity | `E#app#yyyy-mm-dd#0..3` | `millis#id` | an event |
//! | | `D#app` | `yyyy-mm-dd` | the application has events on that day |
//! | | `DAYS` | `yyyy-mm-dd` | there are events on that day |
//! | | `ADMINISTRATORS` | `millis#id` | an event that an administrator caused |
//!
//! Indexes: `listing` by `user#0..3`, `group#0..3`; `due` by `app#0..3`, `#directory#0..3`; `by_application` by `app#user#0..3`,
//! `app#group#0..3`; `trouble` by `app#trouble#0..3`; `by_object` by `kind#id`; `failures` by `app#0..3`; `by_day` by
//! `yyyy-mm-dd#0..7`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use provisioning::folding::folded;
use provisioning::ids::{ApplicationId, GroupId, JobId, RemoteId, SourceId, UserId};
use provisioning::link::{LinkKey, Object, Trouble};
use provisioning::ports::shard;
use provisioning::target::{Kind, MatchKey};

/// Shards of the indexes that are kept per application or per kind, and of a day's events of one application.
pub const SHARDS: u32 = 4;
/// Shards of a day's events of all applications.
pub const DAY_SHARDS: u32 = 8;

/// The sort key of a user's own item.
pub const PROFILE: &str = "PROFILE";
/// The sort key of a group's own item.
pub const META: &str = "META";
/// What begins the sort keys of memberships.
pub const MEMBERSHIP_PREFIX: &str = "M#";
/// What begins the sort keys of an application's configuration.
pub const CONFIGURATION_PREFIX: &str = "APP#";
/// The sort key of an application itself.
pub const CONFIG: &str = "APP#CONFIG";
/// The sort key of what its target takes.
pub const SCHEMA: &str = "APP#SCHEMA";
/// The sort key of its mapping.
pub const MAPPING: &str = "APP#MAPPING";
/// The sort key of its selection.
pub const SELECTION: &str = "APP#SELECTION";
/// The sort key of what workers note about it.
pub const CONDITION: &str = "APP#CONDITION";
/// The sort key of the pace at which requests go to its target.
pub const PACE: &str = "APP#PACE";
/// The sort key of what was taken away from it of late.
pub const FUSE: &str = "APP#FUSE";
/// What begins the sort keys of a user's links.
pub const LINK_PREFIX: &str = "L#";
/// What begins the sort keys of users in a group's rows.
pub const USER_PREFIX: &str = "U#";
/// The partition of the list of all applications.
pub const APPLICATIONS: &str = "APPS";

/// The partition of the days on which there are events.
pub const ALL_DAYS: &str = "DAYS";
/// The partition of events that administrators caused.
pub const ADMINISTRATORS: &str = "ADMINISTRATORS";
/// The partition of the definitions of custom attributes.
pub const ATTRIBUTES: &str = "ATTRIBUTES";

/// Longest text that becomes part of a key as it is, in bytes: DynamoDB takes 1,024 in a sort key and 2,048 in a
/// partition key.
const LONGEST: usize = 768;

/// An item's primary key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    /// A key of these two parts.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }
}

/// The partition of a user, in the directory and in the provisioning table.
pub fn user(user: &UserId) -> String {
    format!("U#{user}")
}

/// The partition of a group.
pub fn group(group: &GroupId) -> String {
    format!("G#{group}")
}

/// A user's own item.
pub fn profile(id: &UserId) -> Key {
    Key::new(user(id), PROFILE)
}

/// A group's own item.
pub fn meta(id: &GroupId) -> Key {
    Key::new(group(id), META)
}

/// A membership in the user's partition.
pub fn user_membership(of: &UserId, within: &GroupId) -> Key {
    Key::new(user(of), format!("M#{within}"))
}

/// A membership in the group's partition.
pub fn group_membership(within: &GroupId, of: &UserId) -> Key {
    Key::new(group(within), format!("M#{of}"))
}

/// Who bears a name, without regard to case.
pub fn name_guard(kind: Kind, name: &str) -> Key {
    Key::new(format!("NAME#{kind}#{}", bounded(&folded(name))), "GUARD")
}

/// Who has a source id.
pub fn source_guard(kind: Kind, source_id: &SourceId) -> Key {
    Key::new(format!("SOURCE#{kind}#{}", bounded(&source_id.0)), "GUARD")
}

/// The definition of a custom attribute.
pub fn attribute(name: &str) -> Key {
    Key::new(ATTRIBUTES, name)
}

/// When a user was offboarded.
pub fn offboarding(id: &UserId) -> Key {
    Key::new(format!("OFFBOARDED#{id}"), "OFFBOARDING")
}

/// The shard of the index `listing` in which a user or group is.
pub fn listing_shard(kind: Kind, id: &str) -> String {
    listing_shard_number(kind, shard(id, SHARDS))
}

/// A shard of the index `listing` by its number.
pub fn listing_shard_number(kind: Kind, number: u32) -> String {
    format!("{kind}#{number}")
}

/// The sort key in the index `listing`: the folded name, cut where it is too long.
pub fn listing_name(name: &str) -> String {
    let mut name = folded(name);
    name.truncate(name.floor_char_boundary(LONGEST));
    // An index key is never empty.
    if name.is_empty() { " ".into() } else { name }
}

/// The partition of an application.
pub fn application(id: &ApplicationId) -> String {
    format!("A#{id}")
}

/// An application in the list of all.
pub fn application_summary(id: &ApplicationId) -> Key {
    Key::new(APPLICATIONS, id.as_str())
}

/// A part of an application's configuration: [`CONFIG`], [`SCHEMA`], [`MAPPING`], [`SELECTION`], [`CONDITION`] or [`PACE`].
pub fn configuration(id: &ApplicationId, part: &str) -> Key {
    Key::new(application(id), part)
}

/// A link.
pub fn link(key: &LinkKey) -> Key {
    match &key.object {
        Object::User(id) => Key::new(user(id), format!("L#{}", key.application)),
        Object::Group(id) => Key::new(application(&key.application), format!("G#{id}")),
    }
}

/// The link that a key is of; `None` where it is of something else.
pub fn link_of(key: &Key) -> Option<LinkKey> {
    if let (Some(user), Some(application)) = (key.pk.strip_prefix("U#"), key.sk.strip_prefix("L#")) {
        return Some(LinkKey::user(&application.parse().ok()?, &user.parse().ok()?));
    }
    let (application, group) = (key.pk.strip_prefix("A#")?, key.sk.strip_prefix("G#")?);
    Some(LinkKey::group(&application.parse().ok()?, &group.parse().ok()?))
}

/// The object's own id.
pub fn object_id(key: &LinkKey) -> &str {
    match &key.object {
        Object::User(id) => id.as_str(),
        Object::Group(id) => id.as_str(),
    }
}

/// The shard of the index `due` in which a link or a job is, by its own id.
pub fn due_shard(application: &ApplicationId, id: &str) -> String {
    format!("{application}#{}", shard(id, SHARDS))
}

/// The shard of the index `by_application` in which a link is.
pub fn application_shard(key: &LinkKey) -> String {
    application_shard_number(&key.application, key.kind(), shard(object_id(key), SHARDS))
}

/// A shard of the index `by_application` by its number.
pub fn application_shard_number(application: &ApplicationId, kind: Kind, number: u32) -> String {
    format!("{application}#{kind}#{number}")
}

/// A shard of the index `trouble` by its number.
pub fn trouble_shard_number(application: &ApplicationId, trouble: Trouble, number: u32) -> String {
    format!("{application}#{trouble}#{number}")
}

/// Which link owns an account or group at a target.
pub fn owner(application: &ApplicationId, target_generation: u64, kind: Kind, remote_id: &RemoteId) -> Key {
    Key::new(format!("R#{application}#{target_generation}#{kind}#{remote_id}"), "OWNER")
}

/// The partition of the users pushed in a group.
pub fn pushed_in(application: &ApplicationId, group: &GroupId) -> String {
    format!("P#{application}#{group}")
}

/// A pushed membership in the group's rows.
pub fn pushed(application: &ApplicationId, group: &GroupId, id: &UserId) -> Key {
    Key::new(pushed_in(application, group), user(id))
}

/// A pushed membership in the user's partition.
pub fn pushed_mirror(application: &ApplicationId, group: &GroupId, id: &UserId) -> Key {
    Key::new(user(id), pushed_in(application, group))
}

/// What begins the sort keys of a user's pushed memberships at an application.
pub fn pushed_prefix(application: &ApplicationId) -> String {
    format!("P#{application}#")
}

/// The partition of a group's todo rows.
pub fn todo_of(application: &ApplicationId, group: &GroupId) -> String {
    format!("T#{application}#{group}")
}

/// A todo row.
pub fn todo(application: &ApplicationId, group: &GroupId, id: &UserId) -> Key {
    Key::new(todo_of(application, group), user(id))
}

/// The partition of those who name a user.
pub fn references_to(application: &ApplicationId, referenced: &UserId) -> String {
    format!("M#{application}#{referenced}")
}

/// That a user names another.
pub fn reference(application: &ApplicationId, referenced: &UserId, referrer: &UserId) -> Key {
    Key::new(references_to(application, referenced), user(referrer))
}

/// A job.
pub fn job(application: &ApplicationId, id: &JobId) -> Key {
    Key::new(self::application(application), format!("JOB#{id}"))
}

/// The application and job that a key is of; `None` where it is of something else.
pub fn job_of(key: &Key) -> Option<(ApplicationId, JobId)> {
    let (application, job) = (key.pk.strip_prefix("A#")?, key.sk.strip_prefix("JOB#")?);
    Some((application.parse().ok()?, job.parse().ok()?))
}

/// Which preview of an application is current.
pub fn current_preview(id: &ApplicationId) -> Key {
    Key::new(application(id), "PREVIEW")
}

/// The partition of a preview's rows.
pub fn preview(application: &ApplicationId, id: &JobId) -> String {
    format!("V#{application}#{id}")
}

/// What the sort keys of a preview's rows begin with.
pub const PREVIEW_ROWS: &str = "ROW#";

/// A row of a preview.
pub fn preview_row(application: &ApplicationId, id: &JobId, object: &Object) -> Key {
    let object = self::object(object.kind(), object.id());
    Key::new(preview(application, id), format!("{PREVIEW_ROWS}{object}"))
}

/// Who would take an account or group by a preview.
pub fn preview_taken(application: &ApplicationId, id: &JobId, kind: Kind, remote_id: &RemoteId) -> Key {
    Key::new(preview(application, id), format!("TAKEN#{}", object(kind, remote_id.as_str())))
}

/// What stands in the place of an application in the index `due` for jobs of the directory; no application's id holds
/// a `#`.
pub const DIRECTORY: &str = "#directory";

/// A job of the directory.
pub fn directory_job(id: &JobId) -> Key {
    Key::new(format!("DJ#{id}"), "JOB")
}

/// The job of the directory that a key is of; `None` where it is of something else.
pub fn directory_job_of(key: &Key) -> Option<JobId> {
    key.pk.strip_prefix("DJ#")?.parse().ok()
}

/// The shard of the index `due` in which a job of the directory is.
pub fn directory_due_shard(id: &JobId) -> String {
    format!("{DIRECTORY}#{}", shard(id.as_str(), SHARDS))
}

/// The partition of the list of all imports.
pub const IMPORTS: &str = "IMPORTS";

/// The partition of an import's parts.
pub fn import(id: &JobId) -> String {
    format!("I#{id}")
}

/// A part of an import's file.
pub fn import_part(id: &JobId, number: u16) -> Key {
    Key::new(import(id), format!("PART#{number:05}"))
}

/// A piece of a part. Pieces lie in partitions of their own, since a partition takes little at a time.
pub fn import_piece(id: &JobId, number: u16, piece: u32) -> Key {
    Key::new(format!("I#{id}#{number}#{piece}"), "PIECE")
}

/// A page of what became of lines.
pub fn import_lines(id: &JobId, run: u32, page: u32) -> Key {
    Key::new(format!("L#{id}#{run}#{page}"), "LINES")
}

/// Who was named in a run, under a digest of his key: names may be longer than keys.
pub fn import_named(id: &JobId, run: u32, key: &str) -> Key {
    let digest = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, key.as_bytes());
    Key::new(format!("N#{id}#{run}#{digest}"), "NAMED")
}

/// What keeps a second import from running: the one that runs.
pub fn import_lock() -> Key {
    Key::new("DJ", "IMPORT-LOCK")
}

/// The partition of what a listing found under a key.
pub fn found(application: &ApplicationId, listing: &JobId, kind: Kind, key: &MatchKey) -> String {
    let key = match key {
        MatchKey::ExternalId(id) => format!("x#{}", bounded(id)),
        MatchKey::Name(name) => format!("n#{}", bounded(&folded(name))),
        MatchKey::Email(address) => format!("e#{}", bounded(&folded(address))),
    };
    format!("F#{application}#{listing}#{kind}#{key}")
}

/// The day of an event, `yyyy-mm-dd` in UTC.
pub fn day(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).date().to_string()
}

/// The partition of an application's events of one day and shard.
pub fn events(application: &ApplicationId, day: &str, shard: u32) -> String {
    format!("E#{application}#{day}#{shard}")
}

/// The sort key of events, which sorts by time: milliseconds in 20 digits, then the id.
pub fn at_id(at: Timestamp, id: &str) -> String {
    format!("{:020}#{id}", at.as_millisecond().max(0))
}

/// A shard of a day's events in the index `by_day`.
pub fn day_shard(day: &str, shard: u32) -> String {
    format!("{day}#{shard}")
}

/// The events of an object in the index `by_object`.
pub fn object(kind: Kind, id: &str) -> String {
    format!("{kind}#{id}")
}

/// A shard of an application's failures in the index `failures`.
pub fn failures(application: &ApplicationId, shard: u32) -> String {
    format!("{application}#{shard}")
}

/// The partition of the days on which an application has events.
pub fn days(application: &ApplicationId) -> String {
    format!("D#{application}")
}

/// The text itself, or a digest of it where it is longer than a key takes.
fn bounded(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    // What results is longer than any text that is kept as it is, so that the two are never taken for each other.
    let start = &text[..text.floor_char_boundary(LONGEST)];
    format!("{start}#{}", uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, text.as_bytes()))
}
