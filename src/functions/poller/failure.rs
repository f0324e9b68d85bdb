//! How an invocation fails: by a name that stays, and a sentence for each fault.

use lambda_runtime::Diagnostic;

/// An invocation that failed, in part or as a whole. What could be done was done.
#[derive(Debug, thiserror::Error)]
#[error("{}", faults.join("; "))]
pub struct HandlerError {
    /// What kind of failure it is.
    pub kind: ErrorType,
    /// A sentence for each fault.
    pub faults: Vec<String>,
}

/// What kind of failure an invocation ends in. Its name is the `errorType` of the answer, by which
/// alarms, retries and state machines tell failures apart: a public name, which stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// The payload asks for nothing that there is. Another try ends alike.
    InvalidRequest,
    /// The function does not know something that it needs. Another try ends alike.
    ConfigurationError,
    /// Parameter Store does not give the targets document.
    ParameterUnreadable,
    /// Part of the poll failed; the next one takes it up again.
    PollFailed,
}

impl ErrorType {
    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "InvalidRequest",
            Self::ConfigurationError => "ConfigurationError",
            Self::ParameterUnreadable => "ParameterUnreadable",
            Self::PollFailed => "PollFailed",
        }
    }
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        Self { error_type: error.kind.name().to_owned(), error_message: error.to_string() }
    }
}
