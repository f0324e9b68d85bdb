//! What fails for itself, is named, and holds up nothing else.

use amiwatch_simulator::{FaultKind, FaultRule};
use serde_json::{Value, json};

use super::{AMI, Stack, one, schedule, told};
use crate::support::REGION;
use crate::support::moto;

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
