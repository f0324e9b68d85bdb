//! How far a listing has come that is read over several polls.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::task::TaskKey;

/// Where a listing goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// EC2's token of the next page.
    pub token: String,
    /// The page size with which the listing began: EC2 may hold a token against it.
    pub page_size: i32,
}

/// How far a listing over several polls has come.
///
/// Everything that started between `top` and `oldest` was read. Where a burst came on top of it, a
/// second range lies below: see `below`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scan {
    /// The next page.
    pub from: Cursor,
    /// The newest start seen when it began: what is newer is for the head of the listing.
    pub top: Timestamp,
    /// The oldest start that it has come to.
    pub oldest: Timestamp,
    /// It checks what the order of the listing lets us skip: the records of all that it lists are
    /// read. If not, it only looks for open tasks.
    pub checks: bool,
    /// Open tasks that it has not met yet.
    pub unseen: BTreeSet<TaskKey>,
    /// It met an item that could not be read, which may be any of them: nothing is absent from it.
    pub inconclusive: bool,
    /// The calls that it took so far.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calls: u32,
    /// The polls in a row in which it got no further.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stuck: u32,
    /// What was read before more tasks came on top than one poll may read: it goes on there once
    /// those are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Below>,
}

/// A range of a listing that was read, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Below {
    /// The page behind it.
    pub from: Cursor,
    /// Its newest start.
    pub top: Timestamp,
    /// Its oldest start.
    pub oldest: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
