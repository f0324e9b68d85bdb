//! What a kind of task has to say for itself.

use super::command::{Command, Commands};
use super::links::{Console, Link};
use super::next::Next;
use super::sentence::Sentence;
use crate::event::{Event, Outcome};
use crate::task::{Subject, Task};

/// The words of a kind of task.
pub(super) trait Words: Sync {
    /// What its listing holds, as in "which watches the … of this account".
    fn tasks(&self) -> &'static str;

    /// What the subject line calls a task, before its name.
    fn noun(&self) -> &'static str;

    /// What else the subject line names, with what joins it: the bucket, the instance.
    fn beside<'a>(&self, subject: &'a Subject) -> Option<(&'static str, &'a str)>;

    /// What happened, in a sentence or two.
    fn headline(&self, event: &Event) -> Sentence;

    /// The names of what the task works on and makes, with their labels.
    fn names(&self, event: &Event) -> Vec<(&'static str, Option<String>)>;

    /// What the outcome means, and what can be done.
    fn next(&self, outcome: Outcome, run: Commands<'_>) -> Next;

    /// Shows the task as EC2 lists it.
    fn show(&self, run: Commands<'_>) -> Command;

    /// Where to look in the console.
    fn links(&self, event: &Event, console: &Console<'_>) -> Vec<Option<Link>>;

    /// A made-up task with this outcome, and the state before.
    fn sample(&self, outcome: Outcome) -> (Task, Option<&'static str>);
}
