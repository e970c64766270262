//! Which columns there are.

use super::ProblemKind;

/// A column of a CSV file, or a key of an NDJSON line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Column {
    Username,
    Email,
    FirstName,
    LastName,
    DisplayName,
    Status,
    Groups,
    Id,
    Custom(String),
}

const BUILT_IN: [(&str, Column); 8] = [
    ("username", Column::Username),
    ("email", Column::Email),
    ("first_name", Column::FirstName),
    ("last_name", Column::LastName),
    ("display_name", Column::DisplayName),
    ("status", Column::Status),
    ("groups", Column::Groups),
    ("id", Column::Id),
];

/// Names that are meant as a built-in column, without separators. Taken for custom attributes they would be lost
/// quietly: a file whose `active` says `false` would leave everybody active.
const MISNAMED: [(&str, &str); 22] = [
    ("username", "username"),
    ("email", "email"),
    ("mail", "email"),
    ("emailaddress", "email"),
    ("firstname", "first_name"),
    ("givenname", "first_name"),
    ("lastname", "last_name"),
    ("familyname", "last_name"),
    ("surname", "last_name"),
    ("displayname", "display_name"),
    ("fullname", "display_name"),
    ("status", "status"),
    ("active", "status"),
    ("enabled", "status"),
    ("disabled", "status"),
    ("group", "groups"),
    ("groups", "groups"),
    ("memberof", "groups"),
    ("id", "id"),
    ("externalid", "id"),
    ("sourceid", "id"),
    ("userid", "id"),
];

impl Column {
    /// The column a header or key means. Built-in names ignore case.
    pub(super) fn named(header: &str) -> Result<Self, ProblemKind> {
        let header = header.trim();
        let built_in = BUILT_IN.iter().find(|(name, _)| name.eq_ignore_ascii_case(header));
        if let Some((_, column)) = built_in {
            return Ok(column.clone());
        }
        let length = header.chars().count();
        if length == 0 || length > 128 || header.chars().any(char::is_control) {
            return Err(ProblemKind::BadColumnName);
        }
        let plain: String =
            header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match MISNAMED.iter().find(|(meant, _)| *meant == plain) {
            Some((_, name)) => Err(ProblemKind::Misnamed(name)),
            None => Ok(Self::Custom(header.to_owned())),
        }
    }

    /// Its name as the rest of the domain knows it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Custom(name) => name,
            column => BUILT_IN.iter().find(|(_, known)| known == column).map_or("", |(name, _)| name),
        }
    }

    /// What two columns may not share: custom attributes that differ in case only would be one at every target.
    pub(super) fn key(&self) -> String {
        self.name().to_lowercase()
    }
}
