//! The edges of a poll as small traits in our own types: EC2, the store, the sinks, the clock.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::event::Event;
use crate::place::Place;
use crate::record::{Cursor, Ledger, Record, SinkName, Torn, Versioned};
use crate::task::{Kind, Task, TaskKey};

/// No call of an adapter takes longer, its retries included. What a poll keeps in reserve for its
/// phases, and the part of a lease in which nothing is published, are made of it.
pub const CALL_LONGEST: Duration = Duration::from_secs(8);

/// The time. The only source of "now" in the library.
pub trait Clock {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// One item of a listing that could not be read as a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// What is known of it: ids, bucket.
    pub item: String,
    /// What is wrong with it.
    pub reason: String,
    /// What could be read of it, where it has an id and is not known to have ended.
    pub may_run: Option<Torn>,
}

/// Which page of a listing is asked for.
#[derive(Debug, Clone, Copy)]
pub enum PageAt<'a> {
    /// The first, of so many tasks at most.
    First {
        /// The most tasks that the page may hold.
        page_size: i32,
    },
    /// The one at a cursor.
    Next(&'a Cursor),
}

impl PageAt<'_> {
    /// The most tasks that EC2 gives a page.
    pub const LARGEST: i32 = 200;

    /// A first page as large as EC2 gives one.
    pub const WHOLE: Self = Self::First { page_size: Self::LARGEST };

    /// The most tasks that the page may hold.
    #[must_use]
    pub fn page_size(&self) -> i32 {
        match self {
            Self::First { page_size } => *page_size,
            Self::Next(cursor) => cursor.page_size,
        }
    }

    /// EC2's token of the page; none for the first one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        match self {
            Self::First { .. } => None,
            Self::Next(cursor) => Some(&cursor.token),
        }
    }
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The tasks, in EC2's order.
    pub tasks: Vec<Task>,
    /// The items that could not be read.
    pub rejected: Vec<Rejected>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
    /// The calls that it took, those that were tried again included.
    pub calls: u32,
}

/// A listing call that failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} in {region}: {reason}")]
pub struct ListError {
    /// EC2's operation.
    pub operation: &'static str,
    /// The Region asked.
    pub region: String,
    /// Why, in EC2's words where it gave any.
    pub reason: String,
    /// EC2 no longer takes the page token: the listing must begin anew.
    pub token_refused: bool,
    /// The calls that were made.
    pub calls: u32,
}

/// EC2's listings.
pub trait TaskSource {
    /// Lists one page of a kind of task. Calls EC2 at most `calls_max` times: each try takes from
    /// what EC2 lets the account list.
    fn list(
        &self,
        place: &Place,
        kind: Kind,
        at: PageAt<'_>,
        calls_max: u32,
    ) -> impl Future<Output = Result<Page, ListError>> + Send;
}

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
}

/// A stored item that cannot be understood. It is left as it is, and its task is passed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stored item {key}: {reason}")]
pub struct Unreadable {
    /// The item's key in the store.
    pub key: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// The sort key of a target's ledger. It sorts behind every task's.
#[must_use]
pub fn ledger_key(kind: Kind) -> String {
    format!("~{kind}")
}

/// What the store knows of a place.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The ledgers of the targets that have one.
    pub ledgers: BTreeMap<Kind, Versioned<Ledger>>,
    /// The records of the window, those named as open below the watermark, and all bundle tasks.
    pub records: BTreeMap<TaskKey, Versioned<Record>>,
    /// Items that cannot be understood.
    pub unreadable: Vec<Unreadable>,
}

impl Snapshot {
    /// Whether the store holds an item for this task that cannot be understood.
    #[must_use]
    pub fn is_unreadable(&self, key: &TaskKey) -> bool {
        self.unreadable.iter().any(|item| item.key == key.as_str())
    }

    /// Whether the store holds a ledger of this kind that cannot be understood.
    #[must_use]
    pub fn is_ledger_unreadable(&self, kind: Kind) -> bool {
        self.unreadable.iter().any(|item| item.key == ledger_key(kind))
    }
}

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Written.
    Written,
    /// Somebody else had changed the item since it was read; nothing was written.
    Conflict,
}

/// What amiwatch remembers.
pub trait StateStore {
    /// Reads the ledgers of a place, the records of its window, the open ones below the watermark and
    /// the bundle tasks.
    fn read(&self, place: &Place) -> impl Future<Output = Result<Snapshot, StoreError>> + Send;

    /// Reads the records of store tasks that started between two times, both included, from the
    /// newest down. Stops when it has read more than `records_max`; what it read then is less than
    /// all.
    fn read_between(
        &self,
        place: &Place,
        from: Timestamp,
        to: Timestamp,
        records_max: usize,
    ) -> impl Future<Output = Result<Snapshot, StoreError>> + Send;

    /// Reads the record of one task, as it is now.
    fn read_one(
        &self,
        place: &Place,
        key: &TaskKey,
    ) -> impl Future<Output = Result<Snapshot, StoreError>> + Send;

    /// Reads a target's ledger, as it is now.
    fn read_ledger(
        &self,
        place: &Place,
        kind: Kind,
    ) -> impl Future<Output = Result<Snapshot, StoreError>> + Send;

    /// Writes a record where the stored version is still `expected` (0: nothing stored).
    fn save(
        &self,
        place: &Place,
        key: &TaskKey,
        record: &Record,
        expected: u64,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;

    /// Writes records of settled tasks that nothing has to be told of, some dozens in each call of
    /// the store. Each holds only while the target's ledger still has the version
    /// `expected_ledger`: a slow first listing must not silence what ended after another poller
    /// finished the baseline. Records that are already stored are left as they are.
    fn save_settled(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: Vec<(TaskKey, Record)>,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;

    /// Writes a ledger where the stored version is still `expected` (0: nothing stored).
    fn save_ledger(
        &self,
        place: &Place,
        ledger: &Ledger,
        expected: u64,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;
}

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The sink refuses this event, also in its minimal form; others may pass.
    #[error("refused the event: {0}")]
    Refused(String),
    /// The sink cannot be used now: down, throttled, denied. Others would fare no better.
    #[error("is not available: {0}")]
    Unavailable(String),
}

/// How an event was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// In full.
    InFull,
    /// In the minimal form, as the sink refused the full one for good.
    Minimal,
}

/// A place to which events go.
pub trait Sink: Send + Sync {
    /// Its name, under which records wait for it.
    fn name(&self) -> SinkName;

    /// Publishes one event, once.
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>>;
}

impl<S: Sink + ?Sized> Sink for std::sync::Arc<S> {
    fn name(&self) -> SinkName {
        (**self).name()
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        (**self).publish(event)
    }
}
