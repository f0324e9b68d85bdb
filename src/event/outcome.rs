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
    /// Of a target: it could not be listed for an hour.
    Blind,
    /// Of a target that was blind: it can be listed again.
    Seeing,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 8] = [
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Vanished,
        Self::Stalled,
        Self::Started,
        Self::Blind,
        Self::Seeing,
    ];

    /// The outcomes of tasks: those that may be told or not, as somebody wishes.
    pub const OF_TASKS: [Self; 6] = [
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

    /// Whether it is about a target and not about a task.
    #[must_use]
    pub fn is_of_target(self) -> bool {
        matches!(self, Self::Blind | Self::Seeing)
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
            Self::Blind => "blind",
            Self::Seeing => "seeing",
        }
    }

    /// Reads any outcome, those of targets among them.
    ///
    /// # Errors
    /// The text names none.
    pub fn any(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|outcome| outcome.name() == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            format!("\"{text}\" is not an outcome: write one of {}", names.join(", "))
        })
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Outcome {
    type Err = String;

    /// Reads the outcome of a task. Those of targets are always told, and nobody chooses them.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::OF_TASKS.into_iter().find(|outcome| outcome.name() == text).ok_or_else(|| {
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
    fn every_outcome_of_a_task_is_read_by_its_name_and_nothing_else_is() {
        for outcome in Outcome::ALL {
            let read = (!outcome.is_of_target()).then_some(outcome);
            assert_eq!(outcome.name().parse().ok(), read);
        }
        assert!(
            Outcome::ALL.into_iter().all(|outcome| Outcome::any(outcome.name()) == Ok(outcome))
        );
        assert!(Outcome::any("Blind").unwrap_err().ends_with("started, blind, seeing"));
        assert!("Completed".parse::<Outcome>().unwrap_err().contains("write completed, failed"));
    }
}
