//! Checking a mapping when it is typed (rule 13).

use scim::AttributePath;

use super::{MappedAttribute, Mapping, Source};
use crate::application::TargetSchema;
use crate::directory::attribute::AttributeDefinition;

/// Attributes that Rollcall sets itself, and `groups`, which a target derives from its groups (RFC 7643 section 4.1.2).
const RESERVED: [&str; 7] = ["id", "externalId", "active", "schemas", "meta", "groups", "password"];

/// What is wrong with one entry of a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingProblem {
    /// The target does not take the attribute.
    #[error("the target does not take this attribute")]
    UnknownTarget,
    /// The engine sets it.
    #[error("Rollcall sets this attribute itself, or it cannot be set")]
    Reserved,
    /// It stands there twice.
    #[error("it is mapped twice")]
    Twice,
    /// The target's lists hold one value, and another element of this one is mapped.
    #[error("the target takes one value of this attribute, and another one is mapped already")]
    OneValue,
    /// No custom attribute of that name is defined.
    #[error("there is no custom attribute '{0}'")]
    UnknownCustom(String),
    /// A required attribute is left out.
    #[error("the target requires this attribute, so its mapping cannot be removed")]
    RequiredMissing,
    /// A constant without a value; to send none, leave the attribute out.
    #[error("a constant needs a value")]
    EmptyConstant,
}

/// A mapping that cannot be kept: each attribute with what is wrong.
pub type MappingProblems = Vec<(AttributePath, MappingProblem)>;

/// The mapping made of these entries, for a target that takes `schema` and a directory with these custom attributes. With
/// `single_values` the target's lists hold one value each.
///
/// # Errors
///
/// Every entry that cannot be, and every required attribute that is left out.
pub fn check(
    wanted: Vec<(AttributePath, Source)>,
    schema: &TargetSchema,
    custom: &[AttributeDefinition],
    single_values: bool,
) -> Result<Mapping, MappingProblems> {
    let mut problems = MappingProblems::new();
    let mut attributes: Vec<MappedAttribute> = Vec::new();
    let kind_of = |name: &str| custom.iter().find(|known| known.name == name).map(|known| known.kind);
    for (typed, source) in wanted {
        let known = schema.takes(&typed);
        let known = known.as_ref();
        let problem = match (&source, known) {
            _ if is_reserved(&typed) => Some(MappingProblem::Reserved),
            (_, None) => Some(MappingProblem::UnknownTarget),
            _ if attributes.iter().any(|mapped| mapped.target.same_as(&typed)) => Some(MappingProblem::Twice),
            _ if single_values
                && attributes.iter().any(|mapped| mapped.target.differs_in_type_only(&typed)) =>
            {
                Some(MappingProblem::OneValue)
            }
            (Source::Custom(name) | Source::Reference(name), _) if kind_of(name).is_none() => {
                Some(MappingProblem::UnknownCustom(name.clone()))
            }
            (Source::Constant(value), Some(_)) if value.is_empty() => Some(MappingProblem::EmptyConstant),
            _ => None,
        };
        match (problem, known) {
            (None, Some(known)) => {
                let required = schema.requires(known);
                let kind = source.custom().and_then(kind_of);
                let source = source.of_type(kind);
                attributes.push(MappedAttribute { target: known.clone(), source, required });
            }
            (problem, _) => problems.extend(problem.map(|problem| (typed, problem))),
        }
    }
    for required in required(schema) {
        let named = |path: &AttributePath| path.same_as(&required);
        if !attributes.iter().any(|mapped| named(&mapped.target))
            && !problems.iter().any(|(path, _)| named(path))
        {
            problems.push((required, MappingProblem::RequiredMissing));
        }
    }
    if problems.is_empty() { Ok(Mapping { attributes }) } else { Err(problems) }
}

/// What the target requires and an administrator can map, `userName` first.
pub fn required(schema: &TargetSchema) -> Vec<AttributePath> {
    let username = "userName".parse().into_iter();
    let others = schema.required.iter().filter(|path| !path.to_string().eq_ignore_ascii_case("userName"));
    username.chain(others.filter(|path| !is_reserved(path)).cloned()).collect()
}

fn is_reserved(path: &AttributePath) -> bool {
    // An extension's attribute of that name is another one.
    !path.to_string().contains(':') && RESERVED.iter().any(|name| path.attribute().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::attribute::AttributeType;
    use crate::mapping::DirectoryAttribute;
    use crate::value::Value;

    fn path(text: &str) -> AttributePath {
        text.parse().expect("a path")
    }

    fn schema() -> TargetSchema {
        let attributes = ["userName", "title", "name.familyName", "active"].map(path).to_vec();
        TargetSchema { attributes, required: vec![path("name.familyName")], from_schemas: true }
    }

    fn defined() -> Vec<AttributeDefinition> {
        let kinds = [("job", AttributeType::String), ("boss", AttributeType::UserReference)];
        let definition =
            |(name, kind): (&str, _)| AttributeDefinition { name: name.into(), kind, description: None };
        kinds.map(definition).to_vec()
    }

    fn username() -> (AttributePath, Source) {
        (path("username"), Source::Directory(DirectoryAttribute::Username))
    }

    fn family_name() -> (AttributePath, Source) {
        (path("name.familyName"), Source::Directory(DirectoryAttribute::LastName))
    }

    fn refused(wanted: Vec<(AttributePath, Source)>) -> Vec<String> {
        let problems = check(wanted, &schema(), &defined(), false).expect_err("refused");
        problems.iter().map(|(path, problem)| format!("{path}: {problem}")).collect()
    }

    #[test]
    fn a_sound_mapping_bears_the_targets_own_spelling_and_knows_what_is_required() {
        let wanted = vec![username(), family_name(), (path("title"), Source::Custom("job".into()))];
        let mapping = check(wanted, &schema(), &defined(), false).expect("sound");
        let told: Vec<_> =
            mapping.attributes.iter().map(|mapped| (mapped.target.to_string(), mapped.required)).collect();
        let expected = [("userName", true), ("name.familyName", true), ("title", false)];
        assert_eq!(told, expected.map(|(name, required)| (name.to_owned(), required)));
    }

    #[test]
    fn a_custom_attribute_that_names_users_is_mapped_as_one() {
        let wanted = vec![username(), family_name(), (path("title"), Source::Custom("boss".into()))];
        let mapping = check(wanted, &schema(), &defined(), false).expect("sound");
        assert_eq!(mapping.attributes[2].source, Source::Reference("boss".into()));
    }

    #[test]
    fn any_type_of_a_list_that_the_target_takes_can_be_mapped_but_not_two_where_it_holds_one() {
        let schema = TargetSchema {
            attributes: ["userName", "emails[type eq \"work\"].value"].map(path).to_vec(),
            ..schema()
        };
        let schema = TargetSchema { required: Vec::new(), ..schema };
        let email = |kind: &str| {
            (path(&format!("emails[type eq \"{kind}\"].value")), Source::Directory(DirectoryAttribute::Email))
        };
        let wanted = vec![username(), email("home"), email("work")];
        let mapping = check(wanted.clone(), &schema, &[], false).expect("sound");
        assert_eq!(mapping.attributes[1].target, email("home").0);
        let refused = check(wanted, &schema, &[], true).expect_err("refused");
        assert_eq!(refused, [(email("work").0, MappingProblem::OneValue)]);
    }

    #[test]
    fn a_required_attribute_cannot_be_left_out() {
        let told = refused(vec![]);
        assert_eq!(told.len(), 2);
        assert!(told[0].starts_with("userName: the target requires"), "{told:?}");
        assert!(told[1].starts_with("name.familyName: the target requires"), "{told:?}");
    }

    #[test]
    fn each_entry_that_cannot_be_is_told() {
        let constant = |text: &str| Source::Constant(Value::Text(text.into()));
        let sound = || vec![username(), family_name()];
        let with = |entry| refused([sound(), vec![entry]].concat())[0].clone();
        assert!(with((path("nickName"), constant("x"))).contains("does not take"));
        assert!(with((path("active"), constant("x"))).contains("sets this attribute itself"));
        assert!(with(username()).contains("twice"));
        assert!(with((path("title"), Source::Custom("shoe".into()))).contains("'shoe'"));
        let empty = refused(vec![username(), (path("name.familyName"), constant(""))]);
        assert!(empty[0].contains("needs a value"), "{empty:?}");
    }
}
