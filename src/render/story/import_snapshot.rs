//! The words of snapshot imports.

use super::command::{Command, Commands};
use super::links::{Console, Link};
use super::next::{Next, step};
use super::sentence::Sentence;
use super::transfer::{self, Named, doing, role, who_cancelled};
use super::words::{Label, Sample, Words};
use crate::event::{Event, Outcome};
use crate::task::{Kind, Subject};

/// What amiwatch says of snapshot imports.
pub(super) const WORDS: Words = Words {
    tasks: "snapshot imports",
    noun: "snapshot import",
    beside,
    headline,
    names,
    next,
    show,
    links,
    sample,
};

fn beside(subject: &Subject) -> Option<(&'static str, &str)> {
    Some((" from ", subject.bucket.as_deref()?))
}

fn headline(event: &Event) -> Sentence {
    let subject = &event.detail.subject;
    let named = Named {
        noun: ("Snapshot import", "snapshot import"),
        of: None,
        joint: " from bucket ",
        made: subject
            .snapshot_id
            .as_deref()
            .map(|id| Sentence::new(" It made snapshot ").name(id).say(".")),
    };
    transfer::headline(event, &named)
}

fn names(event: &Event) -> Vec<Label> {
    let subject = &event.detail.subject;
    vec![
        ("Snapshot import", subject.task_id.clone()),
        ("Snapshot", subject.snapshot_id.clone()),
        ("File", subject.object_key.as_deref().and_then(|key| subject.uri(key))),
        ("Description", subject.description.clone()),
        doing(event),
    ]
}

fn links(_: &Event, console: &Console<'_>) -> Vec<Option<Link>> {
    vec![console.snapshot(), console.object().or_else(|| console.bucket())]
}

fn sample(outcome: Outcome) -> Sample {
    let made = outcome == Outcome::Completed;
    let subject = Subject {
        task_id: Some("import-snap-1234567890abcdef0".into()),
        snapshot_id: made.then(|| "snap-0fedcba9876543210".into()),
        bucket: Some("my-bucket".into()),
        object_key: Some("disks/web-golden.vmdk".into()),
        ..Subject::default()
    };
    let reason = "ClientError: Disk validation failed [Unsupported specified file format]";
    transfer::sample(Kind::ImportSnapshot, subject, outcome, reason)
}

/// Shows the import as EC2 lists it.
fn show(run: Commands<'_>) -> Command {
    let query =
        "ImportSnapshotTasks[].SnapshotTaskDetail.[Status,StatusMessage,Progress,SnapshotId]";
    transfer::show_import("describe-import-snapshot-tasks", query, run)
}

/// Shows the snapshot that was made.
fn snapshot(run: Commands<'_>) -> Command {
    let id = run.snapshot()?;
    run.in_region(&format!("aws ec2 describe-snapshots --snapshot-ids {id}"))
}

/// Makes an AMI of the snapshot. What the reader has to fill in is in capitals.
fn register(run: Commands<'_>) -> Command {
    let id = run.snapshot()?;
    run.in_region(&format!(
        "aws ec2 register-image --name NEW-NAME --architecture x86_64 --virtualization-type hvm \
         --ena-support --root-device-name /dev/sda1 --block-device-mappings \
         DeviceName=/dev/sda1,Ebs={{SnapshotId={id}}}"
    ))
}

/// Lists the imports that are running.
fn running(run: Commands<'_>) -> Command {
    run.in_region(
        "aws ec2 describe-import-snapshot-tasks --filters Name=task-state,Values=active --query \
         'ImportSnapshotTasks[].[ImportTaskId,SnapshotTaskDetail.Progress]' --output text",
    )
}

fn next(outcome: Outcome, run: Commands<'_>) -> Next {
    match outcome {
        Outcome::Completed => Next {
            meaning: "The disk is now a snapshot in this Region. A volume or an AMI can be made from \
                      it.",
            steps: vec![
                step("See the snapshot.", snapshot(run)),
                step(
                    "Make an AMI from it, if a system can start from the disk. Put a name that is new \
                     in the Region in place of the words in capitals, and check the architecture.",
                    register(run),
                ),
            ],
        },
        Outcome::Failed => Next {
            meaning: failed(run),
            steps: vec![
                step(
                    "The file is not what was said. EC2 takes VMDK, VHD, VHDX and raw disks; a VMDK \
                     must be stream-optimised. See its size and when it was uploaded.",
                    run.head_object(),
                ),
                step(
                    "The bucket is gone, closed, or in another Region. An error here says which: 404 is \
                     missing, 301 is another Region, 403 is no access.",
                    run.head_bucket(),
                ),
                role(
                    "The service role lacks rights. Imports use the role vmimport, unless another was \
                     named; it needs to read the bucket, and to use its KMS key where it has one.",
                ),
                step("Ask EC2 for the task.", show(run)),
            ],
        },
        Outcome::Cancelled => Next {
            meaning: "No snapshot was made: EC2 says that a user cancelled the import.",
            steps: vec![
                who_cancelled("CancelImportTask", run),
                step("Ask EC2 for the task.", show(run)),
            ],
        },
        Outcome::Vanished => Next {
            meaning: "The import may have ended between two looks, well or badly. EC2 lists an import \
                      for seven days after its end.",
            steps: vec![step("Ask EC2 for the task.", show(run))],
        },
        Outcome::Stalled => Next {
            meaning: "Slow is not stuck: a snapshot import usually takes 2 to 15 minutes, and with a \
                      large disk over an hour. You will hear again when it ends.",
            steps: vec![
                step("See what EC2 says that it is doing.", show(run)),
                step(transfer::FIVE_AT_A_TIME, running(run)),
            ],
        },
        Outcome::Started | Outcome::Blind | Outcome::Seeing => Next {
            meaning: "There is nothing to do. A snapshot import usually takes 2 to 15 minutes, and you \
                      will hear again when it ends. Until then, keep the file in the bucket.",
            steps: vec![step("See how far it is.", show(run))],
        },
    }
}

fn failed(run: Commands<'_>) -> &'static str {
    if transfer::reason_begins(run, "ClientError: Disk validation failed") {
        "No snapshot was made: EC2 could not read the file as a disk of the format that was given. \
         Check the format first."
    } else if transfer::reason_begins(run, "ClientError") {
        "No snapshot was made. The reason begins with ClientError: something about the file or the \
         request is wrong, and the same import would fail again."
    } else if transfer::reason_begins(run, "ServerError") {
        "No snapshot was made. The reason begins with ServerError: it is on the side of AWS, and the \
         same import may succeed later."
    } else {
        "No snapshot was made. If the reason above does not say enough, check the causes that AWS \
         documents."
    }
}
