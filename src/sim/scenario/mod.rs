//! Scenario files: what there is when a simulator starts, in YAML.

mod bundle;
mod check;
mod course;
mod fault;
mod generate;
mod store;
mod tasks;
mod text;

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, Visitor};

pub use check::ScenarioError;
pub(crate) use check::{Problem, check_percent, check_words};
pub(crate) use fault::FaultSpec;
pub(crate) use tasks::PlaceSpec;
pub(crate) use text::{Account, Span};

use super::actions;
use super::builder::SPEEDS;
use super::settings::Settings;
use super::throttle::{Bucket, Throttle};
use super::world::World;

/// A scenario that was read and found in order.
#[derive(Debug, Clone)]
pub struct Scenario {
    file: File,
    settings: Settings,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    start: Option<Timestamp>,
    speed: Option<f64>,
    settings: SettingsSpec,
    throttle: ThrottleSpec,
    places: Vec<PlaceSpec>,
    faults: Vec<FaultSpec>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettingsSpec {
    wildcards: Option<bool>,
    trailing_token: Option<bool>,
    page_size: Option<usize>,
    retention: Option<Span>,
    store_duration: Option<Span>,
    store_queued: Option<Span>,
    bundle_duration: Option<Span>,
    bundle_linger: Option<Span>,
    cancel_duration: Option<Span>,
    check_request_time: Option<bool>,
    seed: Option<u64>,
}

#[derive(Debug, Clone, Default)]
struct ThrottleSpec(Throttle);

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct BucketSpec {
    capacity: f64,
    per_second: f64,
}

impl<'de> Deserialize<'de> for ThrottleSpec {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ThrottleText)
    }
}

struct ThrottleText;

impl<'de> Visitor<'de> for ThrottleText {
    type Value = ThrottleSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("documented, off, or actions with capacity and per_second")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ThrottleSpec, E> {
        match text {
            "documented" => Ok(ThrottleSpec(Throttle::Documented)),
            "off" => Ok(ThrottleSpec(Throttle::Off)),
            other => Err(E::custom(format_args!(
                "\"{other}\" is not a throttle; write documented, off, or actions with capacity \
                 and per_second"
            ))),
        }
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<ThrottleSpec, E> {
        Ok(ThrottleSpec(if on { Throttle::Documented } else { Throttle::Off }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ThrottleSpec, A::Error> {
        let all = BTreeMap::<String, BucketSpec>::deserialize(MapAccessDeserializer::new(map))?;
        let bucket = |spec: BucketSpec| Bucket::new(spec.capacity, spec.per_second);
        let all = all.into_iter().map(|(name, spec)| (name, bucket(spec))).collect();
        Ok(ThrottleSpec(Throttle::With(all)))
    }
}

impl Scenario {
    /// Reads a scenario; `name` is the file's, for errors.
    ///
    /// # Errors
    /// Names the file, the field, the rule that it breaks, and what to write instead.
    pub fn parse(text: &str, name: &str) -> Result<Self, ScenarioError> {
        Self::read(text).map_err(|problem| problem.in_file(name))
    }

    fn read(text: &str) -> Result<Self, Problem> {
        let file: File = if text.trim().is_empty() { File::default() } else { from_yaml(text)? };
        let settings = file.settings.resolve(file.throttle.0.clone());
        file.check(&settings)?;
        Ok(Self { file, settings })
    }

    /// The simulated time at the start.
    #[must_use]
    pub fn start(&self) -> Option<Timestamp> {
        self.file.start
    }

    /// Simulated seconds in a real one.
    #[must_use]
    pub fn speed(&self) -> Option<f64> {
        self.file.speed
    }

    /// The settings, with the defaults for what the scenario does not say.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Puts its tasks and faults into a world; relative times count from the world's now.
    pub fn apply(&self, world: &World) {
        for place in &self.file.places {
            place.apply(world);
        }
        for fault in &self.file.faults {
            world.add_fault(fault.resolve(world.now()));
        }
    }
}

impl SettingsSpec {
    fn resolve(&self, throttle: Throttle) -> Settings {
        let default = Settings::default();
        let span = |own: Option<Span>, other| own.map_or(other, |span| span.0);
        Settings {
            wildcards: self.wildcards.unwrap_or(default.wildcards),
            trailing_token: self.trailing_token.unwrap_or(default.trailing_token),
            page_size: self.page_size.unwrap_or(default.page_size),
            retention: span(self.retention, default.retention),
            store_duration: span(self.store_duration, default.store_duration),
            store_queued: span(self.store_queued, default.store_queued),
            bundle_duration: span(self.bundle_duration, default.bundle_duration),
            bundle_linger: span(self.bundle_linger, default.bundle_linger),
            cancel_duration: span(self.cancel_duration, default.cancel_duration),
            check_request_time: self.check_request_time.unwrap_or(default.check_request_time),
            seed: self.seed.unwrap_or(default.seed),
            throttle,
        }
    }
}

impl File {
    fn check(&self, settings: &Settings) -> Result<(), Problem> {
        if self.speed.is_some_and(|speed| !SPEEDS.contains(&speed)) {
            let rule = "is not from 0.001 to 1000000";
            return Err(Problem::new("speed", rule, "write a number such as 60"));
        }
        if !(1..=200).contains(&settings.page_size) {
            let rule = format!("{} is not a page size", settings.page_size);
            return Err(Problem::new("settings.page_size", rule, "write 1 to 200"));
        }
        if let Throttle::With(all) = &settings.throttle {
            for (action, bucket) in all {
                let field = format!("throttle.{action}");
                check_action(&field, action)?;
                let is_size = |number: f64| number.is_finite() && number >= 0.0;
                if !is_size(bucket.capacity) || !is_size(bucket.per_second) {
                    let rule = "capacity and per_second must be 0 or more";
                    return Err(Problem::new(field, rule, "write numbers such as 50 and 0.5"));
                }
            }
        }
        for (index, place) in self.places.iter().enumerate() {
            place.check(settings).map_err(|problem| problem.under(&format!("places[{index}].")))?;
        }
        for (index, fault) in self.faults.iter().enumerate() {
            fault.check().map_err(|problem| problem.under(&format!("faults[{index}].")))?;
        }
        Ok(())
    }
}

fn check_action(field: &str, action: &str) -> Result<(), Problem> {
    if actions::find(action).is_ok() {
        return Ok(());
    }
    let rule = format!("\"{action}\" is not an action of the simulator");
    Err(Problem::new(field, rule, format!("write one of {}", actions::names())))
}

/// Reads YAML, of which JSON is a part.
pub(crate) fn from_yaml<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // JSON's escapes for characters above U+FFFF are no YAML: read as JSON, write, read as YAML,
    // which alone says where in the document an error is.
    let json = serde_json::from_str::<serde_json::Value>(text).map(|value| as_yaml(&value));
    let text = json.as_deref().unwrap_or(text);
    serde_norway::from_str(text).map_err(|error| Problem::from_serde(&error.to_string()))
}

/// JSON in which the characters are escaped that YAML takes no other way.
fn as_yaml(json: &serde_json::Value) -> String {
    let is_plain = |c: char| !matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    let mut text = String::new();
    for c in json.to_string().chars() {
        if is_plain(c) {
            text.push(c);
        } else {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        }
    }
    text
}

#[cfg(test)]
mod tests;
