//! What EC2 says of a task, and when it says something else than the task's plan.

use std::time::Duration;

/// What EC2 says of a task at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskStatus {
    /// The state, in EC2's spelling or any other.
    pub state: String,
    /// The progress in percent.
    pub progress: Option<u8>,
    /// A bundle task's error code.
    pub code: Option<String>,
    /// A store task's failure reason, a bundle task's error message, the status message of an
    /// import or export task.
    pub message: Option<String>,
}

impl TaskStatus {
    /// A state and a progress, nothing wrong.
    #[must_use]
    pub fn new(state: impl Into<String>, progress: impl Into<Option<u8>>) -> Self {
        Self { state: state.into(), progress: progress.into(), ..Self::default() }
    }

    /// True for the states in which a task stays for ever.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        // Of store tasks, of bundle tasks, and of imports and exports.
        matches!(
            self.state.as_str(),
            "Completed" | "Failed" | "complete" | "failed" | "completed" | "deleted" | "cancelled"
        )
    }
}

/// From some time after a task's start on, it is in this state, whatever its plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Counted from the task's start.
    pub after: Duration,
    /// The state from then on, until the next moment.
    pub status: TaskStatus,
}

/// The moment that holds at `elapsed`.
pub(crate) fn moment_at(timeline: &[Moment], elapsed: Duration) -> Option<&Moment> {
    timeline.iter().filter(|moment| moment.after <= elapsed).max_by_key(|moment| moment.after)
}
