//! What an app does not take: which of it is tried again, and which is kept with its reason.

use std::time::{Duration, Instant};

use amiwatch::event::Event;
use amiwatch::render::{slack, teams};
use serde_json::{Value, json};

use super::{Stack, by_sns, event};
use crate::support::chat_app::{self, ChatApp, Reply, TAKEN};
use crate::support::now;

#[tokio::test]
async fn what_passes_is_tried_again_and_a_pause_that_is_asked_for_is_kept() {
    let app = ChatApp::answering(&[
        Reply::SlowDown(2),
        Reply::With(500, "rollup_error"),
        Reply::With(503, ""),
        TAKEN,
    ])
    .await;
    let stack = Stack::new("slack", &app.url).await;
    let mut function = stack.function().await;
    let began = Instant::now();
    let answer = function.invoke(&by_sns(&event())).await.unwrap();
    assert_eq!((&answer["delivered"], &answer["attempts"]), (&json!("in full"), &json!(4)));
    assert!(began.elapsed() >= Duration::from_secs(2), "asked to wait 2 seconds");
    assert_eq!(app.taken().len(), 1);
    let log = function.log_with("Told slack: Failed").await;
    assert!(
        log.contains("HTTP 429: rate_limited") && log.contains("HTTP 500: rollup_error"),
        "{log}"
    );
    assert!(stack.dead_letters.bodies().await.is_empty());
}

#[tokio::test]
async fn a_connection_that_is_cut_is_made_again() {
    let app = ChatApp::answering(&[]).await;
    let url = chat_app::cutting(&app, 2).await;
    let stack = Stack::new("slack", &url).await;
    let mut function = stack.function().await;
    let answer = function.invoke(&by_sns(&event())).await.unwrap();
    assert_eq!((&answer["delivered"], &answer["attempts"]), (&json!("in full"), &json!(3)));
    assert_eq!(app.taken().len(), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let app = ChatApp::answering(&[Reply::Slow]).await;
    let stack = Stack::new("teams", &app.url).await;
    let mut function = stack.function().await;
    let answer = function.invoke(&by_sns(&event())).await.unwrap();
    assert_eq!((&answer["delivered"], &answer["attempts"]), (&json!("in full"), &json!(2)));
    // Whether the first one arrived is not known: the second carries the same id.
    assert_eq!(app.posts().len(), 2);
    assert_eq!(app.posts()[0], app.posts()[1]);
}

#[tokio::test]
async fn what_does_not_pass_before_the_deadline_is_left_to_the_next_try() {
    let app = ChatApp::answering(&[Reply::SlowDown(600)]).await;
    let stack = Stack::new("slack", &app.url).await;
    let mut function = stack.function().await;
    let error = function.invoke(&by_sns(&event())).await.unwrap_err();
    assert_eq!(error["errorType"], "WebhookUnavailable");
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("HTTP 429") && text.contains(&event().id.to_string()), "{text}");
    assert_eq!(app.posts().len(), 1, "it asked for longer than there is");
    assert!(stack.dead_letters.bodies().await.is_empty());
    // Lambda's own retry.
    assert_eq!(function.invoke(&by_sns(&event())).await.unwrap()["delivered"], "in full");

    let away = ChatApp::answering(&vec![Reply::With(502, ""); 100]).await;
    let stack = Stack::new("slack", &away.url).await;
    let mut function = stack.function().await;
    let soon = now().as_millisecond() + 18_000;
    function.invoke_until(&by_sns(&event()), soon).await.unwrap_err();
    assert!(away.posts().len() < 5, "it stops before its deadline");
    assert!(stack.dead_letters.bodies().await.is_empty());
}

#[tokio::test]
async fn a_message_whose_form_is_refused_goes_out_without_blocks() {
    for (name, minimal) in
        [("slack", slack::minimal as fn(&Event) -> Value), ("teams", teams::minimal)]
    {
        let app = ChatApp::answering(&[Reply::With(400, "invalid_payload")]).await;
        let stack = Stack::new(name, &app.url).await;
        let mut function = stack.function().await;
        let answer = function.invoke(&by_sns(&event())).await.unwrap();
        assert_eq!(answer["delivered"], "minimal");
        assert_eq!(app.taken(), [minimal(&event())]);
        let log = function.log_with("got its minimal form").await;
        assert!(log.contains("invalid_payload"), "{log}");
        assert!(stack.dead_letters.bodies().await.is_empty());
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_kept_with_its_reason_and_can_be_sent_again() {
    for (status, body, attempts) in [
        (400, "invalid_payload", 2),
        (403, "action_prohibited", 1),
        (404, "no_service", 1),
        (410, "channel_is_archived", 1),
    ] {
        let app = ChatApp::answering(&vec![Reply::With(status, body); attempts]).await;
        let stack = Stack::new("slack", &app.url).await;
        let mut function = stack.function().await;
        let answer = function.invoke(&by_sns(&event())).await.unwrap();
        assert_eq!(answer["refused"], format!("HTTP {status}: {body}"));
        assert_eq!(app.posts().len(), attempts);
        let kept = stack.dead_letters.messages().await;
        assert_eq!(kept.len(), 1);
        let (text, attributes) = &kept[0];
        assert_eq!(attributes["refusedBy"], "slack");
        assert_eq!(attributes["reason"], format!("HTTP {status}: {body}"));
        function.log_with("which is in the dead-letter queue now").await;
        // The webhook was mended.
        let again: Value = serde_json::from_str(text).unwrap();
        assert_eq!(function.invoke(&again).await.unwrap()["delivered"], "in full");
        assert_eq!(app.taken(), [slack::payload(&event())]);
    }
}

const TEAMS_429: &str = "Webhook message delivery failed with error: Microsoft Teams endpoint \
    returned HTTP error 429 with ContextId tcid=0,server=DM3PEPF00009DEA,cv=w.0..";

const TEAMS_413: &str = "Webhook message delivery failed with error: Microsoft Teams endpoint \
    returned HTTP error 413 with ContextId MS-CV=f.0..";

const SIGN_IN: &str = "<!DOCTYPE html><html><head><title>Sign in to continue</title></head></html>";

#[tokio::test]
async fn a_success_whose_body_is_no_yes_is_kept_in_the_dead_letter_queue() {
    for (name, body, said) in [
        ("slack", "", "an empty body"),
        ("slack", "1", "1"),
        ("slack", "channel_not_found", "channel_not_found"),
        ("slack", r#"{"ok":false,"error":"no_service"}"#, "no_service"),
        ("slack", SIGN_IN, "a web page"),
        ("teams", "ok", "ok"),
        ("teams", r#"{"error":{"code":"WorkflowTriggerIsNotEnabled"}}"#, "TriggerIsNotEnabled"),
        ("teams", SIGN_IN, "a web page"),
    ] {
        let app = ChatApp::answering(&[Reply::With(200, body)]).await;
        let stack = Stack::new(name, &app.url).await;
        let mut function = stack.function().await;
        let answer = function.invoke(&by_sns(&event())).await.unwrap();
        let reason = answer["refused"].as_str().unwrap();
        assert!(reason.starts_with("HTTP 200 with ") && reason.contains(said), "{name}: {reason}");
        assert_eq!(app.posts().len(), 1, "{name} {body}");
        let kept = stack.dead_letters.messages().await;
        assert_eq!((kept.len(), kept[0].1["reason"].as_str()), (1, reason), "{name} {body}");
        // The webhook was mended.
        let again: Value = serde_json::from_str(&kept[0].0).unwrap();
        assert_eq!(function.invoke(&again).await.unwrap()["delivered"], "in full");
    }
}

#[tokio::test]
async fn a_success_whose_body_asks_for_another_try_or_another_form_gets_it() {
    for (name, body) in [
        ("teams", TEAMS_429),
        ("teams", r#"{"statusCode":503,"message":"busy"}"#),
        ("slack", "rate_limited"),
    ] {
        let app = ChatApp::answering(&[Reply::With(200, body)]).await;
        let stack = Stack::new(name, &app.url).await;
        let mut function = stack.function().await;
        let answer = function.invoke(&by_sns(&event())).await.unwrap();
        assert_eq!((&answer["delivered"], &answer["attempts"]), (&json!("in full"), &json!(2)));
        assert_eq!((app.posts().len(), app.taken().len()), (2, 1), "{name} {body}");
        assert!(stack.dead_letters.bodies().await.is_empty());
    }
    for (name, body, minimal) in [
        ("teams", TEAMS_413, teams::minimal as fn(&Event) -> Value),
        ("slack", "no_text", slack::minimal),
        ("slack", r#"{"ok":false,"error":"invalid_blocks"}"#, slack::minimal),
    ] {
        let app = ChatApp::answering(&[Reply::With(200, body)]).await;
        let stack = Stack::new(name, &app.url).await;
        let mut function = stack.function().await;
        let answer = function.invoke(&by_sns(&event())).await.unwrap();
        assert_eq!(answer["delivered"], "minimal", "{name} {body}");
        assert_eq!(app.taken(), [minimal(&event())]);
        assert!(stack.dead_letters.bodies().await.is_empty());
    }
}

#[tokio::test]
async fn an_answer_that_repeats_the_url_is_logged_and_kept_without_it() {
    let body = "no such hook: /services/T0/B0/SECRET";
    let app = ChatApp::answering(&[Reply::With(200, body)]).await;
    let stack = Stack::new("slack", &app.url).await;
    let mut function = stack.function().await;
    let answer = function.invoke(&by_sns(&event())).await.unwrap();
    let log = function.log_with("which is in the dead-letter queue now").await;
    let kept = format!("{:?}", stack.dead_letters.messages().await);
    for text in [answer.to_string(), log, kept] {
        assert!(text.contains("no such hook") && !text.contains("SECRET"), "{text}");
    }
}
