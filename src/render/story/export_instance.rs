//! The words of instance exports.

use super::command::{Command, Commands};
use super::links::{Console, Link};
use super::next::{Next, step};
use super::sentence::Sentence;
use super::transfer::{self, Named, who_cancelled};
use super::words::{Label, Sample, Words};
use crate::event::{Event, Outcome};
use crate::task::{Kind, Subject};

/// What amiwatch says of instance exports.
pub(super) const WORDS: Words = Words {
    tasks: "instance exports",
    noun: "instance export",
    beside,
    headline,
    names,
    next,
    show,
    links,
    sample,
};

fn beside(subject: &Subject) -> Option<(&'static str, &str)> {
    match &subject.instance_id {
        Some(instance) => Some((" of ", instance)),
        None => Some((" to ", subject.bucket.as_deref()?)),
    }
}

fn headline(event: &Event) -> Sentence {
    let subject = &event.detail.subject;
    let named = Named {
        noun: ("Instance export", "instance export"),
        of: subject.instance_id.as_deref().map(|id| Sentence::new(" of instance ").name(id)),
        joint: " to bucket ",
        made: None,
    };
    transfer::headline(event, &named)
}

fn names(event: &Event) -> Vec<Label> {
    let subject = &event.detail.subject;
    let label = if event.detail.outcome == Outcome::Completed { "File" } else { "Destination" };
    vec![
        ("Instance export", subject.task_id.clone()),
        ("Instance", subject.instance_id.clone()),
        (label, subject.uri(subject.object_key.as_deref().unwrap_or_default())),
        ("Description", subject.description.clone()),
    ]
}

fn links(event: &Event, console: &Console<'_>) -> Vec<Option<Link>> {
    let file = (event.detail.outcome == Outcome::Completed).then(|| console.object());
    vec![file.flatten().or_else(|| console.bucket()), console.instance()]
}

fn sample(outcome: Outcome) -> Sample {
    let made = outcome == Outcome::Completed;
    let subject = Subject {
        task_id: Some("export-i-1234567890abcdef0".into()),
        instance_id: Some("i-0123456789abcdef0".into()),
        bucket: Some("my-bucket".into()),
        object_key: made.then(|| "exports/export-i-1234567890abcdef0.ova".into()),
        ..Subject::default()
    };
    let reason = "Task expired and automatically canceled";
    transfer::sample(Kind::ExportInstance, subject, outcome, reason)
}

/// Shows the export as EC2 lists it.
fn show(run: Commands<'_>) -> Command {
    let id = run.task()?;
    run.in_region(&format!(
        "aws ec2 describe-export-tasks --export-task-ids {id} --query \
         'ExportTasks[].[ExportTaskId,State,StatusMessage]' --output text"
    ))
}

/// Shows the instance: only some can be exported.
fn instance(run: Commands<'_>) -> Command {
    let id = run.instance()?;
    run.in_region(&format!(
        "aws ec2 describe-instances --instance-ids {id} --query \
         'Reservations[].Instances[].[Platform,RootDeviceType,ProductCodes,BlockDeviceMappings[].DeviceName]' \
         --output json"
    ))
}

fn next(outcome: Outcome, run: Commands<'_>) -> Next {
    match outcome {
        Outcome::Completed => Next {
            meaning: "The instance is now a virtual machine in the bucket, for VMware, Hyper-V or Xen.",
            steps: vec![
                step("See the file and its size.", run.head_object()),
                step("Copy the file to this computer.", run.copy_here()),
            ],
        },
        Outcome::Failed => Next {
            meaning: failed(run),
            steps: vec![
                step(
                    "EC2 may not write to the bucket. It must be in the same Region, and let the \
                     account of VM Export write, as AWS's guide to instance exports says. An error here \
                     is about the bucket: 404 is missing, 301 is another Region, 403 is no access.",
                    run.head_bucket(),
                ),
                step(
                    "The instance cannot be exported: only one that was imported before can, with one \
                     network interface, and without software that AWS licenses.",
                    instance(run),
                ),
                step("Ask EC2 for the task.", show(run)),
            ],
        },
        Outcome::Cancelled => Next {
            meaning: "No file was made: the export was cancelled, and EC2 gives no reason.",
            steps: vec![
                who_cancelled("CancelExportTask", run),
                step("Ask EC2 for the task.", show(run)),
            ],
        },
        Outcome::Vanished => Next {
            meaning: "The export may have ended between two looks, well or badly. The file is in the \
                      bucket only if it completed.",
            steps: vec![step("Look for the file.", run.list_objects())],
        },
        Outcome::Stalled => Next {
            meaning: "EC2 shows no progress of instance exports, so that nobody can tell slow from stuck. \
                      They take hours, and EC2 itself ends one after about a hundred. You will hear \
                      again when it ends.",
            steps: vec![step("See what EC2 says of it.", show(run))],
        },
        Outcome::Started | Outcome::Blind | Outcome::Seeing => Next {
            meaning: "There is nothing to do. An instance export takes hours, and you will hear again \
                      when it ends.",
            steps: vec![step("See what EC2 says of it.", show(run))],
        },
    }
}

fn failed(run: Commands<'_>) -> &'static str {
    if transfer::reason_begins(run, "Task expired") {
        "No file was made: the export took so long that EC2 gave it up by itself. That happens where EC2 \
         may not write to the bucket."
    } else {
        "No file was made. If the reason above does not say enough, check the causes that AWS documents."
    }
}
