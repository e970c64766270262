//! What a life sends of a user: a plain text, parts of a name, two elements of a list, and an attribute of the enterprise schema.

use provisioning::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};

/// The department, as the enterprise schema names it.
pub const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
/// The work e-mail.
pub const EMAIL: &str = "emails[type eq \"work\"].value";
/// The whole element of it.
pub const WORK: &str = "emails[type eq \"work\"]";
/// The e-mail at home.
pub const HOME: &str = "emails[type eq \"home\"].value";

/// All that is known of a person; of lists one value each, where no more is taken.
pub fn everything(single_values: bool) -> Mapping {
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
            mapped(DEPARTMENT, Source::Custom("department".into())),
        ]
        .into_iter()
        .chain(home)
        .collect(),
    }
}
