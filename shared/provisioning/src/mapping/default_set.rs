//! The attributes offered where a target has no `/Schemas`: what the targets we know accept alike.

use scim::{AttributePath, ENTERPRISE_SCHEMA};

const CORE: &[&str] = &[
    "userName",
    "name.givenName",
    "name.familyName",
    "name.formatted",
    "displayName",
    "emails[type eq \"work\"].value",
    "nickName",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "phoneNumbers[type eq \"work\"].value",
    "phoneNumbers[type eq \"mobile\"].value",
    "addresses[type eq \"work\"].streetAddress",
    "addresses[type eq \"work\"].locality",
    "addresses[type eq \"work\"].region",
    "addresses[type eq \"work\"].postalCode",
    "addresses[type eq \"work\"].country",
];

const ENTERPRISE: &[&str] =
    &["employeeNumber", "costCenter", "organization", "division", "department", "manager.value"];

/// The default set, in the order in which it is shown. `active` and `externalId` are not in it: they are ours to set.
pub fn default_attributes() -> Vec<AttributePath> {
    let enterprise = ENTERPRISE.iter().map(|name| format!("{ENTERPRISE_SCHEMA}:{name}"));
    let all = CORE.iter().map(|path| (*path).to_owned()).chain(enterprise);
    all.filter_map(|path| path.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_default_is_a_path() {
        assert_eq!(super::default_attributes().len(), super::CORE.len() + super::ENTERPRISE.len());
    }
}
