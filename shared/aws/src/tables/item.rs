//! Kinds of items. Every item bears its kind in the attribute [`ITEM`]; the filters of the streams go by it, so that
//! our own bookkeeping wakes nobody.

/// The attribute that names an item's kind.
pub const ITEM: &str = "item";

/// A user: `provisioning::directory::User` at top level.
pub const USER_PROFILE: &str = "user_profile";
/// A group in the user's partition: `user`, `group`.
pub const USER_MEMBERSHIP: &str = "user_membership";
/// A group: `provisioning::directory::Group` at top level.
pub const GROUP_META: &str = "group_meta";
/// A user in the group's partition: `user`, `group`.
pub const GROUP_MEMBERSHIP: &str = "group_membership";
/// Who bears a name: `owner`.
pub const NAME_GUARD: &str = "name_guard";
/// Who has a source id: `owner`.
pub const SOURCE_GUARD: &str = "source_guard";
/// `provisioning::directory::attribute::AttributeDefinition` at top level.
pub const ATTRIBUTE_DEFINITION: &str = "attribute_definition";
/// When a user was offboarded: `at`, in milliseconds.
pub const OFFBOARDING: &str = "offboarding";

/// An application in the list of all: `application`, `lifecycle`, `version`.
pub const APPLICATION: &str = "application";
/// `provisioning::application::Application` at top level, and `outcome`, which rides on the write.
pub const APPLICATION_CONFIG: &str = "application_config";
/// `provisioning::mapping::Mapping` at top level.
pub const APPLICATION_MAPPING: &str = "application_mapping";
/// `provisioning::application::Selection` at top level.
pub const APPLICATION_SELECTION: &str = "application_selection";
/// `provisioning::application::Condition` at top level.
pub const APPLICATION_CONDITION: &str = "application_condition";
/// `provisioning::application::TargetSchema` at top level.
pub const APPLICATION_SCHEMA: &str = "application_schema";
/// `provisioning::application::Pace` at top level.
pub const APPLICATION_PACE: &str = "application_pace";
/// What was taken away from it of late.
pub const APPLICATION_FUSE: &str = "application_fuse";
/// A user's `provisioning::link::Link` at top level.
pub const USER_LINK: &str = "user_link";
/// A group's `provisioning::link::Link` at top level.
pub const GROUP_LINK: &str = "group_link";
/// Which link owns a remote id: `key`.
pub const OWNER: &str = "owner";
/// `provisioning::ports::Pushed` at top level, with `application` and `group`.
pub const PUSHED: &str = "pushed";
/// The same in the user's partition.
pub const PUSHED_MIRROR: &str = "pushed_mirror";
/// A membership that is to be looked at: `user`, `token`.
pub const TODO: &str = "todo";
/// That a user names another: `referenced`, `referrer`, `token`.
pub const REFERENCE: &str = "reference";
/// `provisioning::sweep::SweepJob` at top level.
pub const JOB: &str = "job";
/// `provisioning::preview::PreviewJob` at top level; goes by itself some days after its start.
pub const PREVIEW: &str = "preview";
/// Which preview of an application is current: `preview`.
pub const PREVIEW_CURRENT: &str = "preview_current";
/// A row of a preview: `row`, a `provisioning::preview::PreviewRow` in JSON.
pub const PREVIEW_ROW: &str = "preview_row";
/// Who takes an account by a preview: `taken_by`, an object in JSON.
pub const PREVIEW_TAKEN: &str = "preview_taken";
/// `provisioning::directory::job::DirectoryJob` at top level; goes by itself some days after its end.
pub const DIRECTORY_JOB: &str = "directory_job";
/// What a listing of a target found; goes by itself after two days.
pub const FOUND: &str = "found";

/// The import that runs: `import`.
pub const IMPORT_LOCK: &str = "import_lock";
/// An import in the list of all.
pub const IMPORT: &str = "import";
/// `provisioning::directory::import_job::Part` at top level.
pub const IMPORT_PART: &str = "import_part";
/// A piece of a part: `bytes`, and the part's `digest`.
pub const IMPORT_PIECE: &str = "import_piece";
/// A page of what became of lines: `page`, a `provisioning::directory::import_job::LinePage` in JSON.
pub const IMPORT_LINES: &str = "import_lines";
/// Who was named by an import: `named`.
pub const IMPORT_NAMED: &str = "import_named";

/// `provisioning::activity::Outcome` at top level.
pub const EVENT: &str = "event";
/// The same where an administrator is the actor: `provisioning::activity::Outcome` at top level.
pub const ADMINISTRATOR_ACTION: &str = "administrator_action";
/// A day on which an application has events.
pub const DAY: &str = "day";
