//! The real `webhook` function under a Runtime API stand-in, with a server that behaves like Slack,
//! and moto for Parameter Store and the dead-letter queue.

mod refusals;

use std::collections::BTreeMap;

use amiwatch::event::{Event, Outcome};
use amiwatch::render::{ChatChannel, sample, slack, sns, teams};
use amiwatch::task::Kind;
use serde_json::{Value, json};

use crate::support::chat_app::{ChatApp, Reply, TAKEN};
use crate::support::lambda::{Function, environment};
use crate::support::moto::{self, Inbox};
use crate::support::{ACCOUNT, now, unique};

/// The function and what is behind it.
struct Stack {
    variables: BTreeMap<String, String>,
    dead_letters: Inbox,
    parameter: String,
}

impl Stack {
    /// A function of this app, whose parameter holds this URL.
    async fn new(app: &str, url: &str) -> Self {
        let parameter = format!("/{}", unique("webhook"));
        moto::put_secret(&parameter, url).await;
        let dead_letters = Inbox::open().await;
        let mut variables = environment(app);
        for (name, value) in [
            ("AMIWATCH_WEBHOOK_PARAMETER", parameter.clone()),
            ("AMIWATCH_DEAD_LETTERS_URL", dead_letters.queue_url.clone()),
            ("AWS_ENDPOINT_URL", moto::url()),
        ] {
            variables.insert(name.to_owned(), value);
        }
        Self { variables, dead_letters, parameter }
    }

    async fn function(&self) -> Function {
        Function::start("webhook", &self.variables).await
    }
}

fn event() -> Event {
    sample::event(Kind::StoreImage, Outcome::Failed)
}

/// As SNS invokes a function that is subscribed to the topic.
fn by_sns(event: &Event) -> Value {
    let message: Value = serde_json::from_str(&sns(event, ChatChannel::Present).message).unwrap();
    let text = message["default"].as_str().unwrap();
    json!({ "Records": [{
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:amiwatch:1",
        "EventSource": "aws:sns",
        "Sns": { "Type": "Notification", "MessageId": "1", "Subject": "s", "Message": text },
    }] })
}

#[tokio::test]
async fn every_event_reaches_slack_and_teams_as_it_is_rendered() {
    for (name, render) in
        [("slack", slack::payload as fn(&Event) -> Value), ("teams", teams::message)]
    {
        let app = ChatApp::answering(&[]).await;
        let stack = Stack::new(name, &app.url).await;
        let mut function = stack.function().await;
        let events = sample::all();
        for event in &events {
            let answer = function.invoke(&by_sns(event)).await.unwrap();
            assert_eq!(answer["delivered"], "in full");
            assert_eq!(answer["id"], event.id.to_string());
        }
        assert_eq!(app.taken(), events.iter().map(render).collect::<Vec<_>>());
        // By hand, as the dead-letter queue holds it.
        function.invoke(&json!(event())).await.unwrap();
        assert_eq!(app.taken().last(), Some(&render(&event())));
    }
}

const ALARM: &str = r#"{
    "AlarmName": "amiwatch-UntoldAlarm", "AlarmDescription": "An ending has waited for ten minutes.",
    "AWSAccountId": "123456789012", "NewStateValue": "ALARM", "NewStateReason": "Threshold Crossed",
    "StateChangeTime": "2026-11-22T00:40:10.456+0000", "Region": "US East (N. Virginia)",
    "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:amiwatch-UntoldAlarm",
    "OldStateValue": "OK", "Trigger": {"MetricName": "OldestUntoldSeconds"}
}"#;

/// As the queue behind the topics invokes a function.
fn by_queue(bodies: &[&str]) -> Value {
    let record = |(id, body): (usize, &&str)| json!({ "messageId": format!("id-{id}"), "eventSource": "aws:sqs", "body": body });
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_batch_of_the_queue_is_posted_and_only_what_may_be_taken_later_comes_again() {
    let text = sns::event_json(&event());
    let app = ChatApp::answering(&[TAKEN, TAKEN, Reply::With(404, "no_service")]).await;
    let stack = Stack::new("slack", &app.url).await;
    let mut function = stack.function().await;
    let batch = by_queue(&[&text, ALARM, &text, "hello"]);
    let answer = function.invoke(&batch).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let alarm = amiwatch::render::alarm::Alarm::parse(ALARM).unwrap();
    assert_eq!(app.taken(), [slack::payload(&event()), slack::alarm(&alarm)]);
    // What is refused for good, and what is nothing of ours, is kept as it came.
    let mut kept = stack.dead_letters.bodies().await;
    kept.sort();
    let mut expected = ["hello".to_owned(), text.clone()];
    expected.sort();
    assert_eq!(kept, expected);

    let app = ChatApp::answering(&vec![Reply::With(503, ""); 20]).await;
    let stack = Stack::new("teams", &app.url).await;
    let mut function = stack.function().await;
    let soon = now().as_millisecond() + 18_000;
    let answer = function.invoke_until(&by_queue(&[&text, ALARM]), soon).await.unwrap();
    let again = [json!({ "itemIdentifier": "id-0" }), json!({ "itemIdentifier": "id-1" })];
    assert_eq!(answer, json!({ "batchItemFailures": again }));
    function.log_with("message id-0 stays in the queue, and comes again").await;
    assert!(stack.dead_letters.bodies().await.is_empty());
}

#[tokio::test]
async fn a_webhook_that_was_replaced_is_read_anew_and_nothing_is_refused() {
    let old = ChatApp::answering(&[TAKEN, Reply::With(404, "no_service")]).await;
    let new = ChatApp::answering(&[]).await;
    let stack = Stack::new("slack", &old.url).await;
    let mut function = stack.function().await;
    function.invoke(&by_sns(&event())).await.unwrap();
    moto::put_secret(&stack.parameter, &new.url).await;
    assert_eq!(function.invoke(&by_sns(&event())).await.unwrap()["delivered"], "in full");
    assert_eq!((old.taken().len(), new.taken().len()), (1, 1));
    assert!(stack.dead_letters.bodies().await.is_empty());
}

#[tokio::test]
async fn a_message_that_is_no_event_is_kept_and_no_webhook_hears_it() {
    let app = ChatApp::answering(&[]).await;
    let stack = Stack::new("slack", &app.url).await;
    let mut function = stack.function().await;
    let test = json!({ "Records": [{ "Sns": { "Message": "is this on?" } }] });
    let answer = function.invoke(&test).await.unwrap();
    assert!(answer["refused"].as_str().unwrap().contains("no event of amiwatch"));
    assert_eq!(stack.dead_letters.bodies().await, ["is this on?"]);
    let error = function.invoke(&json!({ "hello": 1 })).await.unwrap_err();
    assert_eq!(error["errorType"], "InvalidRequest");
    assert!(error["errorMessage"].as_str().unwrap().contains("nothing was sent"));
    assert!(app.posts().is_empty());
}

#[tokio::test]
async fn a_message_that_is_no_event_is_kept_whatever_it_holds() {
    let app = ChatApp::answering(&[]).await;
    let stack = Stack::new("slack", &app.url).await;
    let mut function = stack.function().await;
    let mut message = json!(event());
    message["detail"]["kind"] = "\u{1}\n\u{202e}x".repeat(20_000).into();
    let message = message.to_string();
    // In an envelope a text may hold what SQS takes in none of its own.
    let envelope = json!({ "Type": "Notification", "Message": "a\u{0}b" }).to_string();
    let answer = function.invoke(&by_queue(&[&message, &envelope])).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let kept = stack.dead_letters.messages().await;
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().any(|(body, _)| *body == message));
    assert!(kept.iter().any(|(body, _)| body == "a\u{fffd}b"));
    for (_, attributes) in kept {
        let reason = &attributes["reason"];
        assert!(reason.len() < 1_100 && !reason.chars().any(amiwatch::render::text::is_hidden));
    }
    assert!(app.posts().is_empty());
}

#[tokio::test]
async fn a_parameter_that_is_missing_or_holds_no_url_is_named_and_lambda_tries_again() {
    let app = ChatApp::answering(&[]).await;
    let mut stack = Stack::new("slack", &app.url).await;
    let good = stack.parameter.clone();
    stack.variables.insert("AMIWATCH_WEBHOOK_PARAMETER".into(), "/no/such/parameter".into());
    let mut function = stack.function().await;
    let error = function.invoke(&by_sns(&event())).await.unwrap_err();
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("/no/such/parameter") && text.contains("put-parameter"), "{text}");
    assert_eq!(error["errorType"], "ParameterUnreadable");

    stack.variables.insert("AMIWATCH_WEBHOOK_PARAMETER".into(), good.clone());
    moto::put_secret(&good, "hooks.slack.com/SECRET").await;
    let mut function = stack.function().await;
    let error = function.invoke(&by_sns(&event())).await.unwrap_err();
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains(&good) && text.contains("https://"), "{text}");
    assert_eq!(error["errorType"], "ConfigurationError");
    assert!(!text.contains("SECRET"), "{text}");
}

#[tokio::test]
async fn a_refusal_that_cannot_be_kept_ends_in_an_error_of_its_own_type() {
    let app = ChatApp::answering(&[Reply::With(404, "no_service")]).await;
    let mut stack = Stack::new("slack", &app.url).await;
    let gone = format!("{}/{ACCOUNT}/no-such-queue", moto::url());
    stack.variables.insert("AMIWATCH_DEAD_LETTERS_URL".into(), gone);
    let mut function = stack.function().await;
    let error = function.invoke(&by_sns(&event())).await.unwrap_err();
    assert_eq!(error["errorType"], "WebhookRefused");
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("no_service") && text.contains("dead-letter queue"), "{text}");
}

#[tokio::test]
async fn under_a_local_runtime_a_deadline_in_the_past_is_none() {
    let app = ChatApp::answering(&[Reply::With(503, "")]).await;
    let stack = Stack::new("slack", &app.url).await;
    let mut function = Function::start_as("webhook", "function-arn", &stack.variables).await;
    let answer = function.invoke_until(&by_sns(&event()), 600_000).await.unwrap();
    assert_eq!((&answer["delivered"], &answer["attempts"]), (&json!("in full"), &json!(2)));
}

#[tokio::test]
async fn the_webhooks_url_is_in_no_log_line_and_no_error() {
    let refused = ChatApp::answering(&vec![Reply::With(404, "no_service"); 2]).await;
    let nobody = "http://127.0.0.1:1/services/T0/B0/SECRET";
    for url in [refused.url.as_str(), nobody] {
        let mut stack = Stack::new("slack", url).await;
        stack.variables.insert("AWS_LAMBDA_LOG_LEVEL".into(), "TRACE".into());
        let mut function = stack.function().await;
        let soon = now().as_millisecond() + 17_000;
        let answer = match function.invoke_until(&by_sns(&event()), soon).await {
            Ok(answer) | Err(answer) => answer.to_string(),
        };
        let log = function.log_with("slack").await;
        assert!(!log.contains("SECRET") && !answer.contains("SECRET"), "{answer} {log}");
    }
}
