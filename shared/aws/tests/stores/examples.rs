//! What the tests write.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::Timestamp;
use provisioning::activity::{Action, Actor, EventName, Outcome, OutcomeResult, TargetNote};
use provisioning::directory::{Group, Status, User};
use provisioning::drift::{MemberDrift, Observed};
use provisioning::ids::{GroupId, RemoteId};
use provisioning::link::{Claim, Link, LinkKey, Mark, Origin, State, Work};
use provisioning::matching::Candidate;
use provisioning::ports::{DirectoryStore, GroupWrite, UserWrite};
use provisioning::target::{Change, Kind, RequestNote};
use provisioning::value::Value;

/// An id of any kind, a path, or a time.
pub fn id<T: FromStr>(text: &str) -> T {
    text.parse().ok().expect("an id")
}

pub fn remote(text: &str) -> RemoteId {
    RemoteId::new(text).expect("a remote id")
}

pub fn ids<T: FromStr + Ord>(texts: &[&str]) -> BTreeSet<T> {
    texts.iter().map(|text| id(text)).collect()
}

/// So many milliseconds into a fixed day.
pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_795_000_000_000 + millis).expect("a time")
}

pub fn user(name: &str) -> User {
    User {
        id: id(&name.to_lowercase()),
        source_id: None,
        username: format!("{name}@example.org"),
        email: Some(format!("{name}@example.org")),
        first_name: None,
        last_name: Some("Lovelace".into()),
        display_name: None,
        status: Status::Active,
        custom: [("floor".to_owned(), Value::Integer(3)), ("tags".to_owned(), Value::List(vec!["a".into()]))]
            .into(),
        deleting: false,
    }
}

pub fn group(name: &str) -> Group {
    Group { id: id(&name.to_lowercase()), source_id: None, name: name.to_owned(), deleting: false }
}

pub fn new_user(user: &User, join: &[&str]) -> UserWrite {
    UserWrite { old: None, new: user.clone(), join: ids(join), leave: BTreeSet::new() }
}

/// Writes the user, who is new, into these groups.
pub async fn put_user(directory: &dyn DirectoryStore, name: &str, join: &[&str]) -> User {
    let user = user(name);
    directory.write_user(&new_user(&user, join)).await.expect("a user");
    user
}

/// Writes groups, which are new.
pub async fn put_groups(directory: &dyn DirectoryStore, names: &[&str]) -> Vec<GroupId> {
    let mut ids = Vec::new();
    for name in names {
        let group = group(name);
        directory.write_group(&GroupWrite { old: None, new: group.clone() }).await.expect("a group");
        ids.push(group.id);
    }
    ids
}

pub fn ada() -> LinkKey {
    LinkKey::user(&id("crm"), &id("ada"))
}

/// A live mark of the second version, due at `at(0)`.
pub fn mark() -> Mark {
    Mark { application_version: 2, due_at: at(0), by_sweep: false, compare: false }
}

pub fn outcome(id_: &str, at: Timestamp) -> Outcome {
    Outcome {
        id: id_.into(),
        at,
        actor: Actor::System,
        event: EventName::UserSync,
        result: OutcomeResult::Failure,
        action: Action::Update,
        reason: "the target said 400".into(),
        security: false,
        application: id("crm"),
        application_name: "CRM".into(),
        target: Some(TargetNote {
            key: "ada".into(),
            kind: Kind::User,
            name: "ada@example.org".into(),
            remote_id: Some(remote("42")),
        }),
        changes: vec![Change {
            attribute: id("emails[type eq \"work\"].value"),
            old: None,
            new: Some("ada@example.org".into()),
        }],
        added: vec!["Ada".into()],
        removed: Vec::new(),
        added_count: 1,
        removed_count: 0,
        requests: vec![RequestNote {
            method: "PATCH".into(),
            path: "/Users/42".into(),
            status: Some(400),
            millis: 12,
        }],
    }
}

/// A link with everything set.
pub fn full_link(key: LinkKey) -> Link {
    Link {
        key,
        target_generation: 3,
        state: State::Linked,
        remote_id: Some(remote("a/b ü")),
        external_id: Some("ada".into()),
        asked_name: Some("ada".into()),
        asked_at: Some(Timestamp::from_second(1_700_000_000).expect("a time")),
        origin: Some(Origin::Adopted),
        untold: Some(Origin::Created),
        sent: [
            (id("userName"), Value::from("ada@example.org")),
            (id("active"), Value::Boolean(true)),
            (id("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter"), Value::Integer(-7)),
            (id("emails[type eq \"work\"].value"), Value::from("ada@example.org")),
            (id("roles"), Value::List(vec!["a".into(), "b".into()])),
        ]
        .into(),
        chosen: Some(remote("chosen")),
        candidates: vec![Candidate {
            remote_id: remote("45"),
            name: "Ada".into(),
            external_id: Some("okta-7".into()),
            active: Some(false),
            owner: Some(LinkKey::user(&id("crm"), &id("bob"))),
        }],
        doubt: ids(&["name.givenName", "emails[type eq \"work\"].value"]),
        members_in_doubt: [(id("bob"), remote("43")), (id("cyd"), remote("44"))].into(),
        parked: [(id("dan"), provisioning::link::Parked { reason: "500".into(), at: at(4), trouble: true })]
            .into(),
        deletion_in_doubt: true,
        compare: true,
        unassigned_since: Some(at(5)),
        rejected: [("title".parse().expect("a path"), None)].into(),
        observed: Observed {
            accepted_at: Some(at(3)),
            unseen: ids(&["nickName"]),
            normalised: [(id("userName"), Some("ADA".into())), (id("nickName"), None)].into(),
            drift: [(id("active"), Some(Value::Boolean(false)))].into(),
            members: MemberDrift { gone: [id("bob")].into(), added: [id("cyd")].into() },
            lacking: true,
        },
        removal: Some(provisioning::link::Removal::Held {
            kind: provisioning::link::RemovalKind::Change,
            since: at(8),
        }),
        holds_members: true,
        references: ids(&["boss", "dean"]),
        work: Work {
            generation: 9,
            revision: 11,
            due_at: Some(at(7)),
            application_version: 4,
            by_sweep: true,
            claim: Some(Claim { token: "t-1".into(), until: at(9) }),
            settlements: 5,
            attempts: 2,
            problem: Some("the target said 400".into()),
        },
        outcome: Some(outcome("crm#user#ada:9", at(6))),
        presence_changed: true,
    }
}
