//! The words of image exports.

use super::command::{Command, Commands, given, quoted};
use super::image;
use super::links::{Console, Link};
use super::next::{Next, step};
use super::sentence::Sentence;
use super::transfer::{self, Named, doing, role, who_cancelled};
use super::words::{IMAGE_NAME, Label, Sample, Words};
use crate::event::{Event, Outcome};
use crate::task::{Kind, Subject};

/// What amiwatch says of image exports.
pub(super) const WORDS: Words = Words {
    tasks: "image exports",
    noun: "image export",
    beside,
    headline,
    names,
    next,
    show,
    links,
    sample,
};

fn beside(subject: &Subject) -> Option<(&'static str, &str)> {
    Some((" to ", subject.bucket.as_deref()?))
}

fn headline(event: &Event) -> Sentence {
    let subject = &event.detail.subject;
    let named = Named {
        noun: ("Image export", "image export"),
        of: subject.image_id.as_ref().map(|_| Sentence::new(" of AMI ").image(event)),
        joint: " to bucket ",
        made: None,
    };
    transfer::headline(event, &named)
}

fn names(event: &Event) -> Vec<Label> {
    let subject = &event.detail.subject;
    let label = if event.detail.outcome == Outcome::Completed { "File" } else { "Destination" };
    let key = (event.detail.kind.identity().objects)(subject).unwrap_or_default();
    vec![
        ("Image export", subject.task_id.clone()),
        ("AMI", image::label(event)),
        (label, subject.uri(&key)),
        ("Description", subject.description.clone()),
        doing(event),
    ]
}

fn links(_: &Event, console: &Console<'_>) -> Vec<Option<Link>> {
    vec![console.bucket(), console.image()]
}

fn sample(outcome: Outcome) -> Sample {
    let subject = Subject {
        task_id: Some("export-ami-1234567890abcdef0".into()),
        image_id: Some("ami-0123456789abcdef0".into()),
        bucket: Some("my-bucket".into()),
        prefix: Some("exports/".into()),
        ..Subject::default()
    };
    let reason = "ClientError: The AMI contains a snapshot that cannot be exported";
    let sample = transfer::sample(Kind::ExportImage, subject, outcome, reason);
    Sample { image_name: Some(IMAGE_NAME), ..sample }
}

/// Shows the export as EC2 lists it.
fn show(run: Commands<'_>) -> Command {
    let id = run.task()?;
    run.in_region(&format!("aws ec2 describe-export-image-tasks --export-image-task-ids {id}"))
}

/// Lists the file, whose ending is its format.
fn list_file(run: Commands<'_>) -> Command {
    let id = given(run.subject().task_id.as_deref())?;
    let uri = quoted(&format!("{}{id}", folder(run)?))?;
    run.in_region(&format!("aws s3 ls {uri}"))
}

/// Downloads the file.
fn copy_file(run: Commands<'_>) -> Command {
    let uri = quoted(&folder(run)?)?;
    let only = quoted(&format!("{}.*", given(run.subject().task_id.as_deref())?))?;
    run.in_region(&format!("aws s3 cp {uri} . --recursive --exclude \"*\" --include {only}"))
}

/// Where the file lies, as it is.
fn folder(run: Commands<'_>) -> Command {
    let prefix = run.subject().prefix.as_deref().unwrap_or_default();
    Ok(format!("s3://{}/{prefix}", run.raw_bucket()?))
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
                role(
                    "The service role lacks rights. Exports use the role vmimport, unless another \
                     was named; it needs to write to the bucket and to read the AMI's snapshots.",
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
                step(transfer::FIVE_AT_A_TIME, running(run)),
            ],
        },
        Outcome::Started | Outcome::Blind | Outcome::Seeing => Next {
            meaning: "There is nothing to do. An export takes from tens of minutes to hours, and you \
                      will hear again when it ends.",
            steps: vec![step("See how far it is.", show(run))],
        },
    }
}
