use std::path::Path;

use super::*;
use crate::directory::Status;
use crate::ids::SourceId;
use crate::value::Value;

fn csv(text: &str) -> DirectoryFile {
    parse(text.as_bytes(), Format::CommaSeparated)
}

fn ndjson(lines: &[&str]) -> DirectoryFile {
    parse(lines.join("\n").as_bytes(), Format::JsonLines)
}

fn problems(file: &DirectoryFile) -> Vec<String> {
    file.problems.kept.iter().map(ToString::to_string).collect()
}

fn group_names<'a>(file: &'a DirectoryFile, user: &FileUser) -> Vec<&'a str> {
    user.groups.iter().flatten().map(|index| file.groups[*index].name.as_str()).collect()
}

#[test]
fn a_line_of_csv_is_a_user_with_his_groups_and_custom_attributes() {
    let file = csv(
        "username,email,status,groups,id,title\nada,ada@example.org,Disabled,Eng; Leads;;eng,e-1,Countess\n",
    );
    assert_eq!(problems(&file), [""; 0]);
    assert_eq!(file.columns, ["username", "email", "status", "groups", "id", "title"]);
    let ada = &file.users[0];
    assert_eq!((ada.line, ada.username.as_str()), (2, "ada"));
    assert_eq!(ada.email, Edit::Set("ada@example.org".into()));
    assert_eq!(ada.status, Some(Status::Disabled));
    assert_eq!(ada.source_id, Some(SourceId("e-1".into())));
    assert_eq!(ada.custom["title"], Edit::Set(Value::from("Countess")));
    assert_eq!(group_names(&file, ada), ["Eng", "Leads"]);
}

#[test]
fn an_absent_column_keeps_and_an_empty_cell_clears() {
    let file = csv("username,first_name,title,groups,status\nada,,,,\n");
    let ada = &file.users[0];
    assert_eq!(ada.email, Edit::Keep);
    assert_eq!(ada.first_name, Edit::Clear);
    assert_eq!(ada.custom["title"], Edit::Clear);
    assert_eq!(ada.groups, Some([].into()));
    assert_eq!(ada.status, Some(Status::Active));

    let file = csv("username\nada\n");
    assert_eq!((file.users[0].groups.clone(), file.users[0].status), (None, None));
    assert!(!file.names_groups);
}

#[test]
fn byte_order_mark_windows_lines_quotes_and_blank_lines_are_fine() {
    let file = csv(
        "\u{feff}Username,display_name\r\n\r\nada,\"Lovelace, \"\"Ada\"\"\nCountess\"\r\ngrace,Hopper\r\n",
    );
    assert_eq!(problems(&file), [""; 0]);
    assert_eq!(file.users[0].display_name, Edit::Set("Lovelace, \"Ada\"\nCountess".into()));
    assert_eq!(file.users.iter().map(|user| user.line).collect::<Vec<_>>(), [3, 5]);
}

#[test]
fn every_problem_of_a_csv_file_is_told_with_its_place() {
    let file = csv(
        "username,status,groups\n,active,\nada,aktive,\nbob,active\ncy,active,\"a\"b\ndan,active,\nDAN,active,\neve,active,Eng\n",
    );
    assert_eq!(
        problems(&file),
        [
            "line 2, username: is empty; a value is required",
            "line 3, status: 'aktive' is not a status; allowed are active and disabled",
            "line 4: 'bob' the line has 2 fields and the first line has 3; quote a field that holds a comma",
            "line 5: a quote stands in the middle of a field; a field is quoted as a whole, and a quote within it is doubled: \"say \"\"hi\"\"\"",
            "line 7, username: 'DAN' is on line 6 too, without regard to case; it must be unique",
        ]
    );
    let good: Vec<_> = file.users.iter().map(|user| user.username.as_str()).collect();
    assert_eq!(good, ["eve"], "only the good lines are left, and of a duplicate neither");
}

#[test]
fn a_quote_that_is_never_closed_is_told_where_it_opens() {
    let file = csv("username,title\nada,x\nbob,\"y\ncy,z\n");
    assert_eq!(
        problems(&file),
        ["line 3: the field opens a quote that is never closed; all that follows was taken for its content"]
    );
    assert_eq!(file.users.len(), 1);
}

#[test]
fn bytes_that_are_not_utf_8_are_told_with_line_and_offset() {
    let mut bytes = b"username\nada\n".to_vec();
    bytes.extend(b"zo\xeb\n");
    let file = parse(&bytes, Format::CommaSeparated);
    assert_eq!(problems(&file), ["line 3: byte 15 of the file is not UTF-8; save the file as UTF-8"]);
    assert_eq!(file.users.len(), 1);

    let wide = parse(b"\xff\xfeu\0s\0", Format::CommaSeparated);
    assert_eq!(problems(&wide), ["line 1: the file is UTF-16 or UTF-32; save it as UTF-8"]);
}

#[test]
fn a_header_that_is_not_understood_makes_every_line_doubtful_but_lines_are_still_checked() {
    let file = csv("username,firstName,title,Title,\nada,A,x,y,\n,B,x,y,\n");
    assert_eq!(
        problems(&file),
        [
            "line 1: 'firstName' is not a column; it is written 'first_name' (rename the column if something else is meant)",
            "line 1: 'Title' is there twice; every column and key is written once",
            "line 1: '' a column needs a name of 1 to 128 characters, none of them a control character",
            "line 3, username: is empty; a value is required",
        ]
    );
    assert!(file.users.is_empty());
    assert!(
        !csv("username,active\nada,false\n").problems.is_empty(),
        "an attribute that would be lost quietly"
    );
}

#[test]
fn a_file_without_the_column_username_is_unusable() {
    for text in ["", "\n\n", "user,email\nada,x\n", "username;email\nada;x\n"] {
        let file = csv(text);
        assert!(problems(&file)[0].contains("there is no column 'username'"), "{text:?}");
        assert!(file.users.is_empty());
    }
}

#[test]
fn over_long_names_and_control_characters_are_refused() {
    let file =
        csv(&format!("username,title\n{},x\nada,{}\n\"a\tb\",x\n", "u".repeat(257), "t".repeat(4_097)));
    let told = problems(&file);
    assert!(told[0].ends_with("has 257 characters; at most 256 are allowed"), "{told:?}");
    assert!(told[1].ends_with("has 4097 characters; at most 4096 are allowed"));
    assert!(told[2].contains("holds a control character"));
    assert!(told[0].len() < 160, "what was given is shortened");
}

#[test]
fn all_problems_are_counted_and_the_first_thousand_kept() {
    let file = csv(&format!("username\n{}", " ,\n".repeat(1_500)));
    assert_eq!((file.problems.count, file.problems.kept.len()), (1_500, PROBLEMS_KEPT));
}

#[test]
fn a_line_of_ndjson_is_a_user_or_a_group() {
    let file = ndjson(&[
        r#"{"username": "ada", "id": 7, "groups": [{"id": "g1"}, "Leads"], "email": null, "title": "Countess", "custom": {"floor": 3, "keys": ["a", "b"], "vip": true}}"#,
        r#"{"group": {"id": "g1", "name": "Engineering"}}"#,
        "",
        r#"{"username": "bob", "status": "disabled"}"#,
    ]);
    assert_eq!(problems(&file), [""; 0]);
    let ada = &file.users[0];
    assert_eq!(ada.source_id, Some(SourceId("7".into())));
    assert_eq!((ada.email.clone(), ada.first_name.clone()), (Edit::Clear, Edit::Keep));
    assert_eq!(group_names(&file, ada), ["Engineering", "Leads"]);
    assert_eq!(file.groups[0].source_id, Some(SourceId("g1".into())));
    assert_eq!(ada.custom["floor"], Edit::Set(Value::Integer(3)));
    assert_eq!(ada.custom["keys"], Edit::Set(Value::List(vec!["a".into(), "b".into()])));
    assert_eq!(ada.custom["vip"], Edit::Set(Value::Boolean(true)));
    assert_eq!(file.users[1].groups, None);
    assert_eq!(
        file.columns,
        ["username", "email", "status", "groups", "id", "floor", "keys", "title", "vip"]
    );
}

#[test]
fn every_problem_of_an_ndjson_file_is_told_with_its_place() {
    let file = ndjson(&[
        r#"{"username": "ada""#,
        r#"["ada"]"#,
        r#"{"email": "x"}"#,
        r#"{"username": "bob", "groups": [{"id": "g9"}]}"#,
        r#"{"group": {"id": "g1", "name": "Eng", "members": []}}"#,
        r#"{"username": "cy", "floor": 1.5}"#,
        r#"{"username": "dan", "userName": "eve"}"#,
        r#"{"username": "eve", "status": "gone"}"#,
        r#"{"group": {"id": "g2"}}"#,
        r#"{"username": "fay", "username": "fay"}"#,
        r#"{"username": "gil", "custom": {"email": "x"}}"#,
        r#"{"username": "hal"}"#,
    ]);
    let told = problems(&file);
    let expected = [
        "line 1: is not a JSON object: EOF",
        "line 2: is not a JSON object: another kind",
        "line 3, username: is empty",
        "line 4, groups: '[…]' no line of the file is the group with this id",
        "line 5, group.members: '[…]' groups hold users only",
        "line 6, floor: '1.5' must be a text",
        "line 7, userName: is there twice",
        "line 8, status: 'gone' is not a status",
        "line 9, group.name: is empty",
        "line 10: is not a JSON object: the key \"username\" is there twice",
        "line 11, custom: 'email' is not known here",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told} is not {expected}…");
    }
    assert_eq!(file.users.len(), 1);
}

#[test]
fn two_groups_of_one_name_or_one_id_are_told() {
    let file = ndjson(&[
        r#"{"group": {"id": "g1", "name": "Eng"}}"#,
        r#"{"group": {"id": "g2", "name": "ENG"}}"#,
        r#"{"group": {"id": "g1", "name": "Leads"}}"#,
    ]);
    assert_eq!(file.problems.count, 2);
    assert_eq!(file.groups.len(), 1);
}

#[test]
fn the_format_is_told_by_the_ending_or_else_by_the_content() {
    let detect = |name: &str, content: &str| Format::detect(Path::new(name), content.as_bytes());
    assert_eq!(detect("people.ndjson", "username"), Format::JsonLines);
    assert_eq!(detect("people.JSONL", ""), Format::JsonLines);
    assert_eq!(detect("people.csv", "{"), Format::CommaSeparated);
    assert_eq!(detect("people", "\u{feff} {\"username\""), Format::JsonLines);
    assert_eq!(detect("people.txt", "username"), Format::CommaSeparated);
    assert_eq!(
        problems(&ndjson(&["[{}]"])),
        ["line 1: the file is one JSON array; write one object a line (NDJSON)"]
    );
}

#[test]
fn a_hundred_thousand_lines_are_read_in_passing() {
    let mut text = String::from("username,email,groups,id,title\n");
    for number in 0..100_000 {
        text.push_str(&format!(
            "user{number},user{number}@example.org,Everyone;Team {},{number},Engineer\n",
            number % 500
        ));
    }
    let file = csv(&text);
    assert_eq!((file.users.len(), file.groups.len(), file.problems.count), (100_000, 501, 0));
}
