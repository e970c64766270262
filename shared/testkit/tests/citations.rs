//! Every switch says where it was seen: by a page, its line and words that stand in it, by an RFC, or by why it is here without
//! either. The pages are not in the repository, so what is checked is the form.

const SWITCHES: &str = include_str!("../src/stand_in/quirks.rs");
const FORMS: &str = include_str!("../src/stand_in/quirks/forms.rs");

/// What is declared by a line that `declares` names, each with the comment above it.
fn declared(source: &str, declares: fn(&str) -> Option<&str>) -> Vec<(String, String)> {
    let mut declared = Vec::new();
    let (mut comment, mut is_default) = (String::new(), false);
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment.push_str(text);
        } else if line == "#[default]" {
            is_default = true;
        } else {
            // What a target does without a quirk needs no witness.
            if let Some(name) = declares(line).filter(|_| !is_default) {
                declared.push((name.to_owned(), comment.clone()));
            }
            (comment, is_default) = (String::new(), false);
        }
    }
    declared
}

fn field(line: &str) -> Option<&str> {
    Some(line.strip_prefix("pub ")?.split_once(": ")?.0)
}

fn variant(line: &str) -> Option<&str> {
    line.strip_suffix(',').filter(|name| name.chars().all(char::is_alphanumeric))
}

/// Whether a comment ends in `(page:line, "words")`, `(RFC n section s)` or `(no page: why)`.
fn cites(comment: &str) -> bool {
    let Some(comment) = comment.strip_suffix(").") else { return false };
    let behind = |begin: &str| comment.rsplit_once(begin).map(|(_, rest)| rest);
    let number = |text: &str| text.parse::<u32>().is_ok_and(|number| number > 0);
    let of_page = |page: &str| {
        let cited = behind(page).and_then(|rest| rest.split_once(", "));
        cited.is_some_and(|(line, words)| {
            number(line) && words.len() > 4 && words.starts_with('"') && words.ends_with('"')
        })
    };
    let of_rfc = behind(" (RFC ").and_then(|rest| rest.split_once(" section "));
    [" (targets:", " (servers:", " (peers:"].into_iter().any(of_page)
        || of_rfc.is_some_and(|(rfc, section)| {
            number(rfc) && section.starts_with(|first: char| first.is_ascii_digit())
        })
        || behind(" (no page: ").is_some_and(|why| !why.is_empty())
}

#[test]
fn every_switch_says_where_it_was_seen() {
    let switches = declared(SWITCHES, field);
    let every = testkit::Quirks::names_of_all();
    assert_eq!(switches.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), every);
    for (name, comment) in switches {
        assert!(cites(&comment), "{name}:{comment}");
    }
}

#[test]
fn every_form_of_a_switch_says_where_it_was_seen() {
    let forms = declared(FORMS, variant);
    assert!(forms.len() > 30, "{forms:?}");
    for (name, comment) in forms {
        assert!(cites(&comment), "{name}:{comment}");
    }
}
