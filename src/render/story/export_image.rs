//! The words of image exports.

use super::command::{Command, Commands, given, quoted};
use super::links::{Console, Link};
use super::next::{Next, Step, step};
use super::sentence::Sentence;
use super::words::Words;
use crate::event::{Event, Outcome};
use crate::task::{Failure, Kind, State, Subject, Task};

pub(super) struct ExportImage;

impl Words for ExportImage {
    fn tasks(&self) -> &'static str {
        "image exports"
    }

    fn noun(&self) -> &'static str {
        "image export"
    }

    fn beside<'a>(&self, subject: &'a Subject) -> Option<(&'static str, &'a str)> {
        Some((" to ", subject.bucket.as_deref()?))
    }

    fn headline(&self, event: &Event) -> Sentence {
        let subject = &event.detail.subject;
        let begin = |words: &'static str| {
            let named = Sentence::new(words).name(subject.name());
            match subject.image_id.as_deref() {
                Some(image) => named.say(" of AMI ").name(image),
                None => named,
            }
        };
        let (in_bucket, to_bucket) = (" in bucket ", " to bucket ");
        match event.detail.outcome {
            Outcome::Completed => {
                begin("Image export ").say(" is complete").place(event, in_bucket).say(".")
            }
            Outcome::Failed => {
                begin("Image export ").place(event, to_bucket).say(" failed").stopped(event)
            }
            Outcome::Cancelled => {
                begin("Image export ").place(event, to_bucket).say(" was cancelled.")
            }
            Outcome::Vanished => begin("EC2 no longer lists image export ")
                .place(event, to_bucket)
                .say(". How it ended was not seen."),
            Outcome::Stalled => begin("Image export ").place(event, to_bucket).stuck(event),
            Outcome::Started => begin("EC2 runs image export ").place(event, to_bucket).say("."),
        }
    }

    fn names(&self, event: &Event) -> Vec<(&'static str, Option<String>)> {
        let subject = &event.detail.subject;
        let label = if event.detail.outcome == Outcome::Completed { "File" } else { "Destination" };
        let key = (event.detail.kind.identity().objects)(subject).unwrap_or_default();
        vec![
            ("Image export", subject.task_id.clone()),
            ("AMI", subject.image_id.clone()),
            (label, subject.uri(&key)),
            ("Doing", subject.status_message.clone().filter(|_| !event.detail.outcome.is_end())),
        ]
    }

    fn next(&self, outcome: Outcome, run: Commands<'_>) -> Next {
        next(outcome, run)
    }

    fn show(&self, run: Commands<'_>) -> Command {
        show(run)
    }

    fn links(&self, _: &Event, console: &Console<'_>) -> Vec<Option<Link>> {
        vec![console.bucket(), console.image()]
    }

    fn sample(&self, outcome: Outcome) -> (Task, Option<&'static str>) {
        let subject = Subject {
            task_id: Some("export-ami-1234567890abcdef0".into()),
            image_id: Some("ami-0123456789abcdef0".into()),
            bucket: Some("my-bucket".into()),
            prefix: Some("exports/".into()),
            ..Subject::default()
        };
        let reason = "ClientError: The AMI contains a snapshot that cannot be exported";
        sample(Kind::ExportImage, subject, outcome, reason)
    }
}

/// Shows the export as EC2 lists it.
fn show(run: Commands<'_>) -> Command {
    let id = run.task()?;
    run.in_region(&format!("aws ec2 describe-export-image-tasks --export-image-task-ids {id}"))
}

/// Lists the file, whose ending is its format.
fn list_file(run: Commands<'_>) -> Command {
    let id = given(run.subject().task_id.as_deref())?;
    let prefix = run.subject().prefix.as_deref().unwrap_or_default();
    let uri = quoted(&format!("s3://{}/{prefix}{id}", run.raw_bucket()?))?;
    run.in_region(&format!("aws s3 ls {uri}"))
}

/// Downloads the file.
fn copy_file(run: Commands<'_>) -> Command {
    let id = given(run.subject().task_id.as_deref())?;
    let prefix = run.subject().prefix.as_deref().unwrap_or_default();
    let uri = quoted(&format!("s3://{}/{prefix}", run.raw_bucket()?))?;
    let only = quoted(&format!("{id}.*"))?;
    run.in_region(&format!("aws s3 cp {uri} . --recursive --exclude '*' --include {only}"))
}

/// Shows what role the exports of the account use and what it may do.
fn role(_: Commands<'_>) -> Command {
    Ok("aws iam list-role-policies --role-name vmimport".to_owned())
}

/// Shows where the AMI comes from: one of AWS Marketplace cannot be exported.
fn image(run: Commands<'_>) -> Command {
    let image = run.image()?;
    run.in_region(&format!(
        "aws ec2 describe-images --image-ids {image} --query \
         'Images[].[OwnerId,ProductCodes,PlatformDetails,BlockDeviceMappings[].Ebs.Encrypted]' --output json"
    ))
}

/// Lists the exports that are running.
fn running(run: Commands<'_>) -> Command {
    run.in_region(
        "aws ec2 describe-export-image-tasks --filters Name=task-state,Values=active --query \
         'ExportImageTasks[].[ExportImageTaskId,Progress,StatusMessage]' --output text",
    )
}

fn next(outcome: Outcome, run: Commands<'_>) -> Next {
    match outcome {
        Outcome::Completed => Next {
            meaning: "The AMI is now a disk file in the bucket, for VMware, Hyper-V or another \
                      system. The ending of its name is its format.",
            steps: vec![
                step("See the file and its size.", list_file(run)),
                step("Copy the file to this computer.", copy_file(run)),
            ],
        },
        Outcome::Failed => Next {
            meaning: "No file was made. If the reason above does not say enough, check the causes \
                      that AWS documents.",
            steps: vec![
                step(
                    "The service role lacks rights. Exports use the role vmimport, unless another \
                     was named; it needs to write to the bucket and to read the AMI's snapshots.",
                    role(run),
                ),
                step(
                    "The bucket is gone, closed, or in another Region than the AMI. An error here \
                     says which: 404 is missing, 301 is another Region, 403 is no access.",
                    run.head_bucket(),
                ),
                step(
                    "The AMI cannot be exported: it comes from AWS Marketplace or from another \
                     account, or holds software that AWS licenses. The answer shows its owner and \
                     product codes.",
                    image(run),
                ),
                step("Ask EC2 for the task.", show(run)),
            ],
        },
        Outcome::Cancelled => Next {
            meaning: "No file was made: EC2 says that a user cancelled the export.",
            steps: vec![
                who_cancelled("CancelExportTask", run),
                step("Ask EC2 for the task.", show(run)),
            ],
        },
        Outcome::Vanished => Next {
            meaning: "The export may have ended between two looks, well or badly. The file is in the \
                      bucket only if it completed.",
            steps: vec![step("Look for the file.", list_file(run))],
        },
        Outcome::Stalled => Next {
            meaning: "Slow is not stuck: converting a large disk takes from tens of minutes to hours, \
                      and the percentage stands still for long while it does. You will hear again when \
                      the export ends.",
            steps: vec![
                step("See what EC2 says that it is doing.", show(run)),
                step(
                    "See what else is being exported. EC2 runs five imports and exports at a time in \
                     a Region, unless AWS has raised that.",
                    running(run),
                ),
            ],
        },
        Outcome::Started => Next {
            meaning: "There is nothing to do. An export takes from tens of minutes to hours, and you \
                      will hear again when it ends.",
            steps: vec![step("See how far it is.", show(run))],
        },
    }
}

/// A made-up task, as far along as its outcome wants.
fn sample(
    kind: Kind,
    subject: Subject,
    outcome: Outcome,
    reason: &str,
) -> (Task, Option<&'static str>) {
    let (state, percent, text) = match outcome {
        Outcome::Completed => ("completed", None, None),
        Outcome::Failed => ("deleted", Some(39), Some(reason)),
        Outcome::Cancelled => ("deleted", Some(39), Some("User initiated task cancelation")),
        Outcome::Vanished | Outcome::Stalled => ("active", Some(39), Some("converting")),
        Outcome::Started => ("active", Some(3), Some("pending")),
    };
    let status_message = text.map(str::to_owned);
    let has_ended = matches!(outcome, Outcome::Failed | Outcome::Cancelled);
    let failure = Failure { code: None, message: status_message.clone() };
    let task = Task {
        progress_percent: percent,
        failure: has_ended.then_some(failure),
        ..Task::new(kind, Subject { status_message, ..subject }, State::new(state))
    };
    (task, (outcome != Outcome::Started).then_some("active"))
}

/// Who cancelled the task, as `CloudTrail` has it.
fn who_cancelled(operation: &'static str, run: Commands<'_>) -> Step {
    step(
        "See who cancelled it. CloudTrail keeps such calls for 90 days, and shows them some minutes \
         after they were made.",
        look_up(operation, run),
    )
}

fn look_up(operation: &'static str, run: Commands<'_>) -> Command {
    run.in_region(&format!(
        "aws cloudtrail lookup-events --lookup-attributes \
         AttributeKey=EventName,AttributeValue={operation} --query \
         'Events[].[EventTime,Username,CloudTrailEvent]' --output text"
    ))
}
