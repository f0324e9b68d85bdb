//! A webhook as a sink of a poll.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::answer::Verdict;
use super::app::App;
use super::hook::{Hook, WebhookUrl};
use super::news::News;
use crate::aws::network::Network;
use crate::event::Event;
use crate::ports::{CALL_LONGEST, PublishError, Published, Sink};
use crate::record::SinkName;

/// How long a POST may take. A refused form is followed by a second one, in the minimal form.
const ATTEMPT: Duration = Duration::from_millis(3_900);
const _: () = assert!(2 * ATTEMPT.as_millis() < CALL_LONGEST.as_millis());

/// Where a webhook's URL comes from. It is asked for each event: a URL may be replaced.
pub trait UrlSource: Send + Sync {
    /// The URL, or why there is none: without a word of it.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    fn url(&self) -> Result<WebhookUrl, String>;
}

/// A webhook as a sink.
pub struct WebhookSink {
    app: App,
    hook: Hook,
    url: Box<dyn UrlSource>,
}

impl WebhookSink {
    /// Posts to an app's webhook.
    #[must_use]
    pub fn new(app: App, network: &Network, url: Box<dyn UrlSource>) -> Self {
        Self { app, hook: Hook::new(ATTEMPT, network), url }
    }

    async fn post(&self, event: &Event) -> Result<Published, PublishError> {
        let unavailable = PublishError::Unavailable;
        let url = self.url.url().map_err(unavailable)?;
        let answer = self
            .hook
            .post(&url, self.app.message(News::Event(event)))
            .await
            .map_err(unavailable)?;
        match answer.verdict(self.app) {
            Verdict::Delivered => return Ok(Published::InFull),
            Verdict::Later { reason, .. } => return Err(unavailable(reason)),
            Verdict::Refused(reason) => return Err(PublishError::Refused(reason)),
            Verdict::RefusedForm(reason) => {
                tracing::error!(id = %event.id, "{} refuses the form of event {}: {reason}", self.app, event.id);
            }
        }
        let answer = self
            .hook
            .post(&url, self.app.minimal(News::Event(event)))
            .await
            .map_err(unavailable)?;
        match answer.verdict(self.app) {
            Verdict::Delivered => Ok(Published::Minimal),
            Verdict::Later { reason, .. } => Err(unavailable(reason)),
            Verdict::Refused(reason) | Verdict::RefusedForm(reason) => {
                Err(PublishError::Refused(reason))
            }
        }
    }
}

impl Sink for WebhookSink {
    fn name(&self) -> SinkName {
        match self.app {
            App::Slack => SinkName::new("slack"),
            App::Teams => SinkName::new("teams"),
        }
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(self.post(event))
    }
}
