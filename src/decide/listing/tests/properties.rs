//! What holds for any listing, whatever is in it.

use proptest::prelude::*;

use super::*;

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::new("InProgress")),
        Just(State::new("Completed")),
        Just(State::new("Failed")),
        Just(State::new("Paused")),
    ]
}

fn any_tasks() -> impl Strategy<Value = Vec<Task>> {
    let task = (0..30_u8, -2000_i64..1000, any_state(), any::<bool>());
    proptest::collection::vec(task, 0..40).prop_map(|tasks| {
        let of = |(name, start, state, is_bundle): (u8, i64, State, bool)| {
            if is_bundle {
                bundle(&format!("bun-{name}"), state)
            } else {
                store(&format!("ami-{name}"), start, state)
            }
        };
        tasks.into_iter().map(of).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_ever_told_at_the_baseline(tasks in any_tasks()) {
        for kind in Kind::ALL {
            let decisions = run(&listed(tasks.clone()), &Snapshot::default(), None, kind);
            prop_assert_eq!(told(&decisions), vec![]);
            prop_assert!(decisions.settled.iter().all(|(_, record)| record.outbox.is_empty()));
        }
    }

    #[test]
    fn judging_never_stops_and_decides_on_each_task_at_most_once(
        tasks in any_tasks(),
        known_tasks in any_tasks(),
        absent in any_tasks(),
        done in any::<bool>(),
        looked_up in any::<bool>(),
        window in -2000_i64..2000,
        bundles in any::<bool>(),
    ) {
        let kind = if bundles { Kind::Bundle } else { Kind::StoreImage };
        let records = known_tasks
            .into_iter()
            .map(|task| {
                let key = task.key().unwrap();
                (key, Versioned { value: Record::first_seen(task, minute(0)), version: 1 })
            })
            .collect();
        let known = Snapshot { records, ..Snapshot::default() };
        let stored = Ledger { watermark: minute(window), ..ledger(kind, done) };
        let mut all = looked(looked_up, listed(tasks));
        all.absent = absent
            .iter()
            .filter_map(Task::key)
            .filter(|key| !all.tasks.contains_key(key))
            .collect();
        let decisions = run(&all, &known, Some(&stored), kind);
        let mut keys: Vec<_> = decisions.changes.iter().map(|change| &change.key).collect();
        keys.extend(decisions.settled.iter().map(|(key, _)| key));
        let count = keys.len();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(count, keys.len());
    }

    #[test]
    fn after_the_baseline_every_ended_task_since_the_cutoff_is_told_once(tasks in any_tasks()) {
        let stored = ledger(Kind::StoreImage, true);
        let all = looked(true, listed(tasks));
        let decisions = run(&all, &Snapshot::default(), Some(&stored), Kind::StoreImage);
        let expected = all
            .tasks
            .values()
            .filter(|task| task.phase() != Phase::Running)
            .filter(|task| task.started_at.is_none_or(|start| start >= minute(-60)))
            .filter(|task| task.kind == Kind::StoreImage)
            .count();
        let of_store_images = decisions
            .changes
            .iter()
            .filter(|change| change.key.kind() == Kind::StoreImage)
            .map(|change| change.record.outbox.len())
            .sum::<usize>();
        prop_assert_eq!(of_store_images, expected);
    }
}
