//! What the reader can do next: the causes that AWS documents, and a command for each.

use super::command::{Command, Commands, NoCommand};
use crate::event::{Event, Outcome};
use crate::task::Kind;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// What the outcome means for the reader.
    pub meaning: &'static str,
    /// What can be done, the most useful first.
    pub steps: Vec<Step>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What and why, in words that hold nothing from outside.
    pub say: &'static str,
    /// How.
    pub command: Command,
}

impl Step {
    /// What stands in place of the command where there is none.
    #[must_use]
    pub fn excuse(&self) -> Option<&'static str> {
        match self.command {
            Ok(_) => None,
            Err(NoCommand::NotGiven) => {
                Some("No command is shown here: EC2 did not give a name that it needs.")
            }
            Err(NoCommand::Unsafe) => Some(
                "No command is shown here: a name in it holds characters that are not safe to \
                 paste.",
            ),
        }
    }
}

/// What the reader of an event can do next.
#[must_use]
pub fn next(event: &Event) -> Next {
    let run = Commands::of(event);
    match event.detail.kind {
        Kind::StoreImage => store(event.detail.outcome, run),
        Kind::Bundle => bundle(event.detail.outcome, run),
    }
}

fn step(say: &'static str, command: Command) -> Step {
    Step { say, command }
}

fn store(outcome: Outcome, run: Commands<'_>) -> Next {
    match outcome {
        Outcome::Completed => Next {
            meaning: "The whole AMI is now one object in the bucket. It can be copied, also to \
                      another Region or partition, and made into an AMI again.",
            steps: vec![
                step(
                    "Copy the object to a bucket of another Region or account. Put the names of \
                     that bucket and its Region in place of the words in capitals.",
                    run.copy_elsewhere(),
                ),
                step(
                    "Copy the object to this computer, from where it can go to another partition.",
                    run.copy_here(),
                ),
                step(
                    "Make an AMI from the object. The name must be new in the Region. In another \
                     Region, use a bucket of that Region.",
                    run.restore(),
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
                    run.snapshots(),
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
                    run.stores_in_progress(),
                ),
                step("When the cause is gone, start the store again.", run.store_again()),
            ],
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
                step("Ask EC2 for the newest store of this AMI.", run.show_store()),
                step("If nothing was stored, start the store again.", run.store_again()),
            ],
        },
        Outcome::Stalled => Next {
            meaning: "Slow is not stuck. EC2 works on up to 1,200 GB of stores at once for each \
                      account and Region, unless AWS has raised this; the rest waits at a low \
                      percentage, sometimes for hours. There is nothing to repair yet, and you \
                      will hear again when the store ends.",
            steps: vec![
                step("See the progress of this store.", run.show_store()),
                step("See what else is being stored at this moment.", run.stores_in_progress()),
            ],
        },
        Outcome::Started => Next {
            meaning: "There is nothing to do. A store takes from minutes to hours, and you will \
                      hear again when it ends. Until then, do not delete the AMI's snapshots or \
                      the bucket.",
            steps: vec![step("See the progress of this store.", run.show_store())],
        },
    }
}

fn bundle(outcome: Outcome, run: Commands<'_>) -> Next {
    match outcome {
        Outcome::Completed => Next {
            meaning: "The parts of the bundle and its manifest are in the bucket. Nothing can be \
                      started from them until they are registered as an AMI.",
            steps: vec![
                step("See the parts and the manifest.", run.list_objects()),
                step("Register an AMI from the manifest.", run.register()),
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
                    run.instance(),
                ),
                step("Ask EC2 for the task.", run.show_bundle()),
            ],
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
                step("Ask EC2 for the task.", run.show_bundle()),
            ],
        },
        Outcome::Stalled => Next {
            meaning: "Slow is not stuck: shutting down the instance and reading a large disk both \
                      take their time. You will hear again when the task ends.",
            steps: vec![
                step("See the progress of the task.", run.show_bundle()),
                step("See whether the instance has shut down.", run.instance()),
            ],
        },
        Outcome::Started => Next {
            meaning: "There is nothing to do, and you will hear again when the task ends. The \
                      instance is shut down while it is bundled.",
            steps: vec![step("See the progress of the task.", run.show_bundle())],
        },
    }
}
