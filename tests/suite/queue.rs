//! The queue of workers: the real SDK client against moto, and against a server that takes only some.

use std::collections::BTreeSet;

use amiwatch::aws::targets_queue::{Sent, TargetsQueue};
use serde_json::Value;

use crate::support::scripted::scripted;
use crate::support::{moto, sdk, unique};

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/targets";
const DENIED: &str = r#"{"__type":"com.amazonaws.sqs#AccessDeniedException","message":"no"}"#;
const THROTTLED: &str = r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slower"}"#;
const ALL: &str = r#"{"Successful":[{"Id":"0","MessageId":"a","MD5OfMessageBody":"-"},
    {"Id":"1","MessageId":"b","MD5OfMessageBody":"-"},{"Id":"2","MessageId":"c","MD5OfMessageBody":"-"}]}"#;
/// It takes the first; of the others the queue itself is to blame for one and the message for one.
const SOME: &str = r#"{"Successful":[{"Id":"0","MessageId":"a","MD5OfMessageBody":"-"}],
    "Failed":[{"Id":"1","SenderFault":false,"Code":"InternalError","Message":"later"},
    {"Id":"2","SenderFault":true,"Code":"InvalidMessageContents","Message":"letters"}]}"#;
const SECOND: &str = r#"{"Successful":[{"Id":"1","MessageId":"b","MD5OfMessageBody":"-"}]}"#;
const SECOND_FAILS: &str =
    r#"{"Failed":[{"Id":"1","SenderFault":false,"Code":"InternalError","Message":"later"}]}"#;
/// It says nothing of the third.
const SILENT: &str = r#"{"Successful":[{"Id":"0","MessageId":"a","MD5OfMessageBody":"-"},
    {"Id":"1","MessageId":"b","MD5OfMessageBody":"-"}]}"#;

fn bodies(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("body {n}")).collect()
}

/// Sends three messages. Returns what became of them, and the bodies in each request.
async fn three(answers: &[(u16, &'static str)]) -> (Sent, Vec<Vec<String>>) {
    let (url, script) = scripted(answers.to_vec()).await;
    let queue = TargetsQueue::new(&sdk(), Some(url), URL);
    let sent = queue.send(&bodies(3), &|| true).await;
    let requests = script.lock().unwrap().1.clone();
    let of_request = |request: &String| {
        let request: Value = serde_json::from_str(request).unwrap();
        assert_eq!(request["QueueUrl"], URL);
        let entries = request["Entries"].as_array().unwrap();
        entries.iter().map(|entry| entry["MessageBody"].as_str().unwrap().to_owned()).collect()
    };
    (sent, requests.iter().map(of_request).collect())
}

#[tokio::test]
async fn what_the_queue_could_not_take_is_sent_once_more_and_what_it_refused_is_not() {
    let (sent, requests) = three(&[(200, SOME), (200, SECOND)]).await;
    assert_eq!((sent.taken, sent.refused, sent.left), (2, 1, 0));
    let reasons: Vec<&String> = sent.reasons.keys().collect();
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].contains(URL) && reasons[0].contains("InvalidMessageContents (letters)"));
    assert_eq!(requests, [bodies(3), vec!["body 1".to_owned()]]);
}

#[tokio::test]
async fn what_the_queue_cannot_take_twice_is_refused_with_its_reason() {
    let (sent, requests) = three(&[(200, SOME), (200, SECOND_FAILS)]).await;
    assert_eq!((sent.taken, sent.refused), (1, 2));
    assert_eq!(requests.len(), 2);
    assert!(sent.reasons.keys().any(|it| it.contains("InternalError (later)")), "{sent:?}");
}

#[tokio::test]
async fn what_the_answer_does_not_name_counts_as_not_taken() {
    let (sent, requests) = three(&[(200, SILENT), (200, "{}")]).await;
    assert_eq!((sent.taken, sent.refused), (2, 1));
    assert_eq!(requests[1], ["body 2"]);
    assert!(sent.reasons.keys().any(|it| it.contains("did not say")), "{sent:?}");
}

#[tokio::test]
async fn a_throttled_call_is_made_again_and_a_denied_one_is_a_failure_of_all() {
    let (sent, requests) = three(&[(400, THROTTLED), (200, ALL)]).await;
    assert_eq!((sent.taken, sent.refused, requests.len()), (3, 0, 2));
    let (sent, requests) = three(&[(403, DENIED)]).await;
    assert_eq!((sent.taken, sent.refused, requests.len()), (0, 3, 1));
    assert_eq!(sent.reasons.values().sum::<usize>(), 3);
    assert!(sent.reasons.keys().all(|it| it.contains("AccessDenied")), "{sent:?}");
}

#[tokio::test]
async fn no_call_begins_when_the_time_is_up() {
    let queue = TargetsQueue::new(&sdk(), Some("http://127.0.0.1:9".into()), URL);
    let sent = queue.send(&bodies(25), &|| false).await;
    assert_eq!(sent, Sent { left: 25, ..Sent::default() });
}

#[tokio::test]
async fn each_message_arrives_once_ten_in_a_call() {
    let url = moto::queue(&unique("targets")).await;
    let queue = TargetsQueue::new(&sdk(), Some(moto::url()), &url);
    let sent = queue.send(&bodies(25), &|| true).await;
    assert_eq!(sent, Sent { taken: 25, ..Sent::default() });
    let mut arrived = BTreeSet::new();
    while arrived.len() < 25 {
        let call = moto::sqs().receive_message().queue_url(&url).max_number_of_messages(10);
        let messages = call.send().await.unwrap().messages.unwrap_or_default();
        assert!(!messages.is_empty(), "{} arrived", arrived.len());
        arrived.extend(messages.into_iter().map(|message| message.body.unwrap()));
    }
    assert_eq!(arrived, bodies(25).into_iter().collect());
}
