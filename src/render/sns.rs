//! The SNS message: one text for each protocol, attributes for filter policies, and a size and a
//! form that SNS takes whatever EC2 wrote.

use serde_json::{Map, Value};

use super::chat;
use super::email::email;
use super::sms::sms;
use super::story::{show, subject};
use super::text::{plain, truncate};
use crate::event::Event;

/// SNS takes 262,144 bytes, message and attributes together; the rest is a margin for the subject.
pub const LARGEST: usize = 262_144 - 1_024;

/// A longer attribute is no name of anything, and no filter policy asks for it.
const LONGEST_ATTRIBUTE: usize = 256;

/// Whether the stack has a chat channel, so that `https` subscribers get its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatChannel {
    /// `https` is Amazon Q Developer's schema.
    Present,
    /// `https` is the event.
    Absent,
}

/// What one `Publish` carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnsMessage {
    /// The subject.
    pub subject: String,
    /// JSON for `MessageStructure=json`.
    pub message: String,
    /// Attributes of type String, by name.
    pub attributes: Vec<(&'static str, String)>,
}

impl SnsMessage {
    /// What SNS counts against its limit: the message and the attributes' names, types and values.
    #[must_use]
    pub fn size(&self) -> usize {
        let attributes = self.attributes.iter();
        self.message.len()
            + attributes
                .map(|(name, value)| name.len() + "String".len() + value.len())
                .sum::<usize>()
    }
}

/// The message about an event. Where it would be too large, each text of the event is cut to the
/// same shorter length until it fits.
#[must_use]
pub fn sns(event: &Event, chat: ChatChannel) -> SnsMessage {
    let whole = build(event, chat);
    if whole.size() <= LARGEST {
        return whole;
    }
    for longest in [8_000, 2_000, 500] {
        let cut = build(&map_texts(event, |text| truncate(text, longest)), chat);
        if cut.size() <= LARGEST {
            return cut;
        }
    }
    minimal_for(event, chat)
}

/// [`minimal_for`] a stack without a chat channel.
#[must_use]
pub fn minimal(event: &Event) -> SnsMessage {
    minimal_for(event, ChatChannel::Absent)
}

/// A message that SNS has no ground to refuse, for when it refused the whole one: short, ASCII,
/// without a word of EC2's reason.
#[must_use]
pub fn minimal_for(event: &Event, chat: ChatChannel) -> SnsMessage {
    let mut bare = map_texts(event, |text| {
        let harmless = |c: char| c.is_ascii_alphanumeric() || " ._:/()#,=+*-".contains(c);
        let text: String = plain(text).chars().map(|c| if harmless(c) { c } else { '?' }).collect();
        // Nor may two texts that are put together, such as a bucket and a key, begin a link.
        let text = text.replace("://", ":??").replace(":/", ":?");
        let text = text.strip_suffix(':').map_or(text.clone(), |rest| format!("{rest}?"));
        truncate(&text, 200)
    });
    if let Some(failure) = &mut bare.detail.failure {
        // Only where all names in it came through unchanged is the command harmless, too.
        let unchanged = bare.region == event.region && bare.detail.subject == event.detail.subject;
        let look = show(event).ok().filter(|_| unchanged).map_or_else(
            || format!("call {}", event.detail.kind.identity().operation),
            |command| format!("run: {command}"),
        );
        failure.code = None;
        failure.message = Some(format!(
            "The reason is left out here, because SNS refused the full message. To read it, \
             {look}"
        ));
    }
    build(&bare, chat)
}

/// The event as JSON on one line.
#[must_use]
pub fn event_json(event: &Event) -> String {
    // All fields are strings, numbers and times, which JSON can always hold.
    let json = serde_json::to_string(event).unwrap_or_default();
    // Queues behind the topic refuse these two characters in any text.
    json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

fn build(event: &Event, chat: ChatChannel) -> SnsMessage {
    let json = event_json(event);
    let https = match chat {
        ChatChannel::Present => chat::notification(event).to_string(),
        ChatChannel::Absent => json.clone(),
    };
    let texts = [("default", json), ("email", email(event)), ("sms", sms(event)), ("https", https)];
    let message: Map<String, Value> =
        texts.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect();
    SnsMessage {
        subject: subject(event),
        message: Value::Object(message).to_string(),
        attributes: attributes(event),
    }
}

fn attributes(event: &Event) -> Vec<(&'static str, String)> {
    let detail = &event.detail;
    let id = event.id.to_string();
    let all = [
        ("kind", Some(detail.kind.name())),
        ("outcome", Some(detail.outcome.name())),
        ("state", Some(detail.state.as_str())),
        ("account", Some(event.account.as_str())),
        ("region", Some(event.region.as_str())),
        ("bucket", detail.subject.bucket.as_deref()),
        ("id", Some(id.as_str())),
    ];
    all.into_iter()
        .filter_map(|(name, value)| {
            let value = truncate(&plain(value?), LONGEST_ATTRIBUTE);
            (!value.is_empty()).then_some((name, value))
        })
        .collect()
}

/// The event with every text that came from outside replaced.
fn map_texts(event: &Event, change: impl Fn(&str) -> String) -> Event {
    let mut event = event.clone();
    let apply = |text: &mut String| *text = change(text);
    let detail = &mut event.detail;
    [&mut event.account, &mut event.region, &mut event.detail_type, &mut detail.state]
        .into_iter()
        .chain(&mut event.resources)
        .chain(&mut detail.previous_state)
        .chain(&mut detail.image_name)
        .chain(detail.subject.texts())
        .for_each(apply);
    if let Some(failure) = &mut detail.failure {
        failure.code.iter_mut().chain(&mut failure.message).for_each(apply);
    }
    event
}
