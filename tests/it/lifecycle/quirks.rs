//! One life for each quirk, under its name.

use testkit::{
    Conflict, Deactivation, Deletion, GroupRename, MemberRemoval, MemberReplacement, Paging, Quirks,
    UnknownMember,
};

macro_rules! lives {
    ($($(#[$attribute:meta])* $name:ident { $($quirk:ident: $value:expr),* $(,)? })*) => {$(
        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            super::course::run(Quirks { $($quirk: $value,)* ..Quirks::default() }).await;
        }
    )*};
}

lives! {
    as_the_rfc_has_it {}
    without_patch { no_patch: true }
    with_a_put_that_answers_404 { put_answers_404: true }
    without_filters { no_filter: true }
    with_filters_ignored { ignore_filter: true }
    with_external_ids_that_are_never_found { external_id_filter_finds_nothing: true }
    with_groups_that_are_never_found { group_filter_finds_nothing: true }
    with_names_told_apart_by_case { names_by_case: true }
    with_members_of_a_post_ignored { post_ignores_members: true }
    with_members_of_a_put_ignored { put_ignores_members: true }
    with_members_that_are_never_shown { hides_members: true }
    with_members_removed_by_filter_only { member_removal: MemberRemoval::Filter }
    with_members_removed_by_values_only { member_removal: MemberRemoval::Values }
    with_a_replacement_of_members_ignored { member_replacement: MemberReplacement::Ignored }
    with_a_replacement_of_members_that_adds { member_replacement: MemberReplacement::Adds }
    with_a_replacement_of_members_refused { member_replacement: MemberReplacement::Refused }
    with_unknown_members_failing { unknown_member: UnknownMember::Fails }
    with_unknown_members_left_out { unknown_member: UnknownMember::LeftOut }
    #[ignore = "a refused chunk of members is not halved yet"]
    with_five_members_a_request { members_per_request: Some(5) }
    with_ten_operations_a_patch { operations_per_patch: Some(10) }
    with_small_bodies_only { largest_body: Some(800) }
    with_operations_without_a_path_ignored { ignores_operations_without_path: true }
    with_operations_without_a_path_refused { refuses_operations_without_path: true }
    with_a_patch_applied_in_part { applies_in_part: true }
    with_groups_renamed_by_put { group_rename: GroupRename::Put }
    with_groups_that_keep_their_names { group_rename: GroupRename::Never }
    with_a_patch_that_answers_200 { patch_answers_200: true }
    with_a_post_that_answers_200 { post_answers_200: true }
    with_a_post_that_answers_nothing { post_answers_nothing: true }
    with_a_post_that_answers_who_is_there { post_answers_existing: true }
    with_conflicts_that_do_not_say_of_what { conflict: Conflict::Bare }
    with_conflicts_told_as_failures { conflict: Conflict::Fails }
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
    with_unknown_attributes_refused { refuses_unknown_attributes: true }
    with_names_of_twenty_characters { user_name_length: Some(20) }
    with_a_protected_owner { protects_owner: true }
    with_pages_by_cursor { paging: Paging::Cursor }
    without_pages { paging: Paging::Everything }
    with_a_total_of_the_page { total_of_page: true }
    with_rows_repeated_past_the_end { repeats_past_the_end: true }
    without_discovery { no_discovery: true }
    with_an_empty_configuration { empty_configuration: true }
    that_denies_what_it_can { denies_what_it_can: true }
    that_needs_a_user_agent { needs_user_agent: true }
}
