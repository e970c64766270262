//! The contract once more at stand-ins of one quirk each, wherever the quirk is one that the client hides from its callers.

use std::time::Duration;

use catalog::{Settings, UserUpdate};
use testkit::{
    AbsentMember, Clearing, Conflict, Deletion, Documents, FilterAttributes, GroupRename, Ids, MemberRemoval,
    NewId, OperationNames, Paging, Quirks, StandIn, StandInConfig, UnknownMember,
};

use super::holds_for;
use super::subject::{Dialect, Subject};

macro_rules! contracts {
    ($($name:ident { $($quirk:ident: $value:expr),* $(,)? } $([$($set:ident: $to:expr),+])? $(($($differs:ident: $so:expr),+))?)*) => {$(
        #[tokio::test]
        async fn $name() {
            let quirks = Quirks { $($quirk: $value,)* ..Quirks::default() };
            let stand_in = StandIn::start(StandInConfig { quirks, ..StandInConfig::default() }).await;
            let stand_in = stand_in.expect("a stand-in");
            let dialect = Dialect { $($($differs: $so,)+)? ..Dialect::default() };
            let overrides = Settings { $($($set: Some($to),)+)? ..Settings::default() };
            let subject = Subject::new(stand_in.base_url(), &stand_in.token(), dialect).await;
            holds_for(&subject.spoken_to(overrides), &stand_in.token()).await;
        }
    )*};
}

contracts! {
    without_patch { no_patch: true } (user_update: UserUpdate::Put, takes_objects: false)
    without_filters { no_filter: true } (filter: false)
    with_filters_ignored { ignore_filter: true }
    with_external_ids_that_are_never_found_unless_walked { external_id_filter_finds_nothing: true }
        [filter: false] (filter: false)
    with_names_told_apart_by_case { names_by_case: true }
        (name_filter_ignores_case: false, names_differ_without_case: false)
    with_filters_by_case { filters_by_case: true } (name_filter_ignores_case: false)
    with_filters_by_name_only { filter_attributes: FilterAttributes::Names }
    with_filters_by_id_only { filter_attributes: FilterAttributes::Ids }
    with_404_for_who_is_not_found { nobody_found_is_404: true }
    with_members_of_a_post_ignored { post_ignores_members: true }
    with_members_removed_by_filter_only { member_removal: MemberRemoval::Filter } (removes_as_array: false)
    with_members_removed_by_values_only { member_removal: MemberRemoval::Values }
    with_unknown_members_failing { unknown_member: UnknownMember::Fails }
    with_absent_members_that_are_no_target { absent_member: AbsentMember::NoTarget }
    with_members_shown_twice { doubles_members: true }
    with_operations_without_a_path_refused { refuses_operations_without_path: true } (takes_objects: false)
    with_a_patch_applied_in_part { applies_in_part: true }
    with_groups_renamed_by_put { group_rename: GroupRename::Put }
    with_a_patch_that_answers_200 { patch_answers_200: true }
    with_a_post_that_answers_200 { post_answers_200: true }
    with_a_post_that_answers_nothing { post_answers_nothing: true }
    with_a_post_that_shows_no_id { new_id: NewId::Missing }
    with_a_post_that_shows_an_empty_id { new_id: NewId::Empty }
    that_accepts_for_later { accepts_for_later: true }
    with_conflicts_that_do_not_say_of_what { conflict: Conflict::Bare }
    with_conflicts_told_as_failures { conflict: Conflict::Fails }
    with_errors_in_plain_text { plain_errors: true }
    with_errors_as_web_pages { web_page_errors: true }
    where_what_is_gone_is_410 { gone_is_410: true }
    with_a_deletion_that_answers_a_body { deletion: Deletion::Body }
    with_active_as_a_text { active_as_text: true }
    with_ids_that_are_numbers { ids: Ids::Numbers }
    with_ids_that_are_the_external_id { ids: Ids::ExternalIds }
    with_resources_in_lower_case { lower_case_resources: true }
    with_every_name_in_lower_case { lower_case_names: true }
    with_nulls_for_what_is_not_there { shows_nulls: true }
    with_discovery_in_bare_arrays { documents: Documents::Arrays }
    with_discovery_that_is_refused { documents: Documents::Unauthorized } (shows_schemas: false)
    with_discovery_as_a_web_page { documents: Documents::WebPage } (shows_schemas: false)
    without_discovery { no_discovery: true } (shows_schemas: false)
    with_an_empty_configuration { empty_configuration: true }
    that_denies_what_it_can { denies_what_it_can: true } (user_update: UserUpdate::Put, filter: false)
    that_needs_an_accept_of_scim { needs_scim_accept: true }
    that_needs_a_user_agent { needs_user_agent: true }
    that_wants_plain_json { wants_json: true }
    with_pages_of_twenty_whatever_is_asked_for { ignores_count: true }
    with_a_total_that_is_too_large { total_too_large: true }
    with_a_configuration_that_tells_of_patch_and_filters_only { terse_configuration: true }
    with_errors_whose_status_is_a_number { numeric_status: true }
    with_exclusion_refused { refuses_exclusion: true }
    with_exclusion_ignored { ignores_exclusion: true }
    with_rows_repeated_past_the_end { repeats_past_the_end: true }
    with_fifty_rows_a_page { rows_per_page: Some(50) }
    with_a_total_of_the_page { total_of_page: true, rows_per_page: Some(50) }
    with_a_cursor { paging: Paging::Cursor, rows_per_page: Some(50) } [paging: catalog::Paging::Cursor]
    with_a_cursor_that_nobody_asked_for { paging: Paging::CursorOnly, rows_per_page: Some(50) } (pages_by_cursor: true)
    with_versions { versions: true }
    with_values_cleared_by_null_only { clearing: Clearing::Null }
    with_values_cleared_by_put_only { clearing: Clearing::Put }
    with_operations_named_by_capitals_only { operation_names: OperationNames::Capitalised }
    with_operations_named_in_lower_case_only { operation_names: OperationNames::LowerCase }
    with_groups_named_by_an_object { group_rename: GroupRename::Object }
    with_errors_in_json_that_is_not_scim { json_errors: true }
    with_more_resource_types_than_two { more_resource_types: true }
    with_put_that_needs_the_id { put_needs_id: true }
    with_put_that_keeps_what_is_absent { put_keeps_what_is_absent: true }
    with_put_that_keeps_what_is_absent_and_without_patch { put_keeps_what_is_absent: true, no_patch: true }
        (user_update: UserUpdate::Put, takes_objects: false)
    with_elements_that_have_no_display { refuses_display: true }
    with_groups_in_groups { nests_groups: true }
    with_filters_by_name_and_external_id { filter_attributes: FilterAttributes::NamesAndExternalIds }
    with_filters_by_name_and_address { filter_attributes: FilterAttributes::NamesAndEmails }
    with_members_that_make_a_group_slow { slow_members: Some(Duration::from_millis(1)) }
    with_filters_that_read_every_row { slow_filters: Some(Duration::from_micros(100)) }
}
