//! What a notification is about.

use serde::{Deserialize, Serialize};

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Ended because somebody cancelled it, as far as EC2 says so.
    Cancelled,
    /// Absent from two complete listings in a row before an end state was seen.
    Vanished,
    /// Still running, and neither its progress nor its status message has moved for the set time.
    Stalled,
    /// First seen running, after the baseline.
    Started,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 6] = [
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Vanished,
        Self::Stalled,
        Self::Started,
    ];

    /// Whether the task has ended with it.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The name that events and configuration use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Vanished => "vanished",
            Self::Stalled => "stalled",
            Self::Started => "started",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == text).ok_or_else(|| {
            format!(
                "\"{text}\" is not an outcome: write completed, failed, cancelled, vanished, stalled \
                 or started"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_read_by_its_name_and_nothing_else_is() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.name().parse(), Ok(outcome));
        }
        assert!("Completed".parse::<Outcome>().unwrap_err().contains("write completed, failed"));
    }
}
