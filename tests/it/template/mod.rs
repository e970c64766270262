//! `template.yaml` against the code it deploys: what no validator checks, since none resolves references under a SAM
//! transform or knows our tables, variables and filters.

mod document;
mod references;
mod tools;

use std::collections::{BTreeMap, BTreeSet};

use aws::config::{
    ConfigApiConfig, ConfigError, DetectionConfig, Environment, LogWriterConfig, WorkerConfig,
};
use aws::stream::StreamEvent;
use aws::tables::definition::{DEFINITIONS, EXPIRES_AT, IndexKey, IndexProjection, KeyType, TableDefinition};
use document::{resources_of_type, template};
use serde_json::{Value, json};

const FUNCTIONS: [&str; 6] = ["ChangeDetection", "UserSync", "GroupSync", "Jobs", "LogWriter", "ConfigApi"];

fn properties<'a>(template: &'a Value, resource: &str) -> &'a Value {
    &template["Resources"][resource]["Properties"]
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// What a function asks its environment for, found by starting its configuration.
fn asked<T>(read: impl Fn(&Environment) -> Result<T, ConfigError>) -> BTreeSet<&'static str> {
    let mut variables = BTreeMap::new();
    loop {
        let environment = Environment::of(variables.clone());
        match read(&environment) {
            Ok(_) => return environment.asked(),
            Err(ConfigError::Missing(name)) => variables.insert(name.to_owned(), "1".to_owned()),
            Err(error) => panic!("{error}"),
        };
    }
}

#[test]
fn each_function_gets_exactly_the_variables_it_reads() {
    let template = template();
    let shared = names(&template["Globals"]["Function"]["Environment"]["Variables"]);
    for function in FUNCTIONS {
        let own = names(&properties(&template, &format!("{function}Function"))["Environment"]["Variables"]);
        let read = match function {
            "ChangeDetection" => asked(DetectionConfig::read),
            "LogWriter" => asked(LogWriterConfig::read),
            "ConfigApi" => asked(ConfigApiConfig::read),
            _ => asked(WorkerConfig::read),
        };
        assert_eq!(own.union(&shared).copied().collect::<BTreeSet<_>>(), read, "{function}");
    }
    assert_eq!(resources_of_type(&template, "AWS::Serverless::Function").len(), FUNCTIONS.len());
}

#[test]
fn no_deployed_function_can_be_let_reach_loopback_addresses() {
    let text = document::text();
    assert!(!text.contains("loopback"), "the feature is for the deployed-form test alone");
}

fn key(key: &IndexKey) -> (String, &'static str) {
    let letter = match key.key_type {
        KeyType::Text => "S",
        KeyType::Number => "N",
    };
    (key.attribute.to_owned(), letter)
}

fn schema(partition: &str, sort: &str) -> Value {
    json!([
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ])
}

/// The table as CloudFormation would have it said.
fn expected(table: &TableDefinition) -> Value {
    let mut attributes = BTreeMap::from([("pk".to_owned(), "S"), ("sk".to_owned(), "S")]);
    attributes.extend(table.indexes.iter().flat_map(|index| [key(&index.partition), key(&index.sort)]));
    let indexes = table.indexes.iter().map(|index| {
        let projection = match index.projection {
            IndexProjection::KeysOnly => json!({"ProjectionType": "KEYS_ONLY"}),
            IndexProjection::All => json!({"ProjectionType": "ALL"}),
            IndexProjection::Include(attributes) => {
                json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": attributes})
            }
        };
        let keys = schema(index.partition.attribute, index.sort.attribute);
        json!({"IndexName": index.name, "KeySchema": keys, "Projection": projection})
    });
    let mut expected = json!({
        "TableName": {"Fn::Sub": format!("${{AWS::StackName}}-{}", table.name)},
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": schema("pk", "sk"),
        "GlobalSecondaryIndexes": indexes.collect::<Vec<_>>(),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
    });
    if table.indexes.is_empty() {
        expected.as_object_mut().expect("an object").remove("GlobalSecondaryIndexes");
    }
    if table.stream {
        expected["StreamSpecification"] = json!({"StreamViewType": "NEW_AND_OLD_IMAGES"});
    }
    if table.expires {
        expected["TimeToLiveSpecification"] = json!({"AttributeName": EXPIRES_AT, "Enabled": true});
    }
    expected
}

#[test]
fn the_tables_are_those_the_stores_are_written_for() {
    let template = template();
    for (table, resource) in
        DEFINITIONS.iter().zip(["DirectoryTable", "ProvisioningTable", "ActivityTable", "ImportsTable"])
    {
        let mut deployed = properties(&template, resource).clone();
        let definitions = deployed["AttributeDefinitions"].as_array().expect("attributes").clone();
        // The order of definitions means nothing.
        deployed["AttributeDefinitions"] = definitions
            .iter()
            .map(|one| {
                (one["AttributeName"].as_str().expect("a name").to_owned(), one["AttributeType"].clone())
            })
            .collect::<serde_json::Map<_, _>>()
            .into();
        assert_eq!(deployed, expected(table), "{resource}");
        assert_eq!(template["Resources"][resource]["DeletionPolicy"], "Retain", "{resource}");
    }
    assert_eq!(resources_of_type(&template, "AWS::DynamoDB::Table").len(), DEFINITIONS.len());
}

#[test]
fn queues_outlast_their_function_and_leave_deduplication_to_the_sender() {
    let template = template();
    let timeout = |function: &str| {
        let own = &properties(&template, &format!("{function}Function"))["Timeout"];
        own.as_u64().or(template["Globals"]["Function"]["Timeout"].as_u64()).expect("a timeout")
    };
    for function in ["UserSync", "GroupSync", "Jobs"] {
        let queue = properties(&template, &format!("{function}Queue"));
        assert_eq!(queue["FifoQueue"], true, "{function}");
        assert_eq!(queue["ContentBasedDeduplication"], false, "{function}");
        assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], 5, "{function}");
        // Lambda refuses a mapping whose queue shows a message again while the function may still work on it.
        assert!(queue["VisibilityTimeout"].as_u64().expect("a time") >= timeout(function), "{function}");
    }
}

#[test]
fn roles_name_what_they_touch() {
    let template = template();
    for (name, role) in resources_of_type(&template, "AWS::IAM::Role") {
        for policy in role["Properties"]["Policies"].as_array().expect("policies") {
            for statement in policy["PolicyDocument"]["Statement"].as_array().expect("statements") {
                assert_ne!(statement["Resource"], "*", "{name}");
                assert!(!statement["Action"].to_string().contains('*'), "{name}");
            }
        }
    }
    let secrets = "secret:${AWS::StackName}/*";
    for function in ["UserSync", "GroupSync", "Jobs", "ConfigApi"] {
        let role = properties(&template, &format!("{function}Role")).to_string();
        assert!(role.contains(secrets), "{function} reads the credentials below the prefix");
    }
    for function in ["ChangeDetection", "LogWriter"] {
        let role = properties(&template, &format!("{function}Role")).to_string();
        assert!(!role.contains("secretsmanager"), "{function} has no business with credentials");
    }
}

/// Whether a filter pattern lets a record pass. Only what our patterns use: exact values and `exists`.
fn passes(pattern: &Value, record: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => {
            fields.iter().all(|(name, pattern)| passes(pattern, record.and_then(|record| record.get(name))))
        }
        Value::Array(any) => any.iter().any(|one| match one.get("exists") {
            Some(exists) => exists.as_bool() == Some(record.is_some()),
            None => record == Some(one),
        }),
        _ => false,
    }
}

fn patterns(template: &Value, function: &str, event: &str) -> Vec<Value> {
    let filters = &properties(template, function)["Events"][event]["Properties"]["FilterCriteria"]["Filters"];
    let filters = filters.as_array().unwrap_or_else(|| panic!("{function} filters {event}"));
    filters
        .iter()
        .map(|filter| serde_json::from_str(filter["Pattern"].as_str().expect("a pattern")).expect("JSON"))
        .collect()
}

/// Which of the sample stream records each mapping lets pass.
fn let_through(template: &Value, function: &str, event: &str) -> Vec<String> {
    let patterns = patterns(template, function, event);
    let sample: Value = serde_json::from_str(include_str!("../../../events/stream.json")).expect("JSON");
    let records = sample["Records"].as_array().expect("records");
    let passed = records.iter().filter(|record| patterns.iter().any(|pattern| passes(pattern, Some(record))));
    passed.map(|record| record["eventID"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn streams_wake_a_function_for_what_it_reads_and_for_nothing_else() {
    let template = template();
    assert_eq!(
        let_through(&template, "ChangeDetectionFunction", "Directory"),
        ["user-created", "user-changed", "user-deleted", "group-renamed", "joined", "left"]
    );
    assert_eq!(let_through(&template, "ChangeDetectionFunction", "Presence"), ["account-created"]);
    assert_eq!(
        let_through(&template, "LogWriterFunction", "Outcomes"),
        ["account-created", "account-changed", "application-enabled"]
    );
}

#[test]
fn the_sample_stream_is_read_as_its_filters_say() {
    let event: StreamEvent =
        serde_json::from_str(include_str!("../../../events/stream.json")).expect("an event");
    let changes = aws::stream::changes(&event);
    assert!(changes.iter().all(|(_, change)| change.is_ok()), "{changes:?}");
    let told: BTreeSet<_> = changes.iter().map(|(number, _)| number.as_str()).collect();
    let woken = ["Directory", "Presence"]
        .map(|event| let_through(&template(), "ChangeDetectionFunction", event))
        .concat();
    let woken = woken.into_iter().chain(let_through(&template(), "LogWriterFunction", "Outcomes"));
    let woken: BTreeSet<_> = woken.collect();
    let numbers = event.records.iter().filter(|record| woken.contains(&record.event_id));
    let numbers: BTreeSet<_> =
        numbers.filter_map(|record| record.change.sequence_number.as_deref()).collect();
    assert_eq!(told, numbers);
}

#[test]
fn the_gateway_asks_for_a_token_on_every_route_but_the_document() {
    let template = template();
    assert_eq!(properties(&template, "HttpApi")["Auth"]["DefaultAuthorizer"], "Oidc");
    let open = |event: &Value| event["Properties"]["Auth"]["Authorizer"] == "NONE";
    let events = &properties(&template, "ConfigApiFunction")["Events"];
    let open: Vec<_> = events.as_object().expect("events").values().filter(|event| open(event)).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["Properties"]["Path"], "/v1/openapi.json");
}

#[test]
fn streams_give_up_a_record_only_in_sight() {
    let template = template();
    for (function, event) in
        [("ChangeDetection", "Directory"), ("ChangeDetection", "Presence"), ("LogWriter", "Outcomes")]
    {
        let mapping = &properties(&template, &format!("{function}Function"))["Events"][event]["Properties"];
        assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{event}");
        assert_eq!(mapping["BisectBatchOnFunctionError"], true, "{event}");
        assert_eq!(mapping["MaximumRetryAttempts"], 10, "{event}");
        assert_eq!(mapping["MaximumRecordAgeInSeconds"], 6 * 60 * 60, "{event}");
        assert_eq!(mapping["DestinationConfig"]["OnFailure"]["Type"], "SQS", "{event}");
    }
}

#[test]
fn what_change_detection_gives_up_comes_back_to_it() {
    let template = template();
    let events = &properties(&template, "ChangeDetectionFunction")["Events"];
    let queue = json!({"Fn::GetAtt": ["DiscardedRecordsQueue", "Arn"]});
    for stream in ["Directory", "Presence"] {
        let mapping = &events[stream]["Properties"];
        assert_eq!(mapping["DestinationConfig"]["OnFailure"]["Destination"], queue, "{stream}");
    }
    let back = &events["Discarded"]["Properties"];
    assert_eq!(back["Queue"], queue);
    // As AWS asks for: six times what the function may take, and what is waited for a batch.
    let timeout = template["Globals"]["Function"]["Timeout"].as_u64().expect("a timeout");
    let window = back["MaximumBatchingWindowInSeconds"].as_u64().expect("a window");
    let shown_again = properties(&template, "DiscardedRecordsQueue")["VisibilityTimeout"].as_u64();
    assert!(shown_again.expect("a time") >= 6 * timeout + window);
    // An outcome that is given up is not swept for.
    let outcomes = &properties(&template, "LogWriterFunction")["Events"]["Outcomes"]["Properties"];
    assert_ne!(outcomes["DestinationConfig"]["OnFailure"]["Destination"], queue);
}
