//! What is wrong with a setting of the way to AWS.

/// A variable or a setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {fault}")]
pub struct NetworkFault {
    /// Its name.
    pub name: String,
    /// What is wrong with it, and the way out.
    pub fault: String,
}
