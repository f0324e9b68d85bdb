//! Whether somebody listens to a topic.

use aws_sdk_sns::Client;
use aws_types::SdkConfig;

use super::finding::Finding;
use crate::aws::clients::in_region;
use crate::aws::error::reason;

/// What SNS calls the ARN of a subscription that nobody has confirmed.
const PENDING: &str = "PendingConfirmation";

pub(super) async fn examine(
    sdk: &SdkConfig,
    endpoint: Option<String>,
    name: &str,
    topic: &str,
) -> Vec<Finding> {
    let sdk = topic.split(':').nth(3).map_or_else(|| sdk.clone(), |region| in_region(sdk, region));
    let mut config = aws_sdk_sns::config::Builder::from(&sdk);
    if let Some(url) = endpoint {
        config = config.endpoint_url(url);
    }
    let client = Client::from_conf(config.build());
    if let Err(error) = client.get_topic_attributes().topic_arn(topic).send().await {
        return vec![Finding::refused(
            name,
            format!("GetTopicAttributes of {topic}: {}", reason(&error)),
            "name the topic by its ARN, and permit sns:GetTopicAttributes",
        )];
    }
    let mut found = Vec::new();
    let mut pages =
        client.list_subscriptions_by_topic().topic_arn(topic).into_paginator().items().send();
    while let Some(subscription) = pages.next().await {
        match subscription {
            Ok(it) => found.push((
                it.protocol.unwrap_or_default(),
                it.endpoint.unwrap_or_default(),
                it.subscription_arn.as_deref() == Some(PENDING),
            )),
            Err(error) => {
                let why = format!("ListSubscriptionsByTopic: {}", reason(&error));
                return vec![Finding::warning(name, why, "permit sns:ListSubscriptionsByTopic")];
            }
        }
    }
    listeners(name, topic, &found)
}

/// What follows from the subscriptions: protocol, endpoint, and whether it is unconfirmed.
fn listeners(name: &str, topic: &str, found: &[(String, String, bool)]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = found
        .iter()
        .filter(|(.., is_pending)| *is_pending)
        .map(|(protocol, endpoint, _)| {
            Finding::warning(
                name,
                format!("{protocol} to {}: not confirmed, and gets nothing", shown(endpoint)),
                format!(
                    "follow the link in the mail of AWS; a new one: aws sns subscribe --topic-arn {topic} \
                     --protocol {protocol} --notification-endpoint {}",
                    shown(endpoint)
                ),
            )
        })
        .collect();
    let confirmed: Vec<String> = found
        .iter()
        .filter(|(.., is_pending)| !is_pending)
        .map(|(protocol, endpoint, _)| format!("{protocol} to {}", shown(endpoint)))
        .collect();
    findings.push(if confirmed.is_empty() {
        Finding::failed(
            name,
            "nobody is told: it has no confirmed subscription",
            format!(
                "aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint \
                 YOU@EXAMPLE.COM, and confirm it"
            ),
        )
    } else {
        Finding::ok(name, format!("tells {}", confirmed.join(", ")))
    });
    findings
}

/// An endpoint as it may be shown: what stands behind the host of a URL can be a secret.
fn shown(endpoint: &str) -> String {
    let Some((scheme, rest)) = endpoint.split_once("://") else { return endpoint.to_owned() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/…")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_topic_without_a_confirmed_listener_tells_nobody() {
        let mail = |is_pending| ("email".to_owned(), "me@example.com".to_owned(), is_pending);
        let verdicts = |found: &[_]| -> Vec<Verdict> {
            listeners("topic", "arn:t", found).iter().map(|it| it.verdict).collect()
        };
        assert_eq!(verdicts(&[]), [Verdict::Failed]);
        assert_eq!(verdicts(&[mail(true)]), [Verdict::Warning, Verdict::Failed]);
        assert_eq!(verdicts(&[mail(true), mail(false)]), [Verdict::Warning, Verdict::Ok]);
    }

    #[test]
    fn the_secret_part_of_an_endpoint_is_not_shown() {
        for (endpoint, expected) in [
            ("https://me:pw@hooks.example.com/services/T0/secret", "https://hooks.example.com/…"),
            ("https://hooks.example.com?token=secret", "https://hooks.example.com/…"),
            ("me@example.com", "me@example.com"),
            ("arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sqs:us-east-1:123456789012:q"),
        ] {
            assert_eq!(shown(endpoint), expected);
        }
    }
}
