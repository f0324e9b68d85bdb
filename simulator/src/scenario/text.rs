//! The small texts of a scenario: lengths of time, moments, accounts.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::clock::{earlier, later};
use crate::names::is_account;

/// `90s`, `10m`, `1h30m`, `3d`, `500ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

/// A moment: absolute, or counted from the simulated time at which it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(Timestamp),
    Ago(Duration),
    In(Duration),
}

impl When {
    pub(crate) const NOW: Self = Self::In(Duration::ZERO);

    pub(crate) fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(by) => earlier(now, by),
            Self::In(by) => later(now, by),
        }
    }
}

/// A 12-digit account id; YAML may have taken it for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account(pub(crate) String);

fn span(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let millis: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        let part = number.parse::<u64>().ok()?.checked_mul(millis)?;
        total = total.checked_add(Duration::from_millis(part))?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

fn when(text: &str) -> Option<When> {
    if text == "now" {
        return Some(When::NOW);
    }
    match (text.strip_prefix('-'), text.strip_prefix('+')) {
        (Some(rest), _) => span(rest).map(When::Ago),
        (_, Some(rest)) => span(rest).map(When::In),
        _ => text.parse().ok().map(When::At),
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text(|text| {
            span(text).map(Self).ok_or_else(|| {
                format!(
                    "\"{text}\" is not a length of time; write a number and one of ms, s, m, h, d, \
                     such as 90s or 1h30m"
                )
            })
        }))
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text(|text| {
            when(text).ok_or_else(|| {
                format!(
                    "\"{text}\" is not a time; write now, -2h, +30s, or a UTC time such as \
                     2026-11-22T00:10:00Z"
                )
            })
        }))
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Text(|text| {
            if is_account(text) {
                return Ok(Self(text.to_owned()));
            }
            Err(format!(
                "\"{text}\" is not an account id; write its 12 digits in quotes, such as \
                 \"123456789012\""
            ))
        }))
    }
}

/// Takes a text, or a number for one. It judges the text itself, because the deserializer adds
/// the field's path only to what is refused while it reads the field.
struct Text<T>(fn(&str) -> Result<T, String>);

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_units() {
        for (text, millis) in [
            ("90s", Some(90_000)),
            ("10m", Some(600_000)),
            ("1h30m", Some(5_400_000)),
            ("3d", Some(259_200_000)),
            ("500ms", Some(500)),
            ("0s", Some(0)),
            ("", None),
            ("10", None),
            ("m", None),
            ("2 h", None),
            ("-2h", None),
            ("1w", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(span(text), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn moments_are_relative_or_absolute() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (text, at) in [
            ("now", Some("2026-11-22T12:00:00Z")),
            ("-2h", Some("2026-11-22T10:00:00Z")),
            ("+30s", Some("2026-11-22T12:00:30Z")),
            ("2026-01-02T03:04:05.678Z", Some("2026-01-02T03:04:05.678Z")),
            ("2h", None),
            ("yesterday", None),
        ] {
            let expected = at.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(when(text).map(|when| when.resolve(now)), expected, "{text}");
        }
    }
}
