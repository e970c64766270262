//! What a profile says that a target refuses: said before it is sent, and never tried.

use catalog::Profile;
use scim::AttributePath;

use super::diff::active;
use crate::value::{Attributes, Value};

/// Why the target takes no account of this name.
pub(super) fn refused_name(profile: &Profile, attributes: &Attributes) -> Option<String> {
    let (_, name) = attributes.iter().find(|(path, _)| path.to_string().eq_ignore_ascii_case("userName"))?;
    let Value::Text(name) = name else { return None };
    let characters = name.chars().count();
    if let Some(longest) = profile.user_name_longest.as_ref().map(|known| known.value)
        && characters > longest as usize
    {
        return Some(format!("the user name has {characters} characters and the target takes {longest}"));
    }
    let emails = profile.user_name_is_email.as_ref().is_some_and(|known| known.value);
    (emails && !is_email(name)).then(|| "the target takes e-mail addresses as user names only".to_owned())
}

/// Something on both sides of one `@`: more is the target's business.
fn is_email(name: &str) -> bool {
    name.split_once('@').is_some_and(|(before, behind)| {
        !before.is_empty()
            && !behind.is_empty()
            && !behind.contains('@')
            && !name.contains(char::is_whitespace)
    })
}

/// Whether the attribute of an account can be changed once it is there. Whether it is on always can.
pub(super) fn is_updatable(profile: &Profile, attribute: &AttributePath) -> bool {
    let Some(updatable) = &profile.updatable_attributes else { return true };
    let named = |name: &String| name.parse::<AttributePath>().is_ok_and(|path| path.same_as(attribute));
    *attribute == active() || updatable.value.iter().any(named)
}

/// Why the target takes no group of this name.
pub(crate) fn refused_group_name(profile: &Profile, name: &str) -> Option<String> {
    let prefix = &profile.refused_group_prefix.as_ref()?.value;
    name.starts_with(prefix.as_str())
        .then(|| format!("the target takes no group whose name begins with '{prefix}'; rename it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(key: &str) -> &'static Profile {
        catalog::profile(key).expect("a profile")
    }

    fn named(name: &str) -> Attributes {
        [("userName".parse().expect("a path"), Value::from(name))].into()
    }

    #[test]
    fn a_name_that_is_too_long_is_told_before_it_is_refused() {
        assert_eq!(refused_name(profile("slack"), &named("ada.lovelace")), None);
        assert_eq!(refused_name(profile("slack"), &named(&"ä".repeat(20))), None);
        let said = refused_name(profile("slack"), &named(&"ä".repeat(21)));
        assert_eq!(said.as_deref(), Some("the user name has 21 characters and the target takes 20"));
    }

    #[test]
    fn a_name_that_must_be_an_address_and_is_none_is_told() {
        for address in ["ada@example.org", "a+b@c"] {
            assert_eq!(refused_name(profile("zoom"), &named(address)), None);
        }
        for other in ["ada", "@example.org", "ada@", "ada@b@c", "ada lovelace@example.org"] {
            assert!(refused_name(profile("zoom"), &named(other)).is_some(), "{other}");
        }
    }

    #[test]
    fn what_cannot_be_changed_is_not_sent_and_active_always_is() {
        let title: AttributePath = "title".parse().expect("a path");
        assert!(!is_updatable(profile("sentry"), &title));
        assert!(is_updatable(profile("sentry"), &active()));
        assert!(is_updatable(profile("slack"), &title));
    }

    #[test]
    fn a_group_name_that_is_refused_is_told() {
        assert!(refused_group_name(profile("cloudflare"), "CF Admins").is_some());
        assert_eq!(refused_group_name(profile("cloudflare"), "Admins"), None);
        assert_eq!(refused_group_name(profile("slack"), "CF Admins"), None);
    }
}
