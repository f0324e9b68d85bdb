//! The real `poller` under a Runtime API stand-in, configured by what template.yaml gives it, with
//! the simulator for EC2 and moto for DynamoDB and SNS.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use amiwatch_simulator::{
    BundlePlan, FaultKind, FaultRule, SimClock, Simulator, StorePlan, TaskId, TaskStatus, Throttle,
};
use serde_json::{Value, json};

use crate::support::lambda::{Function, environment};
use crate::support::moto::{self, Inbox};
use crate::support::{ACCOUNT, REGION, now};

const AMI: &str = "ami-0123456789abcdef0";

/// The whole stack on loopback.
pub(crate) struct Stack {
    pub(crate) sim: Simulator,
    pub(crate) inbox: Inbox,
    pub(crate) table: String,
    variables: BTreeMap<String, String>,
}

impl Stack {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(more: &[(&str, &str)]) -> Self {
        let sim = Simulator::builder()
            .clock(SimClock::manual(now()))
            .throttle(Throttle::Documented)
            .start()
            .await
            .unwrap();
        let inbox = Inbox::open().await;
        let table = moto::table().await;
        let mut variables = environment("poller");
        let own = [
            ("AMIWATCH_TABLE", table.as_str()),
            ("AMIWATCH_TOPIC_ARN", inbox.topic_arn.as_str()),
            ("AWS_ENDPOINT_URL", &moto::url()),
            ("AWS_ENDPOINT_URL_EC2", &sim.url()),
        ];
        for (name, value) in own.iter().chain(more) {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        Self { sim, inbox, table, variables }
    }

    /// With the simulator for STS too.
    pub(crate) async fn with_sts(more: &[(&str, &str)]) -> Self {
        let mut stack = Self::with(more).await;
        stack.variables.insert("AWS_ENDPOINT_URL_STS".to_owned(), stack.sim.url());
        stack
    }

    pub(crate) async fn function(&self) -> Function {
        Function::start("poller", &self.variables).await
    }

    /// The function that takes what the scheduled one dispatches.
    pub(crate) async fn worker(&self) -> Function {
        let mut variables = self.variables.clone();
        variables
            .retain(|name, _| name != "AMIWATCH_QUEUE_URL" && name != "AMIWATCH_FAN_OUT_ABOVE");
        Function::start("poller", &variables).await
    }

    /// Before the simulated present, which stands still.
    pub(crate) fn ago(&self, seconds: i64) -> jiff::Timestamp {
        self.sim.world().now().saturating_sub(jiff::SignedDuration::from_secs(seconds)).unwrap()
    }

    pub(crate) fn running(&self, image: &str, bucket: &str, seconds_ago: i64) -> TaskId {
        let long = Duration::from_secs(30 * 24 * 3600);
        self.sim.world().add_store_task(
            ACCOUNT,
            REGION,
            StorePlan::new(image, bucket, self.ago(seconds_ago), long),
        )
    }

    fn ended(&self, image: &str, bucket: &str, seconds_ago: i64) -> TaskId {
        let plan = StorePlan::new(image, bucket, self.ago(seconds_ago), Duration::from_secs(1));
        self.sim.world().add_store_task(ACCOUNT, REGION, plan)
    }

    pub(crate) fn completes(&self, task: TaskId) {
        self.sim.world().set_state(task, TaskStatus::new("Completed", 100));
    }
}

fn schedule() -> Value {
    json!({ "source": "aws.scheduler" })
}

/// Outcome and image (or bundle) of each event.
fn told(events: &[Value]) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = events
        .iter()
        .map(|event| {
            let detail = &event["detail"];
            let name = detail["imageId"].as_str().or(detail["bundleId"].as_str()).unwrap();
            (detail["outcome"].as_str().unwrap().to_owned(), name.to_owned())
        })
        .collect();
    told.sort();
    told
}

fn one(outcome: &str, name: &str) -> Vec<(String, String)> {
    vec![(outcome.to_owned(), name.to_owned())]
}

#[tokio::test]
async fn the_baseline_is_silent_and_a_completed_store_is_told_once_in_full() {
    let stack = Stack::new().await;
    stack.ended("ami-00000000000000001", "old", 7200);
    let task = stack.running(AMI, "my-bucket", 1800);
    let mut function = stack.function().await;
    let summary = function.invoke(&schedule()).await.unwrap();
    assert_eq!(summary["targets"][0]["baseline"], true);
    assert!(stack.inbox.events().await.is_empty());

    let before = moto::table_as_text(&stack.table).await;
    let quiet = function.invoke(&schedule()).await.unwrap();
    assert_eq!(quiet["targets"][0]["listingCalls"], 1);
    assert!(quiet["targets"].as_array().unwrap().iter().all(|target| target["saved"] == 0));
    assert_eq!(moto::table_as_text(&stack.table).await, before, "nothing new, nothing written");

    stack.completes(task);
    let summary = function.invoke(&schedule()).await.unwrap();
    assert_eq!(summary["published"], 1);
    let events = stack.inbox.events().await;
    assert_eq!(told(&events), one("completed", AMI));
    let detail = &events[0]["detail"];
    assert_eq!(detail["previousState"], "InProgress");
    assert_eq!(detail["objectKey"], format!("{AMI}.bin"));
    assert_eq!(detail["progressPercent"], 100);
    assert!((1800..1900).contains(&detail["durationSeconds"].as_u64().unwrap()));
    assert_eq!(events[0]["resources"][0], format!("arn:aws:ec2:us-east-1::image/{AMI}"));

    for _ in 0..2 {
        function.invoke(&schedule()).await.unwrap();
    }
    // A cold start forgets nothing.
    function.kill().await;
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    assert!(stack.inbox.events().await.is_empty());
}

#[tokio::test]
async fn a_failed_store_is_told_with_ec2s_reason() {
    let stack = Stack::new().await;
    let task = stack.running(AMI, "b", 60);
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    let message = Some("The snapshot snap-1 \u{202e}does not exist.\nAsk <!channel>".to_owned());
    stack
        .sim
        .world()
        .set_state(task, TaskStatus { message: message.clone(), ..TaskStatus::new("Failed", 40) });
    function.invoke(&schedule()).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(told(&events), one("failed", AMI));
    assert_eq!(events[0]["detail"]["failure"], json!({ "code": null, "message": message }));
}

#[tokio::test]
async fn whatever_a_reason_bucket_or_key_holds_the_ending_is_told() {
    let hostile = [
        "x".repeat(400_000),
        "\u{1f600}\u{7f}".repeat(50_000),
        "\n".repeat(400_000),
        " \t ".into(),
        String::new(),
        "\u{202e}\u{2066}\u{feff}gnp.exe".into(),
        "{\"version\": \"0\"}".into(),
        "<Error><Code>x</Code></Error>&amp;&#60;".into(),
        "<!channel> <@U1> @everyone [a](https://evil.example) `rm -rf /`".into(),
    ];
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    for (n, text) in hostile.iter().enumerate() {
        let name = if text.trim().is_empty() { "b" } else { text };
        let image = format!("ami-{n:017x}");
        let takes = Duration::from_secs(1);
        let mut plan = StorePlan::new(image, name, stack.ago(60), takes).failing(text.clone());
        plan.object_key.clone_from(text);
        stack.sim.world().add_store_task(ACCOUNT, REGION, plan);
        let id = format!("bun-{n:08x}");
        let mut plan = BundlePlan::new(id, "i-00000001", name, stack.ago(60), takes);
        plan = plan.failing(text.clone(), text.clone());
        plan.prefix.clone_from(text);
        stack.sim.world().add_bundle_task(ACCOUNT, REGION, plan);
    }
    let summary = function.invoke(&schedule()).await.unwrap();
    let count = hostile.len() * 2;
    assert_eq!((&summary["published"], &summary["minimal"]), (&json!(count), &json!(0)));
    assert_eq!(stack.inbox.events().await.len(), count);
    // Characters that XML does not allow, half of a surrogate pair among them.
    let text = "&#xD800;\u{1}&#0;&#xFFFE;\u{ffff}".to_owned();
    let element = "storeTaskFailureReason".to_owned();
    stack.sim.world().add_fault(FaultRule::new(FaultKind::RawText {
        element,
        text,
        item: Some(0),
    }));
    let plan = StorePlan::new(AMI, "b", stack.ago(1), Duration::from_millis(1)).failing("reason");
    stack.sim.world().add_store_task(ACCOUNT, REGION, plan);
    function.invoke(&schedule()).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(told(&events), one("failed", AMI));
    let reason = events[0]["detail"]["failure"]["message"].as_str().unwrap();
    assert_eq!(reason, "\u{fffd}".repeat(5));
    // And all of it is remembered: nothing is told again, by a cold start neither.
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    assert!(stack.inbox.events().await.is_empty());
}

#[tokio::test]
async fn a_bundle_passes_through_every_state_and_is_told_at_its_end_only() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    let plan = BundlePlan::new(
        "bun-00000001",
        "i-1",
        "b",
        stack.sim.world().now(),
        Duration::from_secs(1_000),
    );
    stack.sim.world().add_bundle_task(ACCOUNT, REGION, plan);
    let cancelled = stack.sim.world().add_bundle_task(
        ACCOUNT,
        REGION,
        BundlePlan::new(
            "bun-00000002",
            "i-2",
            "b",
            stack.sim.world().now(),
            Duration::from_secs(9_000),
        ),
    );
    for (state, after) in
        [("pending", 0), ("waiting-for-shutdown", 100), ("bundling", 200), ("storing", 600)]
    {
        stack.sim.world().advance(Duration::from_secs(after));
        function.invoke(&schedule()).await.unwrap();
        assert!(function.log_with(&format!("bun-00000001 is {state}")).await.contains(state));
    }
    stack.sim.world().set_state(cancelled, TaskStatus::new("cancelling", 9));
    function.invoke(&schedule()).await.unwrap();
    function.log_with("bun-00000002 is cancelling").await;
    assert!(stack.inbox.events().await.is_empty());
    stack.sim.world().advance(Duration::from_secs(100));
    let code = Some("Client.Cancelled".to_owned());
    stack.sim.world().set_state(cancelled, TaskStatus { code, ..TaskStatus::new("failed", 9) });
    function.invoke(&schedule()).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(told(&events).len(), 2);
    for (outcome, previous) in [("completed", "storing"), ("failed", "cancelling")] {
        let event = events.iter().find(|event| event["detail"]["outcome"] == outcome).unwrap();
        assert_eq!(event["detail"]["previousState"], previous);
    }
}

#[tokio::test]
async fn a_task_that_began_and_ended_between_two_polls_is_told_as_first_seen_ended() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    stack.ended(AMI, "b", 30);
    function.invoke(&schedule()).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(told(&events), one("completed", AMI));
    assert_eq!(events[0]["detail"]["previousState"], Value::Null);
}

#[tokio::test]
async fn the_same_ami_in_two_buckets_and_stored_again_is_three_tasks() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    stack.ended(AMI, "one", 300);
    stack.ended(AMI, "two", 200);
    function.invoke(&schedule()).await.unwrap();
    stack.ended(AMI, "one", 100);
    function.invoke(&schedule()).await.unwrap();
    let events = stack.inbox.events().await;
    let ids: std::collections::BTreeSet<&str> =
        events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!((events.len(), ids.len()), (3, 3));
}

#[tokio::test]
async fn bundle_tasks_are_told_and_their_secrets_are_nowhere() {
    let stack = Stack::new().await;
    let bundle = |id: &str| {
        let mut plan =
            BundlePlan::new(id, "i-0d21a7b6", "b", stack.ago(600), Duration::from_secs(9_000_000));
        plan.prefix = "web".into();
        plan.access_key_id = Some("AKIASECRETKEY".into());
        plan.upload_policy = Some("U0VDUkVUUE9MSUNZ".into());
        plan.upload_policy_signature = Some("SECRETSIGNATURE".into());
        stack.sim.world().add_bundle_task(ACCOUNT, REGION, plan)
    };
    let (good, bad) = (bundle("bun-00000001"), bundle("bun-00000002"));
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    stack.sim.world().set_state(good, TaskStatus::new("complete", 100));
    let failed = TaskStatus {
        code: Some("Client.S3Error".into()),
        message: Some("Access denied".into()),
        ..TaskStatus::new("failed", 30)
    };
    stack.sim.world().set_state(bad, failed);
    function.invoke(&schedule()).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(
        told(&events),
        [
            ("completed".to_owned(), "bun-00000001".to_owned()),
            ("failed".to_owned(), "bun-00000002".to_owned())
        ]
    );
    let failed = events.iter().find(|event| event["detail"]["outcome"] == "failed").unwrap();
    assert_eq!(failed["detail"]["failure"]["code"], "Client.S3Error");
    assert_eq!(failed["detail-type"], "EC2 Bundle Task State Change");
    let everything = format!(
        "{}{}{events:?}",
        function.log_with("2 events published").await,
        moto::table_as_text(&stack.table).await
    );
    for secret in ["AKIASECRETKEY", "SECRETPOLICY", "U0VDUkVUUE9MSUNZ", "SECRETSIGNATURE"] {
        assert!(!everything.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_task_that_is_missing_from_two_listings_in_a_row_has_vanished() {
    let stack = Stack::new().await;
    let task = stack.running(AMI, "b", 600);
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    stack.sim.world().remove_task(task);
    function.invoke(&schedule()).await.unwrap();
    assert!(stack.inbox.events().await.is_empty());
    function.invoke(&schedule()).await.unwrap();
    assert!(stack.inbox.events().await.is_empty(), "two polls at once are one look");
    moto::time_passes(&stack.table, 60).await;
    function.invoke(&schedule()).await.unwrap();
    assert_eq!(told(&stack.inbox.events().await), one("vanished", AMI));
    function.invoke(&schedule()).await.unwrap();
    assert!(stack.inbox.events().await.is_empty());
}

#[tokio::test]
async fn an_undocumented_state_is_logged_and_taken_to_be_running() {
    let stack = Stack::new().await;
    let task = stack.running(AMI, "b", 600);
    stack.sim.world().set_state(task, TaskStatus::new("Hibernating", 10));
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    function.log_with("Hibernating").await;
    stack.completes(task);
    function.invoke(&schedule()).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(told(&events), one("completed", AMI));
    assert_eq!(events[0]["detail"]["previousState"], "Hibernating");
}

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
    let half = |kind| FaultRule { probability: 0.5, ..listing(kind) };
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

#[tokio::test]
async fn one_region_that_is_denied_does_not_stop_the_other_and_ends_in_an_error_that_names_it() {
    let stack = Stack::with(&[("AMIWATCH_REGIONS", "us-east-1,eu-west-1")]).await;
    let task = stack.running(AMI, "b", 600);
    stack.sim.world().add_fault(FaultRule::new(FaultKind::Denied).in_region("eu-west-1"));
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap_err();
    stack.completes(task);
    let error = function.invoke(&schedule()).await.unwrap_err();
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("eu-west-1") && text.contains("UnauthorizedOperation"), "{text}");
    assert!(!text.contains("us-east-1"), "{text}");
    assert_eq!(told(&stack.inbox.events().await), one("completed", AMI));
    // The log has each failure once: the runtime does not repeat it.
    let log = function.log_with("Polled 4 targets").await;
    assert!(!log.contains("HandlerError"), "{log}");
}

#[tokio::test]
async fn a_region_that_cannot_be_listed_for_an_hour_is_told_once_and_once_more_when_it_can() {
    let stack = Stack::with(&[("AMIWATCH_KINDS", "store-image")]).await;
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    stack.sim.world().add_fault(FaultRule::new(FaultKind::Denied));
    function.invoke(&schedule()).await.unwrap_err();
    let before = moto::table_as_text(&stack.table).await;
    function.invoke(&schedule()).await.unwrap_err();
    assert_eq!(moto::table_as_text(&stack.table).await, before, "it is written once");
    assert_eq!(stack.inbox.events().await, Vec::<Value>::new());

    moto::unseen_for_longer(&stack.table, 3600).await;
    // Known and told, it no longer ends each scheduled poll in an error, and is in its answer.
    for _ in 0..3 {
        let answer = function.invoke(&schedule()).await.unwrap();
        let target = &answer["targets"][0];
        assert_eq!(
            (&target["blind"], target["failures"].as_array().unwrap().len()),
            (&json!(true), 1)
        );
    }
    let by_hand = json!({ "poll": { "regions": [REGION] } });
    assert_eq!(function.invoke(&by_hand).await.unwrap_err()["errorType"], "PollFailed");
    stack.sim.world().clear_faults();
    for _ in 0..2 {
        function.invoke(&schedule()).await.unwrap();
    }
    let events = stack.inbox.events().await;
    let outcomes: Vec<&Value> = events.iter().map(|event| &event["detail"]["outcome"]).collect();
    assert_eq!(outcomes, ["blind", "seeing"]);
    assert_eq!(events[0]["detail-type"], "amiwatch Target State Change");
    assert_eq!(events[0]["detail"]["kind"], "store-image");
    assert_eq!(events[0]["detail"]["since"], events[1]["detail"]["since"]);
    let why = events[0]["detail"]["failure"]["message"].as_str().unwrap();
    assert!(why.contains("UnauthorizedOperation"), "{why}");
    let log = function.log_with("blind").await;
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let blind: Vec<Value> = lines.filter(|line| line["target_blind"] == 1).collect();
    assert_eq!(blind[0]["target_region"], REGION, "{log}");
    assert_eq!(
        (&blind[0]["target_kind"], &blind[0]["target_failures"]),
        (&json!("store-image"), &json!(1))
    );
}

#[tokio::test]
async fn of_topic_and_bus_the_one_that_is_down_neither_holds_up_nor_repeats_the_other() {
    for (endpoint, sink) in
        [("AWS_ENDPOINT_URL_EVENTBRIDGE", "event-bridge"), ("AWS_ENDPOINT_URL_SNS", "sns")]
    {
        let (bus, queue) = moto::bus().await;
        let nowhere = (endpoint, "http://127.0.0.1:1");
        let mut stack = Stack::with(&[("AMIWATCH_EVENT_BUS", &bus), nowhere]).await;
        let task = stack.running(AMI, "b", 600);
        let mut function = stack.function().await;
        function.invoke(&schedule()).await.unwrap();
        stack.completes(task);
        let error = function.invoke(&schedule()).await.unwrap_err();
        let text = error["errorMessage"].as_str().unwrap();
        assert!(text.contains(&format!("{sink} is not available")), "{text}");
        let (by_topic, by_bus) = (stack.inbox.events().await, queue.envelopes().await);
        let (told_by, silent) = if sink == "sns" { (by_bus, by_topic) } else { (by_topic, by_bus) };
        assert_eq!(told(&told_by), one("completed", AMI), "{sink}");
        assert!(silent.is_empty(), "{sink}");

        stack.variables.insert(endpoint.to_owned(), moto::url());
        let mut function = stack.function().await;
        let summary = function.invoke(&schedule()).await.unwrap();
        assert_eq!(summary["published"], 1);
        let (by_topic, by_bus) = (stack.inbox.events().await, queue.envelopes().await);
        let (late, silent) = if sink == "sns" { (by_topic, by_bus) } else { (by_bus, by_topic) };
        assert_eq!(told(&late), one("completed", AMI), "{sink}");
        assert_eq!(late[0]["source"], "amiwatch");
        assert!(silent.is_empty(), "{sink}");
        function.invoke(&schedule()).await.unwrap();
        assert!(stack.inbox.events().await.is_empty() && queue.envelopes().await.is_empty());
    }
}

#[tokio::test]
async fn without_a_table_nothing_is_told_and_the_error_names_it() {
    let stack = Stack::with(&[("AMIWATCH_TABLE", "no-such-table")]).await;
    stack.ended(AMI, "b", 600);
    let mut function = stack.function().await;
    let error = function.invoke(&schedule()).await.unwrap_err();
    assert!(error["errorMessage"].as_str().unwrap().contains("no-such-table"));
    assert!(stack.inbox.events().await.is_empty());
}

#[tokio::test]
async fn a_table_restored_from_a_backup_loses_nothing_and_repeats_with_the_same_id_what_it_forgot()
{
    let mut stack = Stack::new().await;
    let remembered = stack.running("ami-00000000000000001", "b", 600);
    let forgotten = stack.running("ami-00000000000000002", "b", 600);
    let later = stack.running("ami-00000000000000003", "b", 600);
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    stack.completes(remembered);
    function.invoke(&schedule()).await.unwrap();
    assert_eq!(stack.inbox.events().await.len(), 1);
    let backup = moto::backup(&stack.table).await;

    // Told after the backup: one that it knows as running, and one that it does not know.
    stack.completes(forgotten);
    stack.ended("ami-00000000000000004", "b", 60);
    function.invoke(&schedule()).await.unwrap();
    let id = |event: &Value| event["id"].as_str().unwrap().to_owned();
    let mut before: Vec<String> = stack.inbox.events().await.iter().map(id).collect();
    assert_eq!(before.len(), 2);
    stack.completes(later);

    let table = moto::restored(backup).await;
    stack.variables.insert("AMIWATCH_TABLE".to_owned(), table);
    let mut function = stack.function().await;
    function.invoke(&schedule()).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(events.len(), 3, "what the backup knows as told is not told again");
    let (news, repeats): (Vec<&Value>, Vec<&Value>) =
        events.iter().partition(|event| event["detail"]["imageId"] == "ami-00000000000000003");
    assert_eq!(news.len(), 1);
    let mut again: Vec<String> = repeats.into_iter().map(id).collect();
    before.sort();
    again.sort();
    assert_eq!(again, before);
    function.invoke(&schedule()).await.unwrap();
    assert!(stack.inbox.events().await.is_empty());
}

#[tokio::test]
async fn a_manual_poll_polls_what_it_names_and_a_wrong_one_does_nothing() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    let manual: Value =
        serde_json::from_str(include_str!("../../events/manual-poll.json")).unwrap();
    let summary = function.invoke(&manual).await.unwrap();
    assert_eq!(summary["targets"].as_array().unwrap().len(), 1);
    stack.sim.world().reset_calls();
    for (payload, named) in [
        (json!([1]), "a list"),
        (json!({ "poll": { "region": "us-east-1" } }), "region"),
        (json!({ "poll": { "kinds": ["snapshot"] } }), "snapshot"),
        (json!({ "poll": { "regions": ["eu-north-1"] } }), "eu-north-1"),
    ] {
        let error = function.invoke(&payload).await.unwrap_err();
        let text = error["errorMessage"].as_str().unwrap();
        assert!(text.contains(named) && text.contains("nothing was done"), "{text}");
    }
    assert!(stack.sim.world().calls().is_empty());
}

#[tokio::test]
async fn under_a_local_runtime_the_account_comes_from_a_variable_and_a_past_deadline_is_none() {
    // As `cargo lambda watch` has it.
    const ARN: &str = "function-arn";
    const DEADLINE_MS: i64 = 600_000;
    let mut stack = Stack::new().await;
    // An access key that is no account id, as keys are.
    stack.variables.insert("AWS_ACCESS_KEY_ID".into(), "AKIAIOSFODNN7EXAMPLE".into());
    let mut function = Function::start_as("poller", ARN, &stack.variables).await;
    let error = function.invoke_until(&schedule(), DEADLINE_MS).await.unwrap_err();
    assert_eq!(error["errorType"], "ConfigurationError");
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("AMIWATCH_ACCOUNT") && text.contains("\"function-arn\""), "{text}");
    assert!(stack.sim.world().calls().is_empty());

    stack.variables.insert("AMIWATCH_ACCOUNT".into(), ACCOUNT.into());
    let task = stack.running(AMI, "b", 600);
    let mut function = Function::start_as("poller", ARN, &stack.variables).await;
    let summary = function.invoke_until(&schedule(), DEADLINE_MS).await.unwrap();
    assert_eq!(summary["targets"][0]["listed"], 1, "{summary}");
    stack.completes(task);
    function.invoke_until(&schedule(), DEADLINE_MS).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(told(&events), one("completed", AMI));
    assert_eq!(events[0]["account"], ACCOUNT);

    // A simulator's access key is the account; and a variable wins over a made-up ARN.
    stack.variables.remove("AMIWATCH_ACCOUNT");
    stack.variables.insert("AWS_ACCESS_KEY_ID".into(), ACCOUNT.into());
    let mut function = Function::start_as("poller", ARN, &stack.variables).await;
    function.invoke_until(&schedule(), DEADLINE_MS).await.unwrap();
    stack.variables.insert("AMIWATCH_ACCOUNT".into(), ACCOUNT.into());
    stack.ended("ami-00000000000000009", "b", 60);
    let made_up = "arn:aws:lambda:us-east-1:012345678912:function:poller";
    let mut function = Function::start_as("poller", made_up, &stack.variables).await;
    function.invoke(&schedule()).await.unwrap();
    assert_eq!(stack.inbox.events().await[0]["account"], ACCOUNT);
}

#[tokio::test]
async fn every_failed_invocation_has_an_error_type_that_stays() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    for payload in [
        json!(7),
        json!({ "poll": { "region": "us-east-1" } }),
        json!({ "poll": { "regions": ["eu-north-1"] } }),
    ] {
        let error = function.invoke(&payload).await.unwrap_err();
        assert_eq!(error["errorType"], "InvalidRequest", "{error}");
    }
    stack.sim.world().add_fault(FaultRule::new(FaultKind::Denied));
    let error = function.invoke(&schedule()).await.unwrap_err();
    assert_eq!(error["errorType"], "PollFailed", "{error}");
}

#[tokio::test]
async fn missing_credentials_are_reported_at_start_with_all_else() {
    for missing in ["", " "] {
        let stack = Stack::with(&[
            ("AWS_ACCESS_KEY_ID", missing),
            ("AWS_SECRET_ACCESS_KEY", missing),
            ("AMIWATCH_TABLE", missing),
            ("AMIWATCH_ACCOUNT", "12345"),
            ("HTTPS_PROXY", "socks5://127.0.0.1:1"),
            ("AWS_CA_BUNDLE", "/no/such/bundle.pem"),
        ])
        .await;
        let mut function = stack.function().await;
        assert!(!function.end().await);
        let log = function.log_with("the configuration is wrong").await;
        for words in [
            "AWS_ACCESS_KEY_ID is not set",
            "AWS_SECRET_ACCESS_KEY is not set",
            "AMIWATCH_TABLE is not set",
            "AMIWATCH_ACCOUNT is",
            "HTTPS_PROXY names a proxy that speaks socks5",
            "AWS_CA_BUNDLE names the file /no/such/bundle.pem, which cannot be read",
        ] {
            assert!(log.contains(words), "{words}: {log}");
        }
    }
}

#[tokio::test]
async fn of_a_batch_from_sqs_only_what_failed_is_delivered_again() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    stack.sim.world().add_fault(FaultRule::new(FaultKind::Denied).on("DescribeBundleTasks"));
    let record =
        |id: &str, body: &str| json!({ "messageId": id, "eventSource": "aws:sqs", "body": body });
    let batch = json!({ "Records": [
        record("good", r#"{"region": "us-east-1", "kind": "store-image"}"#),
        record("denied", r#"{"region": "us-east-1", "kind": "bundle"}"#),
        record("garbage", "{"),
    ]});
    let answer = function.invoke(&batch).await.unwrap();
    let mut again: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["itemIdentifier"].as_str().unwrap())
        .collect();
    again.sort_unstable();
    assert_eq!(again, ["denied", "garbage"]);
}

#[tokio::test]
async fn a_deadline_that_is_near_begins_nothing_and_says_what_it_left() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    let error =
        function.invoke_until(&schedule(), now().as_millisecond() + 1_000).await.unwrap_err();
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("us-east-1 store-image: not begun, out of time"), "{text}");
    assert!(stack.sim.world().calls().is_empty());
}

#[tokio::test]
async fn a_wrong_configuration_names_every_fault_at_start() {
    let stack = Stack::with(&[
        ("AMIWATCH_TABLE", ""),
        ("AMIWATCH_KINDS", "store-image,snapshot"),
        ("AMIWATCH_LISTING_CALLS", "0"),
    ])
    .await;
    let mut function = stack.function().await;
    assert!(!function.end().await);
    let log = function.log_with("the configuration is wrong").await;
    for name in ["AMIWATCH_TABLE", "AMIWATCH_KINDS", "AMIWATCH_LISTING_CALLS"] {
        assert!(log.contains(name), "{log}");
    }
}

#[tokio::test]
async fn every_log_line_is_json_with_a_sentence_and_one_sums_up_the_poll() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    let answer = function.invoke(&schedule()).await.unwrap();
    let log = function.log_with("Polled 2 targets").await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summaries: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"].as_str().unwrap().starts_with("Polled 2 targets"))
        .collect();
    assert_eq!(summaries.len(), 1, "{log}");
    assert_eq!(summaries[0]["listing_calls"], 2);
    // The template makes metrics out of it.
    let template = include_str!("../../template.yaml");
    let counted: Vec<&str> = template
        .split("MetricValue: $.")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap())
        .collect();
    assert!(counted.len() >= 5, "{counted:?}");
    for field in counted {
        assert!(summaries[0][field].is_u64(), "{field} is not in {log}");
    }
    let manual = include_str!("../../docs/operations/log.md");
    for reported in [summaries[0], &answer, &answer["targets"][0]] {
        for field in reported.as_object().unwrap().keys() {
            assert!(manual.contains(&format!("`{field}`")), "{field} is not in log.md");
        }
    }
}
