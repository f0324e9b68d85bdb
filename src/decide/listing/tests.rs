use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::decide::Policy;
use crate::event::Outcome;
use crate::place::Place;
use crate::record::{Lease, SinkName, Unreadable, Versioned};
use crate::task::{Kind, State, Subject};

mod properties;

fn minute(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn store(name: &str, started: i64, state: State) -> Task {
    Task {
        progress_percent: Some(1),
        started_at: Some(minute(started)),
        ..Task::new(Kind::StoreImage, Subject::image(name, "b"), state)
    }
}

fn bundle(name: &str, state: State) -> Task {
    let subject = Subject { bucket: Some("b".into()), ..Subject::of_task(name) };
    Task { progress_percent: Some(1), ..Task::new(Kind::Bundle, subject, state) }
}

fn listed(tasks: impl IntoIterator<Item = Task>) -> Listed {
    let tasks = tasks.into_iter().map(|task| (task.key().unwrap(), task)).collect();
    Listed { tasks, ..Listed::default() }
}

/// The same, with the records of all its tasks looked up or not.
fn looked(looked_up: bool, listed: Listed) -> Listed {
    let keys = listed.tasks.keys().filter(|_| looked_up).cloned().collect();
    Listed { looked_up: keys, ..listed }
}

/// A ledger whose baseline was taken at minute 0: the cutoff is an hour before.
fn ledger(kind: Kind, baseline_done: bool) -> Ledger {
    Ledger { baseline_done, ..Ledger::baseline(kind, Some(minute(0)), minute(0)) }
}

fn run(listed: &Listed, known: &Snapshot, stored: Option<&Ledger>, kind: Kind) -> Decisions {
    let place = Place::new("123456789012", "us-east-1");
    let lease = Lease { by: Uuid::from_u128(1), until: minute(1000) };
    let context = Context {
        place: &place,
        now: minute(900),
        policy: &Policy::default(),
        sinks: &[SinkName::new("sns")].into(),
        lease: &lease,
    };
    let fresh = ledger(kind, false);
    diff(listed, known, stored, stored.unwrap_or(&fresh), &context)
}

fn told(decisions: &Decisions) -> Vec<(String, Outcome)> {
    let names = |change: &Change| {
        let name = change.record.task.name().to_owned();
        change
            .record
            .outbox
            .iter()
            .map(|untold| (name.clone(), untold.event.detail.outcome))
            .collect::<Vec<_>>()
    };
    decisions.changes.iter().flat_map(names).collect()
}

fn first_seen(decisions: &Decisions) -> Vec<&str> {
    decisions.first_sights.iter().map(|(_, record)| record.task.name()).collect()
}

#[test]
fn while_there_is_no_baseline_all_that_runs_was_read_wherever_it_stands() {
    let tasks =
        [-600, 5].map(|start| store(&format!("ami-{start}"), start, State::new("InProgress")));
    for stored in [None, Some(&ledger(Kind::StoreImage, false))] {
        let decisions = run(&listed(tasks.clone()), &Snapshot::default(), stored, Kind::StoreImage);
        assert_eq!((decisions.first_sights.len(), decisions.changes.len()), (2, 0));
    }
}

#[test]
fn what_is_told_as_started_is_no_silent_first_sight() {
    let stored = ledger(Kind::StoreImage, true);
    let runs = listed([store("ami-runs", 5, State::new("InProgress"))]);
    let place = Place::new("123456789012", "us-east-1");
    let lease = Lease { by: Uuid::from_u128(1), until: minute(1000) };
    let policy = Policy { tell: [Outcome::Started].into(), ..Policy::default() };
    let sinks = [SinkName::new("sns")].into();
    let now = minute(900);
    let context = Context { place: &place, now, policy: &policy, sinks: &sinks, lease: &lease };
    let decisions = diff(&runs, &Snapshot::default(), Some(&stored), &stored, &context);
    assert_eq!(told(&decisions), [("ami-runs".to_owned(), Outcome::Started)]);
    assert!(decisions.first_sights.is_empty());
}

#[test]
fn the_first_listing_records_what_runs_and_what_ended_lately_and_tells_nothing() {
    let tasks = [
        store("ami-old", -61, State::new("Completed")),
        store("ami-late", -60, State::new("Completed")),
        store("ami-runs", -61, State::new("InProgress")),
    ];
    let decisions = run(&listed(tasks), &Snapshot::default(), None, Kind::StoreImage);
    assert_eq!(told(&decisions), []);
    let settled: Vec<_> = decisions.settled.iter().map(|(_, r)| r.task.name()).collect();
    assert_eq!(settled, ["ami-late"]);
    assert_eq!(first_seen(&decisions), ["ami-runs"]);
    assert!(decisions.changes.is_empty());
}

#[test]
fn the_first_bundle_listing_records_all_and_tells_nothing() {
    let old = Task { started_at: Some(minute(-9000)), ..bundle("bun-0", State::new("failed")) };
    let tasks =
        [old, bundle("bun-1", State::new("complete")), bundle("bun-2", State::new("storing"))];
    let decisions = run(&listed(tasks), &Snapshot::default(), None, Kind::Bundle);
    assert_eq!(decisions.settled.len(), 2);
    assert_eq!(first_seen(&decisions), ["bun-2"]);
    assert_eq!(told(&decisions), []);
}

#[test]
fn after_the_baseline_a_task_without_a_record_is_news() {
    let stored = ledger(Kind::StoreImage, true);
    let tasks =
        [store("ami-new", 5, State::new("Failed")), store("ami-runs", 6, State::new("InProgress"))];
    let decisions = run(&listed(tasks), &Snapshot::default(), Some(&stored), Kind::StoreImage);
    assert_eq!(told(&decisions), [("ami-new".to_owned(), Outcome::Failed)]);
    assert_eq!(first_seen(&decisions), ["ami-runs"]);
    assert_eq!(decisions.changes.len(), 1);
    let stored = ledger(Kind::Bundle, true);
    let tasks = [bundle("bun-1", State::new("complete"))];
    let decisions = run(&listed(tasks), &Snapshot::default(), Some(&stored), Kind::Bundle);
    assert_eq!(told(&decisions), [("bun-1".to_owned(), Outcome::Completed)]);
}

#[test]
fn while_the_first_listing_is_still_read_only_what_started_after_its_newest_task_is_news() {
    let stored = ledger(Kind::StoreImage, false);
    let tasks = [
        store("ami-new", 1, State::new("Completed")),
        store("ami-same", 0, State::new("Completed")),
        store("ami-old", -1, State::new("Completed")),
    ];
    assert_eq!(stored.baseline_top, minute(0));
    let decisions = run(&listed(tasks), &Snapshot::default(), Some(&stored), Kind::StoreImage);
    assert_eq!(told(&decisions), [("ami-new".to_owned(), Outcome::Completed)]);
    assert_eq!(decisions.settled.len(), 2);
}

#[test]
fn an_ended_task_from_before_the_baseline_stays_old_news_however_often_it_is_listed() {
    let stored = ledger(Kind::StoreImage, true);
    for looked_up in [false, true] {
        let one = looked(looked_up, listed([store("ami-old", -61, State::new("Completed"))]));
        let decisions = run(&one, &Snapshot::default(), Some(&stored), Kind::StoreImage);
        assert!(decisions.changes.is_empty() && decisions.settled.is_empty());
    }
}

#[test]
fn a_running_task_without_a_record_is_watched_from_now_on_wherever_it_stands() {
    let stored = Ledger { watermark: minute(500), ..ledger(Kind::StoreImage, true) };
    for start in [-61, 100, 600] {
        let runs = store("ami-runs", start, State::new("InProgress"));
        for looked_up in [false, true] {
            let one = looked(looked_up, listed([runs.clone()]));
            let decisions = run(&one, &Snapshot::default(), Some(&stored), Kind::StoreImage);
            assert_eq!(told(&decisions), []);
            // Below the watermark the store may hold a record that was not read: the write finds out.
            let alone: Vec<_> =
                decisions.changes.iter().map(|it| (it.record.task.name(), it.expected)).collect();
            let (together, by_itself) = (first_seen(&decisions), alone);
            if start < 500 {
                assert_eq!((together, by_itself), (vec![], vec![("ami-runs", 0)]), "{start}");
            } else {
                assert_eq!((together, by_itself), (vec!["ami-runs"], vec![]), "{start}");
            }
        }
    }
}

#[test]
fn a_task_below_the_window_is_late_news_only_where_the_store_was_asked_for_it() {
    let stored = Ledger { watermark: minute(500), ..ledger(Kind::StoreImage, true) };
    let task = store("ami-late", 100, State::new("Completed"));
    let decisions =
        run(&listed([task.clone()]), &Snapshot::default(), Some(&stored), Kind::StoreImage);
    assert!(decisions.changes.is_empty() && decisions.late.is_empty());
    let asked = looked(true, listed([task.clone()]));
    let decisions = run(&asked, &Snapshot::default(), Some(&stored), Kind::StoreImage);
    assert_eq!(told(&decisions), [("ami-late".to_owned(), Outcome::Completed)]);
    assert_eq!(decisions.late, [task.key().unwrap()]);
}

#[test]
fn a_task_whose_stored_record_cannot_be_understood_is_passed_over() {
    let stored = ledger(Kind::StoreImage, true);
    let task = store("ami-1", 5, State::new("Completed"));
    let item = Unreadable { key: task.key().unwrap().to_string(), reason: "torn".into() };
    let known = Snapshot { unreadable: vec![item], ..Snapshot::default() };
    let decisions = run(&listed([task]), &known, Some(&stored), Kind::StoreImage);
    assert!(decisions.changes.is_empty() && decisions.settled.is_empty());
}

#[test]
fn a_known_task_is_judged_by_its_record_and_written_over_the_version_that_was_read() {
    let stored = ledger(Kind::StoreImage, true);
    let task = store("ami-1", -600, State::new("InProgress"));
    let value = Record::first_seen(task.clone(), minute(800));
    let records = [(task.key().unwrap(), Versioned { value, version: 7 })].into();
    let known = Snapshot { records, ..Snapshot::default() };
    let ended = listed([store("ami-1", -600, State::new("Completed"))]);
    let decisions = run(&ended, &known, Some(&stored), Kind::StoreImage);
    assert_eq!(told(&decisions), [("ami-1".to_owned(), Outcome::Completed)]);
    assert_eq!(decisions.changes[0].expected, 7);
    let absent = Listed { absent: [task.key().unwrap()].into(), ..Listed::default() };
    let decisions = run(&absent, &known, Some(&stored), Kind::StoreImage);
    assert_eq!((decisions.changes[0].record.missed, decisions.changes[0].expected), (1, 7));
}

#[test]
fn a_state_that_ec2_does_not_document_is_named() {
    let stored = ledger(Kind::StoreImage, true);
    let task = store("ami-1", 5, State::new("Paused"));
    let decisions =
        run(&listed([task.clone()]), &Snapshot::default(), Some(&stored), Kind::StoreImage);
    assert_eq!(decisions.unknown_states, [(task.key().unwrap(), "Paused".to_owned())]);
    assert_eq!(decisions.first_sights[0].1.closed, None);
}

#[test]
fn what_is_neither_listed_nor_missing_is_left_as_it_is() {
    let known = Record::first_seen(store("ami-1", 1, State::new("InProgress")), minute(1));
    let key = known.task.key().unwrap();
    let place = Place::new("123456789012", "us-east-1");
    let lease = Lease { by: Uuid::from_u128(1), until: minute(1000) };
    let context = Context {
        place: &place,
        now: minute(900),
        policy: &Policy::default(),
        sinks: &[SinkName::new("sns")].into(),
        lease: &lease,
    };
    assert_eq!(diff_known(&key, &Listed::default(), &known, &context), None);
    let missing = Listed { absent: [key.clone()].into(), ..Listed::default() };
    assert_eq!(diff_known(&key, &missing, &known, &context).unwrap().missed, 1);
}

#[test]
fn changes_weigh_what_they_are_good_for() {
    let before = |task: &Task, missed| {
        let value = Record { missed, ..Record::first_seen(task.clone(), minute(899)) };
        Versioned { value, version: 1 }
    };
    let running = |name| store(name, 5, State::new("InProgress"));
    let further = |name| Task { progress_percent: Some(50), ..running(name) };
    let (ends, moves, back, gone) = ("ami-ends", "ami-moves", "ami-back", "ami-gone");
    let known = Snapshot {
        records: [(ends, 0), (moves, 0), (back, 1), (gone, 0)]
            .map(|(name, missed)| (running(name).key().unwrap(), before(&running(name), missed)))
            .into(),
        ..Snapshot::default()
    };
    let mut found =
        listed([store(ends, 5, State::new("Completed")), further(moves), further(back)]);
    found.absent = [running(gone).key().unwrap()].into();
    let stored = ledger(Kind::StoreImage, true);
    let decisions = run(&found, &known, Some(&stored), Kind::StoreImage);
    let mut weights: Vec<(&str, Weight)> =
        decisions.changes.iter().map(|it| (it.record.task.name(), it.weight)).collect();
    weights.sort_by_key(|(name, _)| *name);
    let expected = [
        (back, Weight::Remembers),
        (ends, Weight::Tells),
        (gone, Weight::Remembers),
        (moves, Weight::Moves),
    ];
    assert_eq!(weights, expected);
}

#[test]
fn what_a_torn_first_listing_may_have_held_is_old_only_if_it_ended_or_started_before_it() {
    let mut stored = ledger(Kind::Bundle, true);
    stored.cutoff = stored.baseline_began_at;
    stored.torn = vec![crate::record::Torn { id: "bun-torn".into(), ..Default::default() }];
    let ended = |name: &str, started: Option<i64>, updated: Option<i64>| Task {
        started_at: started.map(minute),
        updated_at: updated.map(minute),
        ..bundle(name, State::new("complete"))
    };
    for (task, is_news) in [
        (ended("bun-1", None, Some(-1)), false),
        (ended("bun-2", None, Some(0)), true),
        (ended("bun-3", Some(-1), None), false),
        (ended("bun-4", Some(0), None), true),
        (ended("bun-5", Some(1), None), true),
        (ended("bun-torn", Some(-1), None), true),
        (ended("bun-6", None, None), true),
        (Task { started_at: Some(minute(-1)), ..bundle("bun-7", State::new("storing")) }, false),
    ] {
        let found = listed([task.clone()]);
        let decisions = run(&found, &Snapshot::default(), Some(&stored), Kind::Bundle);
        assert_eq!(!told(&decisions).is_empty(), is_news, "{}", task.name());
    }
}
