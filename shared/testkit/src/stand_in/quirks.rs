//! What real targets do differently from the RFC, as switches. Each names where it was seen: *targets* is the research on
//! vendors' documentation ("Traps", the table of targets, sections 2.4 to 2.9), *servers* the research on servers that were run
//! ("What other servers do", and the table of a strict and a lenient one).

mod each;
mod forms;

pub use forms::{
    AbsentMember, Conflict, Deactivation, Deletion, Documents, FilterAttributes, GroupRename, Ids,
    MemberRemoval, MemberReplacement, NewId, Paging, UnknownMember,
};

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
    /// `count` is not looked at: a page has 20 rows (test-targets, "default page", and "pages capped whatever `count` says").
    pub ignores_count: bool,
    /// `totalResults` tells more than there are (test-targets: "`totalResults` wrong").
    pub total_too_large: bool,
    /// A list ends behind so many rows, and tells that it is whole (targets 3.0a: Google Cloud Identity, "no paging at all, so a
    /// sweep may be truncated silently"). Filters find also who is behind them.
    pub rows_listed: Option<usize>,
    /// `totalResults` tells the rows of this page (servers: "`totalResults` wrong").
    pub total_of_page: bool,
    /// Behind the last page the last row comes again, and `totalResults` is not told (SCIMMY).
    pub repeats_past_the_end: bool,
    /// There are no discovery documents: 404 (servers, first line).
    pub no_discovery: bool,
    /// The service provider configuration is `{}` (test-targets, authentik's tests).
    pub empty_configuration: bool,
    /// The service provider configuration has `patch` and `filter` only (test-targets, authentik's tests: "`bulk.maxOperations`
    /// missing must not switch PATCH off").
    pub terse_configuration: bool,
    /// It says that it takes neither PATCH nor filters, and takes both (targets 2.4: "It lies").
    pub denies_what_it_can: bool,
    /// There is no `/Groups`: 404 (targets: GitHub organisations; peers, pain 24).
    pub no_groups: bool,
    /// Requests without a `User-Agent` are answered 403 (targets 2.2: GitHub).
    pub needs_user_agent: bool,
    /// Requests whose `Accept` does not name `application/scim+json` are answered 406 (targets, table: Zoom).
    pub needs_scim_accept: bool,
    /// Bodies of another media type than `application/json` are answered 415 (targets 2.2: "A few targets need `application/json`").
    pub wants_json: bool,
    /// Errors come as web pages (targets 2.2: "plain JSON/HTML/text errors").
    pub web_page_errors: bool,
    /// The `status` of an error is a number (targets 2.2: "`status` as a string (tolerate number)").
    pub numeric_status: bool,
    /// What is not there is answered 410 (DESIGN 7: "404 or 410").
    pub gone_is_410: bool,
    /// Writes are answered 202 without a body (targets 2.11: "an unexpected 202").
    pub accepts_for_later: bool,
    /// How ids are shown (servers: "integer ids become strings"; targets, traps: GitLab).
    pub ids: Ids,
    /// What the answer to a POST shows of the id (servers: "missing or empty id"; targets, table: Snowflake).
    pub new_id: NewId,
    /// Lists have `resources`, in lower case (servers: "`Resources` or `resources`").
    pub lower_case_resources: bool,
    /// Every attribute is named in lower case (targets 2.2: "Attribute *names* are case-insensitive").
    pub lower_case_names: bool,
    /// What has no value is shown as null, as an empty text or as an empty list (targets 2.3: "Null / empty / absent are the same").
    pub shows_nulls: bool,
    /// How discovery documents come (targets 2.3: "bare array or one schema"; 2.4: "404/401/HTML on discovery").
    pub documents: Documents,
    /// The service provider configuration is at `/ServiceProviderConfigs` only (targets 2.4: Salesforce).
    pub plural_configuration: bool,
    /// By what a filter may ask (targets 2.5: "GitLab filters only `id eq`; Asana only `userName`").
    pub filter_attributes: FilterAttributes,
    /// A filter that finds nobody is answered 404 (targets 2.5: "also 404").
    pub nobody_found_is_404: bool,
    /// A filter is answered 500.
    pub filters_fail: bool,
    /// `userName eq` tells apart by case what may not differ in case only (the table of servers: SCIMMY).
    pub filters_by_case: bool,
    /// `excludedAttributes` is answered 400 (targets, table: AWS).
    pub refuses_exclusion: bool,
    /// `excludedAttributes` is not looked at (targets 2.5: "not all honour it").
    pub ignores_exclusion: bool,
    /// Most rows of a page, whatever `count` says (servers: "pages capped").
    pub rows_per_page: Option<usize>,
    /// A page begins with the last row of the one before it (targets 2.9: GitLab, "pages may miss or repeat rows").
    pub repeats_rows: bool,
    /// Each page but the first lacks its first row (targets 2.9: the same line).
    pub misses_rows: bool,
    /// Most members shown of a group (targets 2.5: Sentry 10,000).
    pub members_shown: Option<usize>,
    /// Users show their groups (RFC 7643 section 4.1.2; targets 2.5: `groups` is read-only).
    pub shows_groups: bool,
    /// One who is added again is shown twice (the table of servers: SCIMMY).
    pub doubles_members: bool,
    /// What the removal of somebody who is no member comes to (targets 2.6: `noTarget`; servers, Okta's list).
    pub absent_member: AbsentMember,
    /// PUT is answered 200 and ignored (targets 2.7: Sentry's changes a role only).
    pub put_changes_nothing: bool,
    /// Groups cannot be PUT: 405 (targets, table: AWS).
    pub no_group_put: bool,
    /// Groups can be neither made nor deleted: 405 (targets, table: Miro).
    pub groups_are_given: bool,
    /// Names of groups are taken that differ in case and spaces only: 409 (targets, table: Sentry).
    pub group_names_by_slug: bool,
    /// Names of groups that begin so are answered 400 (targets, table: Cloudflare).
    pub refused_group_prefix: Option<&'static str>,
    /// The externalId of a group is shown as `external_id` (targets, table: Figma).
    pub misspells_external_id: bool,
    /// Accounts without one of these are answered 400 (targets, table: AWS, GitLab).
    pub required_attributes: &'static [&'static str],
    /// Another attribute of an account that is there is answered 400 (targets, table: Sentry, GitLab).
    pub updatable_attributes: Option<&'static [&'static str]>,
    /// A second value of a multi-valued attribute is answered 400 (targets, table: AWS).
    pub single_values: bool,
    /// User names that are no addresses are answered 400 (targets, traps: New Relic, Zoom).
    pub user_names_are_addresses: bool,
    /// An attribute that no schema names is dropped silently (the table of servers: SCIMMY; targets, table: New Relic).
    pub drops_unknown_attributes: bool,
    /// Each resource has a version, and a write whose `If-Match` names another is answered 412 (targets 2.8; the table of servers).
    pub versions: bool,
}
