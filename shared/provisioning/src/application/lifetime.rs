//! How long the credentials of a connection are taken: what an administrator said, or what the profile says that tokens live.

use catalog::Profile;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Application;

/// How many days ahead it is said that credentials run out, the last first.
const WARNINGS: [u32; 2] = [7, 30];

/// Since when credentials are kept, and until when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifetime {
    /// When they were stored.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub stored_at: Option<Timestamp>,
    /// When they run out, as an administrator said.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub expires_at: Option<Timestamp>,
    /// So many days ahead it was said last that they run out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warned: Option<u32>,
}

impl Lifetime {
    /// When the credentials are expected to run out, where that is known.
    pub fn ends_at(&self, profile: Option<&Profile>) -> Option<Timestamp> {
        let days = || profile?.token_days.as_ref().map(|known| known.value);
        self.expires_at.or_else(|| self.stored_at?.checked_add(days_of(days()?)).ok())
    }

    /// The next moment at which it is to be said that they run out, and how many days ahead that is.
    fn warns(&self, profile: Option<&Profile>) -> impl Iterator<Item = (Timestamp, u32)> {
        let ends_at = self.ends_at(profile);
        let warned = self.warned;
        let open = WARNINGS.into_iter().filter(move |days| warned.is_none_or(|warned| *days < warned));
        open.filter_map(move |days| Some((ends_at?.checked_sub(days_of(days)).ok()?, days)))
    }
}

fn days_of(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

impl Application {
    /// When its credentials are expected to run out.
    pub fn credentials_end_at(&self) -> Option<Timestamp> {
        self.connection.as_ref()?.lifetime.ends_at(self.profile())
    }

    /// When it is next to be said that its credentials run out.
    pub fn warns_at(&self) -> Option<Timestamp> {
        self.connection.as_ref()?.lifetime.warns(self.profile()).map(|(at, _)| at).min()
    }

    /// How many days ahead it is to be said now that its credentials run out; `None` where that was said or is too early.
    pub fn warning_due(&self, now: Timestamp) -> Option<u32> {
        let lifetime = &self.connection.as_ref()?.lifetime;
        lifetime.warns(self.profile()).filter(|(at, _)| *at <= now).map(|(_, days)| days).min()
    }

    /// What an administrator is told of credentials that run out within a month, or have.
    pub fn credentials_warning(&self, now: Timestamp) -> Option<String> {
        let ends_at = self.credentials_end_at()?;
        let left = ends_at.duration_since(now);
        (left <= days_of(30)).then(|| match left.is_positive() {
            true => format!(
                "the token is expected to run out on {ends_at}, in {} days; connect with a new one before",
                left.as_hours() / 24
            ),
            false => format!("the token is expected to have run out on {ends_at}; connect with a new one"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::configured;

    fn day(days: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)
    }

    fn application(catalog_key: &str, lifetime: Lifetime) -> Application {
        let mut application = configured().application;
        application.catalog_key = catalog_key.into();
        if let Some(connection) = &mut application.connection {
            connection.lifetime = lifetime;
        }
        application
    }

    #[test]
    fn what_an_administrator_said_counts_before_what_the_profile_says() {
        let stored = Lifetime { stored_at: Some(day(0)), ..Lifetime::default() };
        assert_eq!(application("snowflake", stored).credentials_end_at(), Some(day(180)));
        assert_eq!(application("generic-saml", stored).credentials_end_at(), None);
        let said = Lifetime { expires_at: Some(day(90)), ..stored };
        assert_eq!(application("snowflake", said).credentials_end_at(), Some(day(90)));
    }

    #[test]
    fn it_is_said_thirty_days_ahead_and_seven_and_never_again() {
        let mut lifetime = Lifetime { expires_at: Some(day(100)), ..Lifetime::default() };
        let due = |lifetime, now| application("generic-saml", lifetime).warning_due(day(now));
        assert_eq!((due(lifetime, 69), due(lifetime, 70)), (None, Some(30)));
        assert_eq!(due(lifetime, 95), Some(7), "late, only the last is said");
        lifetime.warned = Some(30);
        assert_eq!((due(lifetime, 92), due(lifetime, 93)), (None, Some(7)));
        lifetime.warned = Some(7);
        assert_eq!(due(lifetime, 200), None);
    }
}
