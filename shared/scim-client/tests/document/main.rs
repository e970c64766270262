//! `docs/SCIM.md` shows exactly what is sent: every example is sent, and everything sent here has an example.

mod cases;
mod recorder;

use std::collections::BTreeMap;

use recorder::Sent;

const DOCUMENT: &str = include_str!("../../../../docs/SCIM.md");

/// The requests under each heading of the third level.
fn examples() -> BTreeMap<String, Vec<Sent>> {
    let mut examples: BTreeMap<String, Vec<Sent>> = BTreeMap::new();
    let mut heading = String::new();
    let mut fence: Option<String> = None;
    for line in DOCUMENT.lines() {
        match &mut fence {
            Some(text) if line == "```" => {
                examples.entry(heading.clone()).or_default().push(request(text));
                fence = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line == "```http" => fence = Some(String::new()),
            None => {
                if let Some(name) = line.strip_prefix("### ") {
                    heading = name.to_owned();
                }
            }
        }
    }
    examples
}

fn request(text: &str) -> Sent {
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let (method, path) = lines.next().and_then(|line| line.split_once(' ')).expect("METHOD path");
    let headers: BTreeMap<_, _> = lines.filter_map(|line| line.split_once(": ")).collect();
    let header = |name| headers.get(name).map(|value: &&str| (*value).to_owned());
    let (content_type, if_match) = (header("Content-Type"), header("If-Match"));
    let body = (!body.is_empty()).then(|| serde_json::from_str(body).expect("a body of JSON"));
    Sent { method: method.into(), path: path.into(), content_type, if_match, body }
}

#[tokio::test]
async fn each_dialect_has_its_example_and_each_example_is_what_is_sent() {
    let mut examples = examples();
    for case in cases::all() {
        let sent = recorder::record(&case).await;
        let example = examples.remove(case.name);
        assert_eq!(example.as_ref(), Some(&sent), "### {}", case.name);
    }
    assert!(examples.is_empty(), "nothing sends these examples: {:?}", examples.keys());
}
