//! One item of the table: its attributes, written and read.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::place::Place;
use crate::ports::{Item, Put};
use crate::store::codec::partition_key;

/// The partition key: `<account>#<region>`.
const PK: &str = "pk";
/// The sort key.
const SK: &str = "sk";
/// The record or ledger as JSON.
const BODY: &str = "body";
const VERSION: &str = "version";
/// Not `schema`, which is a reserved word of DynamoDB.
const SCHEMA_VERSION: &str = "schema_version";
const EXPIRES_AT: &str = "expires_at";

/// What a read asks for.
pub(super) const PROJECTION: &str = "sk, version, schema_version, body";

/// The attributes of an item to write.
pub(super) fn attributes(place: &Place, put: &Put) -> HashMap<String, AttributeValue> {
    let mut attributes = key(place, &put.key);
    let number = |number: u64| AttributeValue::N(number.to_string());
    attributes.insert(VERSION.into(), number(put.expected.saturating_add(1)));
    attributes.insert(SCHEMA_VERSION.into(), number(put.schema));
    attributes.insert(BODY.into(), AttributeValue::S(put.body.clone()));
    if let Some(time) = put.expires_at {
        let seconds = AttributeValue::N(time.as_second().to_string());
        attributes.insert(EXPIRES_AT.into(), seconds);
    }
    attributes
}

/// Whether the stored item is what this write wrote.
pub(super) fn is_stored_as(put: &Put, stored: &HashMap<String, AttributeValue>) -> bool {
    number(stored, VERSION) == put.expected.checked_add(1)
        && stored.get(BODY).and_then(|body| body.as_s().ok()) == Some(&put.body)
}

/// The key of an item.
pub(super) fn key(place: &Place, sort_key: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (PK.to_owned(), AttributeValue::S(partition_key(place))),
        (SK.to_owned(), AttributeValue::S(sort_key.to_owned())),
    ])
}

/// An item that was read.
pub(super) fn read(attributes: &HashMap<String, AttributeValue>) -> Item {
    let text = |name: &str| attributes.get(name).and_then(|value| value.as_s().ok()).cloned();
    Item {
        key: text(SK).unwrap_or_default(),
        version: number(attributes, VERSION),
        schema: number(attributes, SCHEMA_VERSION),
        body: text(BODY),
    }
}

fn number(attributes: &HashMap<String, AttributeValue>, name: &str) -> Option<u64> {
    attributes.get(name)?.as_n().ok()?.parse().ok()
}
