//! What a kind of task has to say for itself.

use jiff::Timestamp;

use super::command::{Command, Commands};
use super::links::{Console, Link};
use super::next::Next;
use super::sentence::Sentence;
use crate::event::{Event, Outcome};
use crate::task::{Subject, Task};

/// A label, and what EC2 gave for it.
pub(super) type Label = (&'static str, Option<String>);

/// The words of a kind of task. They are not asked about `Blind` and `Seeing`, which are outcomes of
/// targets and have a room of their own.
pub(super) struct Words {
    /// What its listing holds, as in "which watches the … of this account".
    pub(super) tasks: &'static str,
    /// What the subject line calls a task, before its name.
    pub(super) noun: &'static str,
    /// What else the subject line names, with what joins it: the bucket, the instance.
    pub(super) beside: fn(&Subject) -> Option<(&'static str, &str)>,
    /// What happened, in a sentence or two.
    pub(super) headline: fn(&Event) -> Sentence,
    /// The names of what the task works on and makes, with their labels.
    pub(super) names: fn(&Event) -> Vec<Label>,
    /// What the outcome means, and what can be done.
    pub(super) next: fn(Outcome, Commands<'_>) -> Next,
    /// Shows the task as EC2 lists it.
    pub(super) show: fn(Commands<'_>) -> Command,
    /// Where to look in the console.
    pub(super) links: fn(&Event, &Console<'_>) -> Vec<Option<Link>>,
    /// A made-up task with this outcome.
    pub(super) sample: fn(Outcome) -> Sample,
}

impl Words {
    /// Where to look in the console.
    pub(super) fn links_of(&self, event: &Event) -> Vec<Link> {
        let links = Console::of(event).map(|console| (self.links)(event, &console));
        links.into_iter().flatten().flatten().filter(Link::is_short).collect()
    }
}

/// When the made-up tasks started, where EC2 says so.
pub(super) const STARTED: Timestamp = Timestamp::constant(1_795_306_200, 123_000_000);

/// When EC2 last changed them, where it says so.
pub(super) const UPDATED: Timestamp = Timestamp::constant(1_795_307_400, 123_000_000);

/// What the made-up AMI is called.
pub(super) const IMAGE_NAME: &str = "web-golden-2026-11";

/// A made-up task.
pub(in crate::render) struct Sample {
    pub(in crate::render) task: Task,
    /// The state before.
    pub(in crate::render) before: Option<&'static str>,
    /// What its AMI is called.
    pub(in crate::render) image_name: Option<&'static str>,
}
