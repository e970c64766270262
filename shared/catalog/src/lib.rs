//! The catalog: the applications we know, and what we know of each one's SCIM endpoint.
//!
//! An entry is a data file under `data/`. What is not known of an application is absent from its file, and generic
//! behaviour applies: a guess in a profile would be a bug at somebody's target.

mod entry;

pub use entry::{Authentication, Entry, Label, Provisioning, SingleSignOn};

const FILES: [&str; 2] =
    [include_str!("../data/generic-saml.json"), include_str!("../data/generic-oidc.json")];

/// Every entry, in the order of its name.
pub fn entries() -> Vec<Entry> {
    let parsed = FILES.iter().filter_map(|file| serde_json::from_str::<Entry>(file).ok());
    let mut entries: Vec<_> = parsed.collect();
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    entries
}

/// The entry of this key.
pub fn entry(key: &str) -> Option<Entry> {
    entries().into_iter().find(|entry| entry.key == key)
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
            let provisioning = entry(key).and_then(|entry| entry.provisioning).expect("provisioning");
            assert_eq!(provisioning.label, Label::Generic);
            assert_eq!(provisioning.authentication, [Authentication::Bearer]);
        }
    }
}
