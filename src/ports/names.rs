//! The names of AMIs, for messages.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Source;
use crate::place::Place;

/// Learning names takes no longer: an ending is told without them rather than late.
pub const NAMES_LONGEST: Duration = Duration::from_secs(2);

/// A filter of EC2 takes no more values.
pub const NAMES_AT_ONCE: usize = 200;

/// Names that could not be learned. Events go out without them.
#[derive(Debug, thiserror::Error)]
#[error("the names of AMIs in {region} ({images} asked for) could not be learned: {reason}")]
pub struct NamesError {
    /// How many were asked for.
    pub images: usize,
    /// The Region asked.
    pub region: String,
    /// Why, in EC2's words where it gave any.
    pub reason: String,
    /// What failed underneath.
    #[source]
    pub source: Option<Source>,
}

/// What AMIs are called.
pub trait ImageNames: Send + Sync {
    /// The names of those AMIs of a place that EC2 knows; [`NAMES_AT_ONCE`] at most are asked for, in
    /// one call of at most [`NAMES_LONGEST`].
    fn names<'a>(
        &'a self,
        place: &'a Place,
        images: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, NamesError>>;
}
