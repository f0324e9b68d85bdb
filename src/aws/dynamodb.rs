//! The state in a DynamoDB table. One partition a place; see [`crate::store::codec`] for the items.
//!
//! Sort keys: `t#<start>#<ami>#<bucket>` store-image tasks, `u#<id>` bundle tasks, `~<kind>` ledgers.
//! Read from the highest down, a query meets the ledgers first, then the bundle tasks, then the
//! newest store tasks, and stops at the window: one page where a Region is quiet.

mod items;
mod settle;

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use jiff::Timestamp;

use self::items::{BODY, SK, Write, read_item};
use super::error::reason;
use crate::place::Place;
use crate::ports::{Saved, Snapshot, StateStore, StoreError, ledger_key};
use crate::record::{Ledger, Record};
use crate::store::codec::{self, partition_key};
use crate::task::{Kind, TaskKey};

/// Items in the first page of a place whose window is not known yet: the ledgers, and more than
/// the settled records that a window holds at most.
const FIRST_PAGE_ITEMS: i32 = 64;

/// `BatchGetItem` takes so many keys.
const BATCH_GET_KEYS: usize = 100;

/// How often keys that `BatchGetItem` left out are asked for again.
const BATCH_GET_ROUNDS: usize = 5;

/// The state in a DynamoDB table.
#[derive(Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
    /// Where the window of each place began when it was last read: most often it still does.
    windows: Mutex<HashMap<Place, Timestamp>>,
}

impl DynamoStore {
    /// Uses a table that has the keys `pk` and `sk`, both strings.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoint_url: Option<String>, table: impl Into<String>) -> Self {
        let mut builder = aws_sdk_dynamodb::config::Builder::from(config);
        if let Some(url) = endpoint_url {
            builder = builder.endpoint_url(url);
        }
        let client = Client::from_conf(builder.build());
        Self { client, table: table.into(), windows: Mutex::default() }
    }

    fn fail(&self, operation: impl Into<String>, reason: String) -> StoreError {
        let store = format!("DynamoDB table {}", self.table);
        StoreError { operation: operation.into(), store, reason, refused: false }
    }

    /// Reads a range of a partition from the highest key down, page by page while `more` says so.
    async fn query(
        &self,
        place: &Place,
        from: Option<&str>,
        to: Option<&str>,
        known: &mut Snapshot,
        records_max: usize,
        mut from_of: impl FnMut(&Snapshot) -> Option<String>,
    ) -> Result<(), StoreError> {
        let mut low = from.map(str::to_owned);
        let mut start: Option<HashMap<String, AttributeValue>> = None;
        loop {
            let condition = match (&low, to) {
                (Some(_), Some(_)) => "pk = :pk AND sk BETWEEN :low AND :high",
                (Some(_), None) => "pk = :pk AND sk >= :low",
                _ => "pk = :pk",
            };
            let mut query = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression(condition)
                .expression_attribute_values(":pk", AttributeValue::S(partition_key(place)))
                .projection_expression(items::PROJECTION)
                .consistent_read(true)
                .scan_index_forward(false)
                .set_exclusive_start_key(start.take());
            if let Some(low) = &low {
                query = query.expression_attribute_values(":low", AttributeValue::S(low.clone()));
            } else {
                query = query.limit(FIRST_PAGE_ITEMS);
            }
            if let (Some(_), Some(high)) = (&low, to) {
                query =
                    query.expression_attribute_values(":high", AttributeValue::S(high.to_owned()));
            }
            let page = query
                .send()
                .await
                .map_err(|error| self.fail(format!("Query {place}"), reason(&error)))?;
            for attributes in page.items() {
                read_item(attributes, known);
            }
            let Some(next) = page.last_evaluated_key else { return Ok(()) };
            if known.records.len() > records_max {
                return Ok(());
            }
            low = from_of(known).or(low);
            let below =
                next.get(SK).and_then(|sk| sk.as_s().ok()).map(String::as_str) < low.as_deref();
            if low.is_some() && below {
                return Ok(());
            }
            start = Some(next);
        }
    }

    /// Reads the window, from its beginning where that is known.
    async fn read_from(
        &self,
        place: &Place,
        window: Option<Timestamp>,
    ) -> Result<Snapshot, StoreError> {
        let mut known = Snapshot::default();
        let hint = window.map(|from| TaskKey::lowest_at(from).to_string());
        self.query(place, hint.as_deref(), None, &mut known, usize::MAX, |known| {
            // Where the ledger cannot be understood no store task is judged; bundle tasks are.
            let unreadable = known.is_ledger_unreadable(Kind::StoreImage);
            let ledger = known.ledgers.get(&Kind::StoreImage);
            match (unreadable, ledger) {
                (true, _) => Some(TaskKey::bundle("").to_string()),
                (false, Some(ledger)) => {
                    Some(TaskKey::lowest_at(ledger.value.watermark).to_string())
                }
                (false, None) => Some(TaskKey::lowest_at(Timestamp::UNIX_EPOCH).to_string()),
            }
        })
        .await?;
        Ok(known)
    }

    async fn get(&self, place: &Place, sort_key: &str) -> Result<Snapshot, StoreError> {
        let mut known = Snapshot::default();
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(items::key(place, sort_key)))
            .projection_expression(items::PROJECTION)
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.fail(format!("GetItem {place} {sort_key}"), reason(&error)))?;
        if let Some(attributes) = answer.item() {
            read_item(attributes, &mut known);
        }
        Ok(known)
    }

    async fn get_open_below(&self, place: &Place, known: &mut Snapshot) -> Result<(), StoreError> {
        let Some(ledger) = known.ledgers.get(&Kind::StoreImage) else { return Ok(()) };
        let wanted: Vec<TaskKey> = ledger
            .value
            .open_below
            .iter()
            .filter(|key| !known.records.contains_key(*key) && !known.is_unreadable(key))
            .cloned()
            .collect();
        for keys in wanted.chunks(BATCH_GET_KEYS) {
            let keys = keys.iter().map(|key| items::key(place, key.as_str())).collect();
            let mut request = KeysAndAttributes::builder()
                .consistent_read(true)
                .projection_expression(items::PROJECTION)
                .set_keys(Some(keys))
                .build()
                .map_err(|error| self.fail("BatchGetItem", error.to_string()))?;
            let mut rounds = 0;
            loop {
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(&self.table, request)
                    .send()
                    .await
                    .map_err(|error| self.fail(format!("BatchGetItem {place}"), reason(&error)))?;
                for attributes in answer.responses.iter().flatten().flat_map(|(_, items)| items) {
                    read_item(attributes, known);
                }
                let rest = answer.unprocessed_keys.and_then(|mut rest| rest.remove(&self.table));
                let Some(rest) = rest.filter(|rest| !rest.keys().is_empty()) else { break };
                rounds += 1;
                if rounds == BATCH_GET_ROUNDS {
                    let left = rest.keys().len();
                    let reason = format!("{left} keys left unprocessed after {rounds} rounds");
                    return Err(self.fail(format!("BatchGetItem {place}"), reason));
                }
                request = rest;
            }
        }
        Ok(())
    }

    /// One conditional write. A refusal by our own write, of which the answer was lost and which
    /// the SDK tried again, is told from a stranger's by what is stored.
    async fn put(&self, place: &Place, write: Write<'_>) -> Result<Saved, StoreError> {
        let operation = format!("PutItem {place} {}", write.key);
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write.attributes(place)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if write.expected == 0 {
            put = put.condition_expression("attribute_not_exists(pk)");
        } else {
            put = put.condition_expression("version = :expected").expression_attribute_values(
                ":expected",
                AttributeValue::N(write.expected.to_string()),
            );
        }
        match put.send().await {
            Ok(_) => Ok(Saved::Written),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                    let stored = refusal.item.as_ref();
                    let ours = stored.is_some_and(|stored| write.is_stored_as(stored));
                    Ok(if ours { Saved::Written } else { Saved::Conflict })
                }
                // Not the call, but what it holds: too large, or a key that is none.
                _ => Err(StoreError {
                    refused: error.code() == Some("ValidationException"),
                    ..self.fail(operation, reason(&error))
                }),
            },
        }
    }
}

impl StateStore for DynamoStore {
    async fn read(&self, place: &Place) -> Result<Snapshot, StoreError> {
        let window = self.windows.lock().ok().and_then(|windows| windows.get(place).copied());
        let mut known = self.read_from(place, window).await?;
        let ledger = known.ledgers.get(&Kind::StoreImage);
        let from = ledger.map(|ledger| ledger.value.watermark);
        if window.is_some_and(|hint| from.is_none_or(|from| from < hint)) {
            // The window moved down, or the ledger was deleted or set back: the hint cut off too much.
            known = self.read_from(place, None).await?;
        }
        self.get_open_below(place, &mut known).await?;
        if let Ok(mut windows) = self.windows.lock() {
            match known.ledgers.get(&Kind::StoreImage) {
                Some(ledger) => windows.insert(place.clone(), ledger.value.watermark),
                None => windows.remove(place),
            };
        }
        Ok(known)
    }

    async fn read_one(&self, place: &Place, key: &TaskKey) -> Result<Snapshot, StoreError> {
        self.get(place, key.as_str()).await
    }

    async fn read_ledger(&self, place: &Place, kind: Kind) -> Result<Snapshot, StoreError> {
        self.get(place, &ledger_key(kind)).await
    }

    async fn read_between(
        &self,
        place: &Place,
        from: Timestamp,
        to: Timestamp,
        records_max: usize,
    ) -> Result<Snapshot, StoreError> {
        let mut known = Snapshot::default();
        let (from, to) = (TaskKey::lowest_at(from), TaskKey::behind_all_at(to));
        let (from, to) = (Some(from.as_str()), Some(to.as_str()));
        self.query(place, from, to, &mut known, records_max, |_| None).await?;
        Ok(known)
    }

    async fn save(
        &self,
        place: &Place,
        key: &TaskKey,
        record: &Record,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let body = self.encode(record)?;
        let expires_at = record.expires_at();
        self.put(place, Write { key: key.as_str(), expected, expires_at, body }).await
    }

    async fn save_settled(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: Vec<(TaskKey, Record)>,
    ) -> Result<Saved, StoreError> {
        self.settle(place, kind, expected_ledger, &records).await
    }

    async fn save_ledger(
        &self,
        place: &Place,
        ledger: &Ledger,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let key = ledger_key(ledger.kind);
        let body = self.encode(ledger)?;
        self.put(place, Write { key: &key, expected, expires_at: None, body }).await
    }
}

impl DynamoStore {
    fn encode<T: serde::Serialize>(&self, value: &T) -> Result<String, StoreError> {
        codec::encode(value).map_err(|error| self.fail(format!("write of {BODY}"), error))
    }
}
