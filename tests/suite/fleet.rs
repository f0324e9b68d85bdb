//! The real `poller` with many accounts: by their roles, and by workers. The simulator is EC2 and STS; moto is
//! DynamoDB, SNS, SQS and Parameter Store.

use std::collections::BTreeSet;
use std::time::Duration;

use amiwatch_simulator::{FaultKind, FaultRule, StorePlan, TaskId};
use serde_json::{Value, json};

use crate::function::Stack;
use crate::support::{ACCOUNT, REGION, ago, moto, now, unique};

const AMI: &str = "ami-0123456789abcdef0";
const MEMBERS: [&str; 2] = ["111122223333", "444455556666"];

/// A stack that polls its own account and two members, in two Regions.
async fn fleet(more: &[(&str, &str)]) -> Stack {
    let accounts = format!("{ACCOUNT},{}", MEMBERS.join(","));
    let own = [
        ("AMIWATCH_ACCOUNTS", accounts.as_str()),
        ("AMIWATCH_ROLE_NAME", "amiwatch-member"),
        ("AMIWATCH_EXTERNAL_ID", "an-id"),
        ("AMIWATCH_REGIONS", "us-east-1,eu-west-1"),
        ("AMIWATCH_KINDS", "store-image"),
    ];
    let settings: Vec<(&str, &str)> = own.iter().chain(more).copied().collect();
    Stack::with_sts(&settings).await
}

fn runs_in(stack: &Stack, account: &str, region: &str) -> TaskId {
    let long = Duration::from_secs(30 * 24 * 3600);
    let plan = StorePlan::new(AMI, "my-bucket", stack.ago(600), long);
    stack.sim.world().add_store_task(account, region, plan)
}

fn schedule() -> Value {
    json!({ "source": "aws.scheduler" })
}

/// Account and Region of each event.
fn told(events: &[Value]) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let places = events.iter().map(|event| (text(&event["account"]), text(&event["region"])));
    let told: BTreeSet<(String, String)> = places.collect();
    assert_eq!(told.len(), events.len(), "each once");
    told
}

fn place(account: &str, region: &str) -> (String, String) {
    (account.to_owned(), region.to_owned())
}

fn calls(stack: &Stack, action: &str) -> usize {
    stack.sim.world().calls().iter().filter(|call| call.action == action).count()
}

#[tokio::test]
async fn each_account_is_polled_by_its_role_which_is_assumed_once_and_each_ending_is_told_once() {
    let stack = fleet(&[]).await;
    let places = [(ACCOUNT, REGION), (MEMBERS[0], REGION), (MEMBERS[1], "eu-west-1")];
    let tasks = places.map(|(account, region)| runs_in(&stack, account, region));
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    for task in tasks {
        stack.completes(task);
    }
    let summary = function.invoke(&schedule()).await.unwrap();
    assert_eq!(summary["targets"].as_array().unwrap().len(), 6);
    let expected = places.map(|(account, region)| place(account, region));
    assert_eq!(told(&stack.inbox.events().await), expected.into());
    function.invoke(&schedule()).await.unwrap();
    assert_eq!(stack.inbox.events().await, Vec::<Value>::new());
    assert_eq!(
        calls(&stack, "AssumeRole"),
        MEMBERS.len(),
        "not for each Region, nor for each poll"
    );
}

#[tokio::test]
async fn a_role_that_is_denied_fails_its_own_targets_alone() {
    let stack = fleet(&[]).await;
    let denied = FaultRule::new(FaultKind::Denied).on("AssumeRole").in_account(MEMBERS[0]);
    stack.sim.world().add_fault(denied);
    let task = runs_in(&stack, MEMBERS[1], REGION);
    let mut function = stack.function().await;
    let error = function.invoke(&schedule()).await.unwrap_err().to_string();
    for part in [MEMBERS[0], "arn:aws:iam::111122223333:role/amiwatch-member", "AccessDenied"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(!error.contains(MEMBERS[1]), "{error}");
    stack.completes(task);
    function.invoke(&schedule()).await.unwrap_err();
    assert_eq!(told(&stack.inbox.events().await), [place(MEMBERS[1], REGION)].into());
}

#[tokio::test]
async fn a_document_in_parameter_store_says_what_is_polled_and_each_fault_of_it_is_named_at_once() {
    let folder = format!("/{}/", unique("targets"));
    let put = async |name: &str, value: Value| {
        moto::put_parameter(&format!("{folder}{name}"), &value.to_string()).await;
    };
    put("one", json!({ "targets": [{ "accounts": [MEMBERS[0]], "regions": ["eu-west-1"] }] }))
        .await;
    // All below the folder, however deep.
    put("team/two", json!({ "targets": [{ "accounts": [ACCOUNT], "kinds": ["bundle"] }] })).await;
    let settings = [("AMIWATCH_ACCOUNTS", ""), ("AMIWATCH_TARGETS_PARAMETER", folder.as_str())];
    let stack = fleet(&settings).await;
    let mut function = stack.function().await;
    let summary = function.invoke(&schedule()).await.unwrap();
    let polled: BTreeSet<String> = summary["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {}", it["account"], it["region"], it["kind"]).replace('"', ""))
        .collect();
    let expected = [
        format!("{} eu-west-1 store-image", MEMBERS[0]),
        format!("{ACCOUNT} eu-west-1 bundle"),
        format!("{ACCOUNT} us-east-1 bundle"),
    ];
    assert_eq!(polled, expected.into());
    function.kill().await;

    let wrong = json!({ "targets": [{ "accounts": ["1"], "regions": ["cn-north-1", "moon"] }] });
    put("team/two", wrong).await;
    let mut function = stack.function().await;
    let error = function.invoke(&schedule()).await.unwrap_err().to_string();
    for part in ["accounts[0]", "cn-north-1", "moon", "team/two", "nothing was done"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    // What is mended counts at the next poll.
    let right = json!({ "targets": [{ "accounts": [ACCOUNT], "regions": ["us-east-1"] }] });
    put("team/two", right).await;
    let summary = function.invoke(&schedule()).await.unwrap();
    assert_eq!(summary["targets"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_told_from_one_that_is_wrong() {
    let name = format!("/{}", unique("targets"));
    let settings = [("AMIWATCH_ACCOUNTS", ""), ("AMIWATCH_TARGETS_PARAMETER", name.as_str())];
    let stack = fleet(&settings).await;
    let mut function = stack.function().await;
    let error = function.invoke(&schedule()).await.unwrap_err();
    assert_eq!(error["errorType"], "ParameterUnreadable", "{error}");
    assert!(error["errorMessage"].as_str().unwrap().contains(&name), "{error}");
    moto::put_parameter(&name, "{}").await;
    let error = function.invoke(&schedule()).await.unwrap_err();
    assert_eq!(error["errorType"], "ConfigurationError", "{error}");
}

#[tokio::test]
async fn all_regions_are_asked_of_each_account_and_remembered() {
    let stack = fleet(&[("AMIWATCH_REGIONS", "all")]).await;
    let mut function = stack.function().await;
    let summary = function.invoke(&schedule()).await.unwrap();
    let regions: BTreeSet<&str> = summary["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["region"].as_str().unwrap())
        .collect();
    assert!(regions.len() > 10 && regions.contains("ap-southeast-2"), "{regions:?}");
    function.invoke(&schedule()).await.unwrap();
    assert_eq!(calls(&stack, "DescribeRegions"), 3, "once an account");
}

#[tokio::test]
async fn regions_are_asked_for_as_long_as_there_is_time_to_poll_them() {
    let stack = fleet(&[("AMIWATCH_REGIONS", "all")]).await;
    let mut function = stack.function().await;
    // Less than a listing takes, with what follows it.
    let soon = now().as_millisecond() + 30_000;
    let error = function.invoke_until(&schedule(), soon).await.unwrap_err().to_string();
    for account in [ACCOUNT, MEMBERS[0], MEMBERS[1]] {
        assert!(error.contains(&format!("{account}: its Regions were not asked for")), "{error}");
    }
    assert!(stack.sim.world().calls().is_empty());
    function.invoke(&schedule()).await.unwrap();
    assert_eq!(calls(&stack, "DescribeRegions"), 3);
}

#[tokio::test]
async fn a_message_whose_region_could_not_be_looked_up_comes_again_and_the_log_says_why() {
    let stack = fleet(&[("AMIWATCH_REGIONS", "all")]).await;
    stack.sim.world().add_fault(FaultRule::new(FaultKind::Denied).on("DescribeRegions"));
    let mut function = stack.function().await;
    let body = json!({ "region": REGION, "kind": "store-image" }).to_string();
    let record = json!({ "messageId": "1", "eventSource": "aws:sqs", "body": body });
    let answer = function.invoke(&json!({ "Records": [record] })).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] }));
    let log = function.log_with("its Regions cannot be found out").await;
    assert!(log.contains("UnauthorizedOperation"), "{log}");
}

/// Takes all messages of a queue, as an event source mapping gives them to a worker.
async fn batches(queue_url: &str) -> Vec<Value> {
    let mut batches = Vec::new();
    loop {
        let call = moto::sqs().receive_message().queue_url(queue_url).max_number_of_messages(10);
        let messages = call.send().await.unwrap().messages.unwrap_or_default();
        if messages.is_empty() {
            return batches;
        }
        let mut records = Vec::new();
        for message in messages {
            records.push(json!({
                "messageId": message.message_id(), "eventSource": "aws:sqs", "body": message.body(),
            }));
            let receipt = message.receipt_handle().unwrap();
            let call = moto::sqs().delete_message().queue_url(queue_url);
            call.receipt_handle(receipt).send().await.unwrap();
        }
        batches.push(json!({ "Records": records }));
    }
}

#[tokio::test]
async fn above_a_number_of_places_the_schedule_only_dispatches_and_workers_tell_each_ending_once() {
    let queue_url = moto::queue(&unique("targets")).await;
    let stack = fleet(&[("AMIWATCH_QUEUE_URL", &queue_url), ("AMIWATCH_FAN_OUT_ABOVE", "5")]).await;
    let task = runs_in(&stack, MEMBERS[0], "eu-west-1");
    let mut dispatcher = stack.function().await;
    let mut worker = stack.worker().await;
    let sent = json!({ "dispatchedTargets": 6, "dispatchedMessages": 3 });
    let well = json!({ "batchItemFailures": [] });

    assert_eq!(dispatcher.invoke(&schedule()).await.unwrap(), sent);
    assert!(stack.sim.world().calls().is_empty(), "it lists nothing itself");
    let first = batches(&queue_url).await;
    for batch in &first {
        assert_eq!(worker.invoke(batch).await.unwrap(), well);
    }
    stack.completes(task);
    assert_eq!(dispatcher.invoke(&schedule()).await.unwrap(), sent);
    let second = batches(&queue_url).await;
    for batch in &second {
        assert_eq!(worker.invoke(batch).await.unwrap(), well);
    }
    assert_eq!(told(&stack.inbox.events().await), [place(MEMBERS[0], "eu-west-1")].into());

    // Late ones and doubled ones cost nothing.
    let listings = calls(&stack, "DescribeStoreImageTasks");
    for batch in first.iter().chain(&second) {
        assert_eq!(worker.invoke(batch).await.unwrap(), well);
    }
    assert_eq!(calls(&stack, "DescribeStoreImageTasks"), listings);
    worker.log_with("is dropped: a newer tick has asked for the same").await;
    worker.log_with("is dropped: this tick was polled").await;
    assert_eq!(stack.inbox.events().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_message_is_of_the_time_at_which_the_schedule_asks_and_not_of_the_future() {
    let queue_url = moto::queue(&unique("targets")).await;
    let stack = fleet(&[("AMIWATCH_QUEUE_URL", &queue_url), ("AMIWATCH_FAN_OUT_ABOVE", "5")]).await;
    let mut dispatcher = stack.function().await;
    // The schedule asks up to a minute late, and somebody by hand for whatever time.
    for due in [ago(50), now() + jiff::SignedDuration::from_hours(24)] {
        let before = now();
        dispatcher.invoke(&json!({ "time": due.to_string() })).await.unwrap();
        for batch in batches(&queue_url).await {
            for record in batch["Records"].as_array().unwrap() {
                let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
                let tick: jiff::Timestamp = body["tick"].as_str().unwrap().parse().unwrap();
                assert!((before..=now() + jiff::SignedDuration::from_secs(1)).contains(&tick));
            }
        }
    }
}

#[tokio::test]
async fn a_dispatch_that_a_later_one_has_overtaken_sends_nothing() {
    let queue_url = moto::queue(&unique("targets")).await;
    let stack = fleet(&[("AMIWATCH_QUEUE_URL", &queue_url), ("AMIWATCH_FAN_OUT_ABOVE", "5")]).await;
    let mut dispatcher = stack.function().await;
    let answer = dispatcher.invoke(&json!({ "time": ago(61).to_string() })).await.unwrap();
    assert_eq!(answer, json!({ "dispatchedTargets": 0, "dispatchedMessages": 0 }));
    assert_eq!(batches(&queue_url).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_worker_gives_back_what_failed_and_drops_what_was_overtaken() {
    let queue_url = moto::queue(&unique("targets")).await;
    let stack = fleet(&[("AMIWATCH_QUEUE_URL", &queue_url), ("AMIWATCH_FAN_OUT_ABOVE", "5")]).await;
    let denied = FaultRule::new(FaultKind::Denied).on("DescribeStoreImageTasks");
    stack.sim.world().add_fault(denied.in_account(MEMBERS[1]));
    stack.function().await.invoke(&schedule()).await.unwrap();
    let mut worker = stack.worker().await;
    let mut records: Vec<Value> = batches(&queue_url)
        .await
        .iter()
        .flat_map(|batch| batch["Records"].as_array().unwrap().clone())
        .collect();
    assert_eq!(records.len(), 3);
    let body = |record: &Value| -> Value {
        serde_json::from_str(record["body"].as_str().unwrap()).unwrap()
    };
    let failing = records.iter().find(|it| body(it)["account"] == MEMBERS[1]).unwrap().clone();
    let expected = json!({ "batchItemFailures": [{ "itemIdentifier": failing["messageId"] }] });
    let batch = json!({ "Records": records });
    assert_eq!(worker.invoke(&batch).await.unwrap(), expected);
    // Only that one is polled again.
    let listings = calls(&stack, "DescribeStoreImageTasks");
    assert_eq!(worker.invoke(&batch).await.unwrap(), expected);
    assert_eq!(calls(&stack, "DescribeStoreImageTasks"), listings + 2);

    for record in &mut records {
        let mut old = body(record);
        old["tick"] = json!("2026-11-22T00:00:00Z");
        record["body"] = json!(old.to_string());
    }
    let answer = worker.invoke(&json!({ "Records": records })).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(calls(&stack, "DescribeStoreImageTasks"), listings + 2);
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_a_failure_that_names_the_queue() {
    let queue_url = moto::queue(&unique("targets")).await;
    let gone = format!("{queue_url}-gone");
    let stack = fleet(&[("AMIWATCH_QUEUE_URL", &gone), ("AMIWATCH_FAN_OUT_ABOVE", "5")]).await;
    let mut dispatcher = stack.function().await;
    let error = dispatcher.invoke(&schedule()).await.unwrap_err().to_string();
    assert!(error.contains("PollFailed") && error.contains(&gone), "{error}");
    assert!(error.contains("SQS SendMessageBatch"), "{error}");
    // The template counts them by this name.
    let log = dispatcher.log_with("in 0 messages, 3 failures").await;
    assert!(log.contains("\"failures\":3"), "{log}");
}
