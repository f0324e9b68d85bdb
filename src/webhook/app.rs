//! The chat apps that have webhooks.

use std::str::FromStr;

use super::news::News;
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

    /// The message.
    #[must_use]
    pub fn message(self, news: News<'_>) -> String {
        match (self, news) {
            (Self::Slack, News::Event(event)) => slack::payload(event),
            (Self::Slack, News::Alarm(alarm)) => slack::alarm(alarm),
            (Self::Teams, News::Event(event)) => teams::message(event),
            (Self::Teams, News::Alarm(alarm)) => teams::alarm(alarm),
        }
        .to_string()
    }

    /// A message without blocks, for when the whole one is refused.
    #[must_use]
    pub fn minimal(self, news: News<'_>) -> String {
        match (self, news) {
            (Self::Slack, News::Event(event)) => slack::minimal(event),
            (Self::Slack, News::Alarm(alarm)) => slack::minimal_alarm(alarm),
            (Self::Teams, News::Event(event)) => teams::minimal(event),
            (Self::Teams, News::Alarm(alarm)) => teams::minimal_alarm(alarm),
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
