//! The definitions of custom attributes, in the directory table.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use provisioning::directory::attribute::{AttributeDefinition, AttributeType};
use provisioning::ports::{AttributeStore, Defined, StoreError, StoreResult};

use crate::dynamodb::{
    Condition, all, concurrently, decode, encode, is_condition_failure, key_item, patiently, unavailable,
    value,
};
use crate::tables::item::ATTRIBUTE_DEFINITION;
use crate::tables::keys;

const WHAT: &str = "the attribute store";

/// Custom attributes in DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoAttributeStore {
    client: Client,
    table: String,
}

impl DynamoAttributeStore {
    /// The store in the directory table.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Puts a definition where `condition` holds; `None` where not, else whether it is new.
    async fn put(&self, definition: &AttributeDefinition, condition: Condition) -> StoreResult<Option<bool>> {
        let key = keys::attribute(&definition.name);
        let condition = condition.into_parts();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encode(WHAT, ATTRIBUTE_DEFINITION, &key, definition)?))
            .set_condition_expression(condition.expression)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .return_values(ReturnValue::AllOld);
        match patiently(|| put.clone().send()).await {
            Ok(put) => Ok(Some(put.attributes.is_none_or(|old| old.is_empty()))),
            Err(error) if is_condition_failure(&error) => Ok(None),
            Err(error) => Err(unavailable(WHAT, &error)),
        }
    }

    async fn define_one(&self, name: &str) -> StoreResult<()> {
        let definition =
            AttributeDefinition { name: name.to_owned(), kind: AttributeType::String, description: None };
        self.put(&definition, Condition::no_item()).await.map(|_| ())
    }
}

#[async_trait]
impl AttributeStore for DynamoAttributeStore {
    async fn list(&self) -> StoreResult<Vec<AttributeDefinition>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::ATTRIBUTES.into()));
        all(WHAT, query).await?.into_iter().map(|item| decode(WHAT, item)).collect()
    }

    async fn attribute(&self, name: &str) -> StoreResult<Option<AttributeDefinition>> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let get = get.set_key(Some(key_item(&keys::attribute(name))));
        let got = patiently(|| get.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        got.item.map(|item| decode(WHAT, item)).transpose()
    }

    async fn define(&self, definition: &AttributeDefinition) -> StoreResult<Defined> {
        // A definition that another takes away between the refusal and the reading is made at the second attempt.
        for _ in 0..3 {
            let same_type = Condition::no_item_or("type", value(WHAT, &definition.kind)?);
            match self.put(definition, same_type).await? {
                Some(true) => return Ok(Defined::Created),
                Some(false) => return Ok(Defined::Replaced),
                None => {}
            }
            if let Some(there) = self.attribute(&definition.name).await? {
                return Ok(Defined::OfType(there.kind));
            }
        }
        Err(StoreError::Unavailable { what: WHAT, detail: "others kept changing the definition".into() })
    }

    async fn define_unknown(&self, names: &[String]) -> StoreResult<()> {
        let known = self.list().await?;
        let unknown = names.iter().filter(|name| known.iter().all(|known| known.name != **name));
        let puts: Vec<_> = unknown.map(|name| self.define_one(name)).collect();
        concurrently(puts).await.map(|_| ())
    }

    async fn delete(&self, name: &str) -> StoreResult<bool> {
        let delete = self.client.delete_item().table_name(&self.table).return_values(ReturnValue::AllOld);
        let delete = delete.set_key(Some(key_item(&keys::attribute(name))));
        let deleted = patiently(|| delete.clone().send()).await.map_err(|error| unavailable(WHAT, &error))?;
        Ok(deleted.attributes.is_some_and(|old| !old.is_empty()))
    }
}
