//! The words of store-image tasks.

use super::command::{Command, Commands, quoted};
use super::image;
use super::links::{Console, Link};
use super::next::{Next, step};
use super::sentence::Sentence;
use super::words::{IMAGE_NAME, Label, STARTED, Sample, Words};
use crate::event::{Event, Outcome};
use crate::task::{Failure, Kind, State, Subject, Task};

/// What amiwatch says of AMI store tasks.
pub(super) const WORDS: Words = Words {
    tasks: "AMI store tasks",
    noun: "AMI store",
    beside,
    headline,
    names,
    next,
    show: show_store,
    links,
    sample,
};

fn beside(subject: &Subject) -> Option<(&'static str, &str)> {
    Some((" to ", subject.bucket.as_deref()?))
}

fn headline(event: &Event) -> Sentence {
    let begin = |words: &'static str| Sentence::new(words).image(event);
    let (in_bucket, to_bucket) = (" in bucket ", " to bucket ");
    match event.detail.outcome {
        Outcome::Completed => begin("AMI ").say(" is stored").place(event, in_bucket).say("."),
        Outcome::Failed => {
            begin("AMI ").say(" could not be stored").place(event, in_bucket).stopped(event)
        }
        Outcome::Cancelled => {
            begin("The store of AMI ").place(event, to_bucket).say(" was cancelled.")
        }
        Outcome::Vanished => begin("EC2 no longer lists the store of AMI ")
            .place(event, to_bucket)
            .say(". How it ended was not seen."),
        Outcome::Stalled => begin("The store of AMI ").place(event, to_bucket).stuck(event),
        Outcome::Started | Outcome::Blind | Outcome::Seeing => {
            begin("EC2 is storing AMI ").place(event, in_bucket).say(".")
        }
    }
}

fn names(event: &Event) -> Vec<Label> {
    let subject = &event.detail.subject;
    // Until a store completes there is no object.
    let label = match (&subject.object_key, event.detail.outcome) {
        (None, _) => "Bucket",
        (Some(_), Outcome::Completed) => "Object",
        (Some(_), _) => "Destination",
    };
    let key = subject.object_key.as_deref().unwrap_or_default();
    vec![("AMI", image::label(event)), (label, subject.uri(key))]
}

fn links(event: &Event, console: &Console<'_>) -> Vec<Option<Link>> {
    // Until a store completes there is no object to show.
    let object = (event.detail.outcome == Outcome::Completed).then(|| console.object());
    vec![object.flatten().or_else(|| console.bucket()), console.image()]
}

fn sample(outcome: Outcome) -> Sample {
    let subject = Subject {
        image_id: Some("ami-0123456789abcdef0".into()),
        object_key: Some("ami-0123456789abcdef0.bin".into()),
        bucket: Some("my-bucket".into()),
        ..Subject::default()
    };
    let (state, percent) = match outcome {
        Outcome::Completed => ("Completed", 100),
        Outcome::Failed | Outcome::Cancelled => ("Failed", 42),
        Outcome::Vanished => ("InProgress", 60),
        Outcome::Stalled => ("InProgress", 3),
        Outcome::Started | Outcome::Blind | Outcome::Seeing => ("InProgress", 0),
    };
    let reason = "Snapshot snap-0fedcba9876543210 was deleted while it was being stored.";
    let task = Task {
        progress_percent: Some(percent),
        started_at: Some(STARTED),
        failure: (outcome == Outcome::Failed)
            .then(|| Failure { code: None, message: Some(reason.into()) }),
        ..Task::new(Kind::StoreImage, subject, State::new(state))
    };
    let before = (outcome != Outcome::Started).then_some("InProgress");
    Sample { task, before, image_name: Some(IMAGE_NAME) }
}

/// Copies the stored object to another bucket. What the reader has to fill in is in capitals,
/// which no bucket's name has: pasted as it is, the command fails and does nothing.
fn copy_elsewhere(run: Commands<'_>) -> Command {
    let (from, region) = (run.object()?, run.region()?);
    Ok(format!(
        "aws s3 cp {from} s3://OTHER-BUCKET/ --source-region {region} --region OTHER-REGION"
    ))
}

/// Makes an AMI of the object.
fn restore(run: Commands<'_>) -> Command {
    let (bucket, key) = (run.bucket()?, run.key()?);
    let name = quoted(&format!("{}-restored", run.raw_image()?))?;
    run.in_region(&format!(
        "aws ec2 create-restore-image-task --object-key {key} --bucket {bucket} --name {name}"
    ))
}

/// Starts the store again.
fn store_again(run: Commands<'_>) -> Command {
    let (image, bucket) = (run.image()?, run.bucket()?);
    run.in_region(&format!("aws ec2 create-store-image-task --image-id {image} --bucket {bucket}"))
}

/// Shows the newest store of the AMI.
fn show_store(run: Commands<'_>) -> Command {
    let image = run.image()?;
    run.in_region(&format!("aws ec2 describe-store-image-tasks --image-ids {image}"))
}

/// Lists the stores in progress.
fn stores_in_progress(run: Commands<'_>) -> Command {
    run.in_region("aws ec2 describe-store-image-tasks --filters Name=task-state,Values=InProgress")
}

/// Lists the AMI's snapshots with their encryption; an error where one is gone or closed.
fn snapshots(run: Commands<'_>) -> Command {
    let (image, region) = (run.image()?, run.region()?);
    Ok(format!(
        "aws ec2 describe-snapshots --snapshot-ids $(aws ec2 describe-images --image-ids \
         {image} --query 'Images[].BlockDeviceMappings[].Ebs.SnapshotId' --output text \
         --region {region}) --query 'Snapshots[].[SnapshotId,State,Encrypted,KmsKeyId]' \
         --output text --region {region}"
    ))
}

fn next(outcome: Outcome, run: Commands<'_>) -> Next {
    match outcome {
        Outcome::Completed => Next {
            meaning: "The whole AMI is now one object in the bucket. It can be copied, also to \
                      another Region or partition, and made into an AMI again.",
            steps: vec![
                step(
                    "Copy the object to a bucket of another Region or account. Put the names of \
                     that bucket and its Region in place of the words in capitals.",
                    copy_elsewhere(run),
                ),
                step(
                    "Copy the object to this computer, from where it can go to another partition.",
                    run.copy_here(),
                ),
                step(
                    "Make an AMI from the object. The name must be new in the Region. In another \
                     Region, use a bucket of that Region.",
                    restore(run),
                ),
            ],
        },
        Outcome::Failed => Next {
            meaning: "Nothing was stored. If the reason above does not say enough, check the \
                      causes that AWS documents, as the user or role that started the store.",
            steps: vec![
                step(
                    "A snapshot of the AMI was deleted, or access to it was lost, while it was \
                     being stored. An error here names the snapshot.",
                    snapshots(run),
                ),
                step(
                    "The bucket was deleted, is in another Region, or access to it was lost. An \
                     error here says which: 404 is missing, 301 is another Region, 403 is no \
                     access.",
                    run.head_bucket(),
                ),
                step(
                    "A KMS key could not be used. The role needs kms:Decrypt for the snapshots' \
                     keys (listed by the first command) and kms:GenerateDataKey for the \
                     bucket's key.",
                    run.bucket_encryption(),
                ),
                step(
                    "Too much was being stored at once. The quota is 1,200 GB of snapshots in \
                     progress for each account and Region, unless AWS has raised it.",
                    stores_in_progress(run),
                ),
                step("When the cause is gone, start the store again.", store_again(run)),
            ],
        },
        Outcome::Cancelled => Next {
            meaning: "Nothing was stored. EC2 has no call that cancels a store, so the reason above \
                      is all that is known.",
            steps: vec![step(
                "When it is wanted after all, start the store again.",
                store_again(run),
            )],
        },
        Outcome::Vanished => Next {
            meaning: "The store may have ended between two looks, well or badly. The object \
                      appears in the bucket only when a store completes, so the bucket has the \
                      answer.",
            steps: vec![
                step(
                    "Look for the object. An answer with a size and a date after the start means \
                     that it was stored; error 404 means that it was not.",
                    run.head_object(),
                ),
                step("Ask EC2 for the newest store of this AMI.", show_store(run)),
                step("If nothing was stored, start the store again.", store_again(run)),
            ],
        },
        Outcome::Stalled => Next {
            meaning: "Slow is not stuck. EC2 works on up to 1,200 GB of stores at once for each \
                      account and Region, unless AWS has raised this; the rest waits at a low \
                      percentage, sometimes for hours. There is nothing to repair yet, and you \
                      will hear again when the store ends.",
            steps: vec![
                step("See the progress of this store.", show_store(run)),
                step("See what else is being stored at this moment.", stores_in_progress(run)),
            ],
        },
        Outcome::Started | Outcome::Blind | Outcome::Seeing => Next {
            meaning: "There is nothing to do. A store takes from minutes to hours, and you will \
                      hear again when it ends. Until then, do not delete the AMI's snapshots or \
                      the bucket.",
            steps: vec![step("See the progress of this store.", show_store(run))],
        },
    }
}
