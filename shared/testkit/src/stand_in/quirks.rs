//! What real targets do differently from the RFC, as switches. Each names where it was seen: *targets* is the research on
//! vendors' documentation ("Traps", the table of targets, sections 2.4 to 2.9), *servers* the research on servers that were run
//! ("What other servers do", and the table of a strict and a lenient one).

/// In what a stand-in differs from RFC 7644. All off by default; they compose, and may be changed while it runs.
///
/// ```
/// use testkit::Quirks;
/// let aws = Quirks { hides_members: true, members_per_request: Some(100), ..Quirks::default() };
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks {
    /// PATCH is answered 501 (targets, Google Cloud Identity's early form; servers, "501").
    pub no_patch: bool,
    /// PUT is answered 404 though the resource is there (peers, pain 4: Google Cloud Identity).
    pub put_answers_404: bool,
    /// A filter is answered 400 `invalidFilter` (targets 2.5).
    pub no_filter: bool,
    /// A filter is ignored: the whole list comes back (servers: "a filter silently ignored").
    pub ignore_filter: bool,
    /// `externalId eq` silently finds nothing (servers: "`externalId eq` … silently finds nothing").
    pub external_id_filter_finds_nothing: bool,
    /// `displayName eq` of groups silently finds nothing (servers: the same line).
    pub group_filter_finds_nothing: bool,
    /// User names are told apart by case, in filters and in uniqueness (servers: "two accounts whose user names differ only in
    /// case"; SCIMMY's filter).
    pub names_by_case: bool,
    /// The members in the POST of a group are ignored (targets 2.12: Sentry; servers: "members in POST or PUT ignored").
    pub post_ignores_members: bool,
    /// The members in the PUT of a group are ignored (servers: the same line).
    pub put_ignores_members: bool,
    /// Members are never shown (targets, traps: AWS; servers: "members never shown by GET").
    pub hides_members: bool,
    /// Members are added as `{"members": [...]}` below the path `members`; a bare list is answered 400 (targets 2.6: Salesforce).
    pub nests_added_members: bool,
    /// How members may be removed (targets 2.6; servers: "501 for `members[value eq]`").
    pub member_removal: MemberRemoval,
    /// What `replace members` does (servers: "`replace members` answered 200 and ignored, or taken as add").
    pub member_replacement: MemberReplacement,
    /// What a member that is not there comes to (servers: "an unknown member id: 400, 500, or kept").
    pub unknown_member: UnknownMember,
    /// More member changes in one request are answered 400 (targets: AWS 100; Miro 8,000).
    pub members_per_request: Option<usize>,
    /// More operations in one PATCH are answered 400 (targets: Sentry 100).
    pub operations_per_patch: Option<usize>,
    /// A larger body is answered 413, in bytes (targets: Miro 800,000).
    pub largest_body: Option<usize>,
    /// Operations without a path are answered as done and ignored (servers: "`add` without a path answered 200 and ignored").
    pub ignores_operations_without_path: bool,
    /// Operations without a path are answered 400 (peers, pain 1: AWS).
    pub refuses_operations_without_path: bool,
    /// The operations before a bad one take effect (servers: "a PATCH with one bad operation applied in part").
    pub applies_in_part: bool,
    /// Whether and how a group may be renamed (targets, table: Atlassian; servers: "group rename by PATCH 501, by PUT fine").
    pub group_rename: GroupRename,
    /// A PATCH is answered 200 with the resource instead of 204 (targets 2.2; SCIMMY).
    pub patch_answers_200: bool,
    /// A POST is answered 200 instead of 201 (targets 2.2: "tolerate 200 for POST").
    pub post_answers_200: bool,
    /// A POST is answered 201 without a body (targets, table: Snowflake's ids).
    pub post_answers_nothing: bool,
    /// A POST of a name that is taken is answered 200 with the account that has it (DESIGN 7, last row).
    pub post_answers_existing: bool,
    /// How a name that is taken is answered (servers: "409 without `scimType`; 500 in place of 409").
    pub conflict: Conflict,
    /// Errors come as plain text, not as SCIM (targets 2.2; servers: "not even a SCIM error body").
    pub plain_errors: bool,
    /// How a deletion is answered (servers: "DELETE answered 200 with a body"; targets: Salesforce has none).
    pub deletion: Deletion,
    /// The deletion of what is gone is answered 500 (servers: "DELETE again answered 500").
    pub second_deletion_fails: bool,
    /// A deleted user stays a member where he was (both servers of the table).
    pub leaves_dangling_members: bool,
    /// What turning an account off comes to (targets, traps).
    pub deactivation: Deactivation,
    /// `active` is shown as the texts `True` and `False` (servers: "`active` stored as the string it was sent as").
    pub active_as_text: bool,
    /// A change of e-mail addresses waits for the user's word, so the old ones stay (targets, traps: Salesforce).
    pub keeps_emails: bool,
    /// Enterprise attributes are dropped silently (servers).
    pub drops_enterprise: bool,
    /// An attribute that no schema names is answered 400 (scim2-server).
    pub refuses_unknown_attributes: bool,
    /// Longer user names are answered 400 (targets: Slack takes 20 characters).
    pub user_name_length: Option<usize>,
    /// The owner is protected: his account can be neither turned off nor deleted, 403 (targets: Sentry, Cloudflare). Seeded
    /// accounts whose `userType` is `owner` are owners.
    pub protects_owner: bool,
    /// How lists are paged (targets 2.9).
    pub paging: Paging,
    /// `totalResults` tells the rows of this page (servers: "`totalResults` wrong").
    pub total_of_page: bool,
    /// Behind the last page the last row comes again, and `totalResults` is not told (SCIMMY).
    pub repeats_past_the_end: bool,
    /// There are no discovery documents: 404 (servers, first line).
    pub no_discovery: bool,
    /// The service provider configuration is `{}` (test-targets, authentik's tests).
    pub empty_configuration: bool,
    /// It says that it takes neither PATCH nor filters, and takes both (targets 2.4: "It lies").
    pub denies_what_it_can: bool,
    /// There is no `/Groups`: 404 (targets: GitHub organisations; peers, pain 24).
    pub no_groups: bool,
    /// Requests without a `User-Agent` are answered 403 (targets 2.2: GitHub).
    pub needs_user_agent: bool,
}

/// How members may be removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberRemoval {
    /// By filter and by a list of values.
    #[default]
    Both,
    /// By `members[value eq "id"]` only; a list of values is answered 400 (scim2-server).
    Filter,
    /// By a list of values only; a filter is answered 501.
    Values,
}

/// What `replace members` does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberReplacement {
    /// It replaces.
    #[default]
    Replaces,
    /// It is answered as done and ignored.
    Ignored,
    /// It adds.
    Adds,
    /// It is answered 400 (AWS).
    Refused,
}

/// What a member that is not there comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownMember {
    /// 400.
    #[default]
    Refused,
    /// 500.
    Fails,
    /// It is left out.
    LeftOut,
}

/// Whether and how a group may be renamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupRename {
    /// By PATCH and PUT.
    #[default]
    Any,
    /// By PUT; PATCH is answered 501.
    Put,
    /// Not at all: 400 `mutability`.
    Never,
}

/// How a name that is taken is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Conflict {
    /// 409 `uniqueness`.
    #[default]
    Uniqueness,
    /// 409 without a `scimType`.
    Bare,
    /// 500 with a `scimType`.
    Fails,
}

/// How a deletion is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deletion {
    /// 204.
    #[default]
    Nothing,
    /// 200 with what was deleted.
    Body,
    /// 405: nothing is deleted.
    Unsupported,
}

/// What turning an account off comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deactivation {
    /// `active` is false.
    #[default]
    Kept,
    /// The account is deleted (Sentry, Smartsheet, GitLab groups).
    Deletes,
    /// Its name and addresses are shown as others while it is off, and are not found (GitHub EMU).
    Obfuscates,
}

/// How lists are paged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paging {
    /// By `startIndex` (RFC 7644 section 3.4.2.4).
    #[default]
    Index,
    /// By `cursor` (RFC 9865); without one the first page only, and `startIndex` beyond it is answered 400 (AWS).
    Cursor,
    /// Everything at once, whatever is asked for (Google Cloud Identity).
    Everything,
}
