//! What was given up: the letters in the dead-letter queues of a stack, and what to do with them.

use super::finding::Finding;
use super::queue::{self, Queue};
use super::stack::Stack;
use crate::cli::connect::Connection;

/// The polls that failed twice, or could not be started. The next good poll does their work.
pub(super) async fn of_polls(connection: &Connection, stack: &Stack) -> Finding {
    let about = "dead letters of polls";
    let url = stack.get("DeadLetters");
    match queue::read(connection, about, url).await {
        Ok(found) => {
            let mend = format!(
                "they say why (docs/operations/recovery.md, Dead letters), and need no replay: mend \
                 it, poll once by hand, then: aws sqs purge-queue --queue-url {}",
                url.unwrap_or_default()
            );
            letters(about, &found, &mend)
        }
        Err(finding) => finding,
    }
}

/// What workers could not poll. A later tick has asked for the same targets.
pub(super) async fn of_targets(connection: &Connection, stack: &Stack) -> Finding {
    let about = "dead letters of targets";
    let url = stack.get("TargetsDeadLetters");
    match queue::read(connection, about, url).await {
        Ok(found) => {
            let mend = format!(
                "each names the account whose polls fail, and needs no replay \
                 (docs/operations/alarms.md, TargetsDeadLettersAlarm): mend it, then: aws sqs \
                 purge-queue --queue-url {}",
                url.unwrap_or_default()
            );
            letters(about, &found, &mend)
        }
        Err(finding) => finding,
    }
}

/// What an app refused, or did not take in time. `back` is the ARN of the queue that they go back to.
pub(super) async fn of_app(
    connection: &Connection,
    stack: &Stack,
    app: &str,
    back: &str,
) -> Finding {
    let about = format!("dead letters of {app}");
    match queue::read(connection, &about, stack.get(&format!("{app}DeadLetters"))).await {
        Ok(found) => {
            let mend = format!(
                "they say why (docs/operations/recovery.md, Webhooks): mend it, then send them \
                 again: aws sqs start-message-move-task --source-arn {} --destination-arn {back}",
                found.arn
            );
            letters(&about, &found, &mend)
        }
        Err(finding) => finding,
    }
}

fn letters(about: &str, queue: &Queue, mend: &str) -> Finding {
    match queue.messages() {
        0 => Finding::ok(about, "none"),
        1 => Finding::warning(about, "1 letter", mend),
        many => Finding::warning(about, format!("{many} letters"), mend),
    }
}
