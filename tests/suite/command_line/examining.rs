//! `amiwatch doctor`, without a stack; with one it is tested in `examining_stack.rs` and, as deployed, in
//! `tests/local_stack`.

use std::path::Path;

use amiwatch_simulator::{FaultKind, FaultRule, Simulator, Throttle};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};
use serde_json::Value;

use super::{amiwatch, run, texts};
use crate::support::{moto, unique};

pub(super) async fn doctor(
    home: &Path,
    sim: &Simulator,
    arguments: &[&str],
) -> (String, String, Option<i32>) {
    let mut command = amiwatch(home, Some(&sim.url()));
    for service in ["SNS", "DYNAMODB", "STS", "CLOUDFORMATION", "LAMBDA", "SQS", "EVENTBRIDGE"] {
        command.env(format!("AWS_ENDPOINT_URL_{service}"), moto::url());
    }
    command.arg("doctor").args(arguments);
    texts(&run(command).await)
}

pub(super) async fn simulator() -> Simulator {
    Simulator::builder().throttle(Throttle::Off).start().await.unwrap()
}

async fn table_that_expires() -> String {
    let table = moto::table().await;
    let on = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build();
    moto::dynamodb()
        .update_time_to_live()
        .table_name(&table)
        .time_to_live_specification(on.unwrap())
        .send()
        .await
        .unwrap();
    table
}

#[tokio::test]
async fn where_all_is_well_doctor_says_so_a_line_each_and_changes_nothing() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let (table, inbox) = (table_that_expires().await, moto::Inbox::open().await);
    let options = ["--kind", "all", "--table", &table, "--topic", &inbox.topic_arn];
    let (out, said, code) = doctor(home.path(), &sim, &options).await;
    assert_eq!(code, Some(0), "{out}{said}");
    assert!(out.lines().all(|line| line.starts_with("ok       ")), "{out}");
    for words in [
        "identity: arn:aws:sts::",
        "clock: agrees with AWS's",
        "DescribeStoreImageTasks in us-east-1: permitted",
        "DescribeExportTasks in us-east-1: answers",
        "the right keys",
        "old records go by themselves",
        "permitted (nothing was written)",
        "topic: tells sqs to arn:aws:sqs:",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert_eq!(moto::backup(&table).await, []);
    assert_eq!(inbox.bodies().await, Vec::<String>::new());

    let options = [&options[..], &["-o", "json"]].concat();
    let (out, ..) = doctor(home.path(), &sim, &options).await;
    let findings: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(findings.len(), 2 + 6 + 3 + 1);
    assert!(findings.iter().all(|it| it["verdict"] == "ok" && it["mend"].is_null()), "{out}");
}

#[tokio::test]
async fn what_is_wrong_is_said_with_the_way_to_mend_it_and_ends_with_code_2() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let (_, other) = (moto::table().await, unique("other"));
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build();
    moto::dynamodb()
        .create_table()
        .table_name(&other)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute.unwrap())
        .key_schema(key.unwrap())
        .send()
        .await
        .unwrap();
    let topic = moto::sns().create_topic().name(unique("nobody")).send().await.unwrap();
    let topic = topic.topic_arn.unwrap();
    for (options, words, mend) in [
        (["--table", "no-such-table"], "DescribeTable: ResourceNotFound", "name the table"),
        (["--table", &other], "has the keys id and (none)", "partition key pk"),
        (["--topic", &topic], "nobody is told", "aws sns subscribe --topic-arn"),
        (
            ["--topic", "arn:aws:sns:us-east-1:123456789012:none"],
            "GetTopicAttributes of",
            "name the topic by its ARN",
        ),
        (["--stack", "no-such-stack"], "DescribeStackResources", "sam list stack-outputs"),
    ] {
        let (out, said, code) = doctor(home.path(), &sim, &options).await;
        assert_eq!(code, Some(2), "{options:?}: {out}{said}");
        let (_, failed) = out.split_once("FAILED").unwrap_or_else(|| panic!("{words}: {out}"));
        assert!(failed.contains(words) && failed.contains(mend), "{words}: {out}");
    }
    // Records that stay for ever are no failure.
    let table = moto::table().await;
    let (out, _, code) = doctor(home.path(), &sim, &["--table", &table]).await;
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("warning  expiry of"), "{out}");
    assert!(out.contains(&format!("update-time-to-live --table-name {table}")), "{out}");

    sim.world().add_fault(FaultRule::new(FaultKind::Denied));
    let (out, said, code) = doctor(home.path(), &sim, &["--kind", "export-image"]).await;
    assert_eq!(code, Some(2), "{out}{said}");
    assert!(
        out.contains("FAILED   DescribeExportImageTasks in us-east-1: UnauthorizedOp"),
        "{out}"
    );
    assert!(out.contains("permit ec2:DescribeExportImageTasks in us-east-1"), "{out}");
}

#[tokio::test]
async fn a_stack_says_itself_what_it_watches() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    for other in [["--table", "a-table"], ["--kind", "all"]] {
        let (_, said, code) =
            doctor(home.path(), &sim, &[&["--stack", "s"][..], &other].concat()).await;
        assert_eq!(code, Some(2));
        assert!(said.contains("cannot be used with"), "{said}");
    }
}

#[tokio::test]
async fn a_stack_is_looked_for_in_the_one_region_that_is_typed() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    // The variable says us-east-1.
    let options = ["--stack", "no-such-stack", "--region", "eu-west-1"];
    let (out, said, code) = doctor(home.path(), &sim, &options).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(out.contains("DescribeStackResources in eu-west-1: "), "{out}");
    let options = [&options[..], &["--region", "us-east-1"]].concat();
    let (out, said, code) = doctor(home.path(), &sim, &options).await;
    assert_eq!((out.as_str(), code), ("", Some(2)));
    assert!(said.contains("a stack is in one Region"), "{said}");
}
