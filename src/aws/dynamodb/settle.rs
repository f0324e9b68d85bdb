//! Many records of settled tasks in few calls: transactions that hold only while the target's
//! ledger is unchanged.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem};

use super::items::{Write, key};
use super::{DynamoStore, reason};
use crate::place::Place;
use crate::ports::{Saved, StoreError, ledger_key};
use crate::record::Record;
use crate::task::{Kind, TaskKey};

/// A transaction takes 100 items; one is the check of the ledger.
const RECORDS_A_TRANSACTION: usize = 99;

/// How often a transaction is begun anew: after records that are stored already were taken out of
/// it, or after it met another one.
const ROUNDS: u32 = 4;

/// How long the second round waits; each later one waits longer by as much.
const PAUSE: Duration = Duration::from_millis(50);

impl DynamoStore {
    pub(super) async fn settle(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: &[(TaskKey, Record)],
    ) -> Result<Saved, StoreError> {
        // One after another: all check the same ledger, and DynamoDB cancels transactions that
        // meet on an item.
        for chunk in records.chunks(RECORDS_A_TRANSACTION) {
            if self.settle_chunk(place, kind, expected_ledger, chunk).await? == Saved::Conflict {
                return Ok(Saved::Conflict);
            }
        }
        Ok(Saved::Written)
    }

    async fn settle_chunk(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: &[(TaskKey, Record)],
    ) -> Result<Saved, StoreError> {
        let operation = || format!("TransactWriteItems {place} of {} tasks", records.len());
        let mut puts = Vec::with_capacity(records.len());
        for (key, record) in records {
            let body = self.encode(record)?;
            let expires_at = record.expires_at();
            let write = Write { key: key.as_str(), expected: 0, expires_at, body };
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(write.attributes(place)))
                .condition_expression("attribute_not_exists(pk)")
                .build()
                .map_err(|error| self.fail(operation(), error.to_string()))?;
            puts.push(TransactWriteItem::builder().put(put).build());
        }
        for round in 0..ROUNDS {
            if puts.is_empty() {
                return Ok(Saved::Written);
            }
            tokio::time::sleep(PAUSE * round).await;
            let answer = self
                .client
                .transact_write_items()
                .set_transact_items(Some(
                    std::iter::once(self.ledger_check(place, kind, expected_ledger)?)
                        .chain(puts.iter().cloned())
                        .collect(),
                ))
                .send()
                .await;
            let Err(error) = answer else { return Ok(Saved::Written) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(self.fail(operation(), reason(&error)));
            };
            let refused: Vec<bool> = cancelled
                .cancellation_reasons()
                .iter()
                .map(|reason| reason.code() == Some("ConditionalCheckFailed"))
                .collect();
            if refused.first() == Some(&true) {
                return Ok(Saved::Conflict);
            }
            // Stored already, by another poller or by this write when its answer was lost.
            let mut refused = refused.into_iter().skip(1);
            puts.retain(|_| refused.next() != Some(true));
        }
        Err(self.fail(operation(), format!("cancelled {ROUNDS} times by other writes")))
    }

    fn ledger_check(
        &self,
        place: &Place,
        kind: Kind,
        expected: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key(place, &ledger_key(kind))));
        check = if expected == 0 {
            check.condition_expression("attribute_not_exists(pk)")
        } else {
            check
                .condition_expression("version = :expected")
                .expression_attribute_values(":expected", AttributeValue::N(expected.to_string()))
        };
        let check =
            check.build().map_err(|error| self.fail("TransactWriteItems", error.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
