//! How names are compared: NFC, then without case (usernames and group names are unique so; DESIGN "directory").

use unicode_normalization::UnicodeNormalization;

/// The form under which a name is unique: normalised (NFC), trimmed and lower-cased.
///
/// Lower-casing through upper case first folds what has several lower-case forms (`ẞ`, `ß`; final sigma) together.
pub fn folded(name: &str) -> String {
    let composed: String = name.trim().nfc().collect();
    composed.to_uppercase().to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn case_and_composition_do_not_make_another_name() {
        assert_eq!(folded("ADA@Example.org "), "ada@example.org");
        assert_eq!(folded("Zoe\u{308}"), folded("ZO\u{cb}"));
        assert_eq!(folded("straße"), folded("STRASSE"));
        assert_eq!(folded("ΣΊΣΥΦΟΣ"), folded("σίσυφος"));
    }

    #[test]
    fn accents_do() {
        assert_ne!(folded("jose"), folded("josé"));
    }
}
