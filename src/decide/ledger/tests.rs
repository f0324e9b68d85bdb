use proptest::prelude::*;

use super::*;
use crate::record::{Closing, Sweep};
use crate::task::{State, Subject, Task};

fn minute(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn home() -> Place {
    Place::new("123456789012", "us-east-1")
}

fn record(started: i64, settled: bool) -> (TaskKey, Versioned<Record>) {
    let task = Task {
        subject: Subject::StoreImage { image_id: format!("ami-{started}"), object_key: None },
        bucket: Some("b".into()),
        state: if settled { State::Completed } else { State::InProgress },
        progress_percent: None,
        started_at: Some(minute(started)),
        updated_at: None,
        failure: None,
    };
    let key = task.key().unwrap();
    let mut value = Record::first_seen(task, minute(started));
    value.closed = settled.then_some(Closing::Completed);
    (key, Versioned { value, version: 1 })
}

fn done(kind: Kind) -> Ledger {
    Ledger { baseline_done: true, ..Ledger::baseline(kind, Some(minute(0)), minute(0)) }
}

#[test]
fn the_first_ledger_takes_the_last_hour_as_not_yet_old() {
    let ledger = Ledger::baseline(Kind::StoreImage, Some(minute(60)), minute(61));
    assert_eq!((ledger.cutoff, ledger.window_from), (minute(0), minute(0)));
    assert!(!ledger.baseline_done);
    let empty = Ledger::baseline(Kind::StoreImage, None, minute(61));
    assert_eq!(empty.cutoff, Timestamp::UNIX_EPOCH);
}

#[test]
fn the_head_is_read_to_its_end_until_the_baseline_is_done() {
    let mut ledger = Ledger::baseline(Kind::StoreImage, Some(minute(60)), minute(61));
    assert_eq!(ledger.head_floor(minute(61)), None);
    ledger.baseline_done = true;
    assert_eq!(ledger.head_floor(minute(61)), Some(minute(-5)));
}

#[test]
fn a_sweep_under_way_needs_the_head_only_down_to_where_it_began() {
    let sweep = Sweep { token: "t".into(), top: minute(30), unseen: BTreeSet::new() };
    let ledger = Ledger { sweep: Some(sweep), ..done(Kind::StoreImage) };
    assert_eq!(ledger.head_floor(minute(61)), Some(minute(25)));
}

#[test]
fn order_is_trusted_again_a_day_after_it_was_violated() {
    let ledger = Ledger { distrusted_at: Some(minute(0)), ..done(Kind::StoreImage) };
    assert!(!ledger.trusts_order(minute(24 * 60 - 1)));
    assert_eq!(ledger.head_floor(minute(1)), None);
    assert!(ledger.trusts_order(minute(24 * 60)));
}

#[test]
fn a_sweep_is_due_within_four_hours_after_a_day_and_not_before_it() {
    let ledger = Ledger { swept_at: Some(minute(0)), ..done(Kind::StoreImage) };
    for region in ["us-east-1", "eu-west-1", "cn-north-1", "ap-southeast-2"] {
        let place = Place::new("123456789012", region);
        assert!(!ledger.is_sweep_due(&place, minute(24 * 60 - 1)));
        assert!(ledger.is_sweep_due(&place, minute(28 * 60)));
    }
    assert!(done(Kind::StoreImage).is_sweep_due(&home(), minute(0)));
}

#[test]
fn the_window_stays_where_it_is_while_it_holds_few_settled_records() {
    let records: BTreeMap<_, _> = (0..40).map(|n| record(n, true)).collect();
    let mut ledger = done(Kind::StoreImage);
    ledger.move_window(&records, Some(minute(500)));
    assert_eq!(ledger.window_from, minute(-60));
}

#[test]
fn the_window_moves_up_past_settled_records_and_names_the_open_ones_it_leaves_behind() {
    let mut records: BTreeMap<_, _> = (0..42).map(|n| record(n, true)).collect();
    let (open, value) = record(3, false);
    records.insert(open.clone(), value);
    let mut ledger = done(Kind::StoreImage);
    ledger.move_window(&records, Some(minute(500)));
    assert_eq!(ledger.window_from, minute(21));
    assert_eq!(ledger.stragglers, [open.clone()].into());
    // Once it is settled it is no straggler any more.
    let (_, settled) = record(3, true);
    records.insert(open, settled);
    ledger.move_window(&records, Some(minute(500)));
    assert!(ledger.stragglers.is_empty());
}

#[test]
fn the_window_never_comes_nearer_than_an_hour_to_the_newest_task() {
    let records: BTreeMap<_, _> = (0..100).map(|n| record(n, true)).collect();
    let mut ledger = done(Kind::StoreImage);
    ledger.move_window(&records, Some(minute(99)));
    assert_eq!(ledger.window_from, minute(39));
}

#[test]
fn a_straggler_that_could_not_be_read_stays_one() {
    let (key, _) = record(-500, false);
    let mut ledger = done(Kind::StoreImage);
    ledger.stragglers.insert(key.clone());
    ledger.move_window(&BTreeMap::new(), None);
    assert_eq!(ledger.stragglers, [key].into());
}

#[test]
fn the_window_stays_where_a_move_would_leave_more_behind_than_a_ledger_can_name() {
    let mut ledger = done(Kind::StoreImage);
    let settled = (2_000..2_100).map(|n| record(n, true));
    let waiting = i64::try_from(STRAGGLERS_MAX).unwrap() + 1;
    let mut records: BTreeMap<_, _> =
        settled.clone().chain((0..waiting).map(|n| record(n, false))).collect();
    let before = ledger.window_from;
    ledger.move_window(&records, Some(minute(2_200)));
    assert_eq!((ledger.window_from, ledger.stragglers.len()), (before, 0));
    // One of them was told.
    records.extend([record(0, true)]);
    ledger.move_window(&records, Some(minute(2_200)));
    assert_eq!(ledger.stragglers.len(), STRAGGLERS_MAX);
    assert_eq!(ledger.window_from, minute(2_079));
}

#[test]
fn bundle_tasks_have_no_window() {
    let records: BTreeMap<_, _> = (0..100).map(|n| record(n, true)).collect();
    let mut ledger = done(Kind::Bundle);
    let before = ledger.clone();
    ledger.move_window(&records, Some(minute(500)));
    assert_eq!(ledger, before);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_window_only_moves_up_and_every_open_record_below_it_is_a_straggler(
        rounds in proptest::collection::vec(
            (proptest::collection::btree_map(0_i64..2000, any::<bool>(), 0..120),
             proptest::option::of(0_i64..2000)),
            1..6,
        ),
    ) {
        let mut ledger = done(Kind::StoreImage);
        let mut records = BTreeMap::new();
        for (seen, newest) in rounds {
            records.extend(seen.into_iter().map(|(start, settled)| record(start, settled)));
            let before = ledger.window_from;
            ledger.move_window(&records, newest.map(minute));
            prop_assert!(ledger.window_from >= before);
            for (key, known) in &records {
                let below = known.value.task.started_at.unwrap() < ledger.window_from;
                let open = !known.value.is_settled();
                prop_assert_eq!(ledger.stragglers.contains(key), below && open, "{}", key);
            }
        }
    }
}
