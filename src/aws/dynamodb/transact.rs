//! Many new items in few calls: transactions that hold only while another item is unchanged.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::{ConditionCheck, Put as NewItem, TransactWriteItem};

use super::DynamoStore;
use super::items::{attributes, key};
use crate::place::Place;
use crate::ports::{Guard, Put, Saved, StoreError};

/// A transaction takes 100 items; one is the check of the guard.
const ITEMS_A_TRANSACTION: usize = 99;

/// How often a transaction is begun anew: after items that are stored already were taken out of
/// it, or after it met another one.
const ROUNDS: u32 = 4;

/// How long the second round waits; each later one waits longer by as much.
const PAUSE: Duration = Duration::from_millis(50);

impl DynamoStore {
    pub(super) async fn transact(
        &self,
        place: &Place,
        guard: Guard<'_>,
        new: &[Put],
    ) -> Result<Saved, StoreError> {
        // One after another: all check the same item, and DynamoDB cancels transactions that meet.
        for some in new.chunks(ITEMS_A_TRANSACTION) {
            if self.transact_some(place, guard, some).await? == Saved::Conflict {
                return Ok(Saved::Conflict);
            }
        }
        Ok(Saved::Written)
    }

    async fn transact_some(
        &self,
        place: &Place,
        guard: Guard<'_>,
        new: &[Put],
    ) -> Result<Saved, StoreError> {
        let operation = || format!("TransactWriteItems {place} of {} items", new.len());
        let puts = new.iter().map(|put| {
            let put = NewItem::builder()
                .table_name(&self.table)
                .set_item(Some(attributes(place, put)))
                .condition_expression("attribute_not_exists(pk)")
                .build()
                .map_err(|error| self.fail(operation(), error.to_string()))?;
            Ok(TransactWriteItem::builder().put(put).build())
        });
        let mut puts = puts.collect::<Result<Vec<_>, StoreError>>()?;
        for round in 0..ROUNDS {
            tokio::time::sleep(PAUSE * round).await;
            let answer = self
                .client
                .transact_write_items()
                .set_transact_items(Some(
                    std::iter::once(self.check(place, guard)?)
                        .chain(puts.iter().cloned())
                        .collect(),
                ))
                .send()
                .await;
            let Err(error) = answer else { return Ok(Saved::Written) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(self.failed(operation(), error));
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
            if puts.is_empty() {
                return Ok(Saved::Written);
            }
        }
        Err(self.fail(operation(), format!("cancelled {ROUNDS} times by other writes")))
    }

    fn check(&self, place: &Place, guard: Guard<'_>) -> Result<TransactWriteItem, StoreError> {
        let mut check =
            ConditionCheck::builder().table_name(&self.table).set_key(Some(key(place, guard.key)));
        check = if guard.expected == 0 {
            check.condition_expression("attribute_not_exists(pk)")
        } else {
            let expected = AttributeValue::N(guard.expected.to_string());
            check
                .condition_expression("version = :expected")
                .expression_attribute_values(":expected", expected)
        };
        let check =
            check.build().map_err(|error| self.fail("TransactWriteItems", error.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
