//! Whether what is told reaches the apps behind webhooks: the queue, what takes it to the function, the
//! function, and what was given up on the way.

use super::finding::Finding;
use super::stack::Stack;
use super::{function, letters, mapping, queue};
use crate::cli::connect::Connection;

/// As they begin the names in template.yaml.
const APPS: [&str; 2] = ["Slack", "Teams"];

pub(super) async fn examine(connection: &Connection, stack: &Stack) -> Vec<Finding> {
    let mut findings = Vec::new();
    for app in APPS {
        if let Some(name) = stack.get(&format!("{app}Webhook")) {
            findings.extend(way(connection, stack, app, name).await);
        }
    }
    findings
}

/// The way from the topic to one app.
async fn way(connection: &Connection, stack: &Stack, app: &str, name: &str) -> Vec<Finding> {
    let part = |part: &str| stack.get(&format!("{app}{part}"));
    let see = stack.get("WebhookLog").map_or_else(
        || format!("read the log of {name}"),
        |group| format!("read why: aws logs tail {group} --since 1h"),
    );
    let about = format!("queue of {app}");
    let queue = queue::read(connection, &about, part("Queue")).await;
    // What the stack's output is called, where the queue does not say its ARN.
    let back = queue.as_ref().map_or_else(|_| format!("{app}QueueArn"), |it| it.arn.clone());
    let mut findings = vec![match queue {
        Ok(queue) => queue.passing(&about, &see),
        Err(finding) => finding,
    }];
    let about = format!("event source mapping of {app}");
    // SAM names it by the function and its event.
    findings.push(mapping::examine(connection, &about, part("WebhookWaiting"), &see).await);
    findings.extend(function::examine_webhook(connection, name).await);
    findings.push(letters::of_app(connection, stack, app, &back).await);
    findings
}
