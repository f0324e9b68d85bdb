//! What the listings of imports and exports have in common: texts, progress and reasons.

use super::convert::{failure, name, percent_text};
use crate::task::{Kind, Phase, State, Subject, Task};

/// What EC2 lists of the course of an import or export.
pub(super) struct Course {
    pub(super) state: String,
    pub(super) status_message: Option<String>,
    pub(super) progress: Option<String>,
}

impl Course {
    /// The task. While it runs its status message says what EC2 does; once it ends without a success,
    /// or is about to, why.
    pub(super) fn task(self, kind: Kind, subject: Subject) -> Task {
        let says_why = match kind.identity().documented(&self.state) {
            Some(Phase::Failed | Phase::Cancelled) => true,
            Some(Phase::Running) => {
                ["deleting", "cancelling"].iter().any(|it| self.state.eq_ignore_ascii_case(it))
            }
            Some(Phase::Completed) | None => false,
        };
        let subject = Subject { status_message: name(self.status_message.clone()), ..subject };
        Task {
            progress_percent: self.progress.as_deref().and_then(percent_text),
            failure: failure(None, self.status_message).filter(|_| says_why),
            ..Task::new(kind, subject, State::from(self.state))
        }
    }
}
