//! The difference between what is wanted and what was last sent and accepted.

use scim::AttributePath;

use crate::link::{Link, Origin};
use crate::target::Change;
use crate::value::{Attributes, Value};

/// The path of `active`, which only the engine sets.
pub fn active() -> AttributePath {
    static ACTIVE: std::sync::LazyLock<AttributePath> =
        std::sync::LazyLock::new(|| "active".parse().unwrap_or_else(|_| unreachable!("'active' is a path")));
    ACTIVE.clone()
}

/// What must be sent so that the counterpart has `wanted`: every attribute that differs from what was last accepted,
/// every attribute in doubt, and a clearing of each `known` attribute that was sent and is wanted no more. What is not
/// `known` (no longer mapped) stays as it is.
pub fn changes(wanted: &Attributes, known: &[AttributePath], link: &Link) -> Vec<Change> {
    let set =
        wanted.iter().filter(|(path, value)| link.sent.get(path) != Some(value) || link.doubt.contains(path));
    let set = set.map(|(path, value)| change(link, path, Some(value.clone())));
    let gone = known.iter().filter(|path| !wanted.contains_key(path));
    let gone = gone.filter(|path| link.sent.contains_key(path) || link.doubt.contains(path));
    let cleared = gone.map(|path| change(link, path, None));
    set.chain(cleared).collect()
}

/// The changes as they are sent: where an element of a list loses all that was ever sent of it, the element goes, for what would
/// stay of it says nothing but its type. At an account that was there before us others may have put more into it: there the
/// parts go one by one.
pub fn with_whole_elements(changes: &[Change], link: &Link) -> Vec<Change> {
    let element = |path: &AttributePath| path.selector().is_some().then(|| path.element());
    let goes = |whole: &AttributePath| {
        let cleared = |path: &AttributePath| {
            changes.iter().any(|change| change.attribute == *path && change.new.is_none())
        };
        let within = |path: &&AttributePath| element(path).as_ref() == Some(whole);
        link.origin == Some(Origin::Created)
            && link.sent.keys().filter(within).all(cleared)
            && changes.iter().map(|change| &change.attribute).filter(within).all(cleared)
    };
    let mut sent: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        match element(&change.attribute).filter(goes) {
            Some(whole) if sent.iter().any(|change| change.attribute == whole) => {}
            Some(whole) => sent.push(Change { attribute: whole, old: None, new: None }),
            None => sent.push(change.clone()),
        }
    }
    sent
}

fn change(link: &Link, path: &AttributePath, new: Option<Value>) -> Change {
    Change { attribute: path.clone(), old: link.sent.get(path).cloned(), new }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkKey;

    fn path(text: &str) -> AttributePath {
        text.parse().expect("a path")
    }

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        pairs.iter().map(|(name, value)| (path(name), Value::from(*value))).collect()
    }

    fn link_with(sent: &[(&str, &str)], doubt: &[&str]) -> Link {
        let key = LinkKey::user(&"app".parse().expect("an id"), &"ada".parse().expect("an id"));
        let doubt = doubt.iter().map(|name| path(name)).collect();
        Link { sent: attributes(sent), doubt, ..Link::new(key) }
    }

    fn shown(wanted: &[(&str, &str)], known: &[&str], link: &Link) -> Vec<String> {
        let known: Vec<_> = known.iter().map(|name| path(name)).collect();
        changes(&attributes(wanted), &known, link).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_what_differs_is_sent() {
        let link = link_with(&[("title", "Engineer"), ("userName", "ada")], &[]);
        let wanted = [("title", "Countess"), ("userName", "ada")];
        assert_eq!(shown(&wanted, &["title", "userName"], &link), ["title: \"Engineer\" -> \"Countess\""]);
    }

    #[test]
    fn a_value_in_doubt_is_sent_again_though_it_looks_the_same() {
        let link = link_with(&[("title", "A")], &["title"]);
        assert_eq!(shown(&[("title", "A")], &["title"], &link), ["title: \"A\" -> \"A\""]);
    }

    #[test]
    fn a_value_that_went_is_cleared_but_an_attribute_no_longer_mapped_stays() {
        let link = link_with(&[("title", "A"), ("nickName", "Al")], &[]);
        assert_eq!(shown(&[], &["title"], &link), ["title: \"A\" -> (none)"]);
    }

    #[test]
    fn an_element_goes_with_the_last_that_was_sent_of_it_unless_others_were_there_before() {
        const CITY: &str = "addresses[type eq \"work\"].locality";
        const COUNTRY: &str = "addresses[type eq \"work\"].country";
        let sent = [(CITY, "Ulm"), (COUNTRY, "DE"), ("emails[type eq \"work\"].value", "a@x")];
        let of = |origin, wanted: &[(&str, &str)]| {
            let link = Link { origin: Some(origin), ..link_with(&sent, &[]) };
            let known: Vec<_> = sent.iter().map(|(name, _)| path(name)).collect();
            let changes = changes(&attributes(wanted), &known, &link);
            let whole = with_whole_elements(&changes, &link);
            whole.iter().map(|change| change.attribute.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of(Origin::Created, &[]), ["addresses[type eq \"work\"]", "emails[type eq \"work\"]"]);
        assert_eq!(of(Origin::Created, &[sent[1], sent[2]]), [CITY]);
        assert_eq!(of(Origin::Adopted, &[sent[2]]), [CITY, COUNTRY]);
    }

    #[test]
    fn a_first_value_in_doubt_that_is_wanted_no_more_is_cleared() {
        assert_eq!(shown(&[], &["title"], &link_with(&[], &["title"])), ["title: (none) -> (none)"]);
    }
}
