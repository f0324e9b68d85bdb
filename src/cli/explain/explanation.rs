//! All that is known of one task, as it is printed: pure.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::listing::{Listing, Reading};
use super::next::Next;
use super::words::{listed_now, remembered_of};
use crate::cli::remembered::{Past, past};
use crate::cli::wait::Wanted;
use crate::place::Place;
use crate::record::{Ledger, Record};
use crate::render::text::plain;
use crate::task::{Kind, Task};

/// All that is known of one task in one place.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Explanation {
    /// Its id, or for a store the AMI's with the bucket.
    task: String,
    /// Empty where nobody says whose the credentials are.
    account: String,
    region: String,
    kind: Kind,
    /// Null where EC2 does not list it, or was not asked.
    listed: Option<Now>,
    listing_is_complete: bool,
    /// Empty where no poll has looked at the place.
    remembered: Vec<Memories>,
    #[serde(skip)]
    listed_in_words: String,
}

/// The task as EC2 lists it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Now {
    state: String,
    progress_percent: Option<u8>,
    status_message: Option<String>,
    started_at: Option<Timestamp>,
    bucket: Option<String>,
    reason: Option<String>,
}

/// What is remembered of it, and what follows from that.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Memories {
    account: String,
    /// Whether the target has its baseline.
    baseline_done: bool,
    /// Null where there is no record of the task.
    record: Option<Past>,
    /// When it last moved; null where there is no record.
    moved_at: Option<Timestamp>,
    stalled: bool,
    /// Complete listings in a row that did not hold it.
    missed: u8,
    /// Until when another poll is telling it.
    leased_until: Option<Timestamp>,
    /// Null where it depends on what EC2 lists, and that is not known.
    next_poll: Option<Next>,
    #[serde(skip)]
    in_words: String,
}

impl Memories {
    pub(super) fn new(
        place: &Place,
        record: Option<&Record>,
        ledger: Option<&Ledger>,
        next_poll: Option<Next>,
        now: Timestamp,
    ) -> Self {
        let lease = record.and_then(|record| record.lease.as_ref()).filter(|it| it.holds(now));
        Self {
            account: place.account.clone(),
            baseline_done: ledger.is_some_and(|ledger| ledger.baseline_done),
            record: record.map(|record| past(place, record, now)),
            moved_at: record.map(|record| record.moved_at),
            stalled: record.is_some_and(|record| record.stalled),
            missed: record.map_or(0, |record| record.missed),
            leased_until: lease.map(|lease| lease.until),
            next_poll,
            in_words: remembered_of(place, record, ledger, now),
        }
    }
}

impl Explanation {
    pub(super) fn new(
        task: &Task,
        place: &Place,
        listing: &Listing<'_>,
        remembered: Option<Memories>,
        now: Timestamp,
    ) -> Self {
        Self {
            task: Wanted::of(task).to_string(),
            account: place.account.clone(),
            region: place.region.clone(),
            kind: task.kind,
            listed: listing.task.map(Now::new),
            listing_is_complete: listing.reading == Reading::Whole,
            remembered: remembered.into_iter().collect(),
            listed_in_words: listed_now(task.kind, listing, place, now),
        }
    }
}

impl Now {
    fn new(task: &Task) -> Self {
        let failure = task.failure.as_ref();
        Self {
            state: task.state.to_string(),
            progress_percent: task.progress_percent,
            status_message: task.subject.status_message.clone(),
            started_at: task.started_at,
            bucket: task.subject.bucket.clone(),
            reason: failure.and_then(|it| it.message.clone().or_else(|| it.code.clone())),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", plain(&self.task), self.region)?;
        if !self.account.is_empty() {
            write!(f, " of account {}", self.account)?;
        }
        write!(f, "\n\n{}", self.listed_in_words)?;
        if self.remembered.is_empty() {
            f.write_str("\n\nNo poll has looked at this Region yet.")?;
        }
        for it in &self.remembered {
            write!(f, "\n\n{}\n\n", it.in_words)?;
            match &it.next_poll {
                Some(next) => write!(f, "{next}")?,
                None => f.write_str("What the next poll does depends on what EC2 lists then.")?,
            }
        }
        Ok(())
    }
}
