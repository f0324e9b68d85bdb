//! Finds amiwatch's events in what people have at hand: the event itself, several of them, and what
//! SNS, SQS and Lambda wrap around it. Pure.

use serde_json::{Deserializer, Value};

use crate::event::Event;

/// An event in a message in a record in an answer, and as much again.
const DEEPEST: usize = 12;

/// What was found, and what is no event.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) events: Vec<Event>,
    pub(super) faults: Vec<String>,
}

/// Decodes a file: UTF-8, or UTF-16 where a byte-order mark says so, as PowerShell writes it.
pub(super) fn decode(bytes: &[u8]) -> Result<String, String> {
    let units = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes.chunks(2).map(|pair| pair.try_into().map_or(0xfffd, read)).collect();
        String::from_utf16(&units).map_err(|error| error.to_string())
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes {
        [0xff, 0xfe, text @ ..] => units(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => units(text, u16::from_be_bytes),
        text => std::str::from_utf8(text).map(str::to_owned).map_err(|error| error.to_string()),
    }
}

/// Every event in a text of one or more JSON values.
pub(super) fn find(text: &str) -> Found {
    let mut found = Found::default();
    found.text(text, "", 0);
    if found.events.is_empty() && found.faults.is_empty() {
        found.faults.push("it holds no event".into());
    }
    found
}

impl Found {
    fn text(&mut self, text: &str, at: &str, depth: usize) {
        let values: Result<Vec<Value>, _> = Deserializer::from_str(text).into_iter().collect();
        match values {
            Ok(values) => self.several(&values, at, depth),
            Err(whole) => self.lines(text, &whole, at, depth),
        }
    }

    /// One line that is no JSON, such as one that a log added, does not spoil the others.
    fn lines(&mut self, text: &str, whole: &serde_json::Error, at: &str, depth: usize) {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let read: Vec<(usize, Result<Value, _>)> =
            lines.map(|(index, line)| (index + 1, serde_json::from_str(line))).collect();
        if !read.iter().any(|(_, value)| value.as_ref().is_ok_and(Value::is_object)) {
            return self.fault(at, &format!("it is no JSON ({whole})"));
        }
        for (number, value) in read {
            let at = join(at, &format!("line {number}"));
            match value {
                Ok(value) => self.value(&value, &at, depth + 1),
                Err(error) => self.fault(&at, &format!("it is no JSON ({error})")),
            }
        }
    }

    fn several(&mut self, values: &[Value], at: &str, depth: usize) {
        for (index, value) in values.iter().enumerate() {
            let number = format!("item {}", index + 1);
            let at = if values.len() > 1 { join(at, &number) } else { at.to_owned() };
            self.value(value, &at, depth + 1);
        }
    }

    fn value(&mut self, value: &Value, at: &str, depth: usize) {
        if depth > DEEPEST {
            return self.fault(at, "it is wrapped too often");
        }
        match value {
            Value::Array(values) => self.several(values, at, depth),
            // As `--query 'Messages[].Body'` prints messages.
            Value::String(text) => self.text(text, at, depth),
            Value::Object(object) if object.contains_key("detail-type") => self.event(value, at),
            Value::Object(_) => match inside(value) {
                Some((name, inner)) => self.value(inner, &join(at, name), depth + 1),
                None => self.fault(at, "it is neither an event of amiwatch nor a message with one"),
            },
            _ => self.fault(at, "it is no JSON object"),
        }
    }

    fn event(&mut self, value: &Value, at: &str) {
        match serde_json::from_value::<Event>(value.clone()) {
            Ok(event) if event.source == "amiwatch" => self.events.push(event),
            Ok(event) => {
                self.fault(at, &format!("its source is \"{}\", not amiwatch", event.source));
            }
            Err(error) => self.fault(at, &format!("it is no event of amiwatch ({error})")),
        }
    }

    fn fault(&mut self, at: &str, fault: &str) {
        self.faults.push(if at.is_empty() { fault.to_owned() } else { format!("{at}: {fault}") });
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}, {name}") }
}

/// What a message or a record carries.
fn inside(value: &Value) -> Option<(&'static str, &Value)> {
    const FIELDS: [&str; 9] = [
        // What SNS posts, or a subscription's queue holds.
        "Message",
        // What Lambda gets of SNS, SQS and Kinesis, in records.
        "Records",
        "Sns",
        "body",
        // What `aws sqs receive-message` prints.
        "Messages",
        "Body",
        // A Lambda destination: what the function was invoked with.
        "requestPayload",
        // What `MessageStructure=json` sends to SNS.
        "default",
        // What EventBridge could not deliver, as some targets get it.
        "event",
    ];
    FIELDS.into_iter().find_map(|name| Some((name, value.get(name)?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::sample;
    use crate::render::sns::event_json;

    fn sample() -> (Event, String) {
        let event = sample::all().remove(0);
        let text = event_json(&event);
        (event, text)
    }

    #[test]
    fn an_event_is_found_in_whatever_carries_it() {
        let (event, text) = sample();
        let envelope = json!({ "Type": "Notification", "TopicArn": "a", "Message": text });
        let invocation = json!({ "Records": [{ "EventSource": "aws:sns", "Sns": envelope }] });
        let queued = json!({ "Records": [{ "messageId": "1", "body": envelope.to_string() }] });
        let received = json!({ "Messages": [{ "MessageId": "1", "Body": text }] });
        let destination = json!({
            "version": "1.0",
            "requestContext": { "condition": "RetriesExhausted" },
            "requestPayload": invocation,
            "responsePayload": { "errorMessage": "x" },
        });
        for wrapped in [
            json!(event),
            json!([event]),
            json!(text),
            json!([text]),
            envelope.clone(),
            json!({ "default": text, "email": "words" }),
            invocation,
            queued,
            received,
            destination.clone(),
            json!({ "Messages": [{ "Body": destination.to_string() }] }),
        ] {
            let found = find(&wrapped.to_string());
            assert_eq!(
                (&found.events[..], found.faults.len()),
                (&[event.clone()][..], 0),
                "{wrapped}"
            );
        }
    }

    #[test]
    fn several_events_are_found_in_their_order() {
        let all = sample::all();
        let texts: Vec<String> = all.iter().map(event_json).collect();
        for text in
            [texts.join("\n"), texts.concat(), texts.join("\r\n\r\n"), json!(all).to_string()]
        {
            assert_eq!(find(&text).events, all);
        }
    }

    #[test]
    fn what_is_no_event_is_named_by_its_place_and_spoils_nothing() {
        let (event, text) = sample();
        let found = find(&format!("{text}\nlog: something\n{text}\n{{\"a\": 1}}\n"));
        assert_eq!(found.events, [event.clone(), event.clone()]);
        assert_eq!(found.faults.len(), 2, "{:?}", found.faults);
        assert!(found.faults[0].starts_with("line 2: it is no JSON"), "{:?}", found.faults);
        assert!(found.faults[1].starts_with("line 4: it is neither"), "{:?}", found.faults);
        let foreign = json!([event, { "detail-type": "x" }, 7]);
        let found = find(&foreign.to_string());
        assert_eq!((found.events.len(), found.faults.len()), (1, 2), "{:?}", found.faults);
        let mut deep = text;
        for _ in 0..20 {
            deep = json!({ "Message": deep }).to_string();
        }
        for text in ["", "  ", "words", "[]", "7", &deep] {
            let found = find(text);
            assert_eq!(
                (found.events.len(), found.faults.len()),
                (0, 1),
                "{text}: {:?}",
                found.faults
            );
        }
    }

    #[test]
    fn files_of_windows_are_read() {
        let wide = |read: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain("{\"ü\"}".encode_utf16().flat_map(read)).collect()
        };
        for bytes in [
            "{\"ü\"}".as_bytes().to_vec(),
            "\u{feff}{\"ü\"}".as_bytes().to_vec(),
            wide(u16::to_le_bytes, [0xff, 0xfe]),
            wide(u16::to_be_bytes, [0xfe, 0xff]),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok("{\"ü\"}"));
        }
        assert!(decode(&[0xc3, 0x28]).is_err());
    }
}
