//! The forms that AWS gives its names: one place for the functions' variables and the command line's
//! options. Each error names the text, the rule and the way out.

use crate::place::is_region_code;

/// A Region's code.
///
/// # Errors
/// The text has not the form of one.
pub fn region(text: &str) -> Result<String, String> {
    let way_out = "is not a Region code: write one such as us-east-1";
    checked(text, is_region_code(text), way_out)
}

/// An account id.
///
/// # Errors
/// The text is not 12 digits.
pub fn account(text: &str) -> Result<String, String> {
    let way_out = "is not an account id: write its 12 digits";
    checked(text, is_account(text), way_out)
}

/// The name of a DynamoDB table, or its ARN.
///
/// # Errors
/// The text is neither.
pub fn table(text: &str) -> Result<String, String> {
    let is_name = |name: &str| (3..=255).contains(&name.len()) && is_made_of(name, "_-.");
    let is_arn = |text: &str| {
        resource(text, "dynamodb").and_then(|it| it.strip_prefix("table/")).is_some_and(is_name)
    };
    let way_out = "is not a DynamoDB table: write its name, 3 to 255 letters, digits, \"_\", \"-\" \
                   and \".\", or its ARN";
    checked(text, is_name(text) || is_arn(text), way_out)
}

/// The ARN of an SNS topic that reaches people.
///
/// # Errors
/// The text is no such ARN, or names a FIFO topic.
pub fn topic_arn(text: &str) -> Result<String, String> {
    let name = resource(text, "sns");
    if name.is_some_and(|name| name.strip_suffix(".fifo").is_some()) {
        return Err(format!(
            "\"{text}\" names a FIFO topic, which reaches neither email nor chat; name a standard topic"
        ));
    }
    let is_topic =
        name.is_some_and(|name| (1..=256).contains(&name.len()) && is_made_of(name, "_-"));
    let way_out = "is not the ARN of an SNS topic: write a topic's ARN, such as \
                   arn:aws:sns:us-east-1:123456789012:amiwatch";
    checked(text, is_topic, way_out)
}

/// The name of an EventBridge event bus, or its ARN.
///
/// # Errors
/// The text is neither.
pub fn event_bus(text: &str) -> Result<String, String> {
    let is_name = |name: &str| (1..=256).contains(&name.len()) && is_made_of(name, "/_-.");
    let is_arn = |text: &str| {
        resource(text, "events").and_then(|it| it.strip_prefix("event-bus/")).is_some_and(is_name)
    };
    let way_out = "is not an event bus: write its name, such as default, or its ARN";
    checked(text, is_name(text) || is_arn(text), way_out)
}

/// The name of an IAM role, without its path.
///
/// # Errors
/// The text is none.
pub fn role_name(text: &str) -> Result<String, String> {
    let is_name = (1..=64).contains(&text.len()) && is_made_of(text, "_+=,.@-");
    let way_out = "is not the name of an IAM role: write its name without path and ARN, 1 to 64 letters, \
                   digits and characters of \"_+=,.@-\", such as amiwatch-member";
    checked(text, is_name, way_out)
}

/// An external id, as a role's trust policy may ask for one.
///
/// # Errors
/// STS takes no such text. It is not repeated, as some take it for a secret.
pub fn external_id(text: &str) -> Result<String, String> {
    if (2..=1224).contains(&text.len()) && is_made_of(text, "_+=,.@:/-") {
        return Ok(text.to_owned());
    }
    Err("the external id is none that STS takes: write 2 to 1224 letters, digits and characters of \
         \"_+=,.@:/-\""
        .to_owned())
}

/// The name of a Parameter Store parameter, or with a `/` at its end the path of several.
///
/// # Errors
/// The text is neither.
pub fn parameter(text: &str) -> Result<String, String> {
    let is_name = (1..=1011).contains(&text.len())
        && is_made_of(text, "_.-/")
        && (text.starts_with('/') || !text.contains('/'))
        && !text.contains("//");
    let way_out = "is not the name of a Parameter Store parameter: write one such as /amiwatch/targets, or \
                   a path with a / at its end";
    checked(text, is_name, way_out)
}

/// The URL of an SQS queue.
///
/// # Errors
/// The text is no URL, or names a FIFO queue.
pub fn queue_url(text: &str) -> Result<String, String> {
    let after = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let has_path = after.and_then(|rest| rest.split_once('/'));
    let is_url = has_path.is_some_and(|(host, path)| !host.is_empty() && !path.is_empty());
    // The messages are not in an order, and two may be alike.
    let is_standard = text.strip_suffix(".fifo").is_none();
    let way_out = "is not the URL of a standard SQS queue: write one such as \
                   https://sqs.us-east-1.amazonaws.com/123456789012/targets";
    checked(text, is_url && is_standard, way_out)
}

/// Whether a text is an account id.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn checked(text: &str, holds: bool, way_out: &str) -> Result<String, String> {
    if holds { Ok(text.to_owned()) } else { Err(format!("\"{text}\" {way_out}")) }
}

/// What the ARN of a service names, where the text is one, in a Region and an account.
fn resource<'a>(text: &'a str, service: &str) -> Option<&'a str> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, of, region, account, resource]
            if partition.starts_with("aws")
                && *of == service
                && is_region_code(region)
                && is_account(account)
                && !resource.contains(':') =>
        {
            Some(resource)
        }
        _ => None,
    }
}

fn is_made_of(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&str) -> Result<String, String>;

    #[test]
    fn names_of_every_partition_are_taken() {
        for (rule, text) in [
            (topic_arn as Rule, "arn:aws:sns:us-east-1:123456789012:amiwatch"),
            (topic_arn, "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t"),
            (topic_arn, "arn:aws-cn:sns:cn-north-1:123456789012:t_1-2"),
            (table, "amiwatch-Table.1"),
            (table, "arn:aws:dynamodb:us-east-1:123456789012:table/amiwatch"),
            (event_bus, "default"),
            (event_bus, "aws.partner/example.com/1"),
            (event_bus, "arn:aws:events:us-east-1:123456789012:event-bus/default"),
            (region, "us-gov-west-1"),
            (account, "000000000000"),
            (role_name, "amiwatch-member"),
            (role_name, "a+=,.@-_1"),
            (external_id, "a1_+=,.@:/-"),
            (parameter, "/amiwatch/targets"),
            (parameter, "/amiwatch/targets/"),
            (parameter, "targets"),
            (queue_url, "https://sqs.us-east-1.amazonaws.com/123456789012/targets"),
            (queue_url, "http://127.0.0.1:4566/123456789012/targets"),
        ] {
            assert_eq!(rule(text), Ok(text.to_owned()));
        }
    }

    #[test]
    fn an_error_names_the_text_and_the_way_out() {
        for (rule, text, way_out) in [
            (topic_arn as Rule, "", "such as arn:aws:sns"),
            (topic_arn, "amiwatch", "such as arn:aws:sns"),
            (topic_arn, "arn:aws:sqs:us-east-1:123456789012:queue", "such as arn:aws:sns"),
            (topic_arn, "arn:aws:sns:us-east-1:1234:topic", "such as arn:aws:sns"),
            (topic_arn, "arn:aws:sns::123456789012:topic", "such as arn:aws:sns"),
            (topic_arn, "arn:aws:sns:us-east-1:123456789012:", "such as arn:aws:sns"),
            (topic_arn, "arn:aws:sns:us-east-1:123456789012:topic:8bb4", "such as arn:aws:sns"),
            (topic_arn, " arn:aws:sns:us-east-1:123456789012:topic", "such as arn:aws:sns"),
            (topic_arn, "arn:aws:sns:us-east-1:123456789012:t.fifo", "a standard topic"),
            (table, "", "or its ARN"),
            (table, "t", "3 to 255"),
            (table, "my table", "or its ARN"),
            (table, "arn:aws:sns:us-east-1:123456789012:topic", "or its ARN"),
            (event_bus, "", "such as default"),
            (event_bus, "arn:aws:sns:us-east-1:123456789012:topic", "or its ARN"),
            (region, "mars", "such as us-east-1"),
            (region, "", "such as us-east-1"),
            (account, "12", "12 digits"),
            (role_name, "", "such as amiwatch-member"),
            (role_name, "path/name", "without path"),
            (role_name, "arn:aws:iam::123456789012:role/name", "without path and ARN"),
            (parameter, "", "such as /amiwatch/targets"),
            (parameter, "amiwatch/targets", "such as /amiwatch/targets"),
            (parameter, "//", "such as /amiwatch/targets"),
            (queue_url, "targets", "https://sqs."),
            (queue_url, "https://sqs", "https://sqs."),
            (queue_url, "https://sqs.us-east-1.amazonaws.com/1/t.fifo", "a standard SQS queue"),
        ] {
            let error = rule(text).unwrap_err();
            assert!(
                error.starts_with(&format!("\"{text}\"")) && error.contains(way_out),
                "{error}"
            );
        }
    }

    #[test]
    fn an_external_id_that_sts_refuses_is_not_repeated() {
        for text in ["x", "what with spaces", &"x".repeat(1225)] {
            let error = external_id(text).unwrap_err();
            assert!(!error.contains(text) || text == "x", "{error}");
            assert!(error.contains("2 to 1224"), "{error}");
        }
    }
}
