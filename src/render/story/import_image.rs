//! The words of image imports.

use super::command::{Command, Commands};
use super::image;
use super::links::{Console, Link};
use super::next::{Next, step};
use super::sentence::Sentence;
use super::transfer::{self, Named, doing, role, who_cancelled};
use super::words::{Label, Sample, Words};
use crate::event::{Event, Outcome};
use crate::task::{Kind, Subject};

/// What amiwatch says of image imports.
pub(super) const WORDS: Words = Words {
    tasks: "image imports",
    noun: "image import",
    beside,
    headline,
    names,
    next,
    show,
    links,
    sample,
};

fn beside(subject: &Subject) -> Option<(&'static str, &str)> {
    Some((" to ", subject.image_id.as_deref()?))
}

fn headline(event: &Event) -> Sentence {
    let subject = &event.detail.subject;
    let named = Named {
        noun: ("Image import", "image import"),
        of: None,
        joint: " from bucket ",
        made: subject
            .image_id
            .as_ref()
            .map(|_| Sentence::new(" It made AMI ").image(event).say(".")),
    };
    transfer::headline(event, &named)
}

fn names(event: &Event) -> Vec<Label> {
    let subject = &event.detail.subject;
    let snapshots = subject.snapshot_ids.join(", ");
    vec![
        ("Image import", subject.task_id.clone()),
        ("AMI", image::label(event)),
        ("Snapshots", Some(snapshots)),
        ("File", subject.object_key.as_deref().and_then(|key| subject.uri(key))),
        doing(event),
    ]
}

fn links(_: &Event, console: &Console<'_>) -> Vec<Option<Link>> {
    vec![console.image(), console.object().or_else(|| console.bucket())]
}

/// The made-up import.
const TASK: &str = "import-ami-1234567890abcdef0";

fn sample(outcome: Outcome) -> Sample {
    let made = outcome == Outcome::Completed;
    let subject = Subject {
        task_id: Some(TASK.into()),
        image_id: made.then(|| "ami-0123456789abcdef0".into()),
        snapshot_ids: made.then(|| "snap-0fedcba9876543210".into()).into_iter().collect(),
        bucket: Some("my-bucket".into()),
        object_key: Some("disks/web-golden.ova".into()),
        ..Subject::default()
    };
    let reason = "FirstBootFailure: This import request failed because the instance failed to boot and establish network connectivity.";
    let sample = transfer::sample(Kind::ImportImage, subject, outcome, reason);
    // EC2 names the AMI like the import.
    Sample { image_name: made.then_some(TASK), ..sample }
}

/// Shows the import as EC2 lists it.
fn show(run: Commands<'_>) -> Command {
    let query = "ImportImageTasks[].[Status,StatusMessage,Progress,ImageId]";
    transfer::show_import("describe-import-image-tasks", query, run)
}

/// Starts an instance of the AMI. What the reader has to fill in is in capitals.
fn start(run: Commands<'_>) -> Command {
    let image = run.image()?;
    run.in_region(&format!(
        "aws ec2 run-instances --image-id {image} --instance-type TYPE --subnet-id SUBNET"
    ))
}

/// Gives the AMI a name: an imported one is named like its task.
fn copy(run: Commands<'_>) -> Command {
    let (image, region) = (run.image()?, run.region()?);
    run.in_region(&format!(
        "aws ec2 copy-image --source-image-id {image} --source-region {region} --name NEW-NAME"
    ))
}

/// Lists the imports that are running.
fn running(run: Commands<'_>) -> Command {
    run.in_region(
        "aws ec2 describe-import-image-tasks --filters Name=task-state,Values=active --query \
         'ImportImageTasks[].[ImportTaskId,Progress,StatusMessage]' --output text",
    )
}

fn next(outcome: Outcome, run: Commands<'_>) -> Next {
    match outcome {
        Outcome::Completed => Next {
            meaning: "The virtual machine is now an AMI in this Region. It is named like the task, and \
                      has none of the task's tags.",
            steps: vec![
                step(
                    "Start an instance of it. Put the type and the subnet in place of the words in \
                     capitals.",
                    start(run),
                ),
                step(
                    "Copy it under a name of your own, which must be new in the Region.",
                    copy(run),
                ),
            ],
        },
        Outcome::Failed => Next {
            meaning: failed(run),
            steps: vec![
                step(
                    "The file is not what was said, or holds a system that EC2 does not import. EC2 \
                     takes OVA, VMDK, VHD, VHDX and raw disks. See the file's size and date.",
                    run.head_object(),
                ),
                step(
                    "The bucket is gone, closed, or in another Region. An error here says which: 404 is \
                     missing, 301 is another Region, 403 is no access.",
                    run.head_bucket(),
                ),
                role(
                    "The service role lacks rights. Imports use the role vmimport, unless another was \
                     named; it needs to read the bucket and to make snapshots and AMIs.",
                ),
                step("Ask EC2 for the task.", show(run)),
            ],
        },
        Outcome::Cancelled => Next {
            meaning: "No AMI was made: EC2 says that a user cancelled the import.",
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
            meaning: "Slow is not stuck: an image import usually takes about an hour. It stands still \
                      for long at 28 to 39 percent, while it converts the disks, and near 58 percent, \
                      while it starts the system for the first time. You will hear again when it ends.",
            steps: vec![
                step("See what EC2 says that it is doing.", show(run)),
                step(transfer::FIVE_AT_A_TIME, running(run)),
            ],
        },
        Outcome::Started | Outcome::Blind | Outcome::Seeing => Next {
            meaning: "There is nothing to do. An image import usually takes about an hour, and you will \
                      hear again when it ends. Until then, keep the files in the bucket.",
            steps: vec![step("See how far it is.", show(run))],
        },
    }
}

fn failed(run: Commands<'_>) -> &'static str {
    if transfer::reason_begins(run, "FirstBootFailure") {
        "No AMI was made: EC2 started the imported system once, and it did not come up with a network. \
         Before the next import let it take its address by DHCP, take disks out of /etc/fstab that are \
         not imported, and remove antivirus software and other agents that hold up the start."
    } else if transfer::reason_begins(run, "ClientError: Disk validation failed") {
        "No AMI was made: EC2 could not read a file as a disk of the format that was given. Check the \
         format first."
    } else if transfer::reason_begins(run, "ClientError") {
        "No AMI was made. The reason begins with ClientError: something about the disks or the request is \
         wrong, and the same import would fail again."
    } else if transfer::reason_begins(run, "ServerError") {
        "No AMI was made. The reason begins with ServerError: it is on the side of AWS, and the same \
         import may succeed later."
    } else {
        "No AMI was made. If the reason above does not say enough, check the causes that AWS documents."
    }
}
