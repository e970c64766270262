//! A file read in pieces says what it says whole, wherever it is cut.

use proptest::prelude::*;

use super::*;

/// The records of a file that comes in pieces, ending at these offsets; at some records reading begins anew.
fn records(format: Format, bytes: &[u8], cuts: &[usize], anew: usize) -> Vec<Record> {
    let mut reader = RecordReader::new(format, Place::START);
    let mut found: Vec<Record> = Vec::new();
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut start = 0;
    for end in ends {
        let mut piece = &bytes[start.min(end)..end];
        start = start.max(end);
        while let Some(record) = reader.next(&mut piece) {
            if anew > 0 && found.len().is_multiple_of(anew) {
                reader = RecordReader::new(format, record.next);
            }
            found.push(record);
        }
    }
    found.extend(reader.finish());
    found
}

fn lines(format: Format, records: &[Record]) -> Result<Vec<FileLine>, Vec<Problem>> {
    let reader = LineReader::behind(format, records.first())?;
    let behind = if format == Format::CommaSeparated { &records[1..] } else { records };
    Ok(reader.read(behind))
}

fn any_csv() -> impl Strategy<Value = Vec<u8>> {
    let cell = prop::sample::select(vec![
        "ada",
        "",
        "\"a,b\"",
        "\"a\r\nb\"",
        "\"say \"\"hi\"\"\"",
        "Zoë",
        "a\"b",
        "Eng;Ops",
        "disabled",
        "\u{feff}",
    ]);
    let ending = prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]);
    let row =
        (prop::collection::vec(cell, 2..5), ending).prop_map(|(cells, ending)| cells.join(",") + ending);
    (any::<bool>(), prop::collection::vec(row, 0..8), prop::option::of(Just("eve,\"open"))).prop_map(
        |(mark, rows, end)| {
            let mark = if mark { "\u{feff}" } else { "" };
            format!("{mark}username,groups,status\r\n{}{}", rows.concat(), end.unwrap_or_default())
                .into_bytes()
        },
    )
}

fn any_json() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![
        r#"{"username": "ada", "groups": ["Eng", {"id": "g1"}]}"#,
        "",
        " \r",
        r#"{"group": {"id": "g1", "name": "Ops"}}"#,
        r#"{"username": "Zoë""#,
        "{}",
        r#"{"username": 7, "id": "x"}"#,
    ]);
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n").into_bytes())
}

proptest! {
    #[test]
    fn a_file_says_the_same_wherever_it_is_cut_and_reading_begins_anew(
        (format, bytes) in prop_oneof![
            any_csv().prop_map(|bytes| (Format::CommaSeparated, bytes)),
            any_json().prop_map(|bytes| (Format::JsonLines, bytes)),
        ],
        cuts in prop::collection::vec(any::<usize>(), 0..12),
        anew in 0..3_usize,
    ) {
        let whole = records(format, &bytes, &[], 0);
        prop_assert_eq!(&whole, &records(format, &bytes, &cuts, anew));
        prop_assert_eq!(&whole, &records(format, &bytes, &(0..bytes.len()).collect::<Vec<_>>(), anew));
    }

    /// Good lines are the same as those of a file that is read at once, and so are the lines with problems.
    #[test]
    fn lines_one_by_one_say_what_they_say_in_the_whole_file(bytes in any_csv()) {
        let whole = parse(&bytes, Format::CommaSeparated);
        let read = lines(Format::CommaSeparated, &records(Format::CommaSeparated, &bytes, &[], 0)).expect("a header");
        for user in &whole.users {
            let line = read.iter().find(|line| line.line == user.line).expect("the line");
            prop_assert!(line.problems.is_empty());
            let Content::User(alone, groups) = &line.content else { panic!("{line:?} is no user") };
            let names = |indexes: &Option<std::collections::BTreeSet<usize>>, groups: &[FileGroup]| {
                indexes.as_ref().map(|indexes| indexes.iter().map(|index| crate::folding::folded(&groups[*index].name))
                    .collect::<std::collections::BTreeSet<_>>())
            };
            prop_assert_eq!(names(&alone.groups, groups), names(&user.groups, &whole.groups));
            prop_assert_eq!(FileUser { groups: None, ..(**alone).clone() }, FileUser { groups: None, ..user.clone() });
        }
        let told: Vec<_> = read.iter().flat_map(|line| &line.problems).collect();
        let expected: Vec<_> = whole.problems.kept.iter()
            .filter(|problem| !matches!(problem.kind, ProblemKind::Duplicate { .. })).collect();
        prop_assert_eq!(told, expected);
    }
}

#[test]
fn a_record_that_is_too_long_is_passed_over_and_the_next_is_read() {
    let text = format!("username\n{}\nbob\n", "u".repeat(LONGEST_RECORD + 1));
    let found = records(Format::CommaSeparated, text.as_bytes(), &[7, 100_000], 0);
    let read = lines(Format::CommaSeparated, &found).expect("a header");
    assert_eq!(read[0].problems[0].kind, ProblemKind::LongRecord);
    assert!(matches!(&read[1].content, Content::User(user, _) if user.username == "bob"));
}

#[test]
fn of_a_broken_line_what_can_be_read_is_told() {
    let found = records(Format::CommaSeparated, b"username,id,status\n,7,gone\n", &[], 0);
    let read = lines(Format::CommaSeparated, &found).expect("a header");
    assert_eq!(read[0].problems.len(), 2);
    assert!(matches!(&read[0].content, Content::User(user, _) if user.source_id.is_some()));
}

#[test]
fn files_that_cannot_be_read_at_all_say_so() {
    for (format, bytes, said) in [
        (Format::CommaSeparated, &b""[..], "there is no column 'username'"),
        (Format::CommaSeparated, b"\xff\xfeu\0", "UTF-16"),
        (Format::CommaSeparated, b"username,firstName\nada,A\n", "it is written 'first_name'"),
        (Format::JsonLines, b" [{}]", "one JSON array"),
    ] {
        let problems = lines(format, &records(format, bytes, &[], 0)).expect_err("problems");
        assert!(problems[0].to_string().contains(said), "{problems:?}");
    }
}
