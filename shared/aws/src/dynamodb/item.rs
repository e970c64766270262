//! Items to domain types and back. A domain type's fields lie at an item's top level, beside the keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use provisioning::ports::{StoreError, StoreResult};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::tables::item::ITEM;
use crate::tables::keys::Key;

/// An item, by attribute.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// An item of this kind under this key with the fields of `value`.
pub(crate) fn encode<T: Serialize>(
    what: &'static str,
    kind: &str,
    key: &Key,
    value: &T,
) -> StoreResult<Item> {
    let mut item: Item = serde_dynamo::to_item(value).map_err(|_| corrupt::<T>(what))?;
    item.extend(key_item(key));
    item.insert(ITEM.into(), AttributeValue::S(kind.into()));
    Ok(item)
}

/// The domain type whose fields an item has; attributes it does not know are left alone.
pub(crate) fn decode<T: DeserializeOwned>(what: &'static str, item: Item) -> StoreResult<T> {
    serde_dynamo::from_item(item).map_err(|_| corrupt::<T>(what))
}

/// A single attribute's value.
pub(crate) fn value<T: Serialize>(what: &'static str, value: &T) -> StoreResult<AttributeValue> {
    serde_dynamo::to_attribute_value(value).map_err(|_| corrupt::<T>(what))
}

/// The error names the type only: what serde says may quote a value.
fn corrupt<T>(what: &'static str) -> StoreError {
    let name = std::any::type_name::<T>();
    let name = name.rsplit("::").next().unwrap_or(name);
    StoreError::Corrupt { what, detail: format!("it is no {name}") }
}

/// The key as DynamoDB takes it.
pub(crate) fn key_item(key: &Key) -> Item {
    let text = |part: &str| AttributeValue::S(part.to_owned());
    HashMap::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
}

/// An item's key.
pub(crate) fn key_of(what: &'static str, item: &Item) -> StoreResult<Key> {
    match (text(item, "pk"), text(item, "sk")) {
        (Some(pk), Some(sk)) => Ok(Key::new(pk, sk)),
        _ => Err(corrupt::<Key>(what)),
    }
}

/// An attribute that is text.
pub(crate) fn text<'a>(item: &'a Item, attribute: &str) -> Option<&'a str> {
    item.get(attribute)?.as_s().ok().map(String::as_str)
}

/// A time in milliseconds, as the domain's types have it.
pub(crate) fn millis(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}
