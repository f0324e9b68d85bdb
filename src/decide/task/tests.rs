use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::decide::Policy;
use crate::place::Place;
use crate::record::{Lease, SinkName};
use crate::task::{Failure, Kind, State, Subject};

/// What a poll judges with, at any minute.
struct Bench {
    place: Place,
    policy: Policy,
    sinks: BTreeSet<SinkName>,
    lease: Lease,
}

impl Bench {
    fn new() -> Self {
        Self {
            place: Place::new("123456789012", "us-east-1"),
            policy: Policy::default(),
            sinks: [SinkName::new("sns")].into(),
            lease: Lease { by: Uuid::from_u128(1), until: minute(0) },
        }
    }

    fn telling(outcomes: &[Outcome]) -> Self {
        let policy = Policy { tell: outcomes.iter().copied().collect(), ..Policy::default() };
        Self { policy, ..Self::new() }
    }

    fn at(&self, now: Timestamp) -> Context<'_> {
        Context {
            place: &self.place,
            now,
            policy: &self.policy,
            sinks: &self.sinks,
            lease: &self.lease,
        }
    }
}

fn minute(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T00:10:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn store(state: State, progress_percent: Option<u8>) -> Task {
    let subject =
        Subject { object_key: Some("ami-1.bin".into()), ..Subject::image("ami-1", "my-bucket") };
    Task {
        progress_percent,
        started_at: Some(minute(0)),
        ..Task::new(Kind::StoreImage, subject, state)
    }
}

fn bundle(state: State) -> Task {
    Task::new(Kind::Bundle, Subject::of_task("bun-1"), state)
}

fn running(progress: u8) -> Task {
    store(State::new("InProgress"), Some(progress))
}

fn first(bench: &Bench, task: &Task, news: bool, minutes: i64) -> Record {
    first_sight(&task.key().unwrap(), task, news, &bench.at(minute(minutes)))
}

fn again(bench: &Bench, known: &Record, task: &Task, minutes: i64) -> Option<Record> {
    seen_again(&task.key().unwrap(), known, task, &bench.at(minute(minutes)))
}

fn missing(bench: &Bench, known: &Record, minutes: i64) -> Option<Record> {
    absent(&known.task.key().unwrap(), known, &bench.at(minute(minutes)))
}

fn outcomes(record: &Record) -> Vec<Outcome> {
    record.outbox.iter().map(|untold| untold.event.detail.outcome).collect()
}

fn previous(record: &Record) -> Option<&str> {
    record.outbox.last()?.event.detail.previous_state.as_deref()
}

/// The record as it is once everything in it is acked.
fn acked(record: Record) -> Record {
    Record { outbox: Vec::new(), lease: None, ..record }
}

#[test]
fn at_the_baseline_every_state_is_recorded_and_nothing_is_told() {
    let bench = Bench::telling(&Outcome::OF_TASKS);
    for (state, closed) in [
        (State::new("InProgress"), None),
        (State::new("Completed"), Some(Closing::Completed)),
        (State::new("Failed"), Some(Closing::Failed)),
        (State::new("Paused"), None),
    ] {
        let record = first(&bench, &store(state, Some(1)), false, 5);
        assert_eq!((record.closed, outcomes(&record)), (closed, vec![]));
        assert_eq!(record.lease, None);
    }
}

#[test]
fn a_task_first_seen_ended_after_the_baseline_is_told_without_a_previous_state() {
    let bench = Bench::new();
    for (task, outcome) in [
        (store(State::new("Completed"), Some(100)), Outcome::Completed),
        (store(State::new("Failed"), Some(7)), Outcome::Failed),
        (bundle(State::new("complete")), Outcome::Completed),
        (bundle(State::new("failed")), Outcome::Failed),
    ] {
        let record = first(&bench, &task, true, 5);
        assert_eq!(outcomes(&record), [outcome]);
        assert_eq!(previous(&record), None);
        assert_eq!(record.outcome(), Some(outcome));
        assert_eq!(record.lease.as_ref(), Some(&bench.lease));
        assert!(!record.is_settled() && acked(record).is_settled());
    }
}

#[test]
fn a_task_known_running_that_ends_is_told_with_the_state_before() {
    let bench = Bench::new();
    for (before, after, outcome) in [
        (running(5), store(State::new("Completed"), Some(100)), Outcome::Completed),
        (running(5), store(State::new("Failed"), Some(5)), Outcome::Failed),
        (bundle(State::new("storing")), bundle(State::new("complete")), Outcome::Completed),
        (bundle(State::new("cancelling")), bundle(State::new("failed")), Outcome::Failed),
    ] {
        let known = first(&bench, &before, false, 1);
        let record = again(&bench, &known, &after, 30).unwrap();
        assert_eq!(outcomes(&record), [outcome]);
        assert_eq!(previous(&record), Some(before.state.as_str()));
        assert_eq!(record.outbox[0].event.detail.state, after.state.as_str());
    }
}

#[test]
fn a_task_that_ended_and_is_listed_as_running_or_otherwise_ended_again_is_left_as_it_is() {
    let bench = Bench::new();
    for ended in [State::new("Completed"), State::new("Failed")] {
        let known = acked(first(&bench, &store(ended, Some(100)), true, 1));
        for later in [State::new("InProgress"), State::new("Completed"), State::new("Failed")] {
            assert_eq!(again(&bench, &known, &store(later, Some(3)), 2), None);
        }
    }
}

#[test]
fn an_unknown_state_counts_as_running_under_its_own_name() {
    let bench = Bench::new();
    let paused = store(State::new("Paused"), Some(5));
    let known = first(&bench, &running(5), false, 1);
    let record = again(&bench, &known, &paused, 2).unwrap();
    assert_eq!((record.closed, outcomes(&record)), (None, vec![]));
    assert_eq!(record.task.state.as_str(), "Paused");
    let ended = again(&bench, &record, &store(State::new("Completed"), Some(100)), 3).unwrap();
    assert_eq!(previous(&ended), Some("Paused"));
}

#[test]
fn the_same_ami_in_two_buckets_is_told_twice_under_two_ids() {
    let bench = Bench::new();
    let one = store(State::new("Completed"), Some(100));
    let two = Task { subject: Subject::image("ami-1", "other-bucket"), ..one.clone() };
    let id = |task: &Task| first(&bench, task, true, 1).outbox[0].event.id;
    assert_ne!(id(&one), id(&two));
}

#[test]
fn the_same_ami_stored_again_is_told_again_under_another_id() {
    let bench = Bench::new();
    let one = store(State::new("Completed"), Some(100));
    let two = Task { started_at: Some(minute(60)), ..one.clone() };
    let id = |task: &Task| first(&bench, task, true, 90).outbox[0].event.id;
    assert_ne!(id(&one), id(&two));
}

#[test]
fn vanished_is_told_from_the_second_complete_listing_in_a_row_on_and_once() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    let once = missing(&bench, &known, 1).unwrap();
    assert_eq!((once.missed, once.closed, outcomes(&once)), (1, None, vec![]));
    let twice = missing(&bench, &once, 2).unwrap();
    assert_eq!(twice.closed, Some(Closing::Vanished));
    assert_eq!(outcomes(&twice), [Outcome::Vanished]);
    assert_eq!(previous(&twice), Some("InProgress"));
    assert_eq!(missing(&bench, &acked(twice), 3), None);
}

#[test]
fn a_task_that_is_listed_between_two_absences_has_not_vanished() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    let once = missing(&bench, &known, 1).unwrap();
    let back = again(&bench, &once, &running(5), 2).unwrap();
    assert_eq!(back.missed, 0);
    let once_more = missing(&bench, &back, 3).unwrap();
    assert_eq!((once_more.missed, once_more.closed), (1, None));
}

#[test]
fn a_store_task_past_31_days_has_aged_out_and_not_vanished() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    let days = |days: i64| days * 24 * 60;
    let record = missing(&bench, &known, days(31)).unwrap();
    assert_eq!((record.closed, outcomes(&record)), (Some(Closing::AgedOut), vec![]));
    assert!(record.is_settled());
    // Missing once before the 31 days and once after them is no evidence either.
    let once = missing(&bench, &known, days(31) - 61).unwrap();
    assert_eq!((once.missed, once.closed), (1, None));
    assert_eq!(missing(&bench, &once, days(31) - 60).unwrap().closed, Some(Closing::AgedOut));
}

#[test]
fn a_bundle_task_has_no_31_days() {
    let bench = Bench::new();
    let old = Task { started_at: Some(minute(-60 * 24 * 40)), ..bundle(State::new("storing")) };
    let once = missing(&bench, &first(&bench, &old, false, 0), 1).unwrap();
    assert_eq!(missing(&bench, &once, 2).unwrap().closed, Some(Closing::Vanished));
}

#[test]
fn a_vanished_task_that_comes_back_and_ends_is_told_as_completed() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    let once = missing(&bench, &known, 1).unwrap();
    let vanished = acked(missing(&bench, &once, 2).unwrap());
    let back = again(&bench, &vanished, &running(6), 3).unwrap();
    assert_eq!((back.closed, back.missed, outcomes(&back)), (None, 0, vec![]));
    let ended = again(&bench, &back, &store(State::new("Completed"), Some(100)), 4).unwrap();
    assert_eq!(outcomes(&ended), [Outcome::Completed]);
    // It may also come back ended.
    let ended = again(&bench, &vanished, &store(State::new("Failed"), Some(6)), 3).unwrap();
    assert_eq!(outcomes(&ended), [Outcome::Failed]);
}

#[test]
fn a_task_that_vanishes_again_after_it_came_back_is_told_as_vanished_once() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    let once = missing(&bench, &known, 1).unwrap();
    let vanished = acked(missing(&bench, &once, 2).unwrap());
    let back = again(&bench, &vanished, &running(6), 3).unwrap();
    let once = missing(&bench, &back, 4).unwrap();
    let vanished = missing(&bench, &once, 5).unwrap();
    assert_eq!((vanished.closed, outcomes(&vanished)), (Some(Closing::Vanished), vec![]));
}

#[test]
fn a_record_whose_task_is_listed_longer_than_records_live_is_renewed_and_not_told_again() {
    let bench = Bench::new();
    let days = |days: i64| days * 24 * 60;
    for task in [store(State::new("Completed"), Some(100)), bundle(State::new("complete"))] {
        let known = acked(first(&bench, &task, true, 0));
        // EC2 lists a store task for 31 days: until then nothing is written.
        assert_eq!(again(&bench, &known, &task, days(31) - 1), None);
        let mut kept = known;
        for weeks in 5..60 {
            let now = minute(days(7) * weeks);
            kept = again(&bench, &kept, &task, days(7) * weeks).unwrap_or(kept);
            assert!(kept.expires_at().is_some_and(|at| at > now + SignedDuration::from_hours(150)));
            assert_eq!(outcomes(&kept), []);
        }
    }
}

#[test]
fn stalled_is_told_once_a_stall_and_again_after_the_progress_has_moved() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    assert_eq!(again(&bench, &known, &running(5), 179), None);
    let stalled = again(&bench, &known, &running(5), 180).unwrap();
    assert_eq!(outcomes(&stalled), [Outcome::Stalled]);
    let first_id = stalled.outbox[0].event.id;
    let stalled = acked(stalled);
    assert_eq!(again(&bench, &stalled, &running(5), 900), None);
    let moved = again(&bench, &stalled, &running(6), 901).unwrap();
    assert!(!moved.stalled && moved.outbox.is_empty());
    assert_eq!(again(&bench, &moved, &running(6), 901 + 179), None);
    let stalled = again(&bench, &moved, &running(6), 901 + 180).unwrap();
    assert_eq!(outcomes(&stalled), [Outcome::Stalled]);
    assert_ne!(stalled.outbox[0].event.id, first_id);
}

#[test]
fn a_stalled_task_that_ends_is_told_as_ended_too() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    // Not acked yet: the ending waits behind the stall.
    let stalled = again(&bench, &known, &running(5), 180).unwrap();
    let ended = again(&bench, &stalled, &store(State::new("Completed"), Some(100)), 200).unwrap();
    assert_eq!(outcomes(&ended), [Outcome::Stalled, Outcome::Completed]);
}

#[test]
fn a_progress_that_ec2_left_out_is_not_a_move() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    let without = store(State::new("InProgress"), None);
    assert_eq!(again(&bench, &known, &without, 100), None);
    let stalled = again(&bench, &known, &without, 180).unwrap();
    assert_eq!(outcomes(&stalled), [Outcome::Stalled]);
    assert_eq!(stalled.task.progress_percent, Some(5));
    // And coming back with the same number is none either.
    assert_eq!(again(&bench, &acked(stalled), &running(5), 200), None);
}

#[test]
fn started_is_told_only_where_the_policy_says_so() {
    let quiet = first(&Bench::new(), &running(0), true, 0);
    assert_eq!((outcomes(&quiet), quiet.lease), (vec![], None));
    let loud = first(&Bench::telling(&[Outcome::Started]), &running(0), true, 0);
    assert_eq!(outcomes(&loud), [Outcome::Started]);
    assert_eq!(previous(&loud), None);
}

#[test]
fn an_outcome_that_the_policy_leaves_out_is_recorded_and_not_told() {
    let bench = Bench::telling(&[Outcome::Failed]);
    let known = first(&bench, &running(5), false, 0);
    let ended = again(&bench, &known, &store(State::new("Completed"), Some(100)), 1).unwrap();
    assert!(ended.is_settled());
    let stalled = again(&bench, &known, &running(5), 180).unwrap();
    assert!(stalled.stalled && stalled.outbox.is_empty());
    let once = missing(&bench, &known, 1).unwrap();
    assert!(missing(&bench, &once, 2).unwrap().is_settled());
}

#[test]
fn without_a_sink_nothing_waits_to_be_told() {
    let bench = Bench { sinks: BTreeSet::new(), ..Bench::new() };
    assert!(first(&bench, &store(State::new("Completed"), None), true, 0).is_settled());
}

#[test]
fn a_record_that_another_poll_is_telling_is_left_alone_but_for_its_end_and_keeps_its_lease() {
    let bench = Bench::new();
    let lease = Some(Lease { by: Uuid::from_u128(2), until: minute(10) });
    let known = Record { lease: lease.clone(), ..first(&bench, &running(5), false, 0) };
    assert_eq!(again(&bench, &known, &running(6), 9), None);
    assert_eq!(missing(&bench, &known, 9), None);
    let ended = store(State::new("Completed"), Some(100));
    let held = again(&bench, &known, &ended, 9).unwrap();
    assert_eq!((outcomes(&held), &held.lease), (vec![Outcome::Completed], &lease));
    let free = again(&bench, &known, &ended, 10).unwrap();
    assert_eq!(
        (outcomes(&free), free.lease),
        (vec![Outcome::Completed], Some(bench.lease.clone()))
    );
    assert_eq!(missing(&bench, &known, 10).unwrap().missed, 1);
}

#[test]
fn two_polls_at_the_same_moment_are_one_look() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    let once = missing(&bench, &known, 1).unwrap();
    let at_once = Record { changed_at: minute(2), ..once.clone() };
    assert_eq!(missing(&bench, &at_once, 2), None);
    assert_eq!(missing(&bench, &once, 2).unwrap().closed, Some(Closing::Vanished));
}

#[test]
fn nothing_is_written_where_nothing_changed() {
    let bench = Bench::new();
    let known = first(&bench, &running(5), false, 0);
    assert_eq!(again(&bench, &known, &running(5), 1), None);
}

mod properties;

#[test]
fn why_a_task_ends_counts_also_where_ec2_said_it_only_on_the_way() {
    let bench = Bench::new();
    let task = |state: &'static str, reason: Option<&str>| Task {
        failure: reason.map(|text| Failure { code: None, message: Some(text.into()) }),
        ..Task::new(Kind::ExportImage, Subject::of_task("export-ami-1"), State::new(state))
    };
    for (on_the_way, reason, end, outcome) in [
        ("deleting", "User initiated task cancelation", "deleted", Outcome::Cancelled),
        ("deleting", "ClientError: no rights", "deleted", Outcome::Failed),
        ("cancelling", "Task expired and automatically canceled", "cancelled", Outcome::Failed),
    ] {
        let before = first(&bench, &task(on_the_way, Some(reason)), true, 1);
        assert_eq!(before.closed, None);
        let after = again(&bench, &before, &task(end, None), 2).unwrap();
        let event = &after.outbox[0].event;
        assert_eq!((after.outcome(), event.detail.outcome), (Some(outcome), outcome));
        assert_eq!(event.detail.failure.as_ref().unwrap().message.as_deref(), Some(reason));
    }
}
