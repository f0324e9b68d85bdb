//! The terminal as a sink: a person reads the email, a program the event.

use std::sync::Mutex;

use super::args::OutputForm;
use super::output::print;
use crate::event::{Event, Outcome};
use crate::ports::{Notifier, PublishError, Published};
use crate::record::Sink;
use crate::render::terminal::notification;

/// Prints each event and remembers its outcome.
#[derive(Debug)]
pub(super) struct Terminal {
    output: OutputForm,
    told: Mutex<Vec<Outcome>>,
}

impl Terminal {
    pub(super) fn new(output: OutputForm) -> Self {
        Self { output, told: Mutex::default() }
    }

    /// The outcomes told so far.
    pub(super) fn told(&self) -> Vec<Outcome> {
        self.told.lock().map(|told| told.clone()).unwrap_or_default()
    }
}

impl Notifier for Terminal {
    fn sinks(&self) -> Vec<Sink> {
        vec![Sink::Terminal]
    }

    async fn publish(&self, sink: Sink, event: &Event) -> Result<Published, PublishError> {
        let text = match self.output {
            OutputForm::Text => Ok(notification(event)),
            OutputForm::Json => serde_json::to_string(event).map_err(|error| error.to_string()),
        };
        let unavailable = |reason: String| PublishError::Unavailable { sink, reason };
        print(&text.map_err(unavailable)?)
            .map_err(|error| PublishError::Unavailable { sink, reason: error.to_string() })?;
        if let Ok(mut told) = self.told.lock() {
            told.push(event.detail.outcome);
        }
        Ok(Published::InFull)
    }
}

/// Whether an outcome means that somebody should look.
pub(super) fn is_trouble(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::Vanished | Outcome::Stalled)
}
