//! A fault rule, as a scenario or the admin surface describes it.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::action::check_action;
use super::check::{Problem, check_elements, check_text};
use super::text::{Account, Span, When};
use crate::actions::elements;
use crate::fault_kind::FaultKind;
use crate::faults::FaultRule;
use crate::names::is_region_code;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultSpec {
    kind: Kind,
    action: Option<String>,
    region: Option<String>,
    account: Option<Account>,
    probability: Option<f64>,
    #[serde(default)]
    skip: u64,
    next: Option<u64>,
    from: Option<When>,
    until: Option<When>,
    by: Option<Span>,
    fields: Option<Vec<String>>,
    item: Option<usize>,
    element: Option<String>,
    text: Option<String>,
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Throttle,
    InternalError,
    Unavailable,
    ServiceUnavailable,
    Denied,
    ExpiredToken,
    AuthFailure,
    Error,
    Slow,
    Cut,
    MalformedXml,
    Body,
    MissingFields,
    RawText,
    ReversedOrder,
    ShuffledPage,
}

impl Kind {
    /// As a scenario writes it.
    fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::InternalError => "internal-error",
            Self::Unavailable => "unavailable",
            Self::ServiceUnavailable => "service-unavailable",
            Self::Denied => "denied",
            Self::ExpiredToken => "expired-token",
            Self::AuthFailure => "auth-failure",
            Self::Error => "error",
            Self::Slow => "slow",
            Self::Cut => "cut",
            Self::MalformedXml => "malformed-xml",
            Self::Body => "body",
            Self::MissingFields => "missing-fields",
            Self::RawText => "raw-text",
            Self::ReversedOrder => "reversed-order",
            Self::ShuffledPage => "shuffled-page",
        }
    }
}

impl FaultSpec {
    /// Finds what the shape alone does not forbid: each kind has its own fields.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if let Some(action) = &self.action {
            check_action("action", action)?;
        }
        if self.probability.is_some_and(|chance| !(0.0..=1.0).contains(&chance)) {
            return Err(Problem::new("probability", "is not a probability", "write 0 to 1"));
        }
        if self.status.is_some_and(|status| !(400..=599).contains(&status)) {
            return Err(Problem::new("status", "is not an HTTP error", "write 400 to 599"));
        }
        let needs = [
            ("by", self.by.is_some(), self.kind == Kind::Slow),
            ("fields", self.fields.is_some(), self.kind == Kind::MissingFields),
            ("element", self.element.is_some(), self.kind == Kind::RawText),
            ("text", self.text.is_some(), matches!(self.kind, Kind::RawText | Kind::Body)),
            ("code", self.code.is_some(), self.kind == Kind::Error),
        ];
        let has_item = matches!(self.kind, Kind::MissingFields | Kind::RawText);
        let may = [
            ("item", self.item.is_some(), has_item),
            ("status", self.status.is_some(), self.kind == Kind::Error),
            ("message", self.message.is_some(), self.kind == Kind::Error),
        ];
        let kind = self.kind.name();
        for (field, is_given, is_its_own) in needs.iter().chain(&may) {
            if *is_given && !is_its_own {
                let rule = format!("does not go with the kind {kind}");
                return Err(Problem::new(*field, rule, "take it out or choose another kind"));
            }
        }
        self.check_values()?;
        match needs.iter().find(|(_, is_given, is_its_own)| *is_its_own && !is_given) {
            None => Ok(()),
            Some((field, ..)) => {
                let rule = format!("is missing, which the kind {kind} needs");
                Err(Problem::new(*field, rule, format!("add {field}")))
            }
        }
    }

    /// Finds values with which a rule would never hit, or do nothing.
    fn check_values(&self) -> Result<(), Problem> {
        if let Some(region) = &self.region {
            check_text("region", region, is_region_code, "Region code", "us-east-1")?;
        }
        if self.next == Some(0) {
            return Err(Problem::new("next", "0 hits no call", "write 1 or more, or leave it out"));
        }
        if let (Some(from), Some(until)) = (self.from, self.until) {
            // Both count from the same moment, whichever it is.
            let now = Timestamp::UNIX_EPOCH;
            let is_relative = |when| !matches!(when, When::At(_));
            if is_relative(from) == is_relative(until) && from.resolve(now) >= until.resolve(now) {
                return Err(Problem::new("until", "is not after from", "write a later moment"));
            }
        }
        if self.fields.as_ref().is_some_and(Vec::is_empty) {
            return Err(Problem::new("fields", "names none", "write the names of elements"));
        }
        check_elements("fields", self.fields.as_deref().unwrap_or_default(), elements())?;
        check_elements("element", self.element.as_slice(), elements())
    }

    /// The rule; relative times count from `now`.
    pub(crate) fn resolve(&self, now: Timestamp) -> FaultRule {
        FaultRule {
            kind: self.fault_kind(),
            action: self.action.clone(),
            region: self.region.clone(),
            account: self.account.clone().map(|account| account.0),
            probability: self.probability.unwrap_or(1.0),
            skip: self.skip,
            next: self.next,
            from: self.from.map(|when| when.resolve(now)),
            until: self.until.map(|when| when.resolve(now)),
        }
    }

    fn fault_kind(&self) -> FaultKind {
        let item = self.item;
        match self.kind {
            Kind::Throttle => FaultKind::Throttle,
            Kind::InternalError => FaultKind::InternalError,
            Kind::Unavailable => FaultKind::Unavailable,
            Kind::ServiceUnavailable => FaultKind::ServiceUnavailable,
            Kind::Denied => FaultKind::Denied,
            Kind::ExpiredToken => FaultKind::ExpiredToken,
            Kind::AuthFailure => FaultKind::AuthFailure,
            Kind::Error => FaultKind::Error {
                status: self.status.unwrap_or(400),
                code: self.code.clone().unwrap_or_default(),
                message: self.message.clone().unwrap_or_default(),
            },
            Kind::Slow => FaultKind::Slow(self.by.map_or(Duration::ZERO, |span| span.0)),
            Kind::Cut => FaultKind::Cut,
            Kind::MalformedXml => FaultKind::MalformedXml,
            Kind::Body => FaultKind::Body(self.text.clone().unwrap_or_default()),
            Kind::MissingFields => {
                FaultKind::MissingFields { fields: self.fields.clone().unwrap_or_default(), item }
            }
            Kind::RawText => FaultKind::RawText {
                element: self.element.clone().unwrap_or_default(),
                text: self.text.clone().unwrap_or_default(),
                item,
            },
            Kind::ReversedOrder => FaultKind::ReversedOrder,
            Kind::ShuffledPage => FaultKind::ShuffledPage,
        }
    }
}
