//! The places to which events go.

use futures_util::future::BoxFuture;

use crate::event::Event;
use crate::record::SinkName;

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The sink refuses this event, also in its minimal form; others may pass.
    #[error("refused the event: {0}")]
    Refused(String),
    /// The sink cannot be used now: down, throttled, denied. Others would fare no better.
    #[error("is not available: {0}")]
    Unavailable(String),
}

/// How an event was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// In full.
    InFull,
    /// In the minimal form, as the sink refused the full one for good.
    Minimal,
}

/// A place to which events go.
pub trait Sink: Send + Sync {
    /// Its name, under which records wait for it.
    fn name(&self) -> SinkName;

    /// Publishes one event, once.
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>>;
}

impl<S: Sink + ?Sized> Sink for std::sync::Arc<S> {
    fn name(&self) -> SinkName {
        (**self).name()
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        (**self).publish(event)
    }
}
