//! The mapping that a directory file suggests: columns that bear the name of a target attribute go there.

use scim::AttributePath;

use super::{DirectoryAttribute, MappedAttribute, Mapping, Source};

/// A mapping made from column names, and what was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutomaticMapping {
    /// The mapping.
    pub mapping: Mapping,
    /// Columns that no target attribute is named after; they stay in the directory only.
    pub unmapped: Vec<String>,
}

/// Why a `--map TARGET=COLUMN` cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The target does not know the attribute.
    #[error("the target has no attribute '{0}'; it knows: {1}")]
    UnknownTarget(String, String),
    /// No such column.
    #[error("the directory has no column '{0}'; it has: {1}")]
    UnknownColumn(String, String),
    /// The attribute is wanted twice.
    #[error("'{0}' is mapped twice; one column can be sent as it")]
    Twice(String),
    /// The engine sets this attribute itself.
    #[error("'{0}' is set by Rollcall itself and cannot be mapped")]
    Reserved(String),
}

const BUILT_IN: [(&str, DirectoryAttribute, &str); 5] = [
    ("username", DirectoryAttribute::Username, "userName"),
    ("email", DirectoryAttribute::Email, "emails[type eq \"work\"].value"),
    ("first_name", DirectoryAttribute::FirstName, "name.givenName"),
    ("last_name", DirectoryAttribute::LastName, "name.familyName"),
    ("display_name", DirectoryAttribute::DisplayName, "displayName"),
];

/// Maps the built-in columns to their counterparts and every custom column to the attribute it is named after, as far
/// as the target knows it. `wanted` pairs (target attribute, column) come before what the names suggest.
///
/// # Errors
///
/// A wanted pair that names what neither the target nor the directory has.
pub fn automatic(
    columns: &[String],
    known: &[AttributePath],
    required: &[AttributePath],
    wanted: &[(String, String)],
) -> Result<AutomaticMapping, MappingError> {
    let mut attributes: Vec<MappedAttribute> = Vec::new();
    let add = |target: AttributePath, source: Source, attributes: &mut Vec<MappedAttribute>| {
        if !attributes.iter().any(|mapped| mapped.target.same_as(&target)) {
            let required = target.attribute().eq_ignore_ascii_case("userName")
                || required.iter().any(|needed| needed.same_as(&target));
            attributes.push(MappedAttribute { target, source, required });
        }
    };
    for (target, column) in wanted {
        if ["active", "externalid", "id"].contains(&target.to_ascii_lowercase().as_str()) {
            return Err(MappingError::Reserved(target.clone()));
        }
        let path = find(known, target).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(ToString::to_string).collect();
            MappingError::UnknownTarget(target.clone(), names.join(", "))
        })?;
        let source = source_of(column, columns)
            .ok_or_else(|| MappingError::UnknownColumn(column.clone(), columns.join(", ")))?;
        if attributes.iter().any(|mapped| mapped.target.same_as(&path)) {
            return Err(MappingError::Twice(target.clone()));
        }
        add(path, source, &mut attributes);
    }
    let mut unmapped = Vec::new();
    for (column, attribute, target) in BUILT_IN {
        if columns.iter().any(|present| present == column)
            && let Some(path) = find(known, target)
        {
            add(path, Source::Directory(attribute), &mut attributes);
        }
    }
    for column in columns.iter().filter(|column| !is_built_in(column)) {
        match find(known, column) {
            Some(path) => add(path, Source::Custom(column.clone()), &mut attributes),
            None if wanted.iter().any(|(_, used)| used == column) => {}
            None => unmapped.push(column.clone()),
        }
    }
    Ok(AutomaticMapping { mapping: Mapping { attributes }, unmapped })
}

fn is_built_in(column: &str) -> bool {
    BUILT_IN.iter().any(|(name, ..)| *name == column) || matches!(column, "id" | "status" | "groups")
}

fn source_of(column: &str, columns: &[String]) -> Option<Source> {
    let built_in = BUILT_IN.iter().find(|(name, ..)| *name == column);
    let source = match built_in {
        Some((_, attribute, _)) => Source::Directory(*attribute),
        None => Source::Custom(column.to_owned()),
    };
    columns.iter().any(|present| present == column).then_some(source)
}

/// The known attribute that `name` means: its whole path, or its last part where that is unambiguous
/// (`department` for the enterprise extension's). Underscores count for nothing: `cost_center` is `costCenter`.
fn find(known: &[AttributePath], name: &str) -> Option<AttributePath> {
    let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
    if let Some(exact) = known.iter().find(|path| path.to_string().eq_ignore_ascii_case(name)) {
        return Some(exact.clone());
    }
    let typed = name.parse::<AttributePath>().ok();
    if let Some(other) = typed.filter(|typed| known.iter().any(|path| path.differs_in_type_only(typed))) {
        return Some(other);
    }
    let mut named = known.iter().filter(|path| {
        path.selector().is_none() && path.sub_attribute().is_none() && plain(path.attribute()) == plain(name)
    });
    named.next().filter(|_| named.next().is_none()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::default_attributes;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_named_like_target_attributes_are_mapped_to_them() {
        let columns =
            columns(&["username", "email", "status", "groups", "id", "title", "cost_center", "shoe_size"]);
        let found = automatic(&columns, &default_attributes(), &[], &[]).expect("a mapping");
        let pairs: Vec<_> = found.mapping.attributes.iter().map(|mapped| mapped.target.to_string()).collect();
        assert_eq!(
            pairs,
            [
                "userName",
                "emails[type eq \"work\"].value",
                "title",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter"
            ]
        );
        assert_eq!(found.unmapped, ["shoe_size"]);
    }

    #[test]
    fn what_is_wanted_comes_before_what_names_suggest() {
        let columns = columns(&["username", "title", "job"]);
        let wanted = [("title".to_owned(), "job".to_owned())];
        let found = automatic(&columns, &default_attributes(), &[], &wanted).expect("a mapping");
        let title = found.mapping.of(&"title".parse().expect("a path")).expect("mapped");
        assert_eq!(title.source, Source::Custom("job".into()));
        assert!(found.unmapped.is_empty());
    }

    #[test]
    fn a_wanted_pair_that_cannot_be_is_refused_with_what_there_is() {
        let columns = columns(&["username"]);
        let map = |target: &str, column: &str| {
            let wanted = [(target.to_owned(), column.to_owned())];
            automatic(&columns, &default_attributes(), &[], &wanted).expect_err("refused").to_string()
        };
        assert!(map("titel", "username").contains("title"));
        assert!(map("title", "job").contains("it has: username"));
        let twice =
            [("title".to_owned(), "username".to_owned()), ("title".to_owned(), "username".to_owned())];
        let refused = automatic(&columns, &default_attributes(), &[], &twice).expect_err("refused");
        assert!(refused.to_string().contains("mapped twice"));
        assert!(map("active", "username").contains("cannot be mapped"));
    }
}
