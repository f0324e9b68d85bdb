//! What the reader can do next: the causes that AWS documents, and a command for each.

use super::command::{Command, NoCommand};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// What the outcome means for the reader.
    pub meaning: &'static str,
    /// What can be done, the most useful first.
    pub steps: Vec<Step>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What and why, in words that hold nothing from outside.
    pub say: &'static str,
    /// How.
    pub command: Command,
}

impl Step {
    /// What stands in place of the command where there is none.
    #[must_use]
    pub fn excuse(&self) -> Option<&'static str> {
        match self.command {
            Ok(_) => None,
            Err(NoCommand::NotGiven) => {
                Some("No command is shown here: EC2 did not give a name that it needs.")
            }
            Err(NoCommand::Unsafe) => Some(
                "No command is shown here: a name in it holds characters that are not safe to \
                 paste.",
            ),
        }
    }
}

/// One thing to do.
pub(super) fn step(say: &'static str, command: Command) -> Step {
    Step { say, command }
}
