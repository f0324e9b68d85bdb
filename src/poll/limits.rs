//! The bounds of a poll, all in one place, and what they owe each other.

use jiff::SignedDuration;

use crate::ports::{CALL_LONGEST, NAMES_LONGEST};
use crate::record::LEASE_LONGEST;

/// With fewer listing calls a poll the first listing of a large Region would never end: one call
/// reads the head, the others read on.
pub const LISTING_CALLS_MIN: u32 = 2;

/// A poll and Lambda's one retry of it in the same minute stay within what EC2 refills in a minute.
pub const LISTING_CALLS_MAX: u32 = 15;

/// Tokens that `DescribeStoreImageTasks` refills in a minute.
const REFILLED_A_MINUTE: u32 = 30;

/// How long a lease holds.
const LEASE_FOR: SignedDuration = SignedDuration::from_secs(55);

/// The last part of a lease, in which nothing is published.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(20);

/// What is kept for a publish and its ack.
const RESERVE_TO_TELL: SignedDuration = SignedDuration::from_secs(17);

/// What is kept for learning names, and then for telling.
const RESERVE_TO_NAME: SignedDuration = SignedDuration::from_secs(20);

/// What is kept for a write, and then for telling what it wrote.
const RESERVE_TO_SAVE: SignedDuration = SignedDuration::from_secs(26);

/// What is kept for a listing call, and then for saving and telling what it listed.
const RESERVE_TO_LIST: SignedDuration = SignedDuration::from_secs(38);

const CALL: i64 = CALL_LONGEST.as_secs().cast_signed();
const NAMES: i64 = NAMES_LONGEST.as_secs().cast_signed();
const _: () = {
    assert!(RESERVE_TO_TELL.as_secs() > 2 * CALL);
    assert!(RESERVE_TO_NAME.as_secs() > RESERVE_TO_TELL.as_secs() + NAMES);
    assert!(RESERVE_TO_SAVE.as_secs() > RESERVE_TO_TELL.as_secs() + CALL);
    assert!(RESERVE_TO_LIST.as_secs() > RESERVE_TO_SAVE.as_secs() + CALL);
    // A call that begins before the margin ends within it, whatever clocks differ by the rest.
    assert!(LEASE_MARGIN.as_secs() > CALL);
    // A failed poll's retry comes after a minute, and must find its leases run out.
    assert!(LEASE_FOR.as_secs() < 60 && LEASE_MARGIN.as_secs() < LEASE_FOR.as_secs());
    // No lease that a right clock made is ever taken for a wrong one's.
    assert!(LEASE_LONGEST.as_secs() >= LEASE_FOR.as_secs() + LEASE_MARGIN.as_secs());
    assert!(2 * LISTING_CALLS_MAX <= REFILLED_A_MINUTE);
};

/// The bounds of a poll.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls of a listing a poll and Region, those that are tried again included. The bucket of
    /// `DescribeStoreImageTasks` refills at 30 a minute: ten leave most of it to others.
    pub listing_calls: u32,
    /// Places polled at the same time. With 120 a poll of 17 Regions of 10 accounts takes less than twice the
    /// time of its slowest place; each takes about 0.2 MiB while it waits. `docs/scale.md` has the figures.
    pub places_at_once: usize,
    /// Conditional writes of one place under way at the same time.
    pub saves_at_once: usize,
    /// Where so many tasks or more are seen for the first time and have nothing to tell, their records
    /// are written together. Fewer are written one by one: a transaction costs twice the write units.
    pub first_sights_min: usize,
    /// Events of one place being told at the same time.
    pub tells_at_once: usize,
    /// How long a lease holds. Less than a minute, after which Lambda's retry or the next poll
    /// comes: what a crash left is told by it.
    pub lease_for: SignedDuration,
    /// Nothing is published in the last part of a lease: a call takes eight seconds at most, and
    /// clocks may differ by the rest.
    pub lease_margin: SignedDuration,
    /// No listing begins when less than this is left until the deadline: what was listed must be
    /// saved and told, or a slow EC2 would keep everything from being told.
    pub reserve_to_list: SignedDuration,
    /// No write of a decision begins when less than this is left: it must be told.
    pub reserve_to_save: SignedDuration,
    /// No names are asked for when less than this is left: what they are for must be told.
    pub reserve_to_name: SignedDuration,
    /// No publish begins when less than this is left: it and its ack must end.
    pub reserve_to_tell: SignedDuration,
    /// After so many failures in a row a sink is left alone until the next poll.
    pub sink_failures: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            listing_calls: 10,
            places_at_once: 120,
            saves_at_once: 16,
            first_sights_min: 10,
            tells_at_once: 8,
            lease_for: LEASE_FOR,
            lease_margin: LEASE_MARGIN,
            reserve_to_list: RESERVE_TO_LIST,
            reserve_to_save: RESERVE_TO_SAVE,
            reserve_to_name: RESERVE_TO_NAME,
            reserve_to_tell: RESERVE_TO_TELL,
            sink_failures: 3,
        }
    }
}
