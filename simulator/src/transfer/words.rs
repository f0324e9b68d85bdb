//! The words in which EC2 speaks of a kind of import or export task.

/// The states and messages of a kind.
#[derive(Debug)]
pub(crate) struct Words {
    /// The state on the way to an end that is no success.
    pub(crate) ending: &'static str,
    /// The state after it.
    pub(crate) ended: &'static str,
    /// The message beside these two where the task's user cancelled it.
    pub(crate) by_user: Option<&'static str>,
    /// The messages of a task that runs, each from this progress on.
    pub(crate) steps: &'static [(u8, &'static str)],
    /// The progress from which on it is shown; never where absent.
    pub(crate) progress_from: Option<u8>,
    /// Whether EC2 ends a task that takes too long.
    pub(crate) expires: bool,
}

/// AWS's own example, with its own spelling.
pub(crate) const CANCELLED_BY_USER: &str = "User initiated task cancelation";
