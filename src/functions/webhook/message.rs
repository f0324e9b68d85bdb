//! From an invocation to the message that was published: pure.

use serde_json::Value;

use crate::event::Event;

/// What the topic delivered.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// One of amiwatch's events, and its text as it came.
    Event(Box<Event>, String),
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
    "the invocation {0}; nothing was sent. Subscribe the function to amiwatch's topic, or send one \
     of its events, as the dead-letter queue holds them"
)]
pub struct NoMessage(&'static str);

impl Message {
    /// Reads an invocation by SNS, or by hand with the event itself.
    ///
    /// # Errors
    /// It is neither.
    pub fn of(payload: &Value) -> Result<Self, NoMessage> {
        let Some(object) = payload.as_object() else {
            return Err(NoMessage("is no JSON object"));
        };
        if object.get("source").and_then(Value::as_str) == Some("amiwatch") {
            return Ok(Self::from_text(payload.to_string()));
        }
        let Some(records) = object.get("Records").and_then(Value::as_array) else {
            return Err(NoMessage("is neither a message of SNS nor an event of amiwatch"));
        };
        // SNS invokes with one message each; several could not be told apart by one answer.
        let [record] = records.as_slice() else {
            return Err(NoMessage("has not exactly one record"));
        };
        let text = record.get("Sns").and_then(|sns| sns.get("Message")).and_then(Value::as_str);
        let text = text.ok_or(NoMessage("has a record without a message of SNS"))?;
        Ok(Self::from_text(text.to_owned()))
    }

    fn from_text(text: String) -> Self {
        match serde_json::from_str::<Event>(&text) {
            Ok(event) if event.source == "amiwatch" => Self::Event(Box::new(event), text),
            Ok(_) => Self::Foreign { text, reason: "its source is not amiwatch".into() },
            Err(error) => Self::Foreign { text, reason: error.to_string() },
        }
    }
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

    #[test]
    fn every_event_is_read_from_sns_and_by_hand() {
        for event in sample::all() {
            let text = crate::render::sns::event_json(&event);
            let read = Message::of(&by_sns(&text)).unwrap();
            assert_eq!(read, Message::Event(Box::new(event.clone()), text));
            let Message::Event(by_hand, _) = Message::of(&json!(event)).unwrap() else {
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
            let read = Message::of(&by_sns(text)).unwrap();
            assert!(matches!(read, Message::Foreign { text: kept, .. } if kept == text));
        }
    }

    #[test]
    fn an_invocation_without_a_message_is_an_error_that_says_what_to_do() {
        for payload in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "Records": [] }),
            json!({ "Records": [{ "body": "x" }] }),
            json!({ "Records": [{ "Sns": {} }] }),
            json!({ "Records": [{ "Sns": { "Message": "a" } }, { "Sns": { "Message": "b" } }] }),
        ] {
            let error = Message::of(&payload).unwrap_err().to_string();
            assert!(error.contains("nothing was sent. Subscribe"), "{error}");
        }
    }
}
