//! What a life sends of a user: a plain text, parts of a name, two elements of a list, and an attribute of the enterprise schema.

use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use testkit::{KnownValues, Quirks};

/// The department, as the enterprise schema names it.
const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
/// The same, as a target has it that kept the schema of SCIM 1.
const OLD_DEPARTMENT: &str = "urn:scim:schemas:extension:enterprise:1.0:department";
/// The work e-mail.
pub const EMAIL: &str = "emails[type eq \"work\"].value";
/// The whole element of it.
pub const WORK: &str = "emails[type eq \"work\"]";
/// The e-mail at home.
pub const HOME: &str = "emails[type eq \"home\"].value";

/// The departments that one target knows; those of some people are not among them.
pub const DEPARTMENTS: KnownValues = KnownValues {
    attribute: DEPARTMENT,
    values: &["Department 0", "Department 1", "Department 2", "The first"],
};

/// Where a target of these quirks has the department.
pub fn department_path(quirks: Quirks) -> &'static str {
    if quirks.old_enterprise { OLD_DEPARTMENT } else { DEPARTMENT }
}

/// All that is known of a person; of lists one value each, where no more is taken.
pub fn everything(single_values: bool, quirks: Quirks) -> Mapping {
    let mapped = |target: &str, source| MappedAttribute {
        target: target.parse().unwrap(),
        source,
        required: target == "userName",
    };
    let of = Source::Directory;
    let home = (!single_values).then(|| mapped(HOME, Source::Custom("home".into())));
    Mapping {
        attributes: [
            mapped("userName", of(DirectoryAttribute::Username)),
            mapped("displayName", of(DirectoryAttribute::DisplayName)),
            mapped("name.givenName", of(DirectoryAttribute::FirstName)),
            mapped("name.familyName", of(DirectoryAttribute::LastName)),
            mapped("name.formatted", of(DirectoryAttribute::DisplayName)),
            mapped(EMAIL, of(DirectoryAttribute::Email)),
            mapped("title", Source::Custom("title".into())),
            mapped(department_path(quirks), Source::Custom("department".into())),
        ]
        .into_iter()
        .chain(home)
        .collect(),
    }
}
