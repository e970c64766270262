//! The difference between what is wanted and what was last sent and accepted.

use scim::AttributePath;

use crate::link::Link;
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
    fn a_first_value_in_doubt_that_is_wanted_no_more_is_cleared() {
        assert_eq!(shown(&[], &["title"], &link_with(&[], &["title"])), ["title: (none) -> (none)"]);
    }
}
