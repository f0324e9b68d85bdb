//! Typed access to the flat parameters of the Query protocol.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::ApiError;
use crate::filter::Filter;

/// EC2's own limits, beyond which it answers `FilterLimitExceeded`.
const MOST_FILTERS: usize = 50;
const MOST_VALUES: usize = 200;

/// The parameters of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params<'a>(pub(crate) &'a [(String, String)]);

impl Params<'_> {
    /// Fails on the first parameter that matches none of `known`, in which `N` stands for a
    /// whole number from 1.
    pub(crate) fn check_known(&self, known: &[&str]) -> Result<(), ApiError> {
        let is_known = |name: &str| known.iter().any(|pattern| matches_pattern(pattern, name));
        match self.0.iter().find(|(name, _)| !is_known(name)) {
            None => Ok(()),
            Some((name, _)) => {
                let message = format!("The parameter {name} is not recognized");
                Err(ApiError::new("UnknownParameter", message))
            }
        }
    }

    /// The last value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that may not be absent or empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| ApiError::missing(name))
    }

    /// A parameter that may only be one of `all`, in lower or upper case.
    pub(crate) fn choice(&self, name: &str, all: &[&str]) -> Result<Option<&str>, ApiError> {
        match self.get(name) {
            Some(text) if !all.iter().any(|known| known.eq_ignore_ascii_case(text)) => {
                let rule = format!("Expecting one of {}.", all.join(", "));
                Err(ApiError::value(name, text, &rule))
            }
            found => Ok(found),
        }
    }

    /// A boolean, false where absent.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(ApiError::value(name, text, "Expecting true or false.")),
        }
    }

    /// The values of `<name>.N`, by N.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let mut found = BTreeMap::new();
        for (field, value) in self.0 {
            if let Some(index) = field.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')) {
                found.insert(number(index), value.as_str());
            }
        }
        found.into_values().collect()
    }

    /// The names `<name>.N` of a list of structures, by N.
    pub(crate) fn members(&self, name: &str) -> Vec<String> {
        let number_of = |field: &str| {
            let rest = field.strip_prefix(name)?.strip_prefix('.')?;
            Some(number(rest.split_once('.')?.0))
        };
        let found: BTreeSet<u32> =
            self.0.iter().filter_map(|(field, _)| number_of(field)).collect();
        found.into_iter().map(|number| format!("{name}.{number}")).collect()
    }

    /// `<name>.N.Name` with its `<name>.N.Value.M`; the name is `Filter` for most actions.
    pub(crate) fn filters(&self, name: &str) -> Result<Vec<Filter>, ApiError> {
        let mut found: BTreeMap<u32, (Option<&str>, Vec<String>)> = BTreeMap::new();
        for (field, value) in self.0 {
            let Some((index, rest)) =
                field.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')?.split_once('.'))
            else {
                continue;
            };
            let (own, values) = found.entry(number(index)).or_default();
            if rest == "Name" { *own = Some(value) } else { values.push(value.clone()) }
        }
        if found.len() > MOST_FILTERS || found.values().any(|(_, all)| all.len() > MOST_VALUES) {
            let message = format!(
                "The request uses too many filters or too many filter values: the limits are \
                 {MOST_FILTERS} filters and {MOST_VALUES} values each"
            );
            return Err(ApiError::new("FilterLimitExceeded", message));
        }
        let read = |(index, (own, values)): (u32, (Option<&str>, Vec<String>))| {
            let own = own.ok_or_else(|| ApiError::missing(&format!("{name}.{index}.Name")))?;
            if values.is_empty() {
                return Err(ApiError::missing(&format!("{name}.{index}.Value")));
            }
            Ok(Filter { name: own.to_owned(), values })
        };
        found.into_iter().map(read).collect()
    }
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or(0)
}

fn matches_pattern(pattern: &str, name: &str) -> bool {
    let mut parts = name.split('.');
    let fits = |want: &str, got: &str| {
        if want == "N" { number(got) > 0 } else { want == got }
    };
    pattern.split('.').all(|want| parts.next().is_some_and(|got| fits(want, got)))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn lists_come_in_the_order_of_their_numbers() {
        let fields = pairs(&[("ImageId.10", "c"), ("ImageId.2", "b"), ("ImageId.1", "a")]);
        assert_eq!(Params(&fields).list("ImageId"), ["a", "b", "c"]);
    }

    #[test]
    fn a_parameter_is_known_only_in_its_exact_form() {
        let known = ["ImageId.N", "Filter.N.Value.N", "DryRun"];
        for (name, ok) in [
            ("ImageId.1", true),
            ("Filter.2.Value.3", true),
            ("DryRun", true),
            ("ImageId", false),
            ("ImageId.0", false),
            ("ImageId.x", false),
            ("ImageId.1.2", false),
            ("imageId.1", false),
            ("Dryrun", false),
        ] {
            let fields = pairs(&[(name, "v")]);
            let found = Params(&fields).check_known(&known);
            assert_eq!(found.is_ok(), ok, "{name}");
            assert!(found.is_ok() || found.is_err_and(|error| error.code == "UnknownParameter"));
        }
    }

    #[test]
    fn a_filter_needs_a_name_and_a_value_and_has_limits() {
        let code = |fields: &[(String, String)]| {
            Params(fields)
                .filters("Filter")
                .map_err(|error| (error.code.into_owned(), error.message))
        };
        let missing = "The request must contain the parameter ";
        assert_eq!(
            code(&pairs(&[("Filter.1.Value.1", "v")])),
            Err(("MissingParameter".to_owned(), format!("{missing}Filter.1.Name")))
        );
        assert_eq!(
            code(&pairs(&[("Filter.3.Name", "n")])),
            Err(("MissingParameter".to_owned(), format!("{missing}Filter.3.Value")))
        );
        let many: Vec<_> = (1..=201).map(|n| (format!("Filter.1.Value.{n}"), "v".into())).collect();
        assert_eq!(code(&many).unwrap_err().0, "FilterLimitExceeded");
        let fields = pairs(&[("Filter.1.Name", "n"), ("Filter.1.Value.1", "v")]);
        assert_eq!(code(&fields), Ok(vec![Filter { name: "n".into(), values: vec!["v".into()] }]));
    }
}
