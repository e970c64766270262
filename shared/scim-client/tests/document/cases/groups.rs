//! Members who come and go, in each form of either.

use catalog::{GroupUpdate, MemberAdd, MemberRemove};
use provisioning::target::{Capabilities, Kind};

use super::{Act, Case, create, update};

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let usual = Capabilities::default;
    let spoken = |member_add, member_remove| Capabilities { member_add, member_remove, ..usual() };
    let put = Capabilities { group_update: GroupUpdate::Put, ..usual() };
    let hidden = Capabilities { shows_members: false, ..usual() };
    let come = || update(Kind::Group, Vec::new(), &["6"], &[]);
    let move_about = || update(Kind::Group, Vec::new(), &["6"], &["7"]);
    let crew = [("displayName", "Crew".into())];
    let case = |name, capabilities, act: Act| Case { name, capabilities, act, instead: &[] };
    vec![
        case("add members", usual(), come()),
        case(
            "add members and remove some as an array",
            spoken(MemberAdd::Array, MemberRemove::Array),
            move_about(),
        ),
        case(
            "add members and remove some by replacing all",
            spoken(MemberAdd::Array, MemberRemove::Replace),
            move_about(),
        ),
        case(
            "add nested members and remove some by filter",
            spoken(MemberAdd::Nested, MemberRemove::Filter),
            move_about(),
        ),
        case(
            "add nested members and remove some as an array",
            spoken(MemberAdd::Nested, MemberRemove::Array),
            move_about(),
        ),
        case(
            "add nested members and remove some by replacing all",
            spoken(MemberAdd::Nested, MemberRemove::Replace),
            move_about(),
        ),
        case("add members by PUT", put.clone(), come()),
        case("change the members of a group by PUT", put.clone(), move_about()),
        Case {
            instead: &[(
                "GET",
                "/Groups/9",
                "200 OK",
                r#"{"id": "9", "displayName": "Crew", "members": [{"value": "7"}], "meta": {"version": "W/\"3\""}}"#,
            )],
            ..case("change a group of a known version by PUT", put, move_about())
        },
        Case {
            instead: &[("POST", "/Groups", "201 Created", r#"{"id": "9", "displayName": "Crew"}"#)],
            ..case(
                "create a group at a target that never shows members",
                hidden,
                create(Kind::Group, "e-9", &crew, &["7"]),
            )
        },
    ]
}
