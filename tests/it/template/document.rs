//! The template as JSON, its short forms of functions written out.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::tools::root;

/// Where the template is.
pub fn path() -> PathBuf {
    root().join("template.yaml")
}

/// The template's text.
pub fn text() -> String {
    std::fs::read_to_string(path()).expect("template.yaml")
}

/// The template, with `!Ref x` as `{"Ref": "x"}` and `!Sub x` as `{"Fn::Sub": "x"}`.
pub fn template() -> Value {
    written_out(serde_yaml_ng::from_str(&text()).expect("YAML"))
}

/// The resources of a type with their logical ids.
pub fn resources_of_type<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let resources = template["Resources"].as_object().expect("resources");
    resources.iter().filter(|(_, one)| one["Type"] == kind).map(|(name, one)| (name.as_str(), one)).collect()
}

fn written_out(yaml: serde_yaml_ng::Value) -> Value {
    use serde_yaml_ng::Value as Yaml;
    match yaml {
        Yaml::Sequence(items) => items.into_iter().map(written_out).collect(),
        Yaml::Mapping(fields) => {
            let fields = fields.into_iter().map(|(name, value)| match name {
                Yaml::String(name) => (name, written_out(value)),
                other => panic!("a key that is no text: {other:?}"),
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let value = written_out(tagged.value);
            match name.trim_start_matches('!') {
                "Ref" => json!({"Ref": value}),
                "GetAtt" => {
                    let (resource, attribute) =
                        value.as_str().and_then(|path| path.split_once('.')).expect("a path");
                    json!({"Fn::GetAtt": [resource, attribute]})
                }
                function => json!({format!("Fn::{function}"): value}),
            }
        }
        scalar => serde_json::to_value(scalar).expect("a scalar"),
    }
}
