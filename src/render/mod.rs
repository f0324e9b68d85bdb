//! From an event to the words that people and programs read. Pure: no clock, no network, no
//! output.
//!
//! [`story`] says what there is to tell; each channel puts it in its own form and knows no kind of
//! task. EC2's text goes through `text` and `escape` first, because it can hold anything.

pub mod alarm;
pub mod chat;
pub mod email;
pub mod escape;
pub mod sample;
pub mod slack;
pub mod sms;
pub mod sns;
pub mod story;
pub mod teams;
pub mod terminal;
pub mod text;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod snapshots;

pub use sns::{ChatChannel, SnsMessage, minimal, minimal_for, sns};
pub use story::{Story, subject};

use crate::event::Event;

/// A form in which an event can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The event itself.
    Event,
    /// The text of the email.
    Email,
    /// The text message.
    Sms,
    /// The subject line.
    Subject,
    /// The custom notification of Amazon Q Developer in chat applications.
    Chat,
    /// The payload of a Slack incoming webhook.
    Slack,
    /// The message for a Microsoft Teams workflow.
    Teams,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 7] =
        [Self::Event, Self::Email, Self::Sms, Self::Subject, Self::Chat, Self::Slack, Self::Teams];

    /// The name that the command line uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Subject => "subject",
            Self::Chat => "chat",
            Self::Slack => "slack",
            Self::Teams => "teams",
        }
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Channel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|channel| channel.name() == text).ok_or_else(|| {
            format!(
                "\"{text}\" is not a channel: write event, email, sms, subject, chat, slack or \
                 teams"
            )
        })
    }
}

/// The event as one channel shows it, ending in a line break. JSON is indented for reading.
#[must_use]
pub fn render(channel: Channel, event: &Event) -> String {
    let mut text = match channel {
        Channel::Event => pretty(event),
        Channel::Email => email::email(event),
        Channel::Sms => sms::sms(event),
        Channel::Subject => subject(event),
        Channel::Chat => pretty(&chat::notification(event)),
        Channel::Slack => pretty(&slack::payload(event)),
        Channel::Teams => pretty(&teams::message(event)),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn pretty(value: &impl serde::Serialize) -> String {
    // Events and payloads are strings, numbers and maps, which JSON can always hold.
    text::visible_json(&serde_json::to_string_pretty(value).unwrap_or_default())
}
