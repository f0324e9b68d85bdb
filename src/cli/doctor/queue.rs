//! How many messages a queue holds. For how long, SQS does not say.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;

use super::finding::Finding;
use crate::aws::error::reason;
use crate::cli::connect::Connection;

/// A queue, as SQS describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Queue {
    pub(super) arn: String,
    /// Messages that can be taken.
    waiting: u64,
    /// Messages that somebody has taken, and neither deleted nor given back yet.
    taken: u64,
}

/// What a queue holds, where the stack has it.
pub(super) async fn read(
    connection: &Connection,
    about: &str,
    url: Option<&str>,
) -> Result<Queue, Finding> {
    use QueueAttributeName::{
        ApproximateNumberOfMessages as Waiting, ApproximateNumberOfMessagesNotVisible as Taken,
        QueueArn,
    };
    let url = url.ok_or_else(|| Finding::missing(about))?;
    let mut config = aws_sdk_sqs::config::Builder::from(&connection.sdk);
    if let Some(endpoint) = connection.endpoint("SQS") {
        config = config.endpoint_url(endpoint);
    }
    let answer = Client::from_conf(config.build())
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueArn)
        .attribute_names(Waiting)
        .attribute_names(Taken)
        .send()
        .await
        .map_err(|error| {
            Finding::refused(
                about,
                format!("GetQueueAttributes: {}", reason(&error)),
                "deploy the stack again, or permit sqs:GetQueueAttributes",
            )
        })?;
    let attributes = answer.attributes.unwrap_or_default();
    let number = |name: &QueueAttributeName| -> u64 {
        attributes.get(name).and_then(|it| it.parse().ok()).unwrap_or(0)
    };
    Ok(Queue {
        arn: attributes.get(&QueueArn).cloned().unwrap_or_default(),
        waiting: number(&Waiting),
        taken: number(&Taken),
    })
}

impl Queue {
    pub(super) fn messages(&self) -> u64 {
        self.waiting.saturating_add(self.taken)
    }

    /// Of a queue that a function empties. One look cannot tell a message that has just come from one
    /// that stays; `see` says where to look for why it does.
    pub(super) fn passing(&self, about: &str, see: &str) -> Finding {
        if self.messages() == 0 {
            return Finding::ok(about, "empty");
        }
        let says = format!(
            "{} wait to be taken; {} are being tried, or wait for their next try",
            self.waiting, self.taken
        );
        let mend = format!("ask again in some minutes; where they stay, {see}");
        Finding::warning(about, says, mend)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_queue_is_well_while_it_is_empty() {
        for (waiting, taken, verdict, words) in [
            (0, 0, Verdict::Ok, "queue: empty"),
            (3, 0, Verdict::Warning, "3 wait to be taken; 0 are being tried"),
            (0, 2, Verdict::Warning, "0 wait to be taken; 2 are being tried"),
        ] {
            let queue =
                Queue { arn: "arn:aws:sqs:us-east-1:123456789012:q".into(), waiting, taken };
            let finding = queue.passing("queue", "read the log");
            assert_eq!(finding.verdict, verdict, "{queue:?}");
            assert!(finding.text().contains(words), "{words}: {}", finding.text());
        }
    }
}
