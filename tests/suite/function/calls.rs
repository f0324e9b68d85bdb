//! What a poll may ask of EC2: with thousands of tasks, where EC2 throttles, and when objects come in streams.

use std::time::{Duration, Instant};

use amiwatch_simulator::{FaultKind, FaultRule, Simulator};
use serde_json::{Value, json};

use super::{AMI, Stack, one, schedule, told};
use crate::support::REGION;

#[tokio::test]
async fn a_thousand_tasks_over_pages_are_a_silent_baseline_and_then_a_quiet_poll() {
    let stack = Stack::new().await;
    for n in 0..1_000 {
        // Some three hundred in the last hour, whose records the baseline writes.
        stack.ended(&format!("ami-{n:017x}"), "b", 60 + 12 * n);
    }
    let task = stack.running(AMI, "b", 5);
    let mut function = stack.function().await;
    let summary = function.invoke(&schedule()).await.unwrap();
    assert_eq!(summary["targets"][0]["listed"], 1_001);
    assert_eq!(summary["targets"][0]["listingCalls"], 6);
    assert!(stack.inbox.events().await.is_empty());
    stack.completes(task);
    stack.ended("ami-fffffffffffffffff", "b", 1);
    let summary = function.invoke(&schedule()).await.unwrap();
    assert_eq!(summary["published"], 2, "{summary}");
    assert_eq!(stack.inbox.events().await.len(), 2);
    let quiet = function.invoke(&schedule()).await.unwrap();
    assert_eq!(quiet["targets"][0]["saved"], 0);
}

#[tokio::test]
async fn ten_thousand_old_tasks_never_cost_more_than_the_set_number_of_calls() {
    let stack = Stack::new().await;
    for n in 0..10_000 {
        stack.ended(&format!("ami-{n:017x}"), "b", 7_200 + n * 100);
    }
    let task = stack.running(AMI, "b", 60);
    let mut function = stack.function().await;
    let listing_calls = |sim: &Simulator| {
        let calls = sim.world().calls();
        let all = calls.iter().filter(|call| call.action == "DescribeStoreImageTasks");
        assert!(all.clone().all(|call| call.status == 200), "throttled");
        let count = all.count();
        sim.world().reset_calls();
        count
    };
    let mut polls = 0;
    loop {
        let summary = function.invoke(&schedule()).await.unwrap();
        assert!(listing_calls(&stack.sim) <= 10);
        if summary["targets"][0]["baseline"] == false {
            break;
        }
        polls += 1;
        assert!(polls < 10, "the baseline ends");
        // What ends during the baseline is told.
        if polls == 2 {
            stack.completes(task);
        }
        stack.sim.world().advance(Duration::from_secs(60));
    }
    assert_eq!(told(&stack.inbox.events().await), one("completed", AMI));
    for _ in 0..3 {
        stack.sim.world().advance(Duration::from_secs(60));
        let quiet = function.invoke(&schedule()).await.unwrap();
        assert_eq!(listing_calls(&stack.sim), 1);
        assert_eq!(quiet["targets"][0]["saved"], 0);
    }
}

#[tokio::test]
async fn where_ec2_throttles_and_breaks_no_poll_makes_more_calls_than_are_set() {
    let stack = Stack::new().await;
    for n in 0..5_000 {
        stack.ended(&format!("ami-{n:017x}"), "b", 7_200 + n * 100);
    }
    let mut function = stack.function().await;
    let listing = |kind| FaultRule::new(kind).on("DescribeStoreImageTasks");
    let half = |kind| listing(kind).with_probability(0.5);
    stack.sim.world().add_fault(half(FaultKind::Throttle));
    stack.sim.world().add_fault(half(FaultKind::InternalError));
    for n in 0..8 {
        if n == 6 {
            stack.sim.world().clear_faults();
        }
        let answer = function.invoke(&schedule()).await;
        let calls = stack.sim.world().calls();
        let made = calls.iter().filter(|call| call.action == "DescribeStoreImageTasks").count();
        assert!(made <= 10, "{made} calls");
        if let Ok(summary) = answer {
            let kinds = summary["targets"].as_array().unwrap().iter();
            let counted: u64 = kinds.map(|target| target["listingCalls"].as_u64().unwrap()).sum();
            assert_eq!(counted, calls.len() as u64, "what was tried again is counted");
        }
        stack.sim.world().reset_calls();
        stack.sim.world().advance(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn an_sqs_batch_polls_a_region_once_however_many_records_name_it() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    let record = |n: u32, region: &str, kind: &str| {
        let body = json!({ "region": region, "kind": kind }).to_string();
        json!({ "messageId": n.to_string(), "eventSource": "aws:sqs", "body": body })
    };
    let mut records: Vec<Value> = (0..8).map(|n| record(n, REGION, "store-image")).collect();
    records.push(record(8, REGION, "bundle"));
    records.push(record(9, "eu-west-1", "bundle"));
    let answer = function.invoke(&json!({ "Records": records })).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "9" }] }));
    function.log_with("eu-west-1, which is not among the configured Regions").await;
    let mut called: Vec<String> =
        stack.sim.world().calls().into_iter().map(|call| call.action).collect();
    called.sort();
    assert_eq!(called, ["DescribeBundleTasks", "DescribeStoreImageTasks"]);
}

/// As the queue of created objects invokes the function.
fn stored(image: &str, bucket: &str) -> Value {
    let body = json!({
        "region": REGION, "kind": "store-image",
        "stored": { "objectKey": format!("{image}.bin"), "bucket": bucket },
    });
    let record = |n: u32| json!({ "messageId": n.to_string(), "eventSource": "aws:sqs", "body": body.to_string() });
    json!({ "Records": [record(1), record(2)] })
}

#[tokio::test]
async fn a_store_whose_object_is_there_is_listed_until_it_has_ended_and_told_once() {
    let stack = Stack::with(&[("AMIWATCH_KINDS", "store-image")]).await;
    let task = stack.running(AMI, "my-bucket", 600);
    stack.running(AMI, "other-bucket", 600);
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    let before = stack.sim.world().calls().len();
    // EC2 calls it running for one more listing.
    let ends = async {
        while stack.sim.world().calls().len() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stack.completes(task);
    };
    let request = stored(AMI, "my-bucket");
    let (answer, ()) = tokio::join!(function.invoke(&request), ends);
    assert_eq!(answer.unwrap(), json!({ "batchItemFailures": [] }));
    assert_eq!(told(&stack.inbox.events().await), one("completed", AMI));
    // It is told, so the other store of the AMI keeps nobody.
    let calls = stack.sim.world().calls().len();
    function.invoke(&stored(AMI, "my-bucket")).await.unwrap();
    assert_eq!(stack.sim.world().calls().len(), calls + 1);
    assert_eq!(stack.inbox.events().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_store_that_stays_running_is_listed_no_more_often_than_a_poll_may_and_left_to_the_schedule()
 {
    let stack =
        Stack::with(&[("AMIWATCH_KINDS", "store-image"), ("AMIWATCH_LISTING_CALLS", "2")]).await;
    stack.running(AMI, "my-bucket", 600);
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    let before = stack.sim.world().calls().len();
    let answer = function.invoke(&stored(AMI, "my-bucket")).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(stack.sim.world().calls().len(), before + 2);
    assert_eq!(stack.inbox.events().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_stream_of_objects_that_are_no_stored_amis_takes_ten_listings_and_then_leaves_ec2_alone()
{
    let stack = Stack::with(&[("AMIWATCH_KINDS", "store-image")]).await;
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    let listings = || stack.sim.world().calls().len();
    let (before, begun) = (listings(), Instant::now());
    let mut polls = 0;
    loop {
        let answer = function.invoke(&stored(AMI, "my-bucket")).await.unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
        if listings() == before + polls {
            break;
        }
        polls += 1;
        assert_eq!(listings(), before + polls);
        // One more for each eight seconds that this machine took.
        assert!(polls <= 10 + usize::try_from(begun.elapsed().as_secs()).unwrap() / 8);
    }
    assert!(polls >= 10, "{polls}");
    function.log_with("2 objects of stored AMIs in us-east-1 start no poll").await;
    // The schedule is not held back.
    function.invoke(&schedule()).await.unwrap();
    assert_eq!(listings(), before + polls + 1);
}
