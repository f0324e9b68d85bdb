//! A queue for what cannot be delivered.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use aws_types::SdkConfig;

use super::error::reason;
use crate::render::text::clipped;

/// What SQS takes of a message with its attributes, in bytes, where a queue is not given more.
const LARGEST: usize = 256 * 1024;

/// Why a message is kept is said in no more characters.
const LONGEST_WHY: usize = 1_000;

/// A dead-letter queue.
#[derive(Debug)]
pub struct DeadLetters {
    client: Client,
    queue_url: String,
}

impl DeadLetters {
    /// Names a queue by its URL.
    #[must_use]
    pub fn new(
        config: &SdkConfig,
        endpoint_url: Option<String>,
        queue_url: impl Into<String>,
    ) -> Self {
        let mut builder = aws_sdk_sqs::config::Builder::from(config);
        if let Some(url) = endpoint_url {
            builder = builder.endpoint_url(url);
        }
        Self { client: Client::from_conf(builder.build()), queue_url: queue_url.into() }
    }

    /// Keeps a message as it came, so that it can be sent again as it is; who refused it, and why,
    /// are its attributes, where there is room for them. What SQS takes in no message is replaced.
    ///
    /// # Errors
    /// The queue did not take it.
    pub async fn keep(&self, text: &str, refused_by: &str, why: &str) -> Result<(), String> {
        let attribute = |value: &str| {
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|error| error.to_string())
        };
        let (body, why) = (sendable(text), clipped(why, LONGEST_WHY));
        let notes = [("refusedBy", refused_by), ("reason", why.as_str())];
        let has_room = fits(&body, &notes);
        let mut message = self.client.send_message().queue_url(&self.queue_url).message_body(body);
        // The message matters more than why it is here, which the log says too.
        for (name, note) in notes.into_iter().filter(|_| has_room) {
            message = message.message_attributes(name, attribute(note)?);
        }
        let answer = message.send().await.map_err(|error| {
            format!("the dead-letter queue did not take it: {}", reason(&error))
        })?;
        match answer.message_id().filter(|id| !id.trim().is_empty()) {
            Some(_) => Ok(()),
            None => Err("the dead-letter queue answered without a MessageId".to_owned()),
        }
    }
}

/// The text in the characters of XML, as SQS takes no others.
fn sendable(text: &str) -> String {
    let sendable = |c: char| match c {
        '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => c,
        _ => '\u{fffd}',
    };
    text.chars().map(sendable).collect()
}

/// Whether SQS takes a message with these attributes, of which it counts names, types and values.
fn fits(body: &str, notes: &[(&str, &str)]) -> bool {
    let sizes = notes.iter().map(|(name, note)| name.len() + "String".len() + note.len());
    body.len() + sizes.sum::<usize>() <= LARGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_holds_only_what_sqs_takes_and_else_stays_as_it_came() {
        let text = "{\"a\": \"\u{202e}é 漢 🙂\u{9b}\"}\r\n\t";
        assert_eq!(sendable(text), text);
        assert_eq!(sendable("a\0\u{1b}\u{fffe}\u{ffff}b"), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b");
    }

    #[test]
    fn a_message_that_leaves_no_room_goes_without_its_attributes() {
        let notes = [("refusedBy", "slack"), ("reason", "HTTP 404")];
        assert!(fits("hello", &notes));
        let used = "refusedByStringslackreasonStringHTTP 404".len();
        assert!(fits(&"x".repeat(LARGEST - used), &notes));
        assert!(!fits(&"x".repeat(LARGEST - used + 1), &notes));
    }
}
