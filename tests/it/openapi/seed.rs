//! What is there before the attack: objects whose ids the cases use.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{StandIn, StandInConfig};

use crate::api::Served;

const PEOPLE: &str = "\
id,username,email,first_name,last_name,groups,job
1,ada,ada@example.org,Ada,Lovelace,Engineering;Leads,Countess
2,grace,grace@example.org,Grace,Hopper,Engineering,Admiral
";

/// A directory of two, one application that is enabled at a target, and the import that it came from.
pub struct Seed {
    target: StandIn,
    user: Value,
    group: Value,
    application: String,
    import: Value,
}

impl Seed {
    pub async fn plant(served: &Served) -> Self {
        let target = StandIn::start(StandInConfig::default()).await.unwrap();
        let import = served.import(PEOPLE, 1_000, json!({"complete": true, "dry_run": false})).await;
        let application = served.provisioned(&target, &["Engineering"]).await;
        let first = async |path: &str| served.get(path).await["items"][0]["id"].clone();
        let (user, group) = (first("/v1/users").await, first("/v1/groups").await);
        Self { target, user, group, application, import: import["id"].clone() }
    }

    /// As `hooks.py` reads it: by the first part of the path, what its parameters may be.
    pub fn told(&self) -> Value {
        json!({
            "paths": {
                "users": {"id": self.user},
                "groups": {"id": self.group, "user": self.user},
                "applications": {"id": self.application},
                "directory": {"id": self.import},
                "attributes": {"name": "job"},
                "catalog": {"key": "generic-saml"},
            },
            "connection": {
                "base_url": self.target.base_url().as_str(),
                "token": self.target.token().expose_secret(),
            },
        })
    }
}
