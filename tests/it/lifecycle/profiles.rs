//! One life for each profile of the catalog, at a target with the quirks that the profile speaks of, and with what else is known
//! of that target. Of the latter each is met, but for those behind `but`: what the profile tells keeps our client from them.

use catalog::{
    ContentType, Deactivation, Deletion, Discovery, GroupRename, GroupUpdate, MatchAttribute, MemberAdd,
    MemberRemove, Paging, Profile, UserUpdate,
};
use testkit::{Clearing, FilterAttributes, Ids, MemberRemoval, MemberReplacement, NewId, Quirks};

use super::course::Life;
use super::mapping::DEPARTMENTS;

/// The target that a profile describes. What a profile does not speak of is as the RFC has it.
fn quirks_of(profile: &'static Profile) -> Quirks {
    let said = profile.settings();
    let known = |many: Option<u32>| many.map(|many| many as usize);
    Quirks {
        no_patch: said.user_update == Some(UserUpdate::Put),
        no_groups: said.groups == Some(false),
        no_filter: said.filter == Some(false),
        members_per_request: known(said.members_per_request),
        operations_per_patch: known(said.operations_per_request),
        largest_body: known(said.bytes_per_request),
        hides_members: said.shows_members == Some(false),
        nests_added_members: said.member_add == Some(MemberAdd::Nested),
        member_removal: match said.member_remove {
            Some(MemberRemove::Filter) => MemberRemoval::Filter,
            Some(MemberRemove::Array) => MemberRemoval::Values,
            Some(MemberRemove::Replace) | None => MemberRemoval::Both,
        },
        paging: match said.paging {
            Some(Paging::Cursor) => testkit::Paging::Cursor,
            Some(Paging::None) => testkit::Paging::Everything,
            Some(Paging::Index) | None => testkit::Paging::Index,
        },
        group_rename: match said.group_rename {
            Some(GroupRename::Skip) => testkit::GroupRename::Never,
            Some(GroupRename::Rename) | None => testkit::GroupRename::Any,
        },
        deactivation: match profile.deactivation.as_ref().map(|known| known.value) {
            Some(Deactivation::Removes) => testkit::Deactivation::Deletes,
            Some(Deactivation::SuspendsAndObfuscates) => testkit::Deactivation::Obfuscates,
            Some(Deactivation::Suspends) | None => testkit::Deactivation::Kept,
        },
        deletion: match profile.deletion.as_ref().map(|known| known.value) {
            Some(Deletion::Refused) => testkit::Deletion::Unsupported,
            Some(Deletion::Irreversible) => testkit::Deletion::ForGood,
            Some(Deletion::Deactivates) => testkit::Deletion::Deactivates,
            _ => testkit::Deletion::Nothing,
        },
        keeps_emails: profile.unconfirmed_attributes.is_some(),
        user_name_length: known(profile.user_name_longest.as_ref().map(|known| known.value)),
        user_names_are_addresses: profile.user_name_is_email.as_ref().is_some_and(|known| known.value),
        no_group_put: said.group_update == Some(GroupUpdate::Patch),
        wants_json: said.content_type == Some(ContentType::Json),
        plural_configuration: said.discovery == Some(Discovery::PluralConfig),
        refuses_exclusion: said.excludes_attributes == Some(false),
        // So few that the people of the story fill several pages.
        rows_per_page: said.page_size.map(|_| 7),
        filter_attributes: match &profile.match_attributes {
            Some(known) if known.value == [MatchAttribute::Id] => FilterAttributes::Ids,
            Some(known) if known.value == [MatchAttribute::UserName] => FilterAttributes::Names,
            Some(known) if known.value == [MatchAttribute::UserName, MatchAttribute::ExternalId] => {
                FilterAttributes::NamesAndExternalIds
            }
            Some(known) if known.value.contains(&MatchAttribute::Email) => FilterAttributes::NamesAndEmails,
            _ => FilterAttributes::Any,
        },
        ids: match profile.id_is_external_id.as_ref().is_some_and(|known| known.value) {
            true => Ids::ExternalIds,
            false => Ids::Texts,
        },
        required_attributes: profile.required_attributes.as_ref().map_or(&[], |known| names(&known.value)),
        updatable_attributes: profile.updatable_attributes.as_ref().map(|known| names(&known.value)),
        single_values: profile.single_values.as_ref().is_some_and(|known| known.value),
        refused_group_prefix: profile.refused_group_prefix.as_ref().map(|known| known.value.as_str()),
        ..Quirks::default()
    }
}

/// The names, for as long as the tests run.
fn names(names: &'static [String]) -> &'static [&'static str] {
    names.iter().map(String::as_str).collect::<Vec<_>>().leak()
}

macro_rules! lives {
    ($($name:ident: $key:literal $({ $($quirk:ident: $value:expr),* })? $((but $($unmet:ident),+))?,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let profile = catalog::profile($key).unwrap();
                let quirks = Quirks { $($($quirk: $value,)*)? ..quirks_of(profile) };
                let unmet: &[&str] = &[$($(stringify!($unmet)),+)?];
                let mut met = vec![$($(stringify!($quirk)),*)?];
                met.retain(|name| !unmet.contains(name));
                Life { catalog_key: $key, unmet: None, met, ..Life::at(quirks) }.run().await;
            }
        )*

        #[test]
        fn every_profile_has_a_life() {
            let told = [$($key),*];
            for entry in catalog::entries() {
                let has = catalog::profile(&entry.key).is_some();
                assert_eq!(told.contains(&entry.key.as_str()), has, "{}", entry.key);
            }
        }
    };
}

// What single targets do beside what a profile can say; the switches name where that was read.
lives! {
    asana: "asana" { clearing: Clearing::Put, taken_elsewhere: Some("somebody.") } (but clearing),
    atlassian: "atlassian" { verified_domain: Some("example.org") },
    aws_iam_identity_center: "aws-iam-identity-center" {
        needs_primary_email: true, refuses_display: true, refuses_operations_without_path: true,
        member_replacement: MemberReplacement::Refused
    } (but needs_primary_email, refuses_display, refuses_operations_without_path, member_replacement),
    cloudflare: "cloudflare" { protects_owner: true },
    datadog: "datadog",
    figma: "figma" { versions: true, misspells_external_id: true },
    github_emu: "github-emu" { needs_user_agent: true } (but needs_user_agent),
    github_organization: "github-organization",
    gitlab_group: "gitlab-group" { repeats_rows: true, rows_per_page: Some(7) },
    google_cloud_identity: "google-cloud-identity",
    miro: "miro" { groups_are_given: true },
    new_relic: "new-relic" { drops_unknown_attributes: true } (but drops_unknown_attributes),
    pagerduty: "pagerduty",
    salesforce: "salesforce" { taken_elsewhere: Some("somebody.") },
    sentry: "sentry" {
        hides_names: true, group_names_by_slug: true, post_ignores_members: true, put_changes_nothing: true,
        no_group_put: true, group_rename: testkit::GroupRename::Object, protects_owner: true
    } (but put_changes_nothing, no_group_put),
    servicenow: "servicenow" { known_values: Some(DEPARTMENTS), more_resource_types: true },
    slack: "slack" { display_names_without_at: true, locks_display_names: true, old_enterprise: true },
    smartsheet: "smartsheet",
    snowflake: "snowflake" { new_id: NewId::Missing },
    tableau_cloud: "tableau-cloud",
    webex: "webex" { nests_groups: true } (but nests_groups),
    zoom: "zoom" { needs_scim_accept: true } (but needs_scim_accept),
    zscaler_zia: "zscaler-zia" { put_needs_id: true } (but put_needs_id),
    zscaler_zidentity: "zscaler-zidentity" { put_needs_id: true } (but put_needs_id),
}
