//! SNS and EventBridge: the real SDK clients against moto, and against a server that misbehaves.

use amiwatch::aws::event_bridge::EventBus;
use amiwatch::aws::sns::SnsTopic;
use amiwatch::event::{Event, Outcome};
use amiwatch::ports::{PublishError, Published, Sink};
use amiwatch::render::{ChatChannel, sample};
use amiwatch::task::Kind;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;
use std::sync::{Arc, Mutex};

use crate::support::moto::{self, Inbox};
use crate::support::scripted::scripted;
use crate::support::{ACCOUNT, REGION, sdk};

fn event() -> Event {
    sample::event(Kind::StoreImage, Outcome::Failed)
}

#[tokio::test]
async fn one_publish_carries_event_subject_and_attributes() {
    let inbox = Inbox::open().await;
    let topic = SnsTopic::new(&sdk(), Some(moto::url()), &inbox.topic_arn, ChatChannel::Absent);
    let event = event();
    assert_eq!(topic.publish(&event).await.unwrap(), Published::InFull);
    let envelopes = inbox.envelopes().await;
    assert_eq!(envelopes.len(), 1);
    let envelope = &envelopes[0];
    assert!(
        envelope["Subject"]
            .as_str()
            .unwrap()
            .starts_with("Failed: AMI store web-golden-2026-11 (ami-")
    );
    let told: Event = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
    assert_eq!(told, event);
    for (name, value) in [
        ("kind", "store-image"),
        ("outcome", "failed"),
        ("state", "Failed"),
        ("account", event.account.as_str()),
        ("region", event.region.as_str()),
        ("bucket", event.detail.subject.bucket.as_deref().unwrap()),
        ("id", &event.id.to_string()),
    ] {
        let attribute = &envelope["MessageAttributes"][name];
        assert_eq!(
            (&attribute["Type"], &attribute["Value"]),
            (&"String".into(), &value.into()),
            "{name}"
        );
    }
}

/// The filter policies that docs/guide/subscribers.md shows, as a subscription takes them.
fn policies_of_the_guide() -> Vec<String> {
    let guide = include_str!("../../docs/guide/subscribers.md");
    let lines = guide.lines().filter_map(|line| line.trim().strip_prefix("--attributes '"));
    let policy = |line: &str| {
        let attributes: Value = serde_json::from_str(line.strip_suffix('\'').unwrap()).unwrap();
        attributes["FilterPolicy"].as_str().unwrap().to_owned()
    };
    lines.map(policy).collect()
}

#[tokio::test]
async fn the_filter_policies_of_the_guide_let_through_what_they_say() {
    let all = Inbox::open().await;
    let policies = policies_of_the_guide();
    // Failures only; one bucket; one account.
    assert_eq!(policies.len(), 3, "{policies:?}");
    let mut inboxes = Vec::new();
    for policy in &policies {
        inboxes.push(Inbox::of_topic(&all.topic_arn, Some(policy)).await);
    }
    let topic = SnsTopic::new(&sdk(), Some(moto::url()), &all.topic_arn, ChatChannel::Absent);
    let mut elsewhere = event();
    elsewhere.detail.subject.bucket = Some("another-bucket".into());
    let mut of_another = event();
    of_another.account = "999999999999".into();
    let good = sample::event(Kind::StoreImage, Outcome::Completed);
    for event in [&event(), &good, &elsewhere, &of_another] {
        topic.publish(event).await.unwrap();
    }
    assert_eq!(all.events().await.len(), 4);
    let mut seen = Vec::new();
    for inbox in &inboxes {
        let events = inbox.bodies().await;
        let told = |body: &String| {
            let body: Value = serde_json::from_str(body).unwrap();
            let event: Event = serde_json::from_str(body["Message"].as_str().unwrap()).unwrap();
            (event.account, event.detail.subject.bucket.unwrap(), event.detail.outcome)
        };
        seen.push(events.iter().map(told).collect::<Vec<_>>());
    }
    assert!(seen[0].len() == 3 && seen[0].iter().all(|(.., it)| *it == Outcome::Failed));
    assert!(seen[1].len() == 3 && seen[1].iter().all(|(_, bucket, _)| bucket == "my-bucket"));
    assert!(seen[2].len() == 3 && seen[2].iter().all(|(account, ..)| account == "123456789012"));
}

#[tokio::test]
async fn a_topic_that_is_gone_is_unavailable_not_refused() {
    let arn = format!("arn:aws:sns:{REGION}:{ACCOUNT}:no-such-topic");
    let topic = SnsTopic::new(&sdk(), Some(moto::url()), arn, ChatChannel::Absent);
    let error = topic.publish(&event()).await.unwrap_err();
    assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
}

/// A server that keeps what is posted to it.
async fn posted() -> (String, Arc<Mutex<Vec<Value>>>) {
    async fn keep(State(kept): State<Arc<Mutex<Vec<Value>>>>, body: String) {
        kept.lock().unwrap().push(serde_json::from_str(&body).unwrap());
    }
    let kept = Arc::<Mutex<Vec<Value>>>::default();
    let app = Router::new().route("/", post(keep)).with_state(Arc::clone(&kept));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, kept)
}

#[tokio::test]
async fn one_publish_gives_each_protocol_its_own_text() {
    for (chat, schema) in [(ChatChannel::Present, true), (ChatChannel::Absent, false)] {
        let inbox = Inbox::open().await;
        let (url, kept) = posted().await;
        // moto delivers to an https subscription as to one of http.
        moto::sns()
            .subscribe()
            .topic_arn(&inbox.topic_arn)
            .protocol("https")
            .endpoint(url)
            .send()
            .await
            .unwrap();
        let topic = SnsTopic::new(&sdk(), Some(moto::url()), &inbox.topic_arn, chat);
        let event = event();
        topic.publish(&event).await.unwrap();
        assert_eq!(inbox.events().await, [serde_json::to_value(&event).unwrap()]);
        let delivered: Vec<Value> = kept
            .lock()
            .unwrap()
            .iter()
            .filter(|body| body["Type"] == "Notification")
            .map(|body| serde_json::from_str(body["Message"].as_str().unwrap()).unwrap())
            .collect();
        assert_eq!(delivered.len(), 1);
        if schema {
            assert_eq!(delivered[0]["source"], "custom");
            assert_eq!(delivered[0]["version"], "1.0");
            assert_eq!(delivered[0]["id"], event.id.to_string());
        } else {
            assert_eq!(delivered[0], serde_json::to_value(&event).unwrap());
        }
        // moto delivers neither mail nor SMS: what SNS is given for them.
        let (url, script) = scripted(vec![(200, ACCEPTED)]).await;
        topic_at(url).publish(&event).await.unwrap();
        let body = script.lock().unwrap().1[0].clone();
        let fields: std::collections::HashMap<String, String> =
            form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        assert_eq!(fields["MessageStructure"], "json");
        let texts: Value = serde_json::from_str(&fields["Message"]).unwrap();
        assert_eq!(texts["email"], amiwatch::render::email::email(&event));
        assert_eq!(texts["sms"], amiwatch::render::sms::sms(&event));
    }
}

const REFUSED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code>\
    <Message>Invalid parameter: Subject</Message></Error><RequestId>1</RequestId></ErrorResponse>";
const THROTTLED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>\
    <Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>";
const ACCEPTED: &str = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult>\
    <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>";

fn topic_at(url: String) -> SnsTopic {
    let arn = format!("arn:aws:sns:{REGION}:{ACCOUNT}:topic");
    SnsTopic::new(&sdk(), Some(url), arn, ChatChannel::Absent)
}

#[tokio::test]
async fn a_message_that_sns_refuses_is_sent_in_its_minimal_form() {
    let (url, script) = scripted(vec![(400, REFUSED), (200, ACCEPTED)]).await;
    assert_eq!(topic_at(url).publish(&event()).await.unwrap(), Published::Minimal);
    let bodies = script.lock().unwrap().1.clone();
    assert_eq!(bodies.len(), 2);
    assert!(bodies[1].contains(&event().id.to_string()) && bodies[1].is_ascii());
    assert_ne!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn a_message_that_sns_refuses_in_both_forms_is_refused() {
    let (url, script) = scripted(vec![(400, REFUSED)]).await;
    let error = topic_at(url).publish(&event()).await.unwrap_err();
    assert!(matches!(&error, PublishError::Refused(_)), "{error}");
    assert_eq!(script.lock().unwrap().1.len(), 2);
}

#[tokio::test]
async fn a_throttled_publish_is_tried_again_and_a_lasting_one_is_unavailable() {
    let (url, _) = scripted(vec![(400, THROTTLED), (200, ACCEPTED)]).await;
    assert_eq!(topic_at(url).publish(&event()).await.unwrap(), Published::InFull);
    let (url, script) = scripted(vec![(400, THROTTLED)]).await;
    let error = topic_at(url).publish(&event()).await.unwrap_err();
    assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
    assert_eq!(script.lock().unwrap().1.len(), 3);
}

#[tokio::test]
async fn the_bus_gets_the_event_with_its_id_and_per_entry_failures_are_read() {
    let accepted = r#"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#;
    let (url, script) = scripted(vec![(200, accepted)]).await;
    let bus = EventBus::new(&sdk(), Some(url), "my-bus");
    let event = event();
    assert_eq!(bus.publish(&event).await.unwrap(), Published::InFull);
    let request: Value = serde_json::from_str(&script.lock().unwrap().1[0]).unwrap();
    let entry = &request["Entries"][0];
    assert_eq!(entry["Source"], "amiwatch");
    assert_eq!(entry["DetailType"], "EC2 AMI Store Task State Change");
    assert_eq!(entry["EventBusName"], "my-bus");
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["id"], event.id.to_string());
    assert_eq!(detail["outcome"], "failed");

    for (answer, refused) in [
        (
            r#"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"no"}]}"#,
            true,
        ),
        (
            r#"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException","ErrorMessage":"no"}]}"#,
            false,
        ),
        (r#"{"FailedEntryCount":0,"Entries":[]}"#, false),
    ] {
        let (url, _) = scripted(vec![(200, answer)]).await;
        let error = EventBus::new(&sdk(), Some(url), "my-bus").publish(&event).await.unwrap_err();
        assert_eq!(matches!(error, PublishError::Refused(_)), refused, "{error}");
    }
}

#[tokio::test]
async fn a_success_that_names_no_message_is_none() {
    let silent = ACCEPTED.replace("<MessageId>1</MessageId>", "<MessageId/>");
    let silent: &'static str = Box::leak(silent.into_boxed_str());
    for answer in [silent, "<html><body>Sign in</body></html>"] {
        let (url, _) = scripted(vec![(200, answer)]).await;
        let error = topic_at(url).publish(&event()).await.unwrap_err();
        assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
        assert_eq!(error.to_string().contains("HTTP 200 with a web page"), answer != silent);
    }
    for answer in [
        r#"{"FailedEntryCount":0,"Entries":[{}]}"#,
        r#"{"FailedEntryCount":0,"Entries":[{"EventId":" ","ErrorCode":""}]}"#,
        "<html><body>Sign in</body></html>",
    ] {
        let (url, _) = scripted(vec![(200, answer)]).await;
        let error = EventBus::new(&sdk(), Some(url), "my-bus").publish(&event()).await.unwrap_err();
        assert!(matches!(error, PublishError::Unavailable(_)), "{answer}: {error}");
    }
}
