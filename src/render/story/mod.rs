//! What there is to tell of an event, in no channel's form: the subject line, the headline, the
//! facts, the meaning, the steps, the links.
//!
//! What a kind of task says of itself stands in a room of its own; the channels know no kind.

mod bundle;
mod command;
mod export_image;
mod export_instance;
mod facts;
mod image;
mod import_image;
mod import_snapshot;
mod links;
mod next;
mod sentence;
mod store_image;
mod subject;
mod target;
mod transfer;
mod words;

pub use command::{Command, NoCommand};
pub use facts::{Fact, time};
pub use links::Link;
pub use next::{Next, Step};
pub use sentence::Sentence;
pub use subject::{LONGEST as LONGEST_SUBJECT, word};

use self::command::Commands;
pub(super) use self::words::Sample;
use self::words::Words;
use super::text::plain;
use crate::event::{Event, Outcome};
use crate::task::Kind;

/// What there is to tell of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// One line: outcome, what and where.
    pub subject: String,
    /// The names from outside that the subject line holds.
    pub subject_names: Vec<String>,
    /// How it feels.
    pub tone: Tone,
    /// What happened.
    pub headline: Sentence,
    /// What is known, in the order in which people look for it; ten at most.
    pub facts: Vec<Fact>,
    /// Why it failed.
    pub why: Option<Why>,
    /// What it means and what can be done.
    pub next: Next,
    /// Where to look in the console.
    pub links: Vec<Link>,
    /// What a person calls the task.
    pub name: String,
    /// What its listing holds, such as `AMI store tasks`.
    pub tasks: &'static str,
}

/// How an outcome feels, for channels that have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// Somebody should have a look.
    Warning,
    /// Nothing to do.
    Neutral,
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// EC2's reason, its code first.
    Given(String),
    /// EC2 gave none.
    NotGiven,
}

impl Why {
    /// EC2's reason, where it gave one.
    #[must_use]
    pub fn given(&self) -> Option<&str> {
        match self {
            Self::Given(reason) => Some(reason),
            Self::NotGiven => None,
        }
    }
}

impl Story {
    /// The story of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let detail = &event.detail;
        let words = words(detail.kind);
        if detail.outcome.is_of_target() {
            return target::story(event, words.tasks);
        }
        Self {
            subject: subject::line(event, words),
            subject_names: subject::names(event, words),
            tone: tone(detail.outcome),
            headline: (words.headline)(event),
            facts: facts::facts(event, words),
            why: (detail.outcome == Outcome::Failed)
                .then(|| reason(event).map_or(Why::NotGiven, Why::Given)),
            next: (words.next)(detail.outcome, Commands::of(event)),
            links: words.links_of(event),
            name: detail.subject.name().to_owned(),
            tasks: words.tasks,
        }
    }
}

/// The words of a kind of task.
fn words(kind: Kind) -> &'static Words {
    match kind {
        Kind::StoreImage => &store_image::WORDS,
        Kind::Bundle => &bundle::WORDS,
        Kind::ImportSnapshot => &import_snapshot::WORDS,
        Kind::ImportImage => &import_image::WORDS,
        Kind::ExportImage => &export_image::WORDS,
        Kind::ExportInstance => &export_instance::WORDS,
    }
}

/// The subject line alone.
#[must_use]
pub fn subject(event: &Event) -> String {
    let words = words(event.detail.kind);
    if event.detail.outcome.is_of_target() {
        subject::line_of_target(event, words.tasks)
    } else {
        subject::line(event, words)
    }
}

/// The command that shows the task as EC2 lists it, or all tasks of a target.
pub(super) fn show(event: &Event) -> Command {
    if event.detail.outcome.is_of_target() {
        return target::list(event);
    }
    (words(event.detail.kind).show)(Commands::of(event))
}

/// A made-up task with this outcome.
pub(super) fn sample(kind: Kind, outcome: Outcome) -> Sample {
    (words(kind).sample)(outcome)
}

/// EC2's reason, its code first; `None` where EC2 gave none.
pub(super) fn reason(event: &Event) -> Option<String> {
    let failure = event.detail.failure.as_ref()?;
    let given = |text: &Option<String>| text.clone().filter(|text| !plain(text).is_empty());
    match (given(&failure.code), given(&failure.message)) {
        (Some(code), Some(message)) => Some(format!("{}: {message}", plain(&code))),
        (code, message) => code.or(message),
    }
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Completed | Outcome::Seeing => Tone::Good,
        Outcome::Failed | Outcome::Blind => Tone::Bad,
        Outcome::Cancelled | Outcome::Vanished | Outcome::Stalled => Tone::Warning,
        Outcome::Started => Tone::Neutral,
    }
}
