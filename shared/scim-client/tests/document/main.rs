//! `docs/SCIM.md` shows exactly what is sent: every example is sent, and everything sent here has an example.

mod cases;
mod dialects;
mod recorder;

use std::collections::BTreeMap;

use recorder::Sent;
use scim_client::{AddressPolicy, HttpConnector};

const DOCUMENT: &str = include_str!("../../../../docs/SCIM.md");

/// Examples of what is decided before the client is asked; `tests/it/profiles/sizes.rs` holds them against what arrives.
const ELSEWHERE: [&str; 1] = ["be told that a body is too large"];

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
    let connector = HttpConnector::new(AddressPolicy::AllowLocal);
    for case in cases::all() {
        let sent = recorder::record(&connector, &case).await;
        let example = examples.remove(case.name);
        assert_eq!(example.as_ref(), Some(&sent), "### {}", case.name);
    }
    for elsewhere in ELSEWHERE {
        assert!(examples.remove(elsewhere).is_some(), "### {elsewhere}");
    }
    assert!(examples.is_empty(), "nothing sends these examples: {:?}", examples.keys());
}

/// An example shows a form where other requests are sent in every other form.
#[tokio::test]
async fn every_form_of_every_dialect_has_an_example_that_shows_it() {
    let (connector, cases) = (HttpConnector::new(AddressPolicy::AllowLocal), cases::all());
    let mut missing = Vec::new();
    for form in dialects::forms() {
        let mut is_shown = false;
        for case in cases.iter().filter(|case| (form.is_spoken)(&case.capabilities)) {
            let sent = recorder::record(&connector, case).await;
            let mut differs = true;
            for otherwise in (form.otherwise)(&case.capabilities) {
                differs &= recorder::attempt(&connector, case, &otherwise).await.0 != sent;
            }
            is_shown |= differs;
            if is_shown {
                break;
            }
        }
        if !is_shown {
            missing.push(form.name);
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "forms without an example");
}

#[test]
fn every_operation_has_an_example_in_every_form_that_it_takes() {
    let cases = cases::all();
    let is_met = |demand: &dialects::Demand| {
        let met = |case: &cases::Case| {
            dialects::does(case) == Some(demand.does) && (demand.is_spoken)(&case.capabilities)
        };
        cases.iter().any(met)
    };
    let missing: Vec<_> = dialects::demands().into_iter().filter(|demand| !is_met(demand)).collect();
    let missing: Vec<_> =
        missing.iter().map(|demand| format!("{:?}: {}", demand.does, demand.name)).collect();
    assert_eq!(missing, Vec::<String>::new(), "operations without an example");
}
