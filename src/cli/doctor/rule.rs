//! Whether the object of a completed store asks for a poll at once: the rule, the queue, and what takes
//! its messages to the function that polls.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::RuleState;

use super::finding::Finding;
use super::stack::Stack;
use super::{mapping, queue};
use crate::aws::error::reason;
use crate::cli::connect::Connection;

/// Nothing where the stack has no rule.
pub(super) async fn examine(connection: &Connection, stack: &Stack) -> Vec<Finding> {
    let Some(name) = stack.get("StoreRule") else { return Vec::new() };
    let see = stack.get("PollerLog").map_or_else(
        || "read the log of the function that polls".to_owned(),
        |group| format!("read why: aws logs tail {group} --since 1h"),
    );
    let about = "queue of stored objects";
    let queue = match queue::read(connection, about, stack.get("StoredObjects")).await {
        Ok(queue) => queue.passing(about, &see),
        Err(finding) => finding,
    };
    let about = "event source mapping of stored objects";
    let uuid = stack.get("StoredObjectsStartPolls");
    let mapping = mapping::examine(connection, about, uuid, &see).await;
    vec![rule(connection, name).await, queue, mapping]
}

async fn rule(connection: &Connection, name: &str) -> Finding {
    let mut config = aws_sdk_eventbridge::config::Builder::from(&connection.sdk);
    if let Some(url) = connection.endpoint("EVENTBRIDGE") {
        config = config.endpoint_url(url);
    }
    let about = format!("rule {name}");
    match Client::from_conf(config.build()).describe_rule().name(name).send().await {
        Ok(found) if found.state == Some(RuleState::Disabled) => Finding::failed(
            about,
            "is disabled: a completed store is told at the schedule's next poll, not at once",
            format!("aws events enable-rule --name {name}"),
        ),
        Ok(_) => Finding::ok(about, "asks for a poll when a store's object is there"),
        Err(error) => Finding::refused(
            about,
            format!("DescribeRule: {}", reason(&error)),
            "deploy the stack again, or permit events:DescribeRule",
        ),
    }
}
