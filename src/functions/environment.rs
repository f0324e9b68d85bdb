//! A function's environment, read once: all that is missing or wrong is reported together, by name.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use crate::aws::network::Network;
use crate::rules;
use crate::targets::Regions;

/// Stands for every Region.
const ALL: &str = "all";

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// All that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is wrong: {}", faults.join("; "))]
pub struct ConfigError {
    /// One sentence a fault: the variable, the rule, the way out.
    pub faults: Vec<String>,
}

/// Reads variables and keeps what is wrong with them.
pub(super) struct Environment<'a> {
    lookup: Lookup<'a>,
    faults: Vec<String>,
}

impl<'a> Environment<'a> {
    pub(super) fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, faults: Vec::new() }
    }

    /// What was read, or every fault.
    pub(super) fn finish<T>(self, config: T) -> Result<T, ConfigError> {
        if self.faults.is_empty() { Ok(config) } else { Err(ConfigError { faults: self.faults }) }
    }

    /// Keeps the first fault of a variable: what follows from it is noise.
    pub(super) fn fault(&mut self, name: &str, fault: impl Display) {
        let fault = format!("{name} {fault}");
        if !self.faults.iter().any(|known| known.starts_with(&format!("{name} "))) {
            self.faults.push(fault);
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn required(&mut self, name: &str, way_out: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.fault(name, format_args!("is not set; {way_out}"));
            String::new()
        })
    }

    pub(super) fn home_region(&mut self) -> String {
        self.required("AWS_REGION", "Lambda sets it; set it to the Region")
    }

    /// Lambda gives a function the credentials of its role in these variables; a local runtime gives
    /// it what its own environment holds.
    pub(super) fn credentials(&mut self) {
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            self.required(
                name,
                "Lambda sets it from the function's role; elsewhere export the credentials, for \
                 example by `aws configure export-credentials --format env`",
            );
        }
    }

    /// Proxies and certificates.
    pub(super) fn network(&mut self) -> Network {
        Network::from_lookup(self.lookup, None).unwrap_or_else(|faults| {
            for fault in faults {
                self.fault(&fault.name, fault.fault);
            }
            Network::default()
        })
    }

    /// The account that an access key id names where it is an account id, as simulators have it.
    pub(super) fn account_of_key(&self) -> Option<String> {
        self.text("AWS_ACCESS_KEY_ID").filter(|id| rules::is_account(id))
    }

    fn words(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn list<T: FromStr<Err = String> + Ord>(
        &mut self,
        name: &str,
    ) -> Option<BTreeSet<T>> {
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

    /// Region codes, or `all`; the home Region where nothing is said.
    pub(super) fn regions(&mut self, name: &str, home: &str) -> Regions {
        let words = self.words(name);
        if words.iter().any(|word| word == ALL) {
            if words.iter().any(|word| word != ALL) {
                let words = words.join(",");
                self.fault(
                    name,
                    format_args!("is \"{words}\"; write {ALL} alone, or Region codes without it"),
                );
            }
            return Regions::All;
        }
        let mut regions = self.distinct(name, rules::region);
        if regions.is_empty() {
            regions.push(home.to_owned());
        }
        Regions::Listed(regions)
    }

    /// Texts with commas between, each of which has to keep a rule, and each once.
    pub(super) fn distinct(
        &mut self,
        name: &str,
        rule: fn(&str) -> Result<String, String>,
    ) -> Vec<String> {
        let mut words = self.words(name);
        for word in &words {
            if let Err(error) = rule(word) {
                self.fault(name, format_args!("is wrong: {error}, with commas between several"));
            }
        }
        let mut seen = BTreeSet::new();
        words.retain(|word| seen.insert(word.clone()));
        words
    }

    pub(super) fn number(&mut self, name: &str, default: i64, least: i64, most: i64) -> i64 {
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

    /// A text that has to keep a rule.
    pub(super) fn checked(
        &mut self,
        name: &str,
        rule: fn(&str) -> Result<String, String>,
    ) -> Option<String> {
        let text = self.text(name)?;
        if let Err(error) = rule(&text) {
            self.fault(name, format_args!("is wrong: {error}"));
        }
        Some(text)
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.fault(name, format_args!("is \"{other}\"; write true or false"));
                false
            }
        }
    }
}
