//! What EC2 says of a task, as far as it was asked.

use crate::task::Task;

/// How much of a listing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// To its end.
    Whole,
    /// Not to its end: what is not in it may be listed all the same.
    Part,
    /// It is that of an account which cannot be asked with the credentials.
    NotAsked,
}

/// What EC2 lists of the task.
pub(super) struct Listing<'a> {
    /// The task; none where it is not listed.
    pub(super) task: Option<&'a Task>,
    pub(super) reading: Reading,
}
