//! What the unit tests of this crate share: a small application and a user.

use url::Url;

use crate::application::{
    Application, Condition, Configured, Connection, Lifecycle, Lifetime, Policy, SecretName, Selection,
};
use crate::directory::{Status, User};
use crate::mapping::{DirectoryAttribute, MappedAttribute, Mapping, Source};
use crate::target::Capabilities;

/// An enabled application that selects `sales` and `eng`, maps userName (required) and title, and has no grace.
pub(crate) fn configured() -> Configured {
    let mapped = |target: &str, source, required| MappedAttribute {
        target: target.parse().expect("a path"),
        source,
        required,
    };
    Configured {
        application: Application {
            id: "app".parse().expect("an id"),
            name: "App".into(),
            catalog_key: "generic-saml".into(),
            version: 1,
            lifecycle: Lifecycle::Enabled,
            connection: Some(Connection {
                base_url: Url::parse("https://scim.example.org/v2").expect("a URL"),
                secret: SecretName("s".into()),
                capabilities: Capabilities::default(),
                lifetime: Lifetime::default(),
            }),
            target_generation: 0,
            policy: Policy { grace_seconds: 0, ..Policy::default() },
        },
        schema: None,
        pace: None,
        mapping: Mapping {
            attributes: vec![
                mapped("userName", Source::Directory(DirectoryAttribute::Username), true),
                mapped("title", Source::Custom("title".into()), false),
            ],
        },
        selection: Selection {
            groups: ["sales", "eng"].into_iter().map(|group| group.parse().expect("an id")).collect(),
            ..Selection::default()
        },
        condition: Condition::default(),
    }
}

/// A user of this name and title.
pub(crate) fn user(name: &str, title: &str) -> User {
    User {
        id: name.parse().expect("an id"),
        source_id: None,
        username: name.into(),
        email: None,
        first_name: None,
        last_name: None,
        display_name: None,
        status: Status::Active,
        custom: [("title".to_owned(), title.into())].into(),
        deleting: false,
    }
}
