//! What the words of imports and exports have in common.

use super::command::{Command, Commands, NoCommand, given};
use super::next::{Step, step};
use super::sentence::Sentence;
use super::words::Sample;
use crate::event::{Event, Outcome};
use crate::task::{Failure, Kind, State, Subject, Task};

/// What an import or export is called, and what stands beside its name in a sentence.
pub(super) struct Named {
    /// At the beginning of a sentence, and within one: `Image import`, `image import`.
    pub(super) noun: (&'static str, &'static str),
    /// What it works on, with what joins it: ` of AMI ami-…`.
    pub(super) of: Option<Sentence>,
    /// What joins the bucket: ` from bucket `, ` to bucket `.
    pub(super) joint: &'static str,
    /// What it made: ` It made AMI ami-….`
    pub(super) made: Option<Sentence>,
}

/// What happened to an import or export.
pub(super) fn headline(event: &Event, named: &Named) -> Sentence {
    let (noun, noun_within) = named.noun;
    let begin = |words: &'static str| {
        let task = Sentence::new(words).say(" ").name(event.detail.subject.name());
        task.and(named.of.clone()).place(event, named.joint)
    };
    match event.detail.outcome {
        Outcome::Completed => begin(noun).say(" is complete.").and(named.made.clone()),
        Outcome::Failed => begin(noun).say(" failed").stopped(event),
        Outcome::Cancelled => begin(noun).say(" was cancelled."),
        Outcome::Vanished => {
            let gone = Sentence::new("EC2 no longer lists ").say(noun_within);
            let gone = gone.say(" ").name(event.detail.subject.name());
            gone.place(event, named.joint).say(". How it ended was not seen.")
        }
        Outcome::Stalled => begin(noun).stuck(event),
        Outcome::Started | Outcome::Blind | Outcome::Seeing => begin(noun).say(" has started."),
    }
}

/// What EC2 says that it does, while it does.
pub(super) fn doing(event: &Event) -> (&'static str, Option<String>) {
    let running = !event.detail.outcome.is_end();
    ("Doing", event.detail.subject.status_message.clone().filter(|_| running))
}

/// Whether EC2's reason begins with this.
pub(super) fn reason_begins(run: Commands<'_>, words: &str) -> bool {
    run.reason().is_some_and(|reason| reason.trim_start().starts_with(words))
}

/// A made-up task, as far along as its outcome wants.
pub(super) fn sample(kind: Kind, subject: Subject, outcome: Outcome, reason: &str) -> Sample {
    let (state, percent, text) = match outcome {
        Outcome::Completed => ("completed", None, None),
        Outcome::Failed => ("deleted", Some(39), Some(reason)),
        Outcome::Cancelled => ("deleted", Some(39), Some("User initiated task cancelation")),
        Outcome::Vanished | Outcome::Stalled => ("active", Some(39), Some("converting")),
        Outcome::Started | Outcome::Blind | Outcome::Seeing => ("active", Some(3), Some("pending")),
    };
    let status_message = text.map(str::to_owned);
    let has_failed = matches!(outcome, Outcome::Failed | Outcome::Cancelled);
    let failure = Failure { code: None, message: status_message.clone() };
    let task = Task {
        progress_percent: percent,
        failure: has_failed.then_some(failure),
        ..Task::new(kind, Subject { status_message, ..subject }, State::new(state))
    };
    let before = (outcome != Outcome::Started).then_some("active");
    Sample { task, before, image_name: None }
}

/// Who cancelled the task.
pub(super) fn who_cancelled(operation: &str, run: Commands<'_>) -> Step {
    step(
        "See who cancelled it. CloudTrail keeps such calls for 90 days, and shows them some minutes \
         after they were made.",
        calls_about(operation, run),
    )
}

/// The calls of an operation that name the task. Its id stands within a text within an argument, where
/// only what needs no quoting is safe.
fn calls_about(operation: &str, run: Commands<'_>) -> Command {
    let id = given(run.subject().task_id.as_deref())?;
    if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(NoCommand::Unsafe);
    }
    run.in_region(&format!(
        "aws cloudtrail lookup-events --lookup-attributes \
         AttributeKey=EventName,AttributeValue={operation} --query \
         \"Events[?contains(CloudTrailEvent, '{id}')].[EventTime,Username]\" --output text"
    ))
}

/// What the service role may do.
pub(super) fn role(say: &'static str) -> Step {
    step(say, Ok("aws iam list-role-policies --role-name vmimport".to_owned()))
}

/// A limit that all imports and exports of a Region share.
pub(super) const FIVE_AT_A_TIME: &str = "See what else runs. EC2 runs five imports and exports at a time in a Region, unless AWS has \
     raised that.";

/// Shows the import as EC2 lists it, without the addresses of its disks.
pub(super) fn show_import(operation: &str, query: &str, run: Commands<'_>) -> Command {
    let id = run.task()?;
    run.in_region(&format!(
        "aws ec2 {operation} --import-task-ids {id} --query '{query}' --output json"
    ))
}
