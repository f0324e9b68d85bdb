//! One item of the table: its attributes, written and read.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::place::Place;
use crate::ports::{Snapshot, Unreadable};
use crate::store::codec::{self, Item, SCHEMA, partition_key};

/// The partition key: `<account>#<region>`.
pub(super) const PK: &str = "pk";
/// The sort key.
pub(super) const SK: &str = "sk";
/// The record or ledger as JSON.
pub(super) const BODY: &str = "body";
const VERSION: &str = "version";
/// Not `schema`, which is a reserved word of DynamoDB.
const SCHEMA_VERSION: &str = "schema_version";
const EXPIRES_AT: &str = "expires_at";

/// What a read asks for.
pub(super) const PROJECTION: &str = "sk, version, schema_version, body";

/// One item to write where the stored version is still `expected`.
pub(super) struct Write<'a> {
    pub(super) key: &'a str,
    pub(super) expected: u64,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) body: String,
}

impl Write<'_> {
    pub(super) fn attributes(&self, place: &Place) -> HashMap<String, AttributeValue> {
        let mut attributes = key(place, self.key);
        let number = |number: u64| AttributeValue::N(number.to_string());
        attributes.insert(VERSION.into(), number(self.expected + 1));
        attributes.insert(SCHEMA_VERSION.into(), number(SCHEMA));
        attributes.insert(BODY.into(), AttributeValue::S(self.body.clone()));
        if let Some(time) = self.expires_at {
            let seconds = AttributeValue::N(time.as_second().to_string());
            attributes.insert(EXPIRES_AT.into(), seconds);
        }
        attributes
    }

    /// Whether the stored item is what this write wrote.
    pub(super) fn is_stored_as(&self, stored: &HashMap<String, AttributeValue>) -> bool {
        number(stored, VERSION) == Some(self.expected + 1)
            && stored.get(BODY).and_then(|body| body.as_s().ok()) == Some(&self.body)
    }
}

/// The key of an item.
pub(super) fn key(place: &Place, sort_key: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (PK.to_owned(), AttributeValue::S(partition_key(place))),
        (SK.to_owned(), AttributeValue::S(sort_key.to_owned())),
    ])
}

/// Takes an item that was read into what is known.
pub(super) fn read_item(attributes: &HashMap<String, AttributeValue>, known: &mut Snapshot) {
    let text = |name: &str| attributes.get(name).and_then(|value| value.as_s().ok()).cloned();
    let key = text(SK).unwrap_or_default();
    let item = (number(attributes, VERSION), number(attributes, SCHEMA_VERSION), text(BODY));
    match item {
        (Some(version), Some(schema), Some(body)) => {
            codec::take(&Item { key, version, schema, body }, known);
        }
        _ => known.unreadable.push(Unreadable {
            key,
            reason: "it lacks version, schema_version or body; delete the item".into(),
        }),
    }
}

fn number(attributes: &HashMap<String, AttributeValue>, name: &str) -> Option<u64> {
    attributes.get(name)?.as_n().ok()?.parse().ok()
}
