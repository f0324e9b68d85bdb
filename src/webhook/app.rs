//! The chat apps that have webhooks.

use std::str::FromStr;

use crate::event::Event;
use crate::render::{slack, teams};

/// Whose webhook it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum App {
    /// A Slack incoming webhook.
    Slack,
    /// A Microsoft Teams workflow that starts when a webhook request is received.
    Teams,
}

impl App {
    /// The name that configuration and log use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Teams => "teams",
        }
    }

    /// The message about an event.
    #[must_use]
    pub fn message(self, event: &Event) -> String {
        match self {
            Self::Slack => slack::payload(event),
            Self::Teams => teams::message(event),
        }
        .to_string()
    }

    /// A message without blocks, for when the whole one is refused.
    #[must_use]
    pub fn minimal(self, event: &Event) -> String {
        match self {
            Self::Slack => slack::minimal(event),
            Self::Teams => teams::minimal(event),
        }
        .to_string()
    }
}

impl std::fmt::Display for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for App {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Slack, Self::Teams]
            .into_iter()
            .find(|app| app.name() == text)
            .ok_or_else(|| format!("\"{text}\" has no webhooks here: write slack or teams"))
    }
}
