//! The terminal as a sink: a person reads the email, a program the event.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;

use super::args::OutputForm;
use super::output::{Reader, json_line, print, toned};
use crate::event::{Event, Outcome};
use crate::ports::{PublishError, Published, Sink};
use crate::record::SinkName;
use crate::render::story::Story;
use crate::render::terminal::notification;

/// The name of the sink.
pub(super) const NAME: SinkName = SinkName::new("terminal");

/// Prints each event and remembers its outcome. An event counts as told when it has been written.
#[derive(Debug)]
pub(super) struct Terminal {
    output: OutputForm,
    told: Mutex<Vec<Outcome>>,
    reader_gone: AtomicBool,
}

impl Terminal {
    pub(super) fn new(output: OutputForm) -> Self {
        Self { output, told: Mutex::default(), reader_gone: AtomicBool::new(false) }
    }

    /// The outcomes told so far.
    pub(super) fn told(&self) -> Vec<Outcome> {
        self.told.lock().map(|told| told.clone()).unwrap_or_default()
    }

    /// The failure that a summary holds for events that nobody read any more, if there were any.
    pub(super) fn reader_gone(&self) -> Option<String> {
        self.reader_gone.load(Ordering::Relaxed).then(|| format!("{NAME} {}", gone()))
    }
}

fn gone() -> PublishError {
    PublishError::Unavailable("nobody reads stdout any more".into())
}

impl Sink for Terminal {
    fn name(&self) -> SinkName {
        NAME
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(async { self.show(event) })
    }
}

impl Terminal {
    fn show(&self, event: &Event) -> Result<Published, PublishError> {
        let unavailable = PublishError::Unavailable;
        let text = match self.output {
            OutputForm::Text => Ok(colored(event)),
            OutputForm::Json => json_line(event).map_err(|error| error.to_string()),
        };
        match print(&text.map_err(unavailable)?) {
            Ok(Reader::There) => {}
            Ok(Reader::Gone) => {
                self.reader_gone.store(true, Ordering::Relaxed);
                return Err(gone());
            }
            Err(error) => return Err(unavailable(error.to_string())),
        }
        if let Ok(mut told) = self.told.lock() {
            told.push(event.detail.outcome);
        }
        Ok(Published::InFull)
    }
}

/// The notification, with its first line in the colour of how it feels.
fn colored(event: &Event) -> String {
    let text = notification(event);
    match text.split_once('\n') {
        Some((first, rest)) => format!("{}\n{rest}", toned(first, Story::of(event).tone)),
        None => text,
    }
}

/// Whether an outcome means that somebody should look.
pub(super) fn is_trouble(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Failed
        | Outcome::Cancelled
        | Outcome::Vanished
        | Outcome::Stalled
        | Outcome::Blind => true,
        Outcome::Completed | Outcome::Started | Outcome::Seeing => false,
    }
}
