//! One quirk after the other.

use super::Quirks;

macro_rules! fields {
    ($($name:ident)*) => {
        impl Quirks {
            /// Each quirk that is on, by the name of its field, and what a target is without it.
            pub(in crate::stand_in) fn each(self) -> Vec<(&'static str, Self)> {
                let off = Self::default();
                // No field is left out.
                let Self { $($name: _),* } = off;
                let mut on = Vec::new();
                $(if self.$name != off.$name {
                    on.push((stringify!($name), Self { $name: off.$name, ..self }));
                })*
                on
            }

            /// The names of all quirks, in the order of the fields.
            pub fn names_of_all() -> Vec<&'static str> {
                vec![$(stringify!($name)),*]
            }

            /// The names of the quirks that are on.
            pub fn names(self) -> Vec<&'static str> {
                self.each().into_iter().map(|(name, _)| name).collect()
            }
        }
    };
}

fields! {
    no_patch put_answers_404 no_filter ignore_filter external_id_filter_finds_nothing
    group_filter_finds_nothing names_by_case post_ignores_members put_ignores_members hides_members
    nests_added_members member_removal member_replacement unknown_member members_per_request
    operations_per_patch largest_body ignores_operations_without_path refuses_operations_without_path
    operation_names clearing applies_in_part group_rename patch_answers_200 post_answers_200
    post_answers_nothing post_answers_existing conflict plain_errors web_page_errors json_errors
    numeric_status deletion second_deletion_fails leaves_dangling_members deactivation active_as_text
    keeps_emails locks_display_names hides_names drops_enterprise old_enterprise refuses_unknown_attributes
    drops_unknown_attributes required_attributes updatable_attributes known_values single_values
    needs_primary_email refuses_display user_name_length user_names_are_addresses
    display_names_without_at verified_domain taken_elsewhere protects_owner paging ignores_count
    rows_per_page total_too_large total_of_page rows_listed repeats_past_the_end repeats_rows
    misses_rows no_discovery empty_configuration terse_configuration denies_what_it_can documents
    plural_configuration more_resource_types no_groups needs_user_agent needs_scim_accept wants_json
    gone_is_410 accepts_for_later ids new_id put_needs_id lower_case_resources lower_case_names
    shows_nulls filter_attributes nobody_found_is_404 filters_fail filters_by_case slow_filters
    slow_members refuses_exclusion ignores_exclusion members_shown nests_groups shows_groups
    doubles_members absent_member put_changes_nothing put_keeps_what_is_absent no_group_put
    groups_are_given group_names_by_slug refused_group_prefix misspells_external_id versions
}
