//! The edges of a poll as small traits in our own types: EC2, the store, the sinks, the clock.

mod listing;
mod names;
mod sink;
mod store;

use std::time::Duration;

use jiff::Timestamp;

pub use listing::{ListError, Page, PageAt, Rejected, TaskSource};
pub use names::{ImageNames, NAMES_AT_ONCE, NAMES_LONGEST, NamesError};
pub use sink::{PublishError, Published, Sink};
pub use store::{Guard, Item, Put, Saved, Store, StoreError};

/// No call of an adapter takes longer, its retries included. What a poll keeps in reserve for its
/// phases, and the part of a lease in which nothing is published, are made of it.
pub const CALL_LONGEST: Duration = Duration::from_secs(8);

/// What failed underneath an error, for logs that follow the chain.
pub type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The time. The only source of "now" in the library.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}
