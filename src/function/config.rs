//! The function's configuration: its environment, parsed once, all faults reported together.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use jiff::SignedDuration;

use crate::decide::Policy;
use crate::event::Outcome;
use crate::render::ChatChannel;
use crate::task::Kind;

/// The longest time that a stall may be set to: tasks are listed no longer.
const STALLED_AFTER_MINUTES_MAX: i64 = 31 * 24 * 60;

/// With fewer listing calls a poll the first listing of a large Region would never end: one call
/// reads the head, the others read on.
const LISTING_CALLS_MIN: i64 = 2;

/// The function's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `AMIWATCH_TABLE`: the DynamoDB table.
    pub table: String,
    /// `AMIWATCH_TOPIC_ARN`: the SNS topic.
    pub topic_arn: Option<String>,
    /// `AMIWATCH_EVENT_BUS`: an EventBridge event bus, by name or ARN.
    pub event_bus: Option<String>,
    /// `AMIWATCH_REGIONS`: what is polled; the function's own Region where empty.
    pub regions: Vec<String>,
    /// `AMIWATCH_KINDS`.
    pub kinds: BTreeSet<Kind>,
    /// `AMIWATCH_TELL` and `AMIWATCH_STALLED_AFTER_MINUTES`.
    pub policy: Policy,
    /// `AMIWATCH_LISTING_CALLS`: `DescribeStoreImageTasks` calls a poll and Region.
    pub listing_calls: u32,
    /// `AMIWATCH_CHAT`: whether Amazon Q Developer is subscribed to the topic.
    pub chat: ChatChannel,
    /// `AWS_REGION`: the function's own Region.
    pub home_region: String,
}

/// All that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is wrong: {}", faults.join("; "))]
pub struct ConfigError {
    /// One sentence a fault: the variable, the rule, the way out.
    pub faults: Vec<String>,
}

impl Config {
    /// Reads the configuration; `lookup` is the environment.
    ///
    /// # Errors
    /// All faults together.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { lookup, faults: Vec::new() };
        let home_region = reader.required("AWS_REGION", "Lambda sets it; set it to the Region");
        let config = Self {
            table: reader.required("AMIWATCH_TABLE", "set it to the name of the DynamoDB table"),
            topic_arn: reader.topic_arn("AMIWATCH_TOPIC_ARN"),
            event_bus: reader.text("AMIWATCH_EVENT_BUS"),
            regions: reader.regions("AMIWATCH_REGIONS", &home_region),
            kinds: reader.list("AMIWATCH_KINDS").unwrap_or_else(|| Kind::ALL.into()),
            policy: Policy {
                tell: reader.list::<Outcome>("AMIWATCH_TELL").unwrap_or(Policy::default().tell),
                stalled_after: SignedDuration::from_mins(reader.number(
                    "AMIWATCH_STALLED_AFTER_MINUTES",
                    180,
                    1,
                    STALLED_AFTER_MINUTES_MAX,
                )),
            },
            listing_calls: u32::try_from(reader.number(
                "AMIWATCH_LISTING_CALLS",
                10,
                LISTING_CALLS_MIN,
                50,
            ))
            .unwrap_or(10),
            chat: reader.chat("AMIWATCH_CHAT"),
            home_region,
        };
        if config.topic_arn.is_none() && config.event_bus.is_none() {
            reader.fault("AMIWATCH_TOPIC_ARN", "is not set, and neither is AMIWATCH_EVENT_BUS; set one, so that there is somebody to tell");
        }
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError { faults: reader.faults })
        }
    }
}

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn fault(&mut self, name: &str, fault: impl Display) {
        let fault = format!("{name} {fault}");
        if !self.faults.iter().any(|known| known.starts_with(&format!("{name} "))) {
            self.faults.push(fault);
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn required(&mut self, name: &str, way_out: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.fault(name, format_args!("is not set; {way_out}"));
            String::new()
        })
    }

    fn words(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn list<T: FromStr<Err = String> + Ord>(&mut self, name: &str) -> Option<BTreeSet<T>> {
        let words = self.words(name);
        let mut values = BTreeSet::new();
        for word in &words {
            match word.parse() {
                Ok(value) => {
                    values.insert(value);
                }
                Err(error) => self.fault(name, format_args!("is \"{}\": {error}", words.join(","))),
            }
        }
        (!words.is_empty()).then_some(values)
    }

    fn regions(&mut self, name: &str, home: &str) -> Vec<String> {
        let mut regions = self.words(name);
        for region in &regions {
            if !is_region(region) {
                self.fault(name, format_args!(
                    "holds \"{region}\", which is no Region code such as us-east-1; write codes with commas between"
                ));
            }
        }
        if regions.is_empty() {
            regions.push(home.to_owned());
        }
        let mut seen = BTreeSet::new();
        regions.retain(|region| seen.insert(region.clone()));
        regions
    }

    fn number(&mut self, name: &str, default: i64, least: i64, most: i64) -> i64 {
        let Some(text) = self.text(name) else { return default };
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                self.fault(
                    name,
                    format_args!("is \"{text}\"; write a whole number from {least} to {most}"),
                );
                default
            }
        }
    }

    fn topic_arn(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let parts: Vec<&str> = text.split(':').collect();
        let is_arn = matches!(parts.as_slice(), ["arn", partition, "sns", region, account, topic]
            if partition.starts_with("aws") && is_region(region) && account.len() == 12 && !topic.is_empty());
        if !is_arn {
            self.fault(name, format_args!(
                "is \"{text}\"; write a topic's ARN, such as arn:aws:sns:us-east-1:123456789012:amiwatch"
            ));
        } else if parts.last().is_some_and(|name| name.strip_suffix(".fifo").is_some()) {
            self.fault(
                name,
                "names a FIFO topic, which reaches neither email nor chat; name a standard topic",
            );
        }
        Some(text)
    }

    fn chat(&mut self, name: &str) -> ChatChannel {
        match self.text(name).as_deref() {
            None | Some("false") => ChatChannel::Absent,
            Some("true") => ChatChannel::Present,
            Some(other) => {
                self.fault(name, format_args!("is \"{other}\"; write true or false"));
                ChatChannel::Absent
            }
        }
    }
}

/// Whether a text has the form of a Region code: letters, digits and hyphens, a digit at its end.
pub(crate) fn is_region(text: &str) -> bool {
    text.len() <= 32
        && text.contains('-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests;
