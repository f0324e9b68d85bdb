//! What CloudWatch says of an alarm about amiwatch itself, for the chats that hear the events.

use serde::Deserialize;

use super::escape::shell;
use super::story::{Fact, Next, NoCommand, Sentence, Step, Story, Tone};
use super::text::{ascii_subject, plain, shorten, truncate};

/// CloudWatch's names of alarms have 255 characters at most; a line has no room for so many.
const LONGEST_NAME: usize = 70;

/// A description has 1,024 characters at most, and a reason 1,023.
const LONGEST_VALUE: usize = 1_100;

/// An alarm that changed its state, as CloudWatch publishes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alarm {
    /// Its name.
    pub alarm_name: String,
    /// What its maker says of it.
    #[serde(default)]
    pub alarm_description: Option<String>,
    /// `ALARM`, `OK` or `INSUFFICIENT_DATA`.
    pub new_state_value: String,
    /// Why, in CloudWatch's words.
    #[serde(default)]
    pub new_state_reason: Option<String>,
    /// When.
    #[serde(default)]
    pub state_change_time: Option<String>,
    /// Its ARN; it names the Region by its code.
    #[serde(default)]
    pub alarm_arn: Option<String>,
    /// The account.
    #[serde(default, rename = "AWSAccountId")]
    pub account: Option<String>,
}

impl Alarm {
    /// Reads a message of an alarm topic; `None` where it is about no alarm.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn region(&self) -> Option<&str> {
        self.alarm_arn.as_deref()?.split(':').nth(3).filter(|region| !region.is_empty())
    }

    /// What there is to tell of it.
    #[must_use]
    pub fn story(&self) -> Story {
        let (word, tone, meaning) = match self.new_state_value.as_str() {
            "OK" => ("Over", Tone::Good, "There is nothing to do: it is over."),
            "ALARM" => (
                "Alarm",
                Tone::Bad,
                "Something keeps amiwatch from its work. What it has not told yet waits, and is told \
                 when this is mended.",
            ),
            _ => (
                "No data",
                Tone::Warning,
                "Nothing has been measured for a while, which may mean that amiwatch does not run.",
            ),
        };
        let name = shorten(&ascii_subject(&self.alarm_name), LONGEST_NAME);
        let subject = format!("{word}: {name}");
        let facts = [
            ("Alarm", Some(&self.alarm_name)),
            ("About", self.alarm_description.as_ref()),
            ("Reason", self.new_state_reason.as_ref()),
            ("Changed", self.state_change_time.as_ref()),
            ("Region", self.region().map(str::to_owned).as_ref()),
            ("Account", self.account.as_ref()),
        ]
        .into_iter()
        .filter_map(|(label, value)| {
            let value = truncate(&plain(value?), LONGEST_VALUE);
            (!value.is_empty()).then_some(Fact { label, value, is_ours: false })
        })
        .collect();
        Story {
            subject,
            subject_names: vec![self.alarm_name.clone()],
            tone,
            headline: Sentence::new("The alarm ")
                .name(&self.alarm_name)
                .say(" is in the state ")
                .name(&self.new_state_value)
                .say("."),
            facts,
            why: None,
            next: Next { meaning, steps: vec![self.look()] },
            links: Vec::new(),
            name: self.alarm_name.clone(),
            tasks: "image tasks",
        }
    }

    fn look(&self) -> Step {
        let quoted = |text: Option<&str>| shell(text?);
        let command = match (quoted(Some(&self.alarm_name)), quoted(self.region())) {
            (Some(name), Some(region)) => {
                Ok(format!("aws cloudwatch describe-alarms --alarm-names {name} --region {region}"))
            }
            _ => Err(NoCommand::Unsafe),
        };
        Step { say: "See the alarm; its description says where to look on.", command }
    }
}
