//! Every reference of the template leads somewhere. With a SAM transform neither `sam validate` nor `cfn-lint` checks that.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::template;

/// What may be asked of a resource beyond `Ref`, by type.
const ATTRIBUTES: [(&str, &[&str]); 6] = [
    ("AWS::DynamoDB::Table", &["Arn", "StreamArn"]),
    ("AWS::IAM::Role", &["Arn", "RoleId"]),
    ("AWS::Logs::LogGroup", &["Arn"]),
    ("AWS::SQS::Queue", &["Arn", "QueueName", "QueueUrl"]),
    ("AWS::Serverless::Function", &["Arn"]),
    ("AWS::Serverless::HttpApi", &["ApiEndpoint"]),
];

/// What is wrong with the references below `value`.
fn dangling(template: &Value, value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let wrong = fields.iter().flat_map(|(name, value)| match name.as_str() {
                "Ref" => wrong_name(template, value.as_str().unwrap_or_default()),
                "Fn::GetAtt" => {
                    let part = |index: usize| value[index].as_str().unwrap_or_default();
                    wrong_attribute(template, part(0), part(1))
                }
                "Fn::Sub" => wrong_placeholders(template, value.as_str().unwrap_or_default()),
                _ => dangling(template, value),
            });
            wrong.collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| dangling(template, item)).collect(),
        _ => Vec::new(),
    }
}

fn wrong_name(template: &Value, name: &str) -> Vec<String> {
    let pseudo = ["AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::StackName", "AWS::URLSuffix"];
    let known = pseudo.contains(&name)
        || template["Parameters"].get(name).is_some()
        || template["Resources"].get(name).is_some();
    if known { Vec::new() } else { vec![format!("nothing is called {name}")] }
}

fn wrong_attribute(template: &Value, resource: &str, attribute: &str) -> Vec<String> {
    let kind = template["Resources"][resource]["Type"].as_str().unwrap_or_default();
    let known =
        ATTRIBUTES.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, attributes)| attributes);
    let has_stream = attribute != "StreamArn"
        || template["Resources"][resource]["Properties"].get("StreamSpecification").is_some();
    if known.contains(&attribute) && has_stream {
        Vec::new()
    } else {
        vec![format!("{resource} has no {attribute}")]
    }
}

fn wrong_placeholders(template: &Value, text: &str) -> Vec<String> {
    let placeholders = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    let wrong = placeholders.flat_map(|name| match name.split_once('.') {
        Some((resource, attribute)) => wrong_attribute(template, resource, attribute),
        None => wrong_name(template, name),
    });
    wrong.collect()
}

#[test]
fn every_reference_leads_somewhere() {
    let template = template();
    assert_eq!(dangling(&template, &template), Vec::<String>::new());
}

#[test]
fn every_parameter_is_used() {
    fn referred<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str() {
                        Some(target) if name == "Ref" => {
                            found.insert(target);
                        }
                        _ => referred(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| referred(item, found)),
            _ => {}
        }
    }
    let template = template();
    let mut found = BTreeSet::new();
    referred(&template, &mut found);
    for name in template["Parameters"].as_object().expect("parameters").keys() {
        assert!(found.contains(name.as_str()), "{name} is not used");
    }
}

#[test]
fn a_reference_that_leads_nowhere_is_found_wherever_it_stands() {
    let template = json!({
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}}},
        "Outputs": [
            {"Ref": "Queue"}, {"Ref": "Quene"}, {"Fn::GetAtt": ["Queue", "Arm"]},
            {"deep": [{"Fn::Sub": "a-${AWS::Region}-${Queue.Arn}-${Gone}"}]}, {"Fn::GetAtt": ["Table", "StreamArn"]},
        ],
    });
    assert_eq!(
        dangling(&template, &template),
        ["nothing is called Quene", "Queue has no Arm", "nothing is called Gone", "Table has no StreamArn"]
    );
}
