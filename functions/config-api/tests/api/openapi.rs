use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use crate::client::Client;

async fn served() -> String {
    let client = Client::new().await;
    let request = Request::builder().uri("/v1/openapi.json").body(Body::empty()).expect("a request");
    let answer = client.send(request).await;
    assert_eq!(answer.status, 200);
    answer.text
}

/// With `ROLLCALL_WRITE_OPENAPI=1` it writes the document instead of comparing it.
#[tokio::test]
async fn the_document_that_is_checked_in_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let served = served().await;
    if std::env::var_os("ROLLCALL_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &served).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == served,
        "docs/openapi.json is not what the code says; ROLLCALL_WRITE_OPENAPI=1 cargo test -p config-api openapi writes it"
    );
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_every_operation_lists_its_problems_with_examples() {
    let document: Value = serde_json::from_str(&served().await).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/v1/"), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            assert!(operation["operationId"].is_string(), "{method} {path} has no operationId");
            for (status, response) in operation["responses"].as_object().unwrap() {
                // What stands in front of the API says 431 in words of its own.
                if status.as_str() < "400" || status == "431" {
                    continue;
                }
                let content = &response["content"]["application/problem+json"];
                for (slug, example) in content["examples"].as_object().expect("examples") {
                    assert_eq!(example["value"]["status"].to_string(), *status, "{method} {path}");
                    assert_eq!(example["value"]["type"], format!("/problems/{slug}"));
                }
            }
            for status in ["400", "401", "403", "413", "500", "503"] {
                assert!(operation["responses"].get(status).is_some(), "{method} {path} {status}");
            }
        }
    }
    assert!(operations >= 2);
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere() {
    let document: Value = serde_json::from_str(&served().await).unwrap();
    fn check(document: &Value, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                fields.values().for_each(|value| check(document, value));
            }
            Value::Array(items) => items.iter().for_each(|value| check(document, value)),
            _ => {}
        }
    }
    check(&document, &document);
}

/// The example of a media type, its own or its schema's.
fn example<'a>(document: &'a Value, media: &'a Value) -> Option<&'a Value> {
    let schema = &media["schema"];
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#'))?,
        None => schema,
    };
    media.get("example").or(schema.get("example")).or(schema["examples"].get(0))
}

#[tokio::test]
async fn every_operation_has_an_example_of_what_it_takes_and_of_what_it_answers() {
    let document: Value = serde_json::from_str(&served().await).unwrap();
    let mut lacking = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let successes = responses.iter().filter(|(status, _)| status.starts_with('2'));
            let successes: Vec<_> = successes.map(|(_, response)| response).collect();
            assert!(!successes.is_empty(), "{method} {path}");
            for described in successes.into_iter().chain(operation.get("requestBody")) {
                for (media_type, media) in described["content"].as_object().into_iter().flatten() {
                    if example(&document, media).is_none_or(Value::is_null) {
                        lacking.push(format!("{method} {path}: {media_type}"));
                    }
                }
            }
        }
    }
    assert_eq!(lacking, Vec::<String>::new());
}

/// The files below a folder, with their text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable sources") {
        let path = entry.expect("readable sources").path();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false => found.push((
                path.display().to_string(),
                std::fs::read_to_string(&path).expect("readable sources"),
            )),
        }
    }
    found
}

/// The names under which the schemas of a file stand in the document: what `as` says, or the type's own name.
fn schema_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut attributes = String::new();
    for line in text.lines().map(str::trim) {
        let declared = line.strip_prefix("pub ").unwrap_or(line);
        let declared = declared.strip_prefix("struct ").or_else(|| declared.strip_prefix("enum "));
        match declared {
            Some(rest) if attributes.contains("ToSchema") => {
                let own = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                let said = attributes.split_once("schema(as = ").map(|(_, rest)| rest);
                let said = said.and_then(|rest| rest.split([',', ')']).next());
                names.push(said.unwrap_or(own).to_owned());
                attributes.clear();
            }
            Some(_) => attributes.clear(),
            None if line.starts_with("#[") || !attributes.is_empty() => attributes.push_str(line),
            None => {}
        }
        if line.is_empty() {
            attributes.clear();
        }
    }
    names
}

#[test]
fn no_two_schemas_have_one_name() {
    let mut borne = std::collections::BTreeMap::new();
    for (file, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for name in schema_names(&text) {
            let other = borne.insert(name.clone(), file.clone());
            assert!(other.is_none(), "{name} is in {file} and in {}", other.unwrap_or_default());
        }
    }
    assert!(borne.len() > 50, "they are found: {}", borne.len());
}
