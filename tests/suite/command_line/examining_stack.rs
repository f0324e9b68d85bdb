//! `amiwatch doctor --stack`: the queues, mappings and rules of a stack, which moto has too. A whole
//! stack is examined in `tests/local_stack`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::examining::{doctor, simulator};
use crate::support::{moto, sdk, unique};

/// A stack of some resources of template.yaml, under their names there.
struct Stack {
    name: String,
    physical: BTreeMap<String, String>,
}

fn cloudformation() -> aws_sdk_cloudformation::Client {
    let config = aws_sdk_cloudformation::config::Builder::from(&sdk()).endpoint_url(moto::url());
    aws_sdk_cloudformation::Client::from_conf(config.build())
}

fn lambda() -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::config::Builder::from(&sdk()).endpoint_url(moto::url());
    aws_sdk_lambda::Client::from_conf(config.build())
}

fn eventbridge() -> aws_sdk_eventbridge::Client {
    let config = aws_sdk_eventbridge::config::Builder::from(&sdk()).endpoint_url(moto::url());
    aws_sdk_eventbridge::Client::from_conf(config.build())
}

fn function(variables: &Value) -> Value {
    json!({"Type": "AWS::Lambda::Function", "Properties": {
        "Runtime": "provided.al2023", "Handler": "bootstrap", "Code": {"ZipFile": "no program"},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": {"Variables": variables},
    }})
}

fn mapping(queue: &str, function: &str) -> Value {
    json!({"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
        "EventSourceArn": {"Fn::GetAtt": [queue, "Arn"]}, "FunctionName": {"Ref": function},
    }})
}

impl Stack {
    async fn deploy() -> Self {
        Self::of(&json!({ "AMIWATCH_REGIONS": "us-east-1" }), &[]).await
    }

    /// A stack whose functions that poll have these variables, and with some resources more.
    async fn of(settings: &Value, more: &[(&str, Value)]) -> Self {
        let name = unique("stack");
        let queue = json!({"Type": "AWS::SQS::Queue"});
        let statement = json!({
            "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        });
        let slack = json!({
            "AMIWATCH_WEBHOOK": "slack", "AMIWATCH_WEBHOOK_PARAMETER": "/amiwatch/slack",
        });
        let mut poller = settings.clone();
        poller["AMIWATCH_TABLE"] = json!("a-table-that-was-deleted");
        let mut template = json!({"Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            }},
            "Poller": function(&poller),
            "DeadLetters": queue,
            "StoreRule": {"Type": "AWS::Events::Rule", "Properties": {
                "EventPattern": {"source": ["aws.s3"]},
                "Targets": [{"Id": "stored", "Arn": {"Fn::GetAtt": ["StoredObjects", "Arn"]}}],
            }},
            "StoredObjects": queue,
            "StoredObjectsStartPolls": mapping("StoredObjects", "Poller"),
            "SlackQueue": queue,
            "SlackWebhook": function(&slack),
            "SlackWebhookWaiting": mapping("SlackQueue", "SlackWebhook"),
            "SlackDeadLetters": queue,
        }});
        for (name, resource) in more {
            template["Resources"][*name] = resource.clone();
        }
        let client = cloudformation();
        let create = client.create_stack().stack_name(&name).template_body(template.to_string());
        create.send().await.unwrap();
        let described = client.describe_stack_resources().stack_name(&name).send().await.unwrap();
        let physical = described
            .stack_resources
            .unwrap()
            .into_iter()
            .map(|it| (it.logical_resource_id.unwrap(), it.physical_resource_id.unwrap()))
            .collect();
        Self { name, physical }
    }

    async fn put_letter(&self, queue: &str) {
        let url = &self.physical[queue];
        moto::sqs().send_message().queue_url(url).message_body("a letter").send().await.unwrap();
    }

    /// What doctor finds, by what it looked at: verdict, what it says, how to mend it.
    async fn examined(&self) -> BTreeMap<String, [String; 3]> {
        let sim = simulator().await;
        let home = tempfile::tempdir().unwrap();
        let options = ["--stack", &self.name, "-o", "json"];
        let (out, said, _) = doctor(home.path(), &sim, &options).await;
        let findings: Vec<Value> =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{said}"));
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        findings
            .iter()
            .map(|it| (text(&it["about"]), ["verdict", "says", "mend"].map(|key| text(&it[key]))))
            .collect()
    }
}

#[tokio::test]
async fn a_stack_whose_table_is_gone_is_told_the_ways_out() {
    let found = Stack::deploy().await.examined().await;
    let [verdict, says, mend] = &found["table a-table-that-was-deleted"];
    assert_eq!(verdict, "failed");
    assert!(says.starts_with("DescribeTable: ResourceNotFound"), "{says}");
    for words in [
        "list-backups --table-name a-table-that-was-deleted",
        "make an empty table",
        "ExistingTable=NAME",
    ] {
        assert!(mend.contains(words), "{words}: {mend}");
    }
}

#[tokio::test]
async fn the_way_to_an_app_is_examined_from_its_queue_to_its_dead_letters() {
    let stack = Stack::deploy().await;
    let webhook = format!("function {}", stack.physical["SlackWebhook"]);
    let found = stack.examined().await;
    for (about, says) in [
        ("queue of Slack", "empty"),
        ("event source mapping of Slack", "is Enabled"),
        (webhook.as_str(), "posts to slack, by the URL in /amiwatch/slack, with 128 MB"),
        ("dead letters of Slack", "none"),
    ] {
        assert_eq!(found[about], ["ok", says, ""], "{about}");
    }
    // The stack has no webhook of Teams.
    assert!(!found.keys().any(|about| about.contains("Teams")), "{found:?}");

    let uuid = &stack.physical["SlackWebhookWaiting"];
    lambda().update_event_source_mapping().uuid(uuid).enabled(false).send().await.unwrap();
    let concurrency = lambda().put_function_concurrency().reserved_concurrent_executions(0);
    concurrency.function_name(&stack.physical["SlackWebhook"]).send().await.unwrap();
    stack.put_letter("SlackDeadLetters").await;
    let found = stack.examined().await;

    let [verdict, says, mend] = &found["event source mapping of Slack"];
    assert_eq!(verdict, "failed");
    assert!(
        says.starts_with("is Disabled") && says.ends_with("nothing leaves the queue"),
        "{says}"
    );
    assert_eq!(mend, &format!("aws lambda update-event-source-mapping --uuid {uuid} --enabled"));
    let [verdict, says, _] = &found[&webhook];
    assert_eq!(
        (verdict.as_str(), says.as_str()),
        ("failed", "may not run: its reserved concurrency is 0")
    );
    let [verdict, says, mend] = &found["dead letters of Slack"];
    assert_eq!((verdict.as_str(), says.as_str()), ("warning", "1 letter"));
    let arn = |queue: &str| {
        let (_, name) = stack.physical[queue].rsplit_once('/').unwrap();
        format!("arn:aws:sqs:us-east-1:123456789012:{name}")
    };
    let again = format!(
        "start-message-move-task --source-arn {} --destination-arn {}",
        arn("SlackDeadLetters"),
        arn("SlackQueue")
    );
    assert!(mend.ends_with(&again), "{mend}");
}

#[tokio::test]
async fn polls_that_were_given_up_are_counted_with_what_to_do_about_them() {
    let stack = Stack::deploy().await;
    let about = "dead letters of polls";
    assert_eq!(stack.examined().await[about], ["ok", "none", ""]);
    stack.put_letter("DeadLetters").await;
    stack.put_letter("DeadLetters").await;
    let found = stack.examined().await;
    let [verdict, says, mend] = &found[about];
    assert_eq!((verdict.as_str(), says.as_str()), ("warning", "2 letters"));
    let purge = format!("aws sqs purge-queue --queue-url {}", stack.physical["DeadLetters"]);
    assert!(mend.ends_with(&purge), "{mend}");
}

#[tokio::test]
async fn the_rule_of_stored_objects_is_examined_with_its_queue_and_mapping() {
    let stack = Stack::deploy().await;
    let rule = &stack.physical["StoreRule"];
    let about = format!("rule {rule}");
    let found = stack.examined().await;
    for (about, says) in [
        (about.as_str(), "asks for a poll when a store's object is there"),
        ("queue of stored objects", "empty"),
        ("event source mapping of stored objects", "is Enabled"),
    ] {
        assert_eq!(found[about], ["ok", says, ""], "{about}");
    }

    eventbridge().disable_rule().name(rule).send().await.unwrap();
    let found = stack.examined().await;
    let [verdict, says, mend] = &found[&about];
    assert_eq!(verdict, "failed");
    assert!(says.starts_with("is disabled"), "{says}");
    assert_eq!(mend, &format!("aws events enable-rule --name {rule}"));

    eventbridge().remove_targets().rule(rule).ids("stored").send().await.unwrap();
    eventbridge().delete_rule().name(rule).send().await.unwrap();
    let found = stack.examined().await;
    let [verdict, says, mend] = &found[&about];
    assert_eq!(verdict, "failed");
    assert!(says.starts_with("DescribeRule: ResourceNotFound"), "{says}");
    assert!(mend.starts_with("deploy the stack again"), "{mend}");
}

#[tokio::test]
async fn a_stack_with_workers_is_examined_from_their_queue_to_what_was_given_up() {
    let queue = json!({"Type": "AWS::SQS::Queue"});
    let settings = json!({
        "AMIWATCH_REGIONS": "all", "AMIWATCH_KINDS": "bundle",
        "AMIWATCH_ACCOUNTS": "123456789012,111122223333,444455556666",
    });
    let more = [
        ("Targets", queue.clone()),
        ("TargetsDeadLetters", queue),
        ("Worker", function(&settings)),
        ("WorkerWaiting", mapping("Targets", "Worker")),
    ];
    let stack = Stack::of(&settings, &more).await;
    let found = stack.examined().await;
    let worker = format!("function {}", stack.physical["Worker"]);
    let watches =
        "watches bundle in all Regions of 123456789012, 111122223333, 444455556666, with 128 MB";
    for (about, says) in [
        ("queue of targets", "empty"),
        ("event source mapping of targets", "is Enabled"),
        (worker.as_str(), watches),
        ("dead letters of targets", "none"),
        ("DescribeBundleTasks in ap-southeast-2", "permitted"),
        ("DescribeBundleTasks in us-east-1", "permitted"),
    ] {
        assert_eq!(found[about], ["ok", says, ""], "{about}");
    }
    assert!(found["members"][1].starts_with("2 other accounts, in which only the functions"));

    stack.put_letter("TargetsDeadLetters").await;
    let found = stack.examined().await;
    let [verdict, says, mend] = &found["dead letters of targets"];
    assert_eq!((verdict.as_str(), says.as_str()), ("warning", "1 letter"));
    assert!(mend.ends_with(&stack.physical["TargetsDeadLetters"]), "{mend}");
    assert!(!mend.contains("  "), "{mend}");
}

#[tokio::test]
async fn where_a_document_says_what_is_watched_the_last_polls_say_whether_it_can_be() {
    let settings = json!({ "AMIWATCH_REGIONS": "us-east-1", "AMIWATCH_TARGETS_PARAMETER": "/amiwatch/targets" });
    let found = Stack::of(&settings, &[]).await.examined().await;
    assert!(found["members"][1].starts_with("what /amiwatch/targets says, in which"), "{found:?}");
    assert!(!found.keys().any(|about| about.starts_with("Describe")), "{found:?}");
}
