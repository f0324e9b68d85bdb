//! The services' error answers: a code, an HTTP status and a sentence.

use std::borrow::Cow;

use crate::service::Service;

/// One error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The service's error code.
    pub(crate) code: Cow<'static, str>,
    /// The sentence beside it.
    pub(crate) message: String,
}

impl ApiError {
    /// A client error, HTTP 400, which is what EC2 sends for all that is not listed below.
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.into(), message: message.into() }
    }

    fn with_status(status: u16, code: &'static str, message: &str) -> Self {
        Self { status, code: Cow::Borrowed(code), message: message.to_owned() }
    }

    pub(crate) fn dry_run() -> Self {
        let message = "Request would have succeeded, but DryRun flag is set.";
        Self::with_status(412, "DryRunOperation", message)
    }

    pub(crate) fn unauthorized() -> Self {
        let message = "You are not authorized to perform this operation.";
        Self::with_status(403, "UnauthorizedOperation", message)
    }

    pub(crate) fn auth_failure() -> Self {
        let message = "AWS was not able to validate the provided access credentials";
        Self::with_status(401, "AuthFailure", message)
    }

    pub(crate) fn expired() -> Self {
        Self::new("RequestExpired", "Request has expired.")
    }

    pub(crate) fn throttled() -> Self {
        Self::with_status(503, "RequestLimitExceeded", "Request limit exceeded.")
    }

    pub(crate) fn internal() -> Self {
        Self::with_status(500, "InternalError", "An internal error has occurred")
    }

    pub(crate) fn unavailable() -> Self {
        let message = "The server is overloaded and can't handle the request.";
        Self::with_status(503, "Unavailable", message)
    }

    pub(crate) fn service_unavailable() -> Self {
        let message = "The request has failed due to a temporary failure of the server.";
        Self::with_status(503, "ServiceUnavailable", message)
    }

    /// What goes wrong in each service, as this one says it: the errors here are EC2's.
    pub(crate) fn told_by(self, service: Service) -> Self {
        if service == Service::Ec2 {
            return self;
        }
        let token = "The security token included in the request is";
        match &*self.code {
            "RequestLimitExceeded" => Self::new("Throttling", "Rate exceeded"),
            "UnauthorizedOperation" => Self::with_status(403, "AccessDenied", &self.message),
            "RequestExpired" => Self::with_status(403, "ExpiredToken", &format!("{token} expired")),
            "AuthFailure" => {
                Self::with_status(403, "InvalidClientTokenId", &format!("{token} invalid."))
            }
            "InternalError" => Self::with_status(500, "InternalFailure", &self.message),
            "Unavailable" => Self::service_unavailable(),
            _ => self,
        }
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        let message = format!("The request must contain the parameter {parameter}");
        Self::new("MissingParameter", message)
    }

    pub(crate) fn value(parameter: &str, value: &str, rule: &str) -> Self {
        let message = format!("Value ( {value} ) for parameter {parameter} is invalid. {rule}");
        Self::new("InvalidParameterValue", message)
    }
}
