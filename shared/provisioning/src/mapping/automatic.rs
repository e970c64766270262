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
/// as the target knows it. `wanted` pairs (target attribute, column) come first, then what was mapped `before`: who set it
/// by hand meant it, and a column that a file does not have changes nothing. Last comes what the names suggest.
///
/// # Errors
///
/// A wanted pair that names what neither the target nor the directory has.
pub fn automatic(
    columns: &[String],
    known: &[AttributePath],
    required: &[AttributePath],
    wanted: &[(String, String)],
    before: &Mapping,
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
            .or_else(|| {
                before
                    .attributes
                    .iter()
                    .map(|mapped| &mapped.source)
                    .find(|source| is_of(source, column))
                    .cloned()
            })
            .ok_or_else(|| MappingError::UnknownColumn(column.clone(), columns.join(", ")))?;
        if attributes.iter().any(|mapped| mapped.target.same_as(&path)) {
            return Err(MappingError::Twice(target.clone()));
        }
        add(path, source, &mut attributes);
    }
    for MappedAttribute { target, source, .. } in &before.attributes {
        if known.iter().any(|path| path.same_as(target) || path.differs_in_type_only(target)) {
            add(target.clone(), source.clone(), &mut attributes);
        }
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
            None if attributes.iter().any(|mapped| is_of(&mapped.source, column)) => {}
            None => unmapped.push(column.clone()),
        }
    }
    Ok(AutomaticMapping { mapping: Mapping { attributes }, unmapped })
}

fn is_built_in(column: &str) -> bool {
    BUILT_IN.iter().any(|(name, ..)| *name == column) || matches!(column, "id" | "status" | "groups")
}

/// Whether the source is this column.
fn is_of(source: &Source, column: &str) -> bool {
    match source {
        Source::Directory(attribute) => {
            BUILT_IN.iter().any(|(name, known, _)| known == attribute && *name == column)
        }
        source => source.custom() == Some(column),
    }
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
        let found =
            automatic(&columns, &default_attributes(), &[], &[], &Mapping::default()).expect("a mapping");
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
        let found =
            automatic(&columns, &default_attributes(), &[], &wanted, &Mapping::default()).expect("a mapping");
        let title = found.mapping.of(&"title".parse().expect("a path")).expect("mapped");
        assert_eq!(title.source, Source::Custom("job".into()));
        assert!(found.unmapped.is_empty());
    }

    #[test]
    fn what_was_mapped_before_stays_but_where_something_else_is_wanted() {
        let path = |text: &str| text.parse::<AttributePath>().expect("a path");
        let mapped = |target: &str, source| MappedAttribute { target: path(target), source, required: false };
        let before = Mapping {
            attributes: vec![
                mapped("userType", Source::Constant("Employee".into())),
                mapped("title", Source::Custom("job".into())),
                mapped("displayName", Source::Reference("chief".into())),
                mapped("shoeSize", Source::Custom("shoe".into())),
            ],
        };
        let source = |columns: &[String], wanted: &[(String, String)], target: &str| {
            let found = automatic(columns, &default_attributes(), &[], wanted, &before).expect("a mapping");
            assert!(wanted.len() == 1 || found.unmapped.is_empty(), "{:?}", found.unmapped);
            found.mapping.of(&path(target)).map(|mapped| mapped.source.clone())
        };
        let columns = columns(&["username", "title", "display_name", "job", "chief"]);
        assert_eq!(source(&columns, &[], "userType"), Some(Source::Constant("Employee".into())));
        assert_eq!(source(&columns, &[], "title"), Some(Source::Custom("job".into())));
        assert_eq!(source(&columns, &[], "displayName"), Some(Source::Reference("chief".into())));
        assert_eq!(source(&columns, &[], "shoeSize"), None, "the target takes it no more");
        let title = [("title".to_owned(), "title".to_owned())];
        assert_eq!(source(&columns, &title, "title"), Some(Source::Custom("title".into())));
        // A column of an earlier file is known as long as it is mapped.
        let nick = [("nickName".to_owned(), "job".to_owned())];
        assert_eq!(source(&columns[..1], &nick, "nickName"), Some(Source::Custom("job".into())));
    }

    #[test]
    fn a_wanted_pair_that_cannot_be_is_refused_with_what_there_is() {
        let columns = columns(&["username"]);
        let map = |target: &str, column: &str| {
            let wanted = [(target.to_owned(), column.to_owned())];
            automatic(&columns, &default_attributes(), &[], &wanted, &Mapping::default())
                .expect_err("refused")
                .to_string()
        };
        assert!(map("titel", "username").contains("title"));
        assert!(map("title", "job").contains("it has: username"));
        let twice =
            [("title".to_owned(), "username".to_owned()), ("title".to_owned(), "username".to_owned())];
        let refused = automatic(&columns, &default_attributes(), &[], &twice, &Mapping::default())
            .expect_err("refused");
        assert!(refused.to_string().contains("mapped twice"));
        assert!(map("active", "username").contains("cannot be mapped"));
    }
}
