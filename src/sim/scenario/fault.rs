//! A fault rule, as a scenario or the admin surface describes it.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::text::When;
use super::{Account, Problem, Span, check_action};
use crate::sim::faults::{FaultKind, FaultRule};

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
    Denied,
    ExpiredToken,
    AuthFailure,
    Error,
    Slow,
    Cut,
    MalformedXml,
    MissingFields,
    RawText,
    ReversedOrder,
    ShuffledPage,
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
            ("text", self.text.is_some(), self.kind == Kind::RawText),
            ("code", self.code.is_some(), self.kind == Kind::Error),
        ];
        let has_item = matches!(self.kind, Kind::MissingFields | Kind::RawText);
        let may = [
            ("item", self.item.is_some(), has_item),
            ("status", self.status.is_some(), self.kind == Kind::Error),
            ("message", self.message.is_some(), self.kind == Kind::Error),
        ];
        let kind = self.kind;
        for (field, is_given, is_its_own) in needs.iter().chain(&may) {
            if *is_given && !is_its_own {
                let rule = format!("does not go with the kind {kind:?}");
                return Err(Problem::new(*field, rule, "take it out or choose another kind"));
            }
        }
        match needs.iter().find(|(_, is_given, is_its_own)| *is_its_own && !is_given) {
            None => Ok(()),
            Some((field, ..)) => {
                let rule = format!("is missing, which the kind {kind:?} needs");
                Err(Problem::new(*field, rule, format!("add {field}")))
            }
        }
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
