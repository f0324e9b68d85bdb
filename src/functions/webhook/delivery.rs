//! Delivers one message: posts until it is taken, refused, or time is up.

use std::time::Duration;

use jiff::Timestamp;

use crate::ports::Clock;
use crate::webhook::{App, Hook, News, Verdict, WebhookUrl};

/// The bounds of a delivery, all in one place.
#[derive(Debug, Clone)]
pub struct DeliveryLimits {
    /// How long one attempt may take. Slack and Teams answer within a second.
    pub attempt: Duration,
    /// Attempts in one invocation. The queue gives the message to later ones.
    pub attempts: u32,
    /// The pause after the first failed attempt. It doubles with each.
    pub first_pause: Duration,
    /// The longest pause that is our own choice.
    pub longest_pause: Duration,
    /// No further attempt begins when less than this is left until the deadline: it must be able to
    /// end, and the message to be kept if it is refused.
    pub reserve: Duration,
}

impl Default for DeliveryLimits {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(5),
            attempts: 12,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(20),
            reserve: Duration::from_secs(16),
        }
    }
}

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The webhook took the message, or the minimal form of it.
    Done {
        /// It refused the whole message for its form, for this reason.
        minimal: Option<String>,
        attempts: u32,
    },
    /// The webhook takes it in no form.
    Refused(String),
    /// It may take it later.
    Later(String),
}

/// One delivery under way.
pub(super) struct Courier<'a, C> {
    pub(super) app: App,
    pub(super) hook: &'a Hook,
    pub(super) url: &'a WebhookUrl,
    pub(super) clock: &'a C,
    pub(super) limits: &'a DeliveryLimits,
    pub(super) deadline: Option<Timestamp>,
}

impl<C: Clock> Courier<'_, C> {
    pub(super) async fn deliver(&self, news: News<'_>) -> Delivery {
        let mut message = self.app.message(news);
        let mut minimal = None;
        for attempt in 1.. {
            let answer = self.hook.post(self.url, message.clone()).await;
            let (after, reason) = match answer.map(|answer| answer.verdict(self.app)) {
                Ok(Verdict::Delivered) => return Delivery::Done { minimal, attempts: attempt },
                Ok(Verdict::Refused(reason)) => return Delivery::Refused(reason),
                Ok(Verdict::RefusedForm(reason)) if minimal.is_some() => {
                    return Delivery::Refused(reason);
                }
                Ok(Verdict::RefusedForm(reason)) => {
                    message = self.app.minimal(news);
                    minimal = Some(reason);
                    continue;
                }
                Ok(Verdict::Later { after, reason }) => (after, reason),
                Err(reason) => (None, reason),
            };
            let pause = self.pause(attempt, after);
            if attempt >= self.limits.attempts || !self.has_time_after(pause) {
                return Delivery::Later(format!("{reason}, at attempt {attempt}"));
            }
            tracing::warn!(
                attempt,
                pause_ms = pause.as_millis(),
                "{} did not take {news} ({reason}); again in {} ms",
                self.app,
                pause.as_millis()
            );
            tokio::time::sleep(pause).await;
        }
        Delivery::Later("no attempt was made".into())
    }

    /// At least as long as the webhook asks for; scattered, as many functions may wait for one
    /// webhook.
    fn pause(&self, attempt: u32, after: Option<Duration>) -> Duration {
        let DeliveryLimits { first_pause, longest_pause, .. } = *self.limits;
        let own = first_pause.saturating_mul(1 << (attempt - 1).min(16)).min(longest_pause);
        match after {
            Some(after) => after.saturating_add(first_pause.mul_f64(fastrand::f64())),
            None => own.mul_f64(0.5 + fastrand::f64() / 2.0),
        }
    }

    fn has_time_after(&self, pause: Duration) -> bool {
        let Some(deadline) = self.deadline else { return true };
        let left = deadline.duration_since(self.clock.now());
        let needed = pause.saturating_add(self.limits.reserve);
        Duration::try_from(left).is_ok_and(|left| left > needed)
    }
}
