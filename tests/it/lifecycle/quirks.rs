//! One life for each quirk, under its name, and some for what a vendor's quirks are together. Each meets its quirks; behind `but`
//! stand those that it does not, since our client gives the target no cause.
//!
//! Some quirks no life can meet, or none can end well at: [`ELSEWHERE`] says where their scenarios are. What is met only where an
//! administrator has set a dialect that the target does not take is among them.

use std::time::Duration;

use catalog::Settings;
use testkit::{
    AbsentMember, Clearing, Conflict, Deactivation, Deletion, Documents, Fault, FilterAttributes,
    GroupRename, Ids, MemberRemoval, NewId, OperationNames, Paging, Quirks, UnknownMember,
};

use super::course::Life;
use super::mapping::DEPARTMENTS;
use crate::tools::root;

/// Quirks without a life of their own, and the file that has a scenario of each.
const ELSEWHERE: [(&str, &str); 17] = [
    ("put_answers_404", "quarantine/mod.rs"),
    ("names_by_case", "scenarios/odd_targets.rs"),
    ("filters_by_case", "scenarios/odd_targets.rs"),
    ("group_filter_finds_nothing", "scenarios/odd_targets.rs"),
    ("post_answers_existing", "scenarios/names.rs"),
    ("shows_groups", "scenarios/whole_lists.rs"),
    ("filters_fail", "scenarios/dialects.rs"),
    ("no_group_put", "scenarios/dialects.rs"),
    ("refuses_operations_without_path", "scenarios/dialects.rs"),
    ("member_replacement", "scenarios/dialects.rs"),
    ("ignores_operations_without_path", "drift/unheard.rs"),
    ("put_changes_nothing", "drift/unheard.rs"),
    ("put_ignores_members", "drift/unheard.rs"),
    // What only a profile tells of, its life meets.
    ("nests_added_members", "lifecycle/profiles.rs"),
    ("updatable_attributes", "lifecycle/profiles.rs"),
    ("plural_configuration", "lifecycle/profiles.rs"),
    ("no_groups", "lifecycle/profiles.rs"),
];

#[test]
fn every_quirk_has_a_life_or_a_scenario_of_its_own() {
    let source = |file: &str| std::fs::read_to_string(root().join("tests/it").join(file)).unwrap();
    let lives = source("lifecycle/quirks.rs");
    for quirk in Quirks::names_of_all() {
        let set = format!("{quirk}: ");
        let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == quirk);
        let told = elsewhere.map_or_else(|| lives.contains(&set), |(_, file)| source(file).contains(&set));
        assert!(told, "{quirk}");
    }
}

macro_rules! lives {
    ($($name:ident { $($quirk:ident: $value:expr),* $(,)? } $([$($set:ident: $to:expr),+])? $((but $($unmet:ident),+))?)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let quirks = Quirks { $($quirk: $value,)* ..Quirks::default() };
            let overrides = Settings { $($($set: Some($to),)+)? ..Settings::default() };
            let unmet = &[$($(stringify!($unmet)),+)?];
            Life { overrides, unmet: Some(unmet), ..Life::at(quirks) }.run().await;
        }
    )*};
}

lives! {
    as_the_rfc_has_it {}
    without_patch { no_patch: true }
    without_filters { no_filter: true }
    with_filters_ignored { ignore_filter: true }
    with_members_of_a_post_ignored { post_ignores_members: true }
    with_members_that_are_never_shown { hides_members: true }
    with_members_removed_by_values_only { member_removal: MemberRemoval::Values }
    with_members_removed_by_values_as_an_administrator_has_it {
        member_removal: MemberRemoval::Values, unknown_member: UnknownMember::LeftOut,
    } [member_remove: catalog::MemberRemove::Array] (but member_removal)
    with_five_members_a_request { members_per_request: Some(5) }
    with_ten_operations_a_patch { operations_per_patch: Some(10) }
    with_small_bodies_only { largest_body: Some(800) }
    with_a_patch_applied_in_part { applies_in_part: true }
    with_groups_renamed_by_put { group_rename: GroupRename::Put }
    with_groups_that_keep_their_names { group_rename: GroupRename::Never }
    with_a_patch_that_answers_200 { patch_answers_200: true }
    with_a_post_that_answers_200 { post_answers_200: true }
    with_a_post_that_answers_nothing { post_answers_nothing: true }
    with_conflicts_that_do_not_say_of_what { conflict: Conflict::Bare }
    with_conflicts_told_as_failures { conflict: Conflict::Fails }
    with_conflicts_told_as_failures_without_a_word { conflict: Conflict::Broken }
    with_errors_in_plain_text { plain_errors: true }
    with_a_deletion_that_answers_a_body { deletion: Deletion::Body }
    without_deletion { deletion: Deletion::Unsupported }
    with_a_second_deletion_that_fails { second_deletion_fails: true }
    with_members_that_dangle { leaves_dangling_members: true }
    with_deactivation_that_deletes { deactivation: Deactivation::Deletes }
    with_inactive_names_hidden { deactivation: Deactivation::Obfuscates }
    with_active_as_a_text { active_as_text: true }
    with_emails_that_wait { keeps_emails: true }
    with_enterprise_attributes_dropped { drops_enterprise: true }
    with_unknown_attributes_refused { refuses_unknown_attributes: true } (but refuses_unknown_attributes)
    with_unknown_attributes_dropped { drops_unknown_attributes: true } (but drops_unknown_attributes)
    with_names_of_twenty_characters { user_name_length: Some(20) }
    with_a_protected_owner { protects_owner: true }
    with_pages_by_cursor { paging: Paging::Cursor, rows_per_page: Some(7) }
    without_pages { paging: Paging::Everything }
    with_a_total_of_the_page { total_of_page: true, rows_per_page: Some(7) }
    with_rows_repeated_past_the_end { repeats_past_the_end: true, rows_per_page: Some(7) }
    without_discovery { no_discovery: true }
    with_an_empty_configuration { empty_configuration: true }
    that_denies_what_it_can { denies_what_it_can: true }
    that_wants_plain_json { wants_json: true }
    that_accepts_for_later { accepts_for_later: true }
    with_ids_that_are_numbers { ids: Ids::Numbers }
    with_ids_that_are_the_external_id { ids: Ids::ExternalIds }
    with_a_post_that_shows_no_id { new_id: NewId::Missing }
    with_filters_by_name_only { filter_attributes: FilterAttributes::Names }
    with_exclusion_refused { refuses_exclusion: true }
    with_pages_of_twenty_whatever_is_asked_for { ignores_count: true }
    with_a_total_that_is_too_large { total_too_large: true, rows_per_page: Some(7) }
    with_lists_that_end_early { rows_listed: Some(20) }
    with_lists_that_end_early_and_no_pages { rows_listed: Some(20), paging: Paging::Everything }
    with_a_configuration_that_tells_of_patch_and_filters_only { terse_configuration: true }
    with_errors_whose_status_is_a_number { numeric_status: true }
    with_deletion_that_deactivates { deletion: Deletion::Deactivates }
    with_seven_rows_a_page { rows_per_page: Some(7) }
    with_rows_that_come_twice { rows_per_page: Some(7), repeats_rows: true }
    with_rows_that_are_missed { rows_per_page: Some(7), misses_rows: true }
    with_a_cursor_that_nobody_asked_for { paging: Paging::CursorOnly, rows_per_page: Some(7) }
    with_a_cursor_as_an_administrator_has_it { paging: Paging::Cursor, rows_per_page: Some(7) } [paging: catalog::Paging::Cursor]
    with_three_members_shown { members_shown: Some(3) }
    with_absent_members_that_are_no_target { absent_member: AbsentMember::NoTarget }
    with_groups_that_are_given { groups_are_given: true }
    with_group_names_by_slug { group_names_by_slug: true }
    with_a_beginning_of_group_names_refused { refused_group_prefix: Some("CF") }
    with_deletion_for_good { deletion: Deletion::ForGood }
    with_values_cleared_by_null_only { clearing: Clearing::Null }
    with_values_cleared_by_put_only { clearing: Clearing::Put }
    with_values_cleared_by_put_only_and_errors_that_say_nothing { clearing: Clearing::Put, json_errors: true }
    with_operations_named_by_capitals_only { operation_names: OperationNames::Capitalised }
    with_operations_named_in_lower_case_only { operation_names: OperationNames::LowerCase } (but operation_names)
    with_groups_named_by_an_object { group_rename: GroupRename::Object }
    with_errors_in_json_that_is_not_scim { json_errors: true }
    with_names_that_are_hidden { hides_names: true }
    with_the_enterprise_schema_of_scim_1 { old_enterprise: true }
    with_departments_that_must_exist { known_values: Some(DEPARTMENTS) }
    with_one_primary_address_needed { needs_primary_email: true } (but needs_primary_email)
    with_elements_that_have_no_display { refuses_display: true } (but refuses_display)
    with_display_names_that_are_locked { locks_display_names: true }
    with_display_names_without_at { display_names_without_at: true }
    with_addresses_of_one_domain_only { verified_domain: Some("example.org") }
    with_names_taken_where_nobody_sees_it { taken_elsewhere: Some("somebody.") }
    with_more_resource_types_than_two { more_resource_types: true }
    with_put_that_needs_the_id { put_needs_id: true, no_patch: true } (but put_needs_id)
    with_put_that_keeps_what_is_absent { put_keeps_what_is_absent: true, no_patch: true }
    with_groups_in_groups { nests_groups: true } (but nests_groups)
    with_groups_in_groups_and_without_patch { nests_groups: true, no_patch: true }
    with_members_that_make_a_group_slow { slow_members: Some(Duration::from_millis(20)) }
    with_filters_that_read_every_row { slow_filters: Some(Duration::from_millis(2)) }
    with_filters_by_name_and_external_id { filter_attributes: FilterAttributes::NamesAndExternalIds } (but filter_attributes)
    with_filters_by_name_and_address { filter_attributes: FilterAttributes::NamesAndEmails }
    with_answers_in_every_odd_form {
        lower_case_names: true, shows_nulls: true, active_as_text: true, new_id: NewId::Empty, documents: Documents::Arrays,
        gone_is_410: true, nobody_found_is_404: true, misspells_external_id: true,
    }
    with_answers_in_other_odd_forms {
        lower_case_resources: true, documents: Documents::WebPage, web_page_errors: true, ignores_exclusion: true,
        filter_attributes: FilterAttributes::Ids, post_answers_200: true, patch_answers_200: true,
    }
    with_everything_asked_for_that_targets_ask_for {
        needs_scim_accept: true, needs_user_agent: true, documents: Documents::Unauthorized,
        single_values: true, user_names_are_addresses: true,
        required_attributes: &["displayName", "name.givenName", "name.familyName"],
    } (but needs_user_agent, needs_scim_accept)
    with_discovery_of_one_document_only { documents: Documents::OnlyOne }
    with_versions { versions: true }
    with_versions_and_without_patch { versions: true, no_patch: true }
    without_patch_and_with_seven_rows_a_page { no_patch: true, rows_per_page: Some(7) }
    without_discovery_and_with_errors_as_web_pages { no_discovery: true, web_page_errors: true }
    without_discovery_and_patch { no_discovery: true, no_patch: true }
    with_five_members_a_request_and_members_never_shown { members_per_request: Some(5), hides_members: true }
    without_discovery_filters_and_scim_types {
        no_discovery: true, no_filter: true, plain_errors: true, rows_per_page: Some(7),
    }
}

/// Only who is added again is shown twice: who was added by a request whose answer was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_members_shown_twice() {
    let faults = || vec![Fault::next(2).method("PATCH").path("/Groups").after_applying().status(503)];
    let quirks = Quirks { doubles_members: true, ..Quirks::default() };
    Life { faults, ..Life::at(quirks) }.run().await;
}

/// Our id is looked for only where it may be there: after a create whose answer was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_external_ids_that_are_never_found() {
    let faults = || vec![Fault::next(2).method("POST").path("/Users").after_applying().cut()];
    let quirks = Quirks { external_id_filter_finds_nothing: true, ..Quirks::default() };
    Life { faults, ..Life::at(quirks) }.run().await;
}
