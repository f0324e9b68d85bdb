//! Scenario files: what there is when a simulator starts, in YAML.

mod account;
mod action;
pub(crate) mod check;
pub(crate) mod course;
mod fault;
mod settings;
pub(crate) mod spec;
mod tasks;
pub(crate) mod text;
mod throttle;
mod yaml;

use jiff::Timestamp;
use serde::Deserialize;

pub(crate) use account::AccountSpec;
pub use check::ScenarioError;
use check::check_each;
pub(crate) use check::{Problem, check_percent, check_words};
pub(crate) use fault::FaultSpec;
pub(crate) use tasks::PlaceSpec;
pub(crate) use text::{Account, Span};
pub(crate) use yaml::from_yaml;

use crate::clock::SPEEDS;
use crate::settings::Settings;
use crate::world::World;
use settings::SettingsSpec;
use throttle::ThrottleSpec;

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
    accounts: Vec<AccountSpec>,
    places: Vec<PlaceSpec>,
    faults: Vec<FaultSpec>,
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
        for account in &self.file.accounts {
            account.apply(world);
        }
        for place in &self.file.places {
            place.apply(world);
        }
        for fault in &self.file.faults {
            world.add_fault(fault.resolve(world.now()));
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
        self.throttle.check()?;
        check_each("accounts", &self.accounts, AccountSpec::check)?;
        check_each("places", &self.places, |place| place.check(settings))?;
        check_each("faults", &self.faults, FaultSpec::check)
    }
}

#[cfg(test)]
mod tests;
