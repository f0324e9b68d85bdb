//! What holds for every history of listings of one task.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Listed(State, Option<u8>),
    Absent,
    NotRead,
}

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![
        4 => Just(State::new("InProgress")),
        1 => Just(State::new("Completed")),
        1 => Just(State::new("Failed")),
        1 => Just(State::new("Paused")),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (any_state(), proptest::option::of(0_u8..=100)).prop_map(|(s, p)| Step::Listed(s, p)),
        2 => Just(Step::Absent),
        1 => Just(Step::NotRead),
    ]
}

/// Each step with the minutes before it, and whether its events are acked by the next one.
fn any_history() -> impl Strategy<Value = Vec<(Step, i64, bool)>> {
    proptest::collection::vec((any_step(), 1_i64..400, any::<bool>()), 1..40)
}

/// Plays a history by polls that each have a lease of their own; returns all that was decided on.
fn play(baseline: Option<&Task>, history: &[(Step, i64, bool)]) -> (Vec<Event>, Option<Record>) {
    let mut bench = Bench::telling(&Outcome::OF_TASKS);
    let mut known = baseline.map(|task| first(&bench, task, false, 0));
    let mut told: Vec<Event> =
        known.iter().flat_map(|r| &r.outbox).map(|u| u.event.clone()).collect();
    let mut now = 0;
    for (poll, (step, gap, ack)) in history.iter().enumerate() {
        now += gap;
        let until = minute(now) + SignedDuration::from_secs(90);
        bench.lease = Lease { by: Uuid::from_u128(10 + poll as u128), until };
        let next = match (step, &known) {
            (Step::Listed(state, progress), None) => {
                Some(first(&bench, &store(state.clone(), *progress), true, now))
            }
            (Step::Listed(state, progress), Some(known)) => {
                again(&bench, known, &store(state.clone(), *progress), now)
            }
            (Step::Absent, Some(known)) => missing(&bench, known, now),
            _ => None,
        };
        if let Some(next) = next {
            let before = known.as_ref().map_or(0, |known| known.outbox.len());
            told.extend(next.outbox[before..].iter().map(|untold| untold.event.clone()));
            known = Some(if *ack { acked(next) } else { next });
        }
    }
    (told, known)
}

fn is_ending(event: &Event) -> bool {
    matches!(event.detail.outcome, Outcome::Completed | Outcome::Failed)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn at_most_one_ending_of_a_task_is_ever_told(
        at_baseline in proptest::option::of(any_state()),
        history in any_history(),
    ) {
        let baseline = at_baseline.map(|state| store(state, Some(0)));
        let (told, _) = play(baseline.as_ref(), &history);
        prop_assert!(told.iter().filter(|event| is_ending(event)).count() <= 1);
    }

    #[test]
    fn a_task_that_ended_before_the_baseline_is_never_told(history in any_history()) {
        let (told, _) = play(Some(&store(State::new("Completed"), Some(100))), &history);
        prop_assert_eq!(told, vec![]);
    }

    #[test]
    fn a_task_that_is_listed_ended_after_the_baseline_is_told_exactly_once(
        known_before in any::<bool>(),
        mut history in any_history(),
        failed in any::<bool>(),
    ) {
        let end = if failed { State::new("Failed") } else { State::new("Completed") };
        // Two minutes: longer than another poll's lease on what it has to tell.
        history.push((Step::Listed(end, Some(100)), 2, true));
        let baseline = known_before.then(|| running(0));
        let (told, known) = play(baseline.as_ref(), &history);
        prop_assert_eq!(told.iter().filter(|event| is_ending(event)).count(), 1);
        prop_assert!(known.is_some_and(|known| known.closed.is_some()));
    }

    #[test]
    fn nothing_is_told_twice_of_a_task(history in any_history()) {
        let (told, _) = play(Some(&running(0)), &history);
        let ids: std::collections::BTreeSet<_> = told.iter().map(|event| event.id).collect();
        prop_assert_eq!(ids.len(), told.len());
    }
}
