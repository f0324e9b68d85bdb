//! The state in a DynamoDB table: one partition a place, one item a record or ledger.

mod items;
mod transact;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use futures_util::future::BoxFuture;

use self::items::{attributes, is_stored_as, read};
use super::error::reason;
use crate::place::Place;
use crate::ports::{Guard, Item, Put, Saved, Store, StoreError};
use crate::store::codec::partition_key;

/// `BatchGetItem` takes so many keys.
const BATCH_GET_KEYS: usize = 100;

/// How often keys that `BatchGetItem` left out are asked for again.
const BATCH_GET_ROUNDS: usize = 5;

/// The state in a DynamoDB table.
#[derive(Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
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
        Self { client, table: table.into() }
    }

    fn fail(&self, operation: impl Into<String>, reason: String) -> StoreError {
        let store = format!("DynamoDB table {}", self.table);
        StoreError { operation: operation.into(), store, reason, refused: false, source: None }
    }

    /// A call that failed.
    fn failed<E>(
        &self,
        operation: impl Into<String>,
        error: SdkError<E, HttpResponse>,
    ) -> StoreError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let why = reason(&error);
        StoreError { source: Some(error.into()), ..self.fail(operation, why) }
    }

    async fn query(
        &self,
        place: &Place,
        from: &str,
        to: &str,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        let mut start: Option<HashMap<String, AttributeValue>> = None;
        loop {
            let left = i32::try_from(limit - found.len()).ok();
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
                .expression_attribute_values(":pk", AttributeValue::S(partition_key(place)))
                .expression_attribute_values(":low", AttributeValue::S(from.to_owned()))
                .expression_attribute_values(":high", AttributeValue::S(to.to_owned()))
                .projection_expression(items::PROJECTION)
                .consistent_read(true)
                .scan_index_forward(false)
                .set_limit(left)
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(|error| self.failed(format!("Query {place}"), error))?;
            found.extend(page.items().iter().map(read));
            found.truncate(limit);
            start = page.last_evaluated_key.filter(|_| found.len() < limit);
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    async fn get_one(&self, place: &Place, sort_key: &str) -> Result<Vec<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(items::key(place, sort_key)))
            .projection_expression(items::PROJECTION)
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.failed(format!("GetItem {place} {sort_key}"), error))?;
        Ok(answer.item().map(read).into_iter().collect())
    }

    async fn get_all(&self, place: &Place, keys: &[String]) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        for keys in keys.chunks(BATCH_GET_KEYS) {
            let keys = keys.iter().map(|key| items::key(place, key)).collect();
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
                    .map_err(|error| self.failed(format!("BatchGetItem {place}"), error))?;
                let tables = answer.responses.iter().flatten();
                found.extend(tables.flat_map(|(_, items)| items).map(read));
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
        Ok(found)
    }

    /// One conditional write. A refusal by our own write, of which the answer was lost and which
    /// the SDK tried again, is told from a stranger's by what is stored.
    async fn put_one(&self, place: &Place, put: &Put) -> Result<Saved, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(attributes(place, put)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = if put.expected == 0 {
            request.condition_expression("attribute_not_exists(pk)")
        } else {
            request.condition_expression("version = :expected").expression_attribute_values(
                ":expected",
                AttributeValue::N(put.expected.to_string()),
            )
        };
        let Err(error) = request.send().await else { return Ok(Saved::Written) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                let stored = refusal.item.as_ref();
                let ours = stored.is_some_and(|stored| is_stored_as(put, stored));
                Ok(if ours { Saved::Written } else { Saved::Conflict })
            }
            _ => Err(StoreError {
                // Not the call, but what it holds: too large, or a key that is none.
                refused: error.code() == Some("ValidationException"),
                ..self.failed(format!("PutItem {place} {}", put.key), error)
            }),
        }
    }
}

impl Store for DynamoStore {
    fn range<'a>(
        &'a self,
        place: &'a Place,
        from: &'a str,
        to: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(self.query(place, from, to, limit.max(1)))
    }

    fn get<'a>(
        &'a self,
        place: &'a Place,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        match keys {
            [key] => Box::pin(self.get_one(place, key)),
            keys => Box::pin(self.get_all(place, keys)),
        }
    }

    fn put<'a>(
        &'a self,
        place: &'a Place,
        put: &'a Put,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(self.put_one(place, put))
    }

    fn put_new<'a>(
        &'a self,
        place: &'a Place,
        guard: Guard<'a>,
        new: &'a [Put],
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(self.transact(place, guard, new))
    }
}
