//! What fault rules do to one call.

use std::time::Duration;

use crate::error::ApiError;
use crate::fault_kind::FaultKind;
use crate::service::Service;

/// All that befalls one call. Of several errors the first counts; everything else adds up.
#[derive(Debug, Default)]
// Each is a fault of its own, and any of them may come together.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Effects {
    pub(crate) delay: Duration,
    pub(crate) error: Option<ApiError>,
    /// The error comes from behind the token bucket.
    pub(crate) takes_token: bool,
    pub(crate) body: Option<String>,
    pub(crate) cut: bool,
    pub(crate) malformed: bool,
    pub(crate) reversed: bool,
    pub(crate) shuffled: bool,
    /// The changes to the items: `MissingFields` and `RawText`.
    pub(crate) edits: Vec<FaultKind>,
}

impl Effects {
    /// Whether it has any effect beside those that are there.
    pub(crate) fn add(&mut self, kind: &FaultKind, service: Service) -> bool {
        let error = match kind {
            FaultKind::Throttle => ApiError::throttled(),
            FaultKind::InternalError => ApiError::internal(),
            FaultKind::Unavailable => ApiError::unavailable(),
            FaultKind::ServiceUnavailable => ApiError::service_unavailable(),
            FaultKind::Denied => ApiError::unauthorized(),
            FaultKind::ExpiredToken => ApiError::expired(),
            FaultKind::AuthFailure => ApiError::auth_failure(),
            FaultKind::Error { status, code, message } => {
                ApiError { status: *status, ..ApiError::new(code.clone(), message.clone()) }
            }
            other => {
                self.add_change(other);
                return true;
            }
        };
        if self.error.is_some() {
            return false;
        }
        // An error that a rule spells out is sent as it stands there.
        let is_spelled_out = matches!(kind, FaultKind::Error { .. });
        self.error = Some(if is_spelled_out { error } else { error.told_by(service) });
        self.takes_token = matches!(
            kind,
            FaultKind::InternalError
                | FaultKind::Unavailable
                | FaultKind::ServiceUnavailable
                | FaultKind::Error { .. }
        );
        true
    }

    /// What changes an answer, or its way.
    fn add_change(&mut self, kind: &FaultKind) {
        match kind {
            FaultKind::Slow(by) => self.delay = self.delay.saturating_add(*by),
            FaultKind::Cut => self.cut = true,
            FaultKind::MalformedXml => self.malformed = true,
            FaultKind::Body(text) => self.body = Some(text.clone()),
            FaultKind::ReversedOrder => self.reversed = true,
            FaultKind::ShuffledPage => self.shuffled = true,
            FaultKind::MissingFields { .. } | FaultKind::RawText { .. } => {
                self.edits.push(kind.clone());
            }
            FaultKind::Throttle
            | FaultKind::InternalError
            | FaultKind::Unavailable
            | FaultKind::ServiceUnavailable
            | FaultKind::Denied
            | FaultKind::ExpiredToken
            | FaultKind::AuthFailure
            | FaultKind::Error { .. } => {}
        }
    }
}
