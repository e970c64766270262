//! Makes the tables where no stack does: in the local runner and in tests.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType as Role, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};
use provisioning::ports::{StoreError, StoreResult};

use super::TableNames;
use super::definition::{
    DEFINITIONS, EXPIRES_AT, IndexDefinition, IndexKey, IndexProjection, KeyType, TableDefinition,
};
use crate::dynamodb::unavailable;

const WHAT: &str = "table creation";

/// Creates those of the four tables that are not there. They must be usable at once, as those of an embedded database are.
///
/// # Errors
///
/// The database refused, or did not answer.
pub async fn create(client: &Client, names: &TableNames) -> StoreResult<()> {
    let [directory, provisioning, activity, imports] = &DEFINITIONS;
    create_one(client, &names.directory, directory).await?;
    create_one(client, &names.provisioning, provisioning).await?;
    create_one(client, &names.activity, activity).await?;
    create_one(client, &names.imports, imports).await
}

async fn create_one(client: &Client, name: &str, definition: &TableDefinition) -> StoreResult<()> {
    let mut keys = vec![
        IndexKey { attribute: "pk", key_type: KeyType::Text },
        IndexKey { attribute: "sk", key_type: KeyType::Text },
    ];
    for key in definition.indexes.iter().flat_map(|index| [index.partition, index.sort]) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let mut create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for key in keys {
        create = create.attribute_definitions(attribute(key)?);
    }
    create = create.key_schema(element("pk", Role::Hash)?).key_schema(element("sk", Role::Range)?);
    for index in definition.indexes {
        create = create.global_secondary_indexes(global_index(index)?);
    }
    if definition.stream {
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewAndOldImages)
            .build()
            .map_err(|error| malformed(&error))?;
        create = create.stream_specification(stream);
    }
    match create.send().await {
        Ok(_) => {}
        Err(error) if error.code() == Some("ResourceInUseException") => return Ok(()),
        Err(error) => return Err(unavailable(WHAT, &error)),
    }
    if definition.expires {
        let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRES_AT).build();
        let expiry = expiry.map_err(|error| malformed(&error))?;
        let set =
            client.update_time_to_live().table_name(name).time_to_live_specification(expiry).send().await;
        set.map_err(|error: SdkError<_>| unavailable(WHAT, &error))?;
    }
    Ok(())
}

fn attribute(key: IndexKey) -> StoreResult<AttributeDefinition> {
    let scalar = match key.key_type {
        KeyType::Text => ScalarAttributeType::S,
        KeyType::Number => ScalarAttributeType::N,
    };
    let built = AttributeDefinition::builder().attribute_name(key.attribute).attribute_type(scalar).build();
    built.map_err(|error| malformed(&error))
}

fn element(attribute: &str, role: Role) -> StoreResult<KeySchemaElement> {
    let built = KeySchemaElement::builder().attribute_name(attribute).key_type(role).build();
    built.map_err(|error| malformed(&error))
}

fn global_index(index: &IndexDefinition) -> StoreResult<GlobalSecondaryIndex> {
    let projection = Projection::builder();
    let projection = match index.projection {
        IndexProjection::KeysOnly => projection.projection_type(ProjectionType::KeysOnly),
        IndexProjection::All => projection.projection_type(ProjectionType::All),
        IndexProjection::Include(attributes) => attributes
            .iter()
            .fold(projection.projection_type(ProjectionType::Include), |projection, attribute| {
                projection.non_key_attributes(*attribute)
            }),
    };
    let built = GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .key_schema(element(index.partition.attribute, Role::Hash)?)
        .key_schema(element(index.sort.attribute, Role::Range)?)
        .projection(projection.build())
        .build();
    built.map_err(|error| malformed(&error))
}

fn malformed(error: &aws_smithy_types::error::operation::BuildError) -> StoreError {
    StoreError::Corrupt { what: WHAT, detail: error.to_string() }
}
