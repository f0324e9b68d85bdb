//! A task's state as EC2 spells it, and what it means.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A task's state as EC2 spells it. One that EC2 does not document is kept as well.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(Cow<'static, str>);

impl State {
    /// A state by EC2's spelling.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// EC2's spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for State {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a state means for the watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not ended, as far as we know.
    Running,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Ended because somebody cancelled it, as far as EC2 says so.
    Cancelled,
}
