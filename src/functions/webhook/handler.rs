//! One invocation: from its payload to its answer.

use std::sync::Mutex;

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use super::delivery::{Courier, Delivery, DeliveryLimits};
use super::message::Message;
use crate::aws::dead_letters::DeadLetters;
use crate::aws::parameter::Parameter;
use crate::event::Event;
use crate::functions::deadline;
use crate::ports::Clock;
use crate::render::subject;
use crate::webhook::{App, Hook, WebhookUrl};

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

/// An invocation that failed: Lambda tries it again, and then keeps it.
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
    /// Delivers the message of an invocation, or keeps it where the webhook refuses it.
    ///
    /// # Errors
    /// The payload holds no message, or it could neither be delivered nor refused by now.
    pub async fn handle(&self, payload: &Value, deadline_ms: u64) -> Result<Value, HandlerError> {
        let result = self.deliver(payload, deadline_ms).await;
        if let Err(error) = &result {
            tracing::error!("{error}");
        }
        result
    }

    async fn deliver(&self, payload: &Value, deadline_ms: u64) -> Result<Value, HandlerError> {
        let (event, text) =
            match Message::of(payload).map_err(|error| ErrorType::InvalidRequest.because(error))? {
                Message::Event(event, text) => (event, text),
                Message::Foreign { text, reason } => {
                    let reason = format!("the message is no event of amiwatch: {reason}");
                    return self.keep(None, &text, &reason).await;
                }
            };
        let deadline = deadline(deadline_ms, self.clock.now());
        match self.post(&event, deadline).await? {
            Delivery::Done { minimal, attempts } => {
                if let Some(reason) = &minimal {
                    tracing::error!(id = %event.id, "{} refused the message of event {} and got its \
                        minimal form: {reason}", self.app, event.id);
                }
                tracing::info!(id = %event.id, account = event.account, region = event.region,
                    outcome = %event.detail.outcome, attempts, "Told {}: {}", self.app, subject(&event));
                Ok(json!({
                    "id": event.id,
                    "delivered": if minimal.is_some() { "minimal" } else { "in full" },
                    "attempts": attempts,
                }))
            }
            Delivery::Refused(reason) => self.keep(Some(&event), &text, &reason).await,
            Delivery::Later(reason) => {
                let reason = format!("{} did not take event {}: {reason}", self.app, event.id);
                Err(ErrorType::WebhookUnavailable.because(reason))
            }
        }
    }

    /// Posts to the URL as it is known; where that is refused, to the one that is kept now.
    async fn post(
        &self,
        event: &Event,
        deadline: Option<Timestamp>,
    ) -> Result<Delivery, HandlerError> {
        let known = self.url.lock().ok().and_then(|url| url.clone());
        let mut refused = None;
        if let Some(url) = known {
            match self.courier(&url, deadline).deliver(event).await {
                Delivery::Refused(reason) => refused = Some((url, reason)),
                other => return Ok(other),
            }
        }
        let url = self.read_url().await?;
        match refused {
            Some((old, reason)) if old == url => Ok(Delivery::Refused(reason)),
            _ => Ok(self.courier(&url, deadline).deliver(event).await),
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
        event: Option<&Event>,
        text: &str,
        reason: &str,
    ) -> Result<Value, HandlerError> {
        let id = event.map(|event| event.id.to_string()).unwrap_or_default();
        self.dead_letters.keep(text, self.app.name(), reason).await.map_err(|error| {
            let reason = format!("{} refused event {id}: {reason}; and {error}", self.app);
            ErrorType::WebhookRefused.because(reason)
        })?;
        tracing::error!(
            id,
            "{} refused event {id}, which is in the dead-letter queue now: {reason}",
            self.app
        );
        Ok(json!({ "id": event.map(|event| event.id), "refused": reason }))
    }
}
