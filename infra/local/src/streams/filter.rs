//! Which records a function wants: the same filters as the SAM template's event source mappings.

use dynoxide::AttributeValue;
use dynoxide::actions::get_records::Record;

/// A filter over stream records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Records whose new or old image is of one of these kinds of item.
    Items(&'static [&'static str]),
    /// Records of links whose new image has `presence_changed`.
    PresenceChanged,
    /// Records whose new image carries an `outcome`.
    Outcomes,
}

impl Filter {
    /// What change-detection reads of the directory.
    pub const DIRECTORY: Self = Self::Items(&["user_profile", "group_meta", "group_membership"]);

    /// Whether the record passes.
    pub fn wants(self, record: &Record) -> bool {
        let (new, old) = (&record.dynamodb.new_image, &record.dynamodb.old_image);
        match self {
            Self::Items(kinds) => new.iter().chain(old).any(|image| {
                matches!(image.get("item"), Some(AttributeValue::S(kind)) if kinds.contains(&kind.as_str()))
            }),
            Self::PresenceChanged => new
                .as_ref()
                .is_some_and(|image| matches!(image.get("presence_changed"), Some(AttributeValue::BOOL(true)))),
            Self::Outcomes => new.as_ref().is_some_and(|image| image.contains_key("outcome")),
        }
    }
}
