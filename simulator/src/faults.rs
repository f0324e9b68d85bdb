//! Faults: rules that say which calls go wrong, and how.

use fastrand::Rng;
use jiff::Timestamp;

use crate::effects::Effects;
use crate::fault_kind::FaultKind;
use crate::place::Place;
use crate::service::Service;

/// Names a rule that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FaultId(pub(crate) u64);

/// Which calls a kind of fault befalls. With nothing set: every call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FaultRule {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only calls of this action.
    pub action: Option<String>,
    /// Only calls to this Region.
    pub region: Option<String>,
    /// Only calls of this account, or, of `AssumeRole`, for roles of this account.
    pub account: Option<String>,
    /// How likely each of those calls is to be hit, 0 to 1.
    pub probability: f64,
    /// Spares this many of those calls first.
    pub skip: u64,
    /// Hits this many of them and then no more.
    pub next: Option<u64>,
    /// Not before this simulated time.
    pub from: Option<Timestamp>,
    /// Not from this simulated time on.
    pub until: Option<Timestamp>,
}

impl FaultRule {
    /// A rule that hits every call.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            action: None,
            region: None,
            account: None,
            probability: 1.0,
            skip: 0,
            next: None,
            from: None,
            until: None,
        }
    }

    /// Only calls of this action.
    #[must_use]
    pub fn on(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Only calls to this Region.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Only calls of this account, or, of `AssumeRole`, for roles of this account.
    #[must_use]
    pub fn in_account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Only the next so many calls.
    #[must_use]
    pub fn times(mut self, calls: u64) -> Self {
        self.next = Some(calls);
        self
    }

    /// Spares the first so many calls.
    #[must_use]
    pub fn after(mut self, calls: u64) -> Self {
        self.skip = calls;
        self
    }

    /// Only so many of them, by chance: 0 for none, 1 for all.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    fn is_meant(&self, action: &str, place: &Place, now: Timestamp) -> bool {
        self.action.as_deref().is_none_or(|wanted| wanted == action)
            && self.region.as_deref().is_none_or(|wanted| wanted == place.region)
            && self.account.as_deref().is_none_or(|wanted| wanted == place.account)
            && self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| now < until)
    }
}

/// The rules in force, with what is left of each.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<(FaultId, FaultRule)>,
    added: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: FaultRule) -> FaultId {
        self.added += 1;
        let id = FaultId(self.added);
        self.rules.push((id, rule));
        id
    }

    pub(crate) fn remove(&mut self, id: FaultId) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(known, _)| *known != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// What befalls this call. Counts it against the rules that it meets.
    pub(crate) fn befall(
        &mut self,
        service: Service,
        action: &str,
        place: &Place,
        now: Timestamp,
        rng: &mut Rng,
    ) -> Effects {
        let mut effects = Effects::default();
        for (_, rule) in &mut self.rules {
            if !rule.is_meant(action, place, now) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.next == Some(0) || rng.f64() >= rule.probability {
                continue;
            }
            // Only one error can be the answer: a second rule keeps its hits for later calls.
            if effects.add(&rule.kind, service) {
                rule.next = rule.next.map(|left| left - 1);
            }
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(faults: &mut Faults, action: &str, region: &str) -> bool {
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        let place = Place::new("1", region);
        faults.befall(Service::Ec2, action, &place, now, &mut Rng::with_seed(1)).error.is_some()
    }

    #[test]
    fn a_rule_spares_and_hits_as_many_calls_as_it_says() {
        let mut faults = Faults::default();
        faults.add(FaultRule::new(FaultKind::Throttle).on("A").in_region("r").after(1).times(2));
        assert!(!hits(&mut faults, "B", "r"));
        assert!(!hits(&mut faults, "A", "other"));
        let seen: Vec<bool> = (0..5).map(|_| hits(&mut faults, "A", "r")).collect();
        assert_eq!(seen, [false, true, true, false, false]);
    }

    #[test]
    fn a_rule_holds_only_between_its_times() {
        let mut faults = Faults::default();
        let mut rule = FaultRule::new(FaultKind::Denied);
        rule.from = Some("2026-11-22T00:00:01Z".parse().unwrap());
        let id = faults.add(rule.clone());
        assert!(!hits(&mut faults, "A", "r"));
        assert!(faults.remove(id));
        rule.until = rule.from.take();
        faults.add(rule);
        assert!(hits(&mut faults, "A", "r"));
    }
}
