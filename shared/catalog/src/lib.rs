//! The catalog: the applications we know, and what we know of each one's SCIM endpoint.
//!
//! An entry is a data file under `data/`. What is not known of an application is absent from its file, and generic
//! behaviour applies: a guess in a profile would be a bug at somebody's target.

mod entry;
mod profile;

pub use entry::{Authentication, Entry, Label, Provisioning, SingleSignOn};
pub use profile::{
    ContentType, Deactivation, Deletion, Discovery, Evidence, GroupRename, GroupUpdate, MatchAttribute,
    MemberAdd, MemberRemove, OperationNames, Operations, Paging, Profile, Rate, Settings, Source, Sourced,
    UserUpdate,
};

use std::sync::LazyLock;

const FILES: &[&str] = &[
    include_str!("../data/asana.json"),
    include_str!("../data/atlassian.json"),
    include_str!("../data/aws-iam-identity-center.json"),
    include_str!("../data/cloudflare.json"),
    include_str!("../data/datadog.json"),
    include_str!("../data/docusign.json"),
    include_str!("../data/dropbox.json"),
    include_str!("../data/figma.json"),
    include_str!("../data/generic-oidc.json"),
    include_str!("../data/generic-saml.json"),
    include_str!("../data/github-emu.json"),
    include_str!("../data/github-organization.json"),
    include_str!("../data/gitlab-group.json"),
    include_str!("../data/google-cloud-identity.json"),
    include_str!("../data/miro.json"),
    include_str!("../data/new-relic.json"),
    include_str!("../data/pagerduty.json"),
    include_str!("../data/salesforce.json"),
    include_str!("../data/sentry.json"),
    include_str!("../data/servicenow.json"),
    include_str!("../data/slack.json"),
    include_str!("../data/smartsheet.json"),
    include_str!("../data/snowflake.json"),
    include_str!("../data/tableau-cloud.json"),
    include_str!("../data/webex.json"),
    include_str!("../data/zoom.json"),
    include_str!("../data/zscaler-zia.json"),
    include_str!("../data/zscaler-zidentity.json"),
];

/// What the files hold, read once.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let parsed = FILES.iter().filter_map(|file| serde_json::from_str::<Entry>(file).ok());
    let mut entries: Vec<_> = parsed.collect();
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    entries
});

/// Every entry, in the order of its name.
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The entry of this key.
pub fn entry(key: &str) -> Option<&'static Entry> {
    entries().iter().find(|entry| entry.key == key)
}

/// The profile of the entry of this key.
pub fn profile(key: &str) -> Option<&'static Profile> {
    entry(key)?.provisioning.as_ref()?.profile.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_an_entry_with_a_key_of_its_own() {
        let mut keys: Vec<_> = FILES
            .iter()
            .map(|file| {
                serde_json::from_str::<Entry>(file).unwrap_or_else(|error| panic!("{error}: {file}")).key
            })
            .collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), FILES.len());
        assert_eq!(entries().len(), FILES.len());
    }

    #[test]
    fn the_generic_entries_can_be_provisioned_with_a_bearer_token() {
        for key in ["generic-saml", "generic-oidc"] {
            let provisioning = entry(key).and_then(|entry| entry.provisioning.clone()).expect("provisioning");
            assert_eq!(provisioning.label, Label::Generic);
            assert_eq!(provisioning.authentication, [Authentication::Bearer]);
        }
    }

    fn profiles() -> Vec<(Entry, Profile)> {
        let known = |entry: &Entry| Some((entry.clone(), *entry.provisioning.clone()?.profile?));
        entries().iter().filter_map(known).collect()
    }

    #[test]
    fn at_least_fifteen_applications_are_documented_by_their_vendors() {
        let labels = |label| {
            let labelled = move |(entry, _): &(Entry, Profile)| {
                entry.provisioning.as_ref().is_some_and(|known| known.label == label)
            };
            profiles().iter().filter(|known| labelled(known)).count()
        };
        assert!(labels(Label::Documented) >= 15);
        assert_eq!(labels(Label::Verified), 0, "nothing was run against a vendor's own service");
    }

    #[test]
    fn a_field_without_a_source_is_refused() {
        let field =
            |value| serde_json::from_value::<Profile>(serde_json::json!({"members_per_request": value}));
        assert!(field(serde_json::json!({"value": 100, "source": "limits"})).is_ok());
        for without in [serde_json::json!(100), serde_json::json!({"value": 100})] {
            assert!(field(without.clone()).is_err(), "{without}");
        }
    }

    #[test]
    fn a_field_of_which_nothing_is_said_is_absent_and_never_null() {
        assert_eq!(serde_json::from_value::<Settings>(serde_json::json!({})).unwrap(), Settings::default());
        for field in Settings::NAMES {
            let nothing = serde_json::json!({*field: null});
            assert!(serde_json::from_value::<Settings>(nothing.clone()).is_err(), "{field}");
            assert!(serde_json::from_value::<Profile>(nothing).is_err(), "{field}");
        }
    }

    #[test]
    fn every_field_names_a_source_of_its_file_and_every_source_is_used() {
        for (entry, profile) in profiles() {
            let references = profile.references();
            assert!(!references.is_empty(), "{} says nothing", entry.key);
            for (field, source) in &references {
                assert!(profile.sources.contains_key(*source), "{}: {field} names {source}", entry.key);
            }
            for (name, source) in &profile.sources {
                assert!(references.iter().any(|(_, used)| used == name), "{}: {name} is not used", entry.key);
                assert!(source.url.starts_with("https://"), "{}: {}", entry.key, source.url);
                let day: Vec<_> = source.read.split('-').map(str::len).collect();
                assert_eq!(day, [4, 2, 2], "{}: {}", entry.key, source.read);
            }
        }
    }

    #[test]
    fn a_profile_is_documented_if_every_source_is_the_vendors() {
        for (entry, profile) in profiles() {
            let all = profile.sources.values().all(|source| source.evidence == Evidence::Vendor);
            let label = entry.provisioning.expect("provisioning").label;
            assert_eq!(label == Label::Documented, all, "{}", entry.key);
        }
    }

    #[test]
    fn every_attribute_that_a_profile_names_is_a_path() {
        for (entry, profile) in profiles() {
            let named =
                [profile.required_attributes, profile.updatable_attributes, profile.unconfirmed_attributes];
            for path in named.into_iter().flatten().flat_map(|known| known.value) {
                assert!(path.parse::<scim::AttributePath>().is_ok(), "{}: {path}", entry.key);
            }
        }
    }

    #[test]
    fn a_rate_of_all_requests_is_told_by_the_second_and_one_of_some_is_not() {
        let rate = |key| profile(key).and_then(|profile| profile.requests_per_second());
        assert_eq!(
            (rate("zscaler-zia"), rate("zscaler-zidentity"), rate("slack")),
            (Some(5.0), Some(50.0), None)
        );
        for rates in profiles().into_iter().filter_map(|(_, profile)| profile.rates) {
            assert!(rates.value.iter().all(|rate| rate.requests > 0 && rate.seconds > 0), "{rates:?}");
        }
    }
}
