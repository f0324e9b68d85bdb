//! From an invocation to the messages that were published: pure.

use serde_json::Value;

use crate::event::Event;
use crate::render::alarm::Alarm;
use crate::render::text::clipped;

/// Why a message is no event is said in no more characters.
const LONGEST_REASON: usize = 800;

/// What an invocation holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// One message, by hand or by SNS: the answer says what became of it.
    One(Message),
    /// Messages of the queue behind the topics: the answer names those that are to come again.
    Queue(Vec<Queued>),
}

/// A message of the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// The queue's id, by which it is asked for again.
    pub id: String,
    /// What it holds.
    pub message: Message,
}

/// What a topic delivered.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// One of amiwatch's events, and its text as it came.
    Event(Box<Event>, String),
    /// An alarm about amiwatch itself, and its text as it came.
    Alarm(Box<Alarm>, String),
    /// Something else that was published to the topic, and why it is no event.
    Foreign {
        /// The text as it came.
        text: String,
        /// Why it is no event.
        reason: String,
    },
}

/// An invocation that holds no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the invocation {0}; nothing was sent. Let the queue behind amiwatch's topics invoke the function, \
     or send one of its events, as the dead-letter queue holds them"
)]
pub struct NoMessage(&'static str);

impl Payload {
    /// Reads an invocation by the queue, by SNS, or by hand with the event itself.
    ///
    /// # Errors
    /// It is none of them.
    pub fn of(payload: &Value) -> Result<Self, NoMessage> {
        let Some(object) = payload.as_object() else {
            return Err(NoMessage("is no JSON object"));
        };
        if object.get("source").and_then(Value::as_str) == Some("amiwatch") {
            return Ok(Self::One(Message::of(payload.to_string())));
        }
        let Some(records) = object.get("Records").and_then(Value::as_array) else {
            return Err(NoMessage("is neither of a queue, nor of SNS, nor an event of amiwatch"));
        };
        let text_of = |record: &Value, path: [&str; 2]| {
            let value = path.iter().try_fold(record, |value, name| value.get(name));
            value.and_then(Value::as_str).map(str::to_owned)
        };
        let is_queued =
            |record: &Value| record.get("eventSource").and_then(Value::as_str) == Some("aws:sqs");
        if records.iter().any(is_queued) {
            let queued = records.iter().map(|record| {
                let id = record.get("messageId").and_then(Value::as_str)?.to_owned();
                let body = record.get("body").and_then(Value::as_str)?.to_owned();
                Some(Queued { id, message: Message::of(body) })
            });
            let queued = queued.collect::<Option<Vec<_>>>();
            return queued
                .map(Self::Queue)
                .ok_or(NoMessage("has a record of a queue without messageId or body"));
        }
        // SNS invokes with one message each; several could not be told apart by one answer.
        let [record] = records.as_slice() else {
            return Err(NoMessage("has not exactly one record"));
        };
        let text = text_of(record, ["Sns", "Message"]);
        Ok(Self::One(Message::of(text.ok_or(NoMessage("has a record without a message of SNS"))?)))
    }
}

impl Message {
    fn of(text: String) -> Self {
        let text = unwrapped(text);
        if let Some(alarm) = Alarm::parse(&text) {
            return Self::Alarm(Box::new(alarm), text);
        }
        match serde_json::from_str::<Event>(&text) {
            Ok(event) if event.source == "amiwatch" => Self::Event(Box::new(event), text),
            Ok(_) => Self::Foreign { text, reason: "its source is not amiwatch".into() },
            // The error quotes what it found.
            Err(error) => {
                Self::Foreign { text, reason: clipped(&error.to_string(), LONGEST_REASON) }
            }
        }
    }
}

/// The message in an envelope of SNS, which a queue gets where raw delivery is off.
fn unwrapped(text: String) -> String {
    let envelope = serde_json::from_str::<Value>(&text).ok();
    let is_envelope = |it: &Value| it.get("Type").and_then(Value::as_str) == Some("Notification");
    let message =
        envelope.filter(is_envelope).and_then(|it| Some(it.get("Message")?.as_str()?.to_owned()));
    message.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::Outcome;
    use crate::render::sample;
    use crate::task::Kind;

    fn by_sns(text: &str) -> Value {
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": text } }] })
    }

    fn by_queue(bodies: &[&str]) -> Value {
        let record = |(id, body)| json!({ "messageId": format!("{id}"), "eventSource": "aws:sqs", "body": body });
        json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
    }

    #[test]
    fn a_message_in_an_envelope_of_sns_is_taken_out_of_it() {
        let text = crate::render::sns::event_json(&sample::event(Kind::Bundle, Outcome::Failed));
        let envelope = json!({ "Type": "Notification", "MessageId": "1", "Message": text });
        let Payload::Queue(queued) = Payload::of(&by_queue(&[&envelope.to_string()])).unwrap()
        else {
            panic!("a queue")
        };
        assert!(matches!(&queued[0].message, Message::Event(_, kept) if *kept == text));
    }

    #[test]
    fn an_alarm_is_told_from_an_event() {
        let alarm = r#"{"AlarmName": "a", "NewStateValue": "ALARM", "AWSAccountId": "1"}"#;
        let Payload::One(Message::Alarm(alarm, _)) = Payload::of(&by_sns(alarm)).unwrap() else {
            panic!("an alarm")
        };
        assert_eq!((alarm.alarm_name.as_str(), alarm.account.as_deref()), ("a", Some("1")));
    }

    #[test]
    fn every_event_is_read_from_the_queue_from_sns_and_by_hand() {
        for event in sample::all() {
            let text = crate::render::sns::event_json(&event);
            let read = Payload::of(&by_sns(&text)).unwrap();
            let expected = Message::Event(Box::new(event.clone()), text.clone());
            assert_eq!(read, Payload::One(expected.clone()));
            let queued = Payload::of(&by_queue(&[&text, "hello"])).unwrap();
            let Payload::Queue(queued) = queued else { panic!("{queued:?}") };
            assert_eq!((&queued[0].message, queued[1].id.as_str()), (&expected, "1"));
            let Payload::One(Message::Event(by_hand, _)) = Payload::of(&json!(event)).unwrap()
            else {
                panic!("{event:?} is foreign")
            };
            assert_eq!(*by_hand, event);
        }
    }

    #[test]
    fn what_others_publish_is_kept_as_it_came() {
        let event = sample::event(Kind::Bundle, Outcome::Failed);
        let other = Event { source: "somebody".into(), ..event };
        for text in ["hello", "{}", &json!(other).to_string()] {
            let read = Payload::of(&by_sns(text)).unwrap();
            assert!(
                matches!(read, Payload::One(Message::Foreign { text: kept, .. }) if kept == text)
            );
        }
    }

    #[test]
    fn why_a_message_is_no_event_is_said_in_one_short_line_whatever_it_holds() {
        let mut event = json!(sample::event(Kind::Bundle, Outcome::Failed));
        event["detail"]["kind"] = "\u{1}\n\u{202e}\u{fffe}x".repeat(50_000).into();
        let text = event.to_string();
        let Payload::One(Message::Foreign { text: kept, reason }) =
            Payload::of(&by_sns(&text)).unwrap()
        else {
            panic!("foreign")
        };
        assert_eq!(kept, text);
        assert!(reason.len() < 1_000 && !reason.chars().any(crate::render::text::is_hidden));
    }

    #[test]
    fn an_invocation_without_a_message_is_an_error_that_says_what_to_do() {
        for payload in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "Records": [] }),
            json!({ "Records": [{ "body": "x" }] }),
            json!({ "Records": [{ "eventSource": "aws:sqs", "body": "x" }] }),
            json!({ "Records": [{ "Sns": {} }] }),
            json!({ "Records": [{ "Sns": { "Message": "a" } }, { "Sns": { "Message": "b" } }] }),
        ] {
            let error = Payload::of(&payload).unwrap_err().to_string();
            assert!(error.contains("nothing was sent. Let the queue"), "{error}");
        }
    }
}
