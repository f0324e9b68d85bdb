//! One invocation: from its payload to its answer.

use std::sync::Mutex;

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use uuid::Uuid;

use super::delivery::{Courier, Delivery, DeliveryLimits};
use super::message::{Message, Payload, Queued};
use crate::aws::dead_letters::DeadLetters;
use crate::aws::parameter::Parameter;
use crate::functions::deadline;
use crate::ports::Clock;
use crate::render::subject;
use crate::webhook::{App, Hook, News, WebhookUrl};

/// What every invocation works with.
#[derive(Debug)]
pub struct Handler<C> {
    /// Whose webhook it is.
    pub app: App,
    /// Where its URL is kept.
    pub parameter: Parameter,
    /// Posts.
    pub hook: Hook,
    /// What the webhook refuses.
    pub dead_letters: DeadLetters,
    /// The time.
    pub clock: C,
    /// The bounds.
    pub limits: DeliveryLimits,
    /// The URL as last read; none at the start.
    pub url: Mutex<Option<WebhookUrl>>,
}

/// A message that was neither delivered nor refused.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct HandlerError {
    kind: ErrorType,
    reason: String,
}

/// What kind of failure an invocation ends in. Its name is the `errorType` of the answer, by which
/// alarms and retries tell failures apart: a public name, which stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// The payload holds no message. Another try ends alike.
    InvalidRequest,
    /// Parameter Store does not give the webhook's URL.
    ParameterUnreadable,
    /// The parameter holds no URL. Another try ends alike, until somebody mends it.
    ConfigurationError,
    /// The webhook may take the message later.
    WebhookUnavailable,
    /// The webhook refused the message, and the dead-letter queue did not take it.
    WebhookRefused,
}

impl ErrorType {
    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "InvalidRequest",
            Self::ParameterUnreadable => "ParameterUnreadable",
            Self::ConfigurationError => "ConfigurationError",
            Self::WebhookUnavailable => "WebhookUnavailable",
            Self::WebhookRefused => "WebhookRefused",
        }
    }

    fn because(self, reason: impl std::fmt::Display) -> HandlerError {
        HandlerError { kind: self, reason: reason.to_string() }
    }
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        Self { error_type: error.kind.name().to_owned(), error_message: error.reason }
    }
}

impl<C: Clock> Handler<C> {
    /// Delivers the messages of an invocation, and keeps what the webhook refuses. What it may take later
    /// is left to the queue, which gives it to a later invocation.
    ///
    /// # Errors
    /// The payload holds no message; or it holds one by itself, which could neither be delivered nor
    /// refused by now.
    pub async fn handle(&self, payload: &Value, deadline_ms: u64) -> Result<Value, HandlerError> {
        let deadline = deadline(deadline_ms, self.clock.now());
        let result = match Payload::of(payload) {
            Err(error) => Err(ErrorType::InvalidRequest.because(error)),
            Ok(Payload::One(message)) => self.deliver(message, deadline).await,
            Ok(Payload::Queue(queued)) => return Ok(self.deliver_all(queued, deadline).await),
        };
        if let Err(error) = &result {
            tracing::error!("{error}");
        }
        result
    }

    /// One after the other: a channel takes about one message a second.
    async fn deliver_all(&self, queued: Vec<Queued>, deadline: Option<Timestamp>) -> Value {
        let mut again = Vec::new();
        for Queued { id, message } in queued {
            if let Err(error) = self.deliver(message, deadline).await {
                tracing::error!(
                    message_id = id,
                    error_type = error.kind.name(),
                    "{error}; message {id} stays in the queue, and comes again"
                );
                again.push(json!({ "itemIdentifier": id }));
            }
        }
        json!({ "batchItemFailures": again })
    }

    async fn deliver(
        &self,
        message: Message,
        deadline: Option<Timestamp>,
    ) -> Result<Value, HandlerError> {
        let (news, id, text) = match &message {
            Message::Event(event, text) => (News::Event(event), Some(event.id), text),
            Message::Alarm(alarm, text) => (News::Alarm(alarm), None, text),
            Message::Foreign { text, reason } => {
                let reason = format!("the message is no event of amiwatch: {reason}");
                return self.keep("a message", None, text, &reason).await;
            }
        };
        match self.post(news, deadline).await? {
            Delivery::Done { minimal, attempts } => {
                if let Some(reason) = &minimal {
                    tracing::error!(
                        "{} refused the message of {news} and got its minimal form: {reason}",
                        self.app
                    );
                }
                self.log_told(news, attempts);
                Ok(json!({
                    "id": id,
                    "delivered": if minimal.is_some() { "minimal" } else { "in full" },
                    "attempts": attempts,
                }))
            }
            Delivery::Refused(reason) => self.keep(&news.to_string(), id, text, &reason).await,
            Delivery::Later(reason) => {
                let reason = format!("{} did not take {news}: {reason}", self.app);
                Err(ErrorType::WebhookUnavailable.because(reason))
            }
        }
    }

    fn log_told(&self, news: News<'_>, attempts: u32) {
        match news {
            News::Event(event) => {
                tracing::info!(id = %event.id, account = event.account, region = event.region,
                    outcome = %event.detail.outcome, attempts, "Told {}: {}", self.app, subject(event));
            }
            News::Alarm(_) => tracing::info!(attempts, "Told {}: {news}", self.app),
        }
    }

    /// Posts to the URL as it is known; where that is refused, to the one that is kept now.
    async fn post(
        &self,
        news: News<'_>,
        deadline: Option<Timestamp>,
    ) -> Result<Delivery, HandlerError> {
        let known = self.url.lock().ok().and_then(|url| url.clone());
        let mut refused = None;
        if let Some(url) = known {
            match self.courier(&url, deadline).deliver(news).await {
                Delivery::Refused(reason) => refused = Some((url, reason)),
                other => return Ok(other),
            }
        }
        let url = self.read_url().await?;
        match refused {
            Some((old, reason)) if old == url => Ok(Delivery::Refused(reason)),
            _ => Ok(self.courier(&url, deadline).deliver(news).await),
        }
    }

    fn courier<'a>(&'a self, url: &'a WebhookUrl, deadline: Option<Timestamp>) -> Courier<'a, C> {
        let Self { app, hook, clock, limits, .. } = self;
        Courier { app: *app, hook, url, clock, limits, deadline }
    }

    async fn read_url(&self) -> Result<WebhookUrl, HandlerError> {
        let unreadable = |error| ErrorType::ParameterUnreadable.because(error);
        let text = self.parameter.read().await.map_err(unreadable)?;
        let url = WebhookUrl::parse(&text).map_err(|fault| {
            let name = self.parameter.name();
            let reason = format!("the parameter {name} {fault}; put the webhook's URL into it");
            ErrorType::ConfigurationError.because(reason)
        })?;
        if let Ok(mut known) = self.url.lock() {
            *known = Some(url.clone());
        }
        Ok(url)
    }

    async fn keep(
        &self,
        what: &str,
        id: Option<Uuid>,
        text: &str,
        reason: &str,
    ) -> Result<Value, HandlerError> {
        self.dead_letters.keep(text, self.app.name(), reason).await.map_err(|error| {
            let reason = format!("{} refused {what}: {reason}; and {error}", self.app);
            ErrorType::WebhookRefused.because(reason)
        })?;
        let id_text = id.map(|id| id.to_string()).unwrap_or_default();
        tracing::error!(
            id = id_text,
            "{} refused {what}, which is in the dead-letter queue now: {reason}",
            self.app
        );
        Ok(json!({ "id": id, "refused": reason }))
    }
}
