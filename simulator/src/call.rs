//! The record of a call, for tests that ask what was sent.

use jiff::Timestamp;
use serde::Serialize;

/// One call of an API as the simulator saw and answered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Call {
    /// The simulated time.
    pub at: Timestamp,
    /// `Action`.
    pub action: String,
    /// The caller's account, also of `AssumeRole`; empty where the request did not say.
    pub account: String,
    /// The Region of the signature; empty where the request did not say.
    pub region: String,
    /// The parameters, in the order in which they came.
    pub parameters: Vec<(String, String)>,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The error code of the answer.
    pub error: Option<String>,
    /// The length of the answer's body.
    pub response_bytes: usize,
}

impl Call {
    /// The value of a parameter, such as `NextToken`.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}
