//! The words of bundle tasks.

use super::command::{Command, Commands, given, quoted};
use super::links::{Console, Link};
use super::next::{Next, step};
use super::sentence::Sentence;
use super::words::{Label, STARTED, Sample, UPDATED, Words};
use crate::event::{Event, Outcome};
use crate::task::{Failure, Kind, State, Subject, Task};

/// What amiwatch says of bundle tasks.
pub(super) const WORDS: Words = Words {
    tasks: "bundle tasks",
    noun: "bundle",
    beside,
    headline,
    names,
    next,
    show: show_bundle,
    links,
    sample,
};

fn beside(subject: &Subject) -> Option<(&'static str, &str)> {
    Some((" of ", subject.instance_id.as_deref()?))
}

fn headline(event: &Event) -> Sentence {
    let id = event.detail.subject.name();
    let instance = event.detail.subject.instance_id.as_deref();
    let machine = |sentence: Sentence| match instance {
        Some(instance) => sentence.say("instance ").name(instance),
        None => sentence.say("the instance"),
    };
    let begin = |words: &'static str| machine(Sentence::new(words).name(id).say(" of "));
    let (in_bucket, to_bucket) = (" in bucket ", " to bucket ");
    match event.detail.outcome {
        Outcome::Completed => {
            begin("Bundle task ").say(" is complete").place(event, in_bucket).say(".")
        }
        Outcome::Failed => {
            begin("Bundle task ").place(event, to_bucket).say(" failed").stopped(event)
        }
        Outcome::Cancelled => begin("Bundle task ").place(event, to_bucket).say(" was cancelled."),
        Outcome::Vanished => begin("EC2 no longer lists bundle task ")
            .place(event, to_bucket)
            .say(". How it ended was not seen."),
        Outcome::Stalled => begin("Bundle task ").place(event, to_bucket).stuck(event),
        Outcome::Started | Outcome::Blind | Outcome::Seeing => {
            machine(Sentence::new("EC2 is bundling "))
                .place(event, to_bucket)
                .say(", as bundle task ")
                .name(id)
                .say(".")
        }
    }
}

fn names(event: &Event) -> Vec<Label> {
    let subject = &event.detail.subject;
    let place = match &subject.prefix {
        Some(prefix) => ("Objects", subject.uri(&format!("{prefix}*"))),
        None => ("Bucket", subject.uri("")),
    };
    vec![("Bundle task", subject.task_id.clone()), ("Instance", subject.instance_id.clone()), place]
}

fn links(_: &Event, console: &Console<'_>) -> Vec<Option<Link>> {
    vec![console.bucket(), console.instance()]
}

fn sample(outcome: Outcome) -> Sample {
    let subject = Subject {
        task_id: Some("bun-c1a540a8".into()),
        instance_id: Some("i-12345678".into()),
        prefix: Some("winami".into()),
        bucket: Some("my-bucket".into()),
        ..Subject::default()
    };
    let (state, percent) = match outcome {
        Outcome::Completed => ("complete", 100),
        Outcome::Failed | Outcome::Cancelled => ("failed", 42),
        Outcome::Vanished => ("storing", 60),
        Outcome::Stalled => ("storing", 3),
        Outcome::Started | Outcome::Blind | Outcome::Seeing => ("storing", 0),
    };
    let failure = || Failure {
        code: Some("Client.S3Error".into()),
        message: Some("The upload policy has expired.".into()),
    };
    let task = Task {
        progress_percent: Some(percent),
        started_at: Some(STARTED),
        updated_at: Some(UPDATED),
        failure: (outcome == Outcome::Failed).then(failure),
        ..Task::new(Kind::Bundle, subject, State::new(state))
    };
    let before = (outcome != Outcome::Started).then_some("storing");
    Sample { task, before, image_name: None }
}

/// Registers an AMI from the bundle's manifest.
fn register(run: Commands<'_>) -> Command {
    let prefix = given(run.subject().prefix.as_deref())?;
    let manifest = format!("{}/{prefix}.manifest.xml", run.raw_bucket()?);
    run.in_region(&format!(
        "aws ec2 register-image --image-location {} --name {}",
        quoted(&manifest)?,
        run.task()?
    ))
}

/// Shows the bundle task, without the upload policy and signature that EC2 lists with it.
fn show_bundle(run: Commands<'_>) -> Command {
    run.in_region(&format!(
        "aws ec2 describe-bundle-tasks --bundle-ids {} --query \
         'BundleTasks[].[BundleId,State,Progress,BundleTaskError.Message]' --output text",
        run.task()?
    ))
}

/// Shows what kind of instance it is.
fn instance(run: Commands<'_>) -> Command {
    run.in_region(&format!(
        "aws ec2 describe-instances --instance-ids {} --query \
         'Reservations[].Instances[].[Platform,RootDeviceType,State.Name]' --output text",
        run.instance()?
    ))
}

fn next(outcome: Outcome, run: Commands<'_>) -> Next {
    match outcome {
        Outcome::Completed => Next {
            meaning: "The parts of the bundle and its manifest are in the bucket. Nothing can be \
                      started from them until they are registered as an AMI.",
            steps: vec![
                step("See the parts and the manifest.", run.list_objects()),
                step("Register an AMI from the manifest.", register(run)),
            ],
        },
        Outcome::Failed => Next {
            meaning: "The bundle is not usable. If the reason above does not say enough, check \
                      these causes. Where the reason has Cancelled in it, somebody cancelled \
                      the task.",
            steps: vec![
                step(
                    "The bucket is missing or closed, or the upload policy that was given with \
                     the task had expired or did not allow the upload. An error here is about the \
                     bucket: 404 is missing, 403 is no access.",
                    run.head_bucket(),
                ),
                step(
                    "The instance cannot be bundled. Only Windows instances with an instance \
                     store as their root device can be.",
                    instance(run),
                ),
                step("Ask EC2 for the task.", show_bundle(run)),
            ],
        },
        Outcome::Cancelled => Next {
            meaning: "The bundle is not usable: somebody cancelled the task.",
            steps: vec![step("Ask EC2 for the task.", show_bundle(run))],
        },
        Outcome::Vanished => Next {
            meaning: "EC2 lists a bundle task for a limited time only, and this one may have ended \
                      between two looks, well or badly. The manifest is uploaded last, so the \
                      bucket has the answer.",
            steps: vec![
                step(
                    "Look for an object that ends in .manifest.xml and is newer than the start. \
                     If it is there, the bundle is complete.",
                    run.list_objects(),
                ),
                step("Ask EC2 for the task.", show_bundle(run)),
            ],
        },
        Outcome::Stalled => Next {
            meaning: "Slow is not stuck: shutting down the instance and reading a large disk both \
                      take their time. You will hear again when the task ends.",
            steps: vec![
                step("See the progress of the task.", show_bundle(run)),
                step("See whether the instance has shut down.", instance(run)),
            ],
        },
        Outcome::Started | Outcome::Blind | Outcome::Seeing => Next {
            meaning: "There is nothing to do, and you will hear again when the task ends. The \
                      instance is shut down while it is bundled.",
            steps: vec![step("See the progress of the task.", show_bundle(run))],
        },
    }
}
