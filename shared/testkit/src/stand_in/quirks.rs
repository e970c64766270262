//! What real targets do differently from the RFC, as switches.
//!
//! Each says in brackets where it was seen, by the page, its line and words that stand in it: *targets* is the research on vendors'
//! documentation, *servers* the research on servers that were run, *peers* the research on other provisioning engines. What is in
//! none of them names the RFC that allows it, or says why it is here. A test (`tests/citations.rs`) holds every switch to that.

mod each;
mod forms;

use std::time::Duration;

pub use forms::{
    AbsentMember, Clearing, Conflict, Deactivation, Deletion, Documents, FilterAttributes, GroupRename, Ids,
    KnownValues, MemberRemoval, MemberReplacement, NewId, OperationNames, Paging, UnknownMember,
};

/// In what a stand-in differs from RFC 7644. All off by default; they compose, and may be changed while it runs.
///
/// ```
/// use testkit::Quirks;
/// let aws = Quirks { hides_members: true, members_per_request: Some(100), ..Quirks::default() };
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks {
    /// PATCH is answered 501 (targets:255, "patch_path|patch_nopath|put|none").
    pub no_patch: bool,
    /// PUT is answered 404 though the resource is there (peers:124, "Google Cloud Identity's SCIM answers PUT with 404").
    pub put_answers_404: bool,
    /// A filter is answered 400 `invalidFilter` (targets:255, "eq-only|list-and-scan|none").
    pub no_filter: bool,
    /// A filter is ignored: the whole list comes back (servers:38, "a filter silently ignored").
    pub ignore_filter: bool,
    /// `externalId eq` silently finds nothing (servers:38, "`externalId eq` or group `displayName eq` silently finds nothing").
    pub external_id_filter_finds_nothing: bool,
    /// `displayName eq` of groups silently finds nothing (servers:38, "group `displayName eq` silently finds nothing").
    pub group_filter_finds_nothing: bool,
    /// User names are told apart by case, in filters and in uniqueness (servers:48, "two accounts whose user names differ only in
    /// case").
    pub names_by_case: bool,
    /// The members in the POST of a group are ignored (servers:43, "members in POST or PUT of a group ignored").
    pub post_ignores_members: bool,
    /// The members in the PUT of a group are ignored (servers:43, "members in POST or PUT of a group ignored").
    pub put_ignores_members: bool,
    /// Members are never shown (targets:241, "always return an empty member list").
    pub hides_members: bool,
    /// Members are added as `{"members": [...]}` below the path `members`; a bare list is answered 400 (targets:172,
    /// "Salesforce's documented group add is odd").
    pub nests_added_members: bool,
    /// How members may be removed (targets:171, "Three dialects in the wild for member removal").
    pub member_removal: MemberRemoval,
    /// What `replace members` does (servers:41, "answered 200 and ignored, or taken as add").
    pub member_replacement: MemberReplacement,
    /// What a member that is not there comes to (servers:45, "an unknown member id: 400, 500, or kept").
    pub unknown_member: UnknownMember,
    /// More member changes in one request are answered 400 (targets:209, "100 membership changes per PATCH").
    pub members_per_request: Option<usize>,
    /// More operations in one PATCH are answered 400 (targets:230, "**100 Operations** per PATCH").
    pub operations_per_patch: Option<usize>,
    /// A larger body is answered 413, in bytes (targets:226, "800 000 bytes per PATCH else 413").
    pub largest_body: Option<usize>,
    /// Operations without a path are answered as done and ignored (servers:42, "`add` without a path answered 200 and ignored").
    pub ignores_operations_without_path: bool,
    /// Operations without a path are answered 400 (peers:121, "a pathless PATCH with several attributes gives 400").
    pub refuses_operations_without_path: bool,
    /// How the verbs of operations are to be written (targets:168, "some servers only accept capitalised or accept any").
    pub operation_names: OperationNames,
    /// How the value of an account's attribute may be taken away (targets:151, "or replace with null where remove is rejected").
    pub clearing: Clearing,
    /// The operations before a bad one take effect (servers:46, "a PATCH with one bad operation applied in part").
    pub applies_in_part: bool,
    /// Whether and how a group may be renamed (servers:44, "group rename by PATCH 501, by PUT fine").
    pub group_rename: GroupRename,
    /// A PATCH is answered 200 with the resource instead of 204 (targets:144, "PATCH **200 with body or 204**").
    pub patch_answers_200: bool,
    /// A POST is answered 200 instead of 201 (targets:144, "Tolerate 200 for POST").
    pub post_answers_200: bool,
    /// A POST is answered 201 without a body (targets:220, "group `id` is not always returned").
    pub post_answers_nothing: bool,
    /// A POST of a name that is taken is answered 200 with the account that has it (no page: an endpoint that takes a creation
    /// for an upsert).
    pub post_answers_existing: bool,
    /// How a name that is taken is answered (servers:37, "409 without `scimType`; 500 in place of 409").
    pub conflict: Conflict,
    /// Errors come as plain text, not as SCIM (targets:143, "Many targets return plain JSON/HTML/text errors").
    pub plain_errors: bool,
    /// Errors come as web pages (targets:143, "Many targets return plain JSON/HTML/text errors").
    pub web_page_errors: bool,
    /// Errors come as JSON that is not SCIM's (targets:143, "Many targets return plain JSON/HTML/text errors").
    pub json_errors: bool,
    /// The `status` of an error is a number (targets:143, "(tolerate number)").
    pub numeric_status: bool,
    /// How a deletion is answered (servers:37, "DELETE answered 200 with a body").
    pub deletion: Deletion,
    /// The deletion of what is gone is answered 500 (servers:37, "DELETE again answered 500").
    pub second_deletion_fails: bool,
    /// A deleted user stays a member where he was (servers:28, "leaves dangling members").
    pub leaves_dangling_members: bool,
    /// What turning an account off comes to (targets:243, "`active:false` = removal").
    pub deactivation: Deactivation,
    /// `active` is shown as the texts `True` and `False` (servers:47, "`active` stored as the string it was sent as").
    pub active_as_text: bool,
    /// A change of e-mail addresses waits for the user's word, so the old ones stay (targets:246, "e-mail changes wait for the
    /// user's confirmation").
    pub keeps_emails: bool,
    /// A display name stays what it was when the account was made, whatever is sent (targets:210, "may be locked by org setting").
    pub locks_display_names: bool,
    /// The parts of a user's name are shown as `N/A`, whatever they are (targets:230, "`name` returned as N/A").
    pub hides_names: bool,
    /// Enterprise attributes are dropped silently (servers:47, "enterprise attributes dropped silently").
    pub drops_enterprise: bool,
    /// The enterprise extension has the URN of SCIM 1; what stands under another is answered 400 (targets:210, "enterprise ext v1
    /// URN").
    pub old_enterprise: bool,
    /// An attribute that no schema names is answered 400 (servers:21, "unknown attribute | 400 invalidSyntax").
    pub refuses_unknown_attributes: bool,
    /// An attribute that no schema names is dropped silently (targets:229, "unknown fields **ignored**").
    pub drops_unknown_attributes: bool,
    /// Accounts without one of these are answered 400 (targets:209, "`name.familyName` **required**").
    pub required_attributes: &'static [&'static str],
    /// Another attribute of an account that is there is answered 400 (targets:231, "name, email, userName updates removed").
    pub updatable_attributes: Option<&'static [&'static str]>,
    /// Another value of this attribute is answered 400 (targets:234, "reference values (department, location) must exist").
    pub known_values: Option<KnownValues>,
    /// A second value of a multi-valued attribute is answered 400 (targets:209, "one value per multi-valued attr").
    pub single_values: bool,
    /// A list of e-mail addresses of which not exactly one is primary is answered 400 (targets:209, "`emails` must be
    /// `primary:true`").
    pub needs_primary_email: bool,
    /// An element of e-mail addresses, of phone numbers or of members that has a `display` is answered 400 (targets:209, "no
    /// `display` sub-attr on emails/phones").
    pub refuses_display: bool,
    /// Longer user names are answered 400 (targets:248, "`userName` ≤ 20 characters").
    pub user_name_length: Option<usize>,
    /// User names that are no addresses are answered 400 (targets:248, "`userName` = email").
    pub user_names_are_addresses: bool,
    /// An account whose `displayName` contains `@` is answered 400 (targets:210, "displayName may not contain `@`").
    pub display_names_without_at: bool,
    /// An account with an e-mail address of another domain is answered 400 (targets:213, "**only verified domains**").
    pub verified_domain: Option<&'static str>,
    /// A user name that begins so belongs to an account that is nowhere shown, and is answered as one that is taken (targets:214,
    /// "**globally unique across all Salesforce orgs**").
    pub taken_elsewhere: Option<&'static str>,
    /// The owner is protected: his account can be neither turned off nor deleted, 403. Seeded accounts whose `userType` is
    /// `owner` are owners (targets:230, "only owner cannot be removed (403)").
    pub protects_owner: bool,
    /// How lists are paged (targets:183, "Cursor (9865)").
    pub paging: Paging,
    /// `count` is not looked at: a page has 20 rows (servers:40, "pages capped whatever `count` says").
    pub ignores_count: bool,
    /// Most rows of a page, whatever `count` says (servers:40, "pages capped whatever `count` says").
    pub rows_per_page: Option<usize>,
    /// `totalResults` tells more than there are (servers:40, "`totalResults` wrong").
    pub total_too_large: bool,
    /// `totalResults` tells the rows of this page (servers:40, "`totalResults` wrong").
    pub total_of_page: bool,
    /// A list ends behind so many rows, and tells that it is whole. Filters find also who is behind them (targets:249, "so a
    /// sweep may be truncated silently").
    pub rows_listed: Option<usize>,
    /// Behind the last page the last row comes again, and `totalResults` is not told (servers:19, "startIndex past the end | no
    /// rows | returns rows").
    pub repeats_past_the_end: bool,
    /// A page begins with the last row of the one before it (targets:182, "pages may miss or repeat rows").
    pub repeats_rows: bool,
    /// Each page but the first lacks its first row (targets:182, "pages may miss or repeat rows").
    pub misses_rows: bool,
    /// There are no discovery documents: 404 (servers:36, "404, not even a SCIM error body").
    pub no_discovery: bool,
    /// The service provider configuration is `{}` (servers:54, "an empty one `{}` tolerated").
    pub empty_configuration: bool,
    /// The service provider configuration has `patch` and `filter` only (servers:56, "`bulk.maxOperations` missing must not
    /// switch PATCH off").
    pub terse_configuration: bool,
    /// It says that it takes neither PATCH nor filters, and takes both (targets:156, "**It lies.**").
    pub denies_what_it_can: bool,
    /// How discovery documents come (targets:152, "also seen as bare array or one schema").
    pub documents: Documents,
    /// The service provider configuration is at `/ServiceProviderConfigs` only (targets:214, "**`/ServiceProviderConfigs`
    /// plural**").
    pub plural_configuration: bool,
    /// There are resource types besides users and groups, and an extension of its own (targets:234, "six resource types incl.
    /// Company, CostCenter, Department, Location").
    pub more_resource_types: bool,
    /// There is no `/Groups`: 404 (targets:212, "**none — Users only**").
    pub no_groups: bool,
    /// Requests without a `User-Agent` are answered 403 (targets:140, "**rejects requests without it**").
    pub needs_user_agent: bool,
    /// Requests whose `Accept` does not name `application/scim+json` are answered 406 (targets:215, "`Accept:
    /// application/scim+json` demanded").
    pub needs_scim_accept: bool,
    /// Bodies of another media type than `application/json` are answered 415 (targets:140, "A few targets need
    /// `application/json`").
    pub wants_json: bool,
    /// What is not there is answered 410 (RFC 9110 section 15.5.11).
    pub gone_is_410: bool,
    /// Writes are answered 202 without a body (targets:189, "treat an unexpected 202 as").
    pub accepts_for_later: bool,
    /// How ids are shown (servers:55, "integer ids become strings").
    pub ids: Ids,
    /// What the answer to a POST shows of the id (servers:56, "empty id: stop").
    pub new_id: NewId,
    /// A PUT whose body does not have the id of what it replaces is answered 400 (peers:121, "Zscaler wants `id` in the body").
    pub put_needs_id: bool,
    /// Lists have `resources`, in lower case (servers:55, "`Resources` or `resources`").
    pub lower_case_resources: bool,
    /// Every attribute is named in lower case (targets:142, "Attribute *names* are case-insensitive").
    pub lower_case_names: bool,
    /// What has no value is shown as null, as an empty text or as an empty list (targets:151, "**Null / empty / absent are the
    /// same**").
    pub shows_nulls: bool,
    /// By what a filter may ask (targets:159, "GitLab filters only `id eq`; Asana only `userName`").
    pub filter_attributes: FilterAttributes,
    /// A filter that finds nobody is answered 404 (targets:159, "also 404, 400").
    pub nobody_found_is_404: bool,
    /// A filter is answered 500 (RFC 9110 section 15.6.1).
    pub filters_fail: bool,
    /// `userName eq` tells apart by case what may not differ in case only (servers:17, "ignores case | case-sensitive").
    pub filters_by_case: bool,
    /// A filter takes so long for each row that there is (servers:50, "a look-up by filter is a full scan on many").
    pub slow_filters: Option<Duration>,
    /// A PATCH or PUT of a group takes so long for each member that it has (servers:49, "member PATCH slows as the group grows").
    pub slow_members: Option<Duration>,
    /// `excludedAttributes` is answered 400 (targets:209, "**no `startIndex`, `attributes`, `excludedAttributes`**").
    pub refuses_exclusion: bool,
    /// `excludedAttributes` is not looked at (targets:160, "not all honour it").
    pub ignores_exclusion: bool,
    /// Most members shown of a group (targets:160, "Sentry caps members at 10 000").
    pub members_shown: Option<usize>,
    /// A group may be a member of a group, and is shown so (targets:218, "nested groups returned as members type group").
    pub nests_groups: bool,
    /// Users show their groups (targets:147, "`groups` **readOnly**").
    pub shows_groups: bool,
    /// One who is added again is shown twice (servers:25, "adding a member twice | one | **two rows**").
    pub doubles_members: bool,
    /// What the removal of somebody who is no member comes to (servers:56, "remove a member that is not there").
    pub absent_member: AbsentMember,
    /// PUT is answered 200 and ignored (targets:176, "Sentry PUT on a user only changes `sentryOrgRole`").
    pub put_changes_nothing: bool,
    /// What the body of a PUT does not name stays as it was; null takes it away (targets:176, "unspecified readWrite attributes
    /// may be cleared (server's choice").
    pub put_keeps_what_is_absent: bool,
    /// Groups cannot be PUT: 405 (targets:209, "**P only, no PutGroup**").
    pub no_group_put: bool,
    /// Groups can be neither made nor deleted: 405 (targets:226, "**P only; no POST/DELETE listed**").
    pub groups_are_given: bool,
    /// Names of groups are taken that differ in case and spaces only: 409 (targets:230, "names collide
    /// case/space-insensitively").
    pub group_names_by_slug: bool,
    /// Names of groups that begin so are answered 400 (targets:223, "group names must not start with **`CF`**").
    pub refused_group_prefix: Option<&'static str>,
    /// The externalId of a group is shown as `external_id` (targets:224, "group echoes `external_id` (sic)").
    pub misspells_external_id: bool,
    /// Each resource has a version, and a write whose `If-Match` names another is answered 412 (servers:26, "ETag / If-Match |
    /// 412 when stale").
    pub versions: bool,
}
