//! `docs/PAINS.md` names tests, and they are there.

use std::path::Path;

/// Pains that are not ended yet: they have no test, and may claim none.
const OPEN: &[usize] = &[];

/// The line that begins a test of this name: a function, or a line of a macro that makes one.
fn begins(line: &str, name: &str) -> bool {
    let line = line.trim();
    let starts =
        [format!("async fn {name}("), format!("fn {name}("), format!("{name} {{"), format!("{name}: ")];
    starts.iter().any(|start| line.starts_with(start))
}

/// What is wrong with a named test; `None` if it is there and is run.
fn problem(text: &str, name: &str) -> Option<&'static str> {
    let lines: Vec<_> = text.lines().collect();
    let Some(at) = lines.iter().position(|line| begins(line, name)) else {
        return Some("is not there");
    };
    let attributes = lines[..at].iter().rev().take_while(|line| line.trim().starts_with("#["));
    attributes.into_iter().any(|line| line.contains("ignore")).then_some("is ignored")
}

#[test]
fn each_pain_and_each_scenario_has_a_test_that_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table = std::fs::read_to_string(root.join("docs/PAINS.md")).expect("the table");
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let mut pains = Vec::new();
    for row in rows.filter(|row| !row.starts_with("| # ") && !row.starts_with("| scenario ")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let number = cells[0].parse::<usize>().ok();
        pains.extend(number);
        let tests: Vec<_> = cells[cells.len() - 1].split('`').skip(1).step_by(2).collect();
        let is_open = number.is_some_and(|number| OPEN.contains(&number));
        assert_eq!(tests.is_empty(), is_open, "{row}");
        for test in tests {
            let (path, name) = test.split_once("::").expect("path::name");
            let text = std::fs::read_to_string(root.join(path)).unwrap_or_default();
            assert_eq!(problem(&text, name), None, "{test}");
        }
    }
    assert_eq!(pains, (1..=25).collect::<Vec<_>>(), "every pain once, in order");
}

#[test]
fn a_test_that_is_gone_or_ignored_is_found_out() {
    let text = "#[test]\nfn one() {}\n#[ignore = \"long\"]\n#[test]\nfn two() {}\nlives! {\n    three { quirk: true }\n}";
    let found = ["one", "two", "three", "four"].map(|name| problem(text, name));
    assert_eq!(found, [None, Some("is ignored"), None, Some("is not there")]);
}
