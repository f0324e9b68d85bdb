//! Why a role could not be assumed, as it is found among the causes of another error.

/// A role that cannot be assumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the role {arn} cannot be assumed: {reason}")]
pub(super) struct RoleError {
    /// The role's ARN, which names the account.
    pub(super) arn: String,
    /// What STS said, and the way out.
    pub(super) reason: String,
}

impl RoleError {
    /// The role's error among the causes of another, where it is one.
    pub(super) fn within<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }
}
