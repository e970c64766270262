//! The mapping an application begins with: what its target requires, as far as the directory has it.

use scim::AttributePath;

use super::check::required;
use super::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use crate::application::TargetSchema;

/// Which attribute of the directory is meant by an attribute of a target.
const MEANT: [(&str, DirectoryAttribute); 8] = [
    ("userName", DirectoryAttribute::Username),
    ("displayName", DirectoryAttribute::DisplayName),
    ("name.givenName", DirectoryAttribute::FirstName),
    ("name.familyName", DirectoryAttribute::LastName),
    ("name.formatted", DirectoryAttribute::DisplayName),
    ("emails[type eq \"work\"].value", DirectoryAttribute::Email),
    ("emails.value", DirectoryAttribute::Email),
    ("emails", DirectoryAttribute::Email),
];

/// `mapping` with every required attribute of the target that is not mapped yet and that the directory has a counterpart
/// for; and what is required marked as such. What it has no counterpart for an administrator maps.
pub fn prefilled(mapping: &Mapping, schema: &TargetSchema) -> Mapping {
    let mut attributes: Vec<MappedAttribute> = mapping
        .attributes
        .iter()
        .map(|mapped| MappedAttribute { required: schema.requires(&mapped.target), ..mapped.clone() })
        .collect();
    for path in missing(schema, mapping) {
        if let Some(attribute) = meant(&path) {
            let source = Source::Directory(attribute);
            attributes.push(MappedAttribute { target: path, source, required: true });
        }
    }
    Mapping { attributes }
}

/// The required attributes that are not mapped.
pub fn missing(schema: &TargetSchema, mapping: &Mapping) -> Vec<AttributePath> {
    required(schema).into_iter().filter(|path| mapping.of(path).is_none()).collect()
}

fn meant(path: &AttributePath) -> Option<DirectoryAttribute> {
    let text = path.to_string();
    MEANT.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text)).map(|(_, attribute)| *attribute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(required: &[&str]) -> TargetSchema {
        let required: Vec<_> = required.iter().map(|path| path.parse().expect("a path")).collect();
        TargetSchema { attributes: required.clone(), required, from_schemas: true }
    }

    #[test]
    fn what_is_required_is_mapped_as_far_as_the_directory_has_it() {
        let schema = schema(&["userName", "emails[type eq \"work\"].value", "costCenter"]);
        let mapping = prefilled(&Mapping::default(), &schema);
        let told: Vec<_> = mapping.attributes.iter().map(|mapped| mapped.target.to_string()).collect();
        assert_eq!(told, ["userName", "emails[type eq \"work\"].value"]);
        assert!(mapping.attributes.iter().all(|mapped| mapped.required));
        let left: Vec<_> = missing(&schema, &mapping).iter().map(ToString::to_string).collect();
        assert_eq!(left, ["costCenter"]);
    }

    #[test]
    fn what_is_mapped_already_stays_as_it_is() {
        let source = Source::Custom("login".into());
        let target = "userName".parse().expect("a path");
        let own = Mapping { attributes: vec![MappedAttribute { target, source, required: false }] };
        let mapping = prefilled(&own, &schema(&[]));
        assert_eq!(mapping.attributes[0].source, Source::Custom("login".into()));
        assert!(mapping.attributes[0].required, "userName always is");
    }
}
