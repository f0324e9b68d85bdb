//! Where an event that waits is to go, when the sinks that it waits for are no longer configured.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::record::{SinkName, Unsent};

/// An event waits so long for a sink that is not configured: while a new version is deployed, the
/// old one does not know the new sinks yet.
const WAITS_FOR_UNKNOWN_SINK: SignedDuration = SignedDuration::from_hours(1);

/// Takes off what waits the sinks that are no longer configured. An event that no sink has acked goes
/// to the configured sinks instead: nobody was told. `None`: nothing changes.
#[must_use]
pub fn reroute(
    outbox: &[Unsent],
    configured: &BTreeSet<SinkName>,
    now: Timestamp,
) -> Option<Vec<Unsent>> {
    if configured.is_empty() {
        return None;
    }
    let mut next = outbox.to_vec();
    for untold in &mut next {
        let waits = now.duration_since(untold.event.time) < WAITS_FOR_UNKNOWN_SINK;
        if waits || untold.sinks.is_subset(configured) {
            continue;
        }
        untold.sinks.retain(|sink| configured.contains(sink));
        if untold.sinks.is_empty() && !untold.acked {
            untold.sinks.clone_from(configured);
        }
    }
    next.retain(|untold| !untold.sinks.is_empty());
    (next != outbox).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Outcome;
    use crate::render::sample;
    use crate::task::Kind;

    fn unsent(sinks: &[SinkName], acked: bool) -> Unsent {
        let event = sample::event(Kind::StoreImage, Outcome::Failed);
        Unsent { acked, ..Unsent::new(event, sinks.iter().cloned().collect()) }
    }

    #[test]
    fn an_event_that_nobody_was_told_goes_to_the_sinks_that_are_configured_now() {
        let (sns, bus) = (&SinkName::new("sns"), &SinkName::new("event-bridge"));
        let hour = WAITS_FOR_UNKNOWN_SINK;
        for (waits_for, acked, configured, age, then) in [
            (&[bus][..], false, &[sns][..], hour, Some(&[sns][..])),
            (&[bus], false, &[sns], hour - SignedDuration::from_secs(1), None),
            (&[bus], true, &[sns], hour, Some(&[])),
            (&[bus, sns], false, &[sns], hour, Some(&[sns])),
            (&[bus, sns], false, &[sns, bus], hour, None),
            (&[bus], false, &[], hour, None),
        ] {
            let waits_for: Vec<SinkName> = waits_for.iter().copied().cloned().collect();
            let unsent = unsent(&waits_for, acked);
            let now = unsent.event.time + age;
            let configured = configured.iter().copied().cloned().collect();
            let sinks = reroute(&[unsent], &configured, now)
                .map(|next| next.into_iter().flat_map(|it| it.sinks).collect::<Vec<_>>());
            let then = then.map(|then| then.iter().copied().cloned().collect::<Vec<_>>());
            assert_eq!(sinks, then, "{waits_for:?} {acked} {configured:?} {age}");
        }
    }
}
