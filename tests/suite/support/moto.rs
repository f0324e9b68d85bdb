//! moto, one server for all tests of the process. It ends when our end of its pipe closes.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use aws_sdk_sqs::types::MessageAttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{sdk, unique};

struct Moto {
    url: String,
    // Holds the pipe open.
    _server: Child,
}

/// The URL of the server, which the first caller starts.
pub(crate) fn url() -> String {
    static MOTO: OnceLock<Moto> = OnceLock::new();
    MOTO.get_or_init(|| {
        let python = std::env::var("AMIWATCH_TEST_PYTHON").expect(
            "AMIWATCH_TEST_PYTHON names a Python that has moto: run tests/run, which sets it",
        );
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/moto_server.py");
        let mut server = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("moto starts");
        let mut line = String::new();
        let stdout = server.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("moto says where it listens");
        let url = line.trim().strip_prefix("listening on ").expect("a URL").to_owned();
        Moto { url, _server: server }
    })
    .url
    .clone()
}

pub(crate) fn dynamodb() -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk()).endpoint_url(url()).build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

pub(crate) fn sns() -> aws_sdk_sns::Client {
    let config = aws_sdk_sns::config::Builder::from(&sdk()).endpoint_url(url()).build();
    aws_sdk_sns::Client::from_conf(config)
}

pub(crate) fn sqs() -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::config::Builder::from(&sdk()).endpoint_url(url()).build();
    aws_sdk_sqs::Client::from_conf(config)
}

/// Makes a table as template.yaml has it.
pub(crate) async fn table() -> String {
    let name = unique("table");
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    dynamodb()
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .send()
        .await
        .expect("the table is made");
    name
}

/// Everything that a table holds, as one text.
pub(crate) async fn table_as_text(table: &str) -> String {
    let items = dynamodb().scan().table_name(table).send().await.expect("a scan").items;
    let mut items: Vec<BTreeMap<_, _>> =
        items.unwrap_or_default().into_iter().map(|item| item.into_iter().collect()).collect();
    items.sort_by_key(|item| format!("{item:?}"));
    format!("{items:?}")
}

/// Everything that a table holds, as a backup keeps it.
pub(crate) async fn backup(table: &str) -> Vec<HashMap<String, AttributeValue>> {
    dynamodb().scan().table_name(table).send().await.expect("a scan").items.unwrap_or_default()
}

/// A new table with what a backup kept.
pub(crate) async fn restored(backup: Vec<HashMap<String, AttributeValue>>) -> String {
    let name = table().await;
    for item in backup {
        dynamodb().put_item().table_name(&name).set_item(Some(item)).send().await.unwrap();
    }
    name
}

/// Leases run out and absences count by the system's clock, which a test cannot move: the times in
/// the table move back instead, while no poller runs.
pub(crate) async fn time_passes(table: &str, seconds: i64) {
    let by = SignedDuration::from_secs(seconds);
    let earlier = |time: &mut Value| {
        if let Some(at) = time.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            *time = at.saturating_sub(by).unwrap().to_string().into();
        }
    };
    let mut pages = dynamodb().scan().table_name(table).into_paginator().send();
    while let Some(page) = pages.next().await {
        for mut item in page.unwrap().items.unwrap_or_default() {
            let mut body: Value = serde_json::from_str(item["body"].as_s().unwrap()).unwrap();
            if body.get("task").is_none() {
                continue;
            }
            earlier(&mut body["lease"]["until"]);
            earlier(&mut body["changedAt"]);
            earlier(&mut body["movedAt"]);
            if body["lease"]["by"].is_null() {
                body["lease"] = Value::Null;
            }
            item.insert("body".into(), AttributeValue::S(body.to_string()));
            dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        }
    }
}

/// The same for targets that cannot be listed: they have failed for longer.
pub(crate) async fn unseen_for_longer(table: &str, seconds: i64) {
    for mut item in backup(table).await {
        if !item["sk"].as_s().unwrap().starts_with("~sight#") {
            continue;
        }
        let mut body: Value = serde_json::from_str(item["body"].as_s().unwrap()).unwrap();
        let since: Timestamp = body["failingSince"].as_str().unwrap().parse().unwrap();
        body["failingSince"] = (since - SignedDuration::from_secs(seconds)).to_string().into();
        item.insert("body".into(), AttributeValue::S(body.to_string()));
        dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }
}

/// A topic with a queue that is subscribed to it.
pub(crate) struct Inbox {
    pub(crate) topic_arn: String,
    pub(crate) queue_url: String,
}

impl Inbox {
    pub(crate) async fn open() -> Self {
        let topic_arn =
            sns().create_topic().name(unique("topic")).send().await.unwrap().topic_arn.unwrap();
        let inbox = Self::of_topic(&topic_arn, None).await;
        Self { topic_arn, ..inbox }
    }

    /// One more queue on a topic, with a filter policy of its own.
    pub(crate) async fn of_topic(topic_arn: &str, filter_policy: Option<&str>) -> Self {
        let queue = sqs().create_queue().queue_name(unique("queue")).send().await.unwrap();
        let queue_url = queue.queue_url.unwrap();
        let name = queue_url.rsplit('/').next().unwrap();
        let queue_arn = format!("arn:aws:sqs:{}:{}:{name}", super::REGION, super::ACCOUNT);
        let mut subscribe =
            sns().subscribe().topic_arn(topic_arn).protocol("sqs").endpoint(queue_arn);
        if let Some(policy) = filter_policy {
            subscribe = subscribe.attributes("FilterPolicy", policy);
        }
        subscribe.send().await.unwrap();
        Self { topic_arn: topic_arn.to_owned(), queue_url }
    }

    async fn queue_arn(&self) -> String {
        let name = aws_sdk_sqs::types::QueueAttributeName::QueueArn;
        let answer = sqs()
            .get_queue_attributes()
            .queue_url(&self.queue_url)
            .attribute_names(name.clone())
            .send()
            .await
            .unwrap();
        answer.attributes.unwrap()[&name].clone()
    }

    /// What has arrived since the last call: body, and attributes by name.
    pub(crate) async fn messages(&self) -> Vec<(String, BTreeMap<String, String>)> {
        let mut all = Vec::new();
        loop {
            let messages = sqs()
                .receive_message()
                .queue_url(&self.queue_url)
                .max_number_of_messages(10)
                .message_attribute_names("All")
                .send()
                .await
                .unwrap()
                .messages
                .unwrap_or_default();
            if messages.is_empty() {
                return all;
            }
            for message in messages {
                let attributes = message.message_attributes.unwrap_or_default();
                let text = |value: MessageAttributeValue| value.string_value.unwrap();
                let attributes = attributes.into_iter().map(|(name, it)| (name, text(it)));
                all.push((message.body.unwrap(), attributes.collect()));
                let handle = message.receipt_handle.unwrap();
                sqs()
                    .delete_message()
                    .queue_url(&self.queue_url)
                    .receipt_handle(handle)
                    .send()
                    .await
                    .unwrap();
            }
        }
    }

    pub(crate) async fn bodies(&self) -> Vec<String> {
        self.messages().await.into_iter().map(|(body, _)| body).collect()
    }

    /// The envelopes that have arrived since the last call.
    pub(crate) async fn envelopes(&self) -> Vec<Value> {
        self.bodies().await.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    /// The events that have arrived since the last call.
    pub(crate) async fn events(&self) -> Vec<Value> {
        self.envelopes()
            .await
            .iter()
            .map(|envelope| serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap())
            .collect()
    }
}

/// An event bus, with a queue that a rule sends everything of ours to.
pub(crate) async fn bus() -> (String, Inbox) {
    let config = aws_sdk_eventbridge::config::Builder::from(&sdk()).endpoint_url(url()).build();
    let client = aws_sdk_eventbridge::Client::from_conf(config);
    let bus = unique("bus");
    client.create_event_bus().name(&bus).send().await.unwrap();
    let inbox = Inbox::open().await;
    let rule = unique("rule");
    let pattern = r#"{"source": ["amiwatch"]}"#;
    client.put_rule().name(&rule).event_bus_name(&bus).event_pattern(pattern).send().await.unwrap();
    let target = aws_sdk_eventbridge::types::Target::builder()
        .id("queue")
        .arn(inbox.queue_arn().await)
        .build()
        .unwrap();
    client.put_targets().rule(&rule).event_bus_name(&bus).targets(target).send().await.unwrap();
    (bus, inbox)
}

/// Puts a secret into Parameter Store, or replaces it.
#[cfg(feature = "webhook")]
pub(crate) async fn put_secret(name: &str, value: &str) {
    let config = aws_sdk_ssm::config::Builder::from(&sdk()).endpoint_url(url()).build();
    aws_sdk_ssm::Client::from_conf(config)
        .put_parameter()
        .name(name)
        .value(value)
        .r#type(aws_sdk_ssm::types::ParameterType::SecureString)
        .overwrite(true)
        .send()
        .await
        .expect("the parameter is put");
}

/// Puts a text into Parameter Store, or replaces it.
pub(crate) async fn put_parameter(name: &str, value: &str) {
    let config = aws_sdk_ssm::config::Builder::from(&sdk()).endpoint_url(url()).build();
    aws_sdk_ssm::Client::from_conf(config)
        .put_parameter()
        .name(name)
        .value(value)
        .r#type(aws_sdk_ssm::types::ParameterType::String)
        .overwrite(true)
        .send()
        .await
        .expect("the parameter is put");
}

/// A queue; gives its URL.
pub(crate) async fn queue(name: &str) -> String {
    let made = sqs().create_queue().queue_name(name).send().await.expect("the queue is made");
    made.queue_url.expect("it has a URL")
}
