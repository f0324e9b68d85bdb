//! What ends in EC2 arrives, whatever it is called and however it ended.

use std::time::Duration;

use amiwatch_simulator::{BundlePlan, FaultKind, FaultRule, StorePlan, TaskStatus};
use serde_json::{Value, json};

use super::{AMI, Stack, one, schedule, told};
use crate::support::moto;
use crate::support::{ACCOUNT, REGION};

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
