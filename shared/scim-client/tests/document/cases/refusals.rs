//! What follows where a target refuses how something is said, or does not do it.

use catalog::UserUpdate;
use provisioning::target::{Capabilities, Kind};

use super::{Case, change, last, update};

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let usual = Capabilities::default;
    let put = Capabilities { user_update: UserUpdate::Put, ..usual() };
    let title = || update(Kind::User, change("title", "Engineer".into(), "Director".into()), &[], &[]);
    let no_title = || update(Kind::User, last("title", "Engineer"), &[], &[]);
    let renamed = || update(Kind::Group, change("displayName", "Crew".into(), "Team".into()), &[], &[]);
    vec![
        Case {
            name: "be told that the verbs are not known",
            capabilities: usual(),
            act: title(),
            instead: &[
                ("PATCH", "/Users/7", "400 Bad Request", r#"{"scimType": "invalidSyntax"}"#),
                ("GET", "/Users/7", "200 OK", r#"{"id": "7", "userName": "ada", "title": "Engineer"}"#),
                ("GET", "/Users/7", "200 OK", r#"{"id": "7", "userName": "ada", "title": "Director"}"#),
            ],
        },
        Case {
            name: "be told that no PATCH clears an attribute",
            capabilities: usual(),
            act: no_title(),
            instead: &[("PATCH", "/Users/7", "400 Bad Request", r#"{"scimType": "invalidValue"}"#)],
        },
        Case {
            name: "be shown that a PUT keeps what it leaves out",
            capabilities: put,
            act: no_title(),
            instead: &[(
                "PUT",
                "/Users/7",
                "200 OK",
                r#"{"id": "7", "userName": "ada", "title": "Engineer"}"#,
            )],
        },
        Case {
            name: "be told that a group is not named by a path",
            capabilities: usual(),
            act: renamed(),
            instead: &[
                ("PATCH", "/Groups/9", "400 Bad Request", r#"{"scimType": "invalidPath"}"#),
                ("GET", "/Groups/9", "200 OK", r#"{"id": "9", "displayName": "Crew"}"#),
                ("GET", "/Groups/9", "200 OK", r#"{"id": "9", "displayName": "Team"}"#),
            ],
        },
    ]
}
