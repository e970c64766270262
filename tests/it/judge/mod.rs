//! The bodies that we send, judged by somebody else: every request of `docs/SCIM.md` is read by scim2-models in its strict contexts
//! for requests. What stands there is what is sent (`shared/scim-client/tests/document`).

use std::process::Command;

use crate::tools::{root, tool};

/// What is excused: forms that the RFC does not have and single targets want, which are sent to no other; and a manager without
/// `$ref`, of which RFC 7643 says both RECOMMENDED (section 4.3) and REQUIRED (section 8.7.1): targets give and take his id.
const EXCUSED: [&str; 4] = [
    "remove members as an array",
    "add members and remove some as an array",
    "add nested members and remove some as an array",
    "create a user whose manager has an account",
];

#[test]
fn every_body_that_is_sent_is_well_formed_by_another_measure_than_ours() {
    let Some(python) = tool("scim2-server", "python") else { return };
    let judge = root().join("tests/it/judge/judge.py");
    let judged = Command::new(python).arg(judge).arg(root().join("docs/SCIM.md")).output().unwrap();
    let said = String::from_utf8(judged.stdout).unwrap();
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
    let lines: Vec<Vec<&str>> = said.lines().map(|line| line.split('\t').collect()).collect();
    let refused: Vec<_> = lines.iter().filter(|line| line[0] == "refused").collect();
    let unexpected: Vec<_> = refused.iter().filter(|line| !EXCUSED.contains(&line[1])).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert_eq!(refused.len(), EXCUSED.len(), "each form that is excused is refused: {refused:#?}");
    let count = lines.iter().find(|line| line[0] == "judged").map(|line| line[1].parse::<usize>().unwrap());
    assert!(count.is_some_and(|count| count >= 30), "{said}");
}
