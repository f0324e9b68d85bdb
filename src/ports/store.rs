//! Any store that keeps items in order and writes them on a condition.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::Source;
use crate::place::Place;

/// A read or a write of the state that failed. What it would have changed is unchanged, or, after
/// a time-out, changed as a whole: the next poll reads which.
#[derive(Debug, thiserror::Error)]
#[error("{operation} on {store}: {reason}")]
pub struct StoreError {
    /// What was being done, and to which item.
    pub operation: String,
    /// The table or file.
    pub store: String,
    /// Why.
    pub reason: String,
    /// The store refuses what the item holds: it will never be written, and others may be.
    pub refused: bool,
    /// What failed underneath.
    #[source]
    pub source: Option<Source>,
}

/// One item as it is stored. What of it cannot be read is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// The key, by which the items of a place are in order.
    pub key: String,
    /// Counts the writes.
    pub version: Option<u64>,
    /// The schema of `body`.
    pub schema: Option<u64>,
    /// The record, ledger or sight as JSON.
    pub body: Option<String>,
}

/// One item to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// The key.
    pub key: String,
    /// The version that must be stored now; 0 where nothing may be.
    pub expected: u64,
    /// The schema of `body`.
    pub schema: u64,
    /// The record, ledger or sight as JSON.
    pub body: String,
    /// When the store may forget the item.
    pub expires_at: Option<Timestamp>,
}

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Written.
    Written,
    /// Somebody else had changed the item since it was read; nothing was written.
    Conflict,
}

/// An item that must not change while others are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard<'a> {
    /// Its key.
    pub key: &'a str,
    /// The version that must be stored now; 0 where nothing may be.
    pub expected: u64,
}

/// Any store that keeps a place's items in the order of their keys, and that writes on a condition.
pub trait Store: Send + Sync {
    /// The items with keys between two texts, both included, from the highest down; `limit` at most.
    fn range<'a>(
        &'a self,
        place: &'a Place,
        from: &'a str,
        to: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>>;

    /// Those of the named items that are stored, as they are now.
    fn get<'a>(
        &'a self,
        place: &'a Place,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>>;

    /// Writes an item where the stored version is the expected one.
    fn put<'a>(
        &'a self,
        place: &'a Place,
        put: &'a Put,
    ) -> BoxFuture<'a, Result<Saved, StoreError>>;

    /// Writes those of some new items that are not stored yet, some dozens in each call of the store.
    /// What one call writes holds only if the guard was unchanged then.
    fn put_new<'a>(
        &'a self,
        place: &'a Place,
        guard: Guard<'a>,
        new: &'a [Put],
    ) -> BoxFuture<'a, Result<Saved, StoreError>>;
}
