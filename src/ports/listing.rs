//! EC2's listings.

use futures_util::future::BoxFuture;

use super::Source;
use crate::place::Place;
use crate::record::{Cursor, Torn};
use crate::task::{Kind, Task};

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
    /// Those of them that EC2 put off, as it throttled them or was not available.
    pub throttled: u32,
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
    /// Those of them that EC2 put off.
    pub throttled: u32,
    /// What failed underneath.
    #[source]
    pub source: Option<Source>,
}

impl ListError {
    /// A page token with which the listing cannot go on.
    #[must_use]
    pub fn of_token(kind: Kind, place: &Place, reason: String) -> Self {
        let operation = kind.identity().operation;
        let region = place.region.clone();
        Self {
            operation,
            region,
            reason,
            token_refused: true,
            calls: 0,
            throttled: 0,
            source: None,
        }
    }
}

/// EC2's listings.
pub trait TaskSource: Send + Sync {
    /// Lists one page of a kind of task. Calls EC2 at most `calls_max` times: each try takes from
    /// what EC2 lets the account list.
    fn list<'a>(
        &'a self,
        place: &'a Place,
        kind: Kind,
        at: PageAt<'a>,
        calls_max: u32,
    ) -> BoxFuture<'a, Result<Page, ListError>>;
}
