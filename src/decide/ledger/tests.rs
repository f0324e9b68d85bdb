use proptest::prelude::*;

use super::*;

use crate::record::{Closing, Record, Unreadable, Versioned};
use crate::task::{State, Subject, Task};

fn minute(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn home() -> Place {
    Place::new("123456789012", "us-east-1")
}

fn record(started: i64, settled: bool) -> (TaskKey, Versioned<Record>) {
    let state = if settled { State::new("Completed") } else { State::new("InProgress") };
    let subject = Subject::image(format!("ami-{started}"), "b");
    let started_at = Some(minute(started));
    let task = Task { started_at, ..Task::new(Kind::StoreImage, subject, state) };
    let key = task.key().unwrap();
    let mut value = Record::first_seen(task, minute(started));
    value.closed = settled.then_some(Closing::Completed);
    (key, Versioned { value, version: 1 })
}

fn done(kind: Kind) -> Ledger {
    Ledger { baseline_done: true, ..Ledger::baseline(kind, Some(minute(0)), minute(0)) }
}

fn known(records: impl IntoIterator<Item = (TaskKey, Versioned<Record>)>) -> Snapshot {
    Snapshot { records: records.into_iter().collect(), ..Snapshot::default() }
}

/// As a poll does it.
fn settle(ledger: &mut Ledger, known: &Snapshot, newest: i64) {
    ledger.raise_watermark(known, Some(minute(newest)), minute(newest));
    ledger.watch(known, minute(newest));
}

#[test]
fn the_first_ledger_takes_the_last_hour_as_not_yet_old() {
    let ledger = Ledger::baseline(Kind::StoreImage, Some(minute(60)), minute(61));
    assert_eq!((ledger.cutoff, ledger.watermark), (minute(0), minute(0)));
    assert_eq!((ledger.baseline_top, ledger.baseline_done), (minute(60), false));
}

#[test]
fn where_nothing_was_listed_or_something_is_said_to_start_later_than_now_now_is_the_top() {
    for newest in [None, Some(minute(60 * 24 * 365 * 1_000))] {
        let ledger = Ledger::baseline(Kind::StoreImage, newest, minute(61));
        assert_eq!((ledger.baseline_top, ledger.cutoff), (minute(61), minute(1)));
    }
}

#[test]
fn the_head_reaches_below_the_window_once_the_baseline_is_done() {
    let mut ledger = Ledger::baseline(Kind::StoreImage, Some(minute(60)), minute(61));
    assert_eq!(ledger.head_floor(), Timestamp::MAX);
    ledger.baseline_done = true;
    assert_eq!(ledger.head_floor(), minute(-5));
}

#[test]
fn a_check_is_due_at_the_baseline_once_a_day_and_for_a_day_after_disorder() {
    let place = home();
    let checked = Ledger { resynced_at: Some(minute(0)), ..done(Kind::StoreImage) };
    assert!(!checked.is_resync_due(&place, minute(1)));
    assert!(checked.is_resync_due(&place, minute(28 * 60)));
    let baseline = Ledger { baseline_done: false, ..checked.clone() };
    assert!(baseline.is_resync_due(&place, minute(1)));
    let mut distrusted = checked;
    distrusted.distrust(minute(1));
    assert!(distrusted.is_resync_due(&place, minute(24 * 60)));
    assert!(!distrusted.is_resync_due(&place, minute(24 * 60 + 1)));
}

#[test]
fn lasting_disorder_is_noted_once_an_hour() {
    let mut ledger = done(Kind::StoreImage);
    for (now, noted) in [(0, 0), (59, 0), (60, 60), (61, 60)] {
        ledger.distrust(minute(now));
        assert_eq!(ledger.distrusted_at, Some(minute(noted)));
    }
}

#[test]
fn a_scan_is_due_within_four_hours_after_a_day_and_not_before_it() {
    let ledger = Ledger { resynced_at: Some(minute(0)), ..done(Kind::StoreImage) };
    for region in ["us-east-1", "eu-west-1", "cn-north-1", "ap-southeast-2"] {
        let place = Place::new("123456789012", region);
        assert!(!ledger.is_daily_resync_due(&place, minute(24 * 60 - 1)));
        assert!(ledger.is_daily_resync_due(&place, minute(28 * 60)));
    }
    assert!(done(Kind::StoreImage).is_daily_resync_due(&home(), minute(0)));
}

#[test]
fn the_window_stays_where_it_is_while_it_holds_few_settled_records() {
    let mut ledger = done(Kind::StoreImage);
    settle(&mut ledger, &known((0..20).map(|n| record(n, true))), 500);
    assert_eq!(ledger.watermark, minute(-60));
}

#[test]
fn the_window_moves_up_past_settled_records_and_names_the_open_ones_it_leaves_behind() {
    let mut all = known((0..22).map(|n| record(n, true)));
    let (open, value) = record(3, false);
    all.records.insert(open.clone(), value);
    let mut ledger = done(Kind::StoreImage);
    settle(&mut ledger, &all, 500);
    assert_eq!(ledger.watermark, minute(11));
    assert_eq!(ledger.open_below, [open.clone()].into());
    // Once it is settled it is no longer named.
    all.records.insert(open, record(3, true).1);
    settle(&mut ledger, &all, 500);
    assert!(ledger.open_below.is_empty());
}

#[test]
fn the_window_never_comes_nearer_than_an_hour_to_the_newest_task() {
    let mut ledger = done(Kind::StoreImage);
    settle(&mut ledger, &known((0..100).map(|n| record(n, true))), 99);
    assert_eq!(ledger.watermark, minute(39));
}

#[test]
fn what_cannot_be_understood_below_the_window_stays_in_sight_and_what_is_gone_does_not() {
    let (gone, _) = record(-500, false);
    let (torn, _) = record(-501, false);
    let mut ledger = done(Kind::StoreImage);
    ledger.open_below = [gone, torn.clone()].into();
    let item = |key: &str| Unreadable { key: key.into(), reason: "torn".into() };
    let unreadable = vec![item(torn.as_str()), item("u#bun-1"), item("zebra")];
    settle(&mut ledger, &Snapshot { unreadable, ..Snapshot::default() }, 0);
    assert_eq!(ledger.open_below, [torn].into());
}

#[test]
fn a_task_that_vanished_stays_in_sight_for_as_long_as_ec2_could_list_it() {
    let (key, mut vanished) = record(-500, true);
    vanished.value.closed = Some(Closing::Vanished);
    let mut ledger = done(Kind::StoreImage);
    let all = known([(key.clone(), vanished)]);
    settle(&mut ledger, &all, 0);
    assert_eq!(ledger.open_below, [key].into());
    settle(&mut ledger, &all, 60 * 24 * 31);
    assert!(ledger.open_below.is_empty());
}

#[test]
fn the_window_holds_what_a_ledger_cannot_name_one_by_one() {
    let waiting = i64::try_from(OPEN_BELOW_MAX).unwrap() + 7;
    let settled = (2_000..2_100).map(|n| record(n, true));
    let mut all = known(settled.chain((0..waiting).map(|n| record(n, false))));
    let mut ledger = done(Kind::StoreImage);
    settle(&mut ledger, &all, 2_200);
    assert_eq!((ledger.watermark, ledger.open_below.len()), (minute(-60), 0), "does not move");
    // They were below the watermark before they were open, such as at the baseline.
    ledger.watermark = minute(2_089);
    ledger.watch(&all, minute(2_200));
    assert_eq!(ledger.open_below.len(), OPEN_BELOW_MAX);
    assert_eq!(ledger.watermark, minute(waiting - 7), "and moves down to hold the rest");
    // Some of them were told.
    all.records.extend((0..7).map(|n| record(n, true)));
    settle(&mut ledger, &all, 2_200);
    assert_eq!((ledger.watermark, ledger.open_below.len()), (minute(2_089), OPEN_BELOW_MAX));
}

#[test]
fn another_polls_ledger_watches_what_this_poll_watches_too() {
    let (mine, value) = record(3, false);
    let (theirs, _) = record(4, false);
    let mut ledger = Ledger { watermark: minute(100), ..done(Kind::StoreImage) };
    ledger.open_below.insert(theirs.clone());
    ledger.watch_too(&known([(mine.clone(), value)]), minute(200));
    assert_eq!(ledger.open_below, [mine, theirs].into());
}

#[test]
fn bundle_tasks_have_no_window() {
    let mut ledger = done(Kind::Bundle);
    let before = ledger.clone();
    let all = known((0..100).map(|n| record(n, n % 2 == 0)));
    settle(&mut ledger, &all, 500);
    ledger.watch_too(&all, minute(500));
    assert_eq!(ledger, before);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_window_only_moves_up_and_every_open_record_below_it_is_named(
        rounds in proptest::collection::vec(
            (proptest::collection::btree_map(0_i64..2000, any::<bool>(), 0..120), 0_i64..2000),
            1..6,
        ),
    ) {
        let mut ledger = done(Kind::StoreImage);
        let mut all = Snapshot::default();
        for (seen, newest) in rounds {
            all.records.extend(seen.into_iter().map(|(start, settled)| record(start, settled)));
            let before = ledger.watermark;
            settle(&mut ledger, &all, newest);
            prop_assert!(ledger.watermark >= before);
            for (key, known) in &all.records {
                let below = known.value.task.started_at.unwrap() < ledger.watermark;
                let open = !known.value.is_settled();
                prop_assert_eq!(ledger.open_below.contains(key), below && open, "{}", key);
            }
        }
    }
}

fn torn(id: &str) -> crate::record::Torn {
    crate::record::Torn { id: id.into(), ..crate::record::Torn::default() }
}

fn rejected(id: &str) -> Rejected {
    Rejected { item: id.into(), reason: "no bucket".into(), may_run: Some(torn(id)) }
}

#[test]
fn torn_items_of_the_baseline_are_remembered_once_each_and_no_more_than_twenty() {
    let mut ledger = Ledger::baseline(Kind::StoreImage, Some(minute(0)), minute(5));
    assert!(!ledger.was_torn(), "until something could not be read");
    ledger.note_torn(&[rejected("ami-1"), rejected("ami-1"), rejected("ami-2")]);
    assert_eq!(ledger.torn, [torn("ami-1"), torn("ami-2")]);
    assert!(ledger.was_torn());
    let many: Vec<Rejected> = (0..30).map(|n| rejected(&format!("ami-x{n}"))).collect();
    ledger.note_torn(&many);
    assert_eq!(ledger.torn.len(), TORN_MAX);
}

#[test]
fn a_search_rests_for_as_many_minutes_as_it_took_calls_unless_they_were_few() {
    let mut ledger = done(Kind::StoreImage);
    for (calls, rests) in [(0, None), (2, None), (3, Some(3)), (30, Some(30)), (90, Some(30))] {
        ledger.rest_after_hunt(calls, minute(0));
        assert_eq!(ledger.hunt_rests_until, rests.map(minute), "{calls} calls");
    }
    for (until, now, may) in [(30, 0, false), (31, 0, true), (5, 5, true), (5, 4, false)] {
        ledger.hunt_rests_until = Some(minute(until));
        assert_eq!(ledger.may_hunt(minute(now)), may, "until {until} at {now}");
    }
}

#[test]
fn a_ledger_names_as_many_keys_as_fit_into_its_bytes_each_with_what_json_adds() {
    let key = |n: usize| {
        TaskKey::by_start(Kind::StoreImage, &format!("ami-{n:05}"), &"b".repeat(600), minute(0))
    };
    let keys: Vec<TaskKey> = (0..400).map(key).collect();
    let fit = NAMED_BYTES_MAX / (keys[0].as_str().len() + 3);
    assert!(fit < keys.len());
    assert_eq!(as_many_as_fit(keys.iter()).len(), fit);
    assert_eq!(as_many_as_fit(keys.iter().take(fit)).len(), fit);
    let short: Vec<TaskKey> = (0..2_000).map(|n| record(n, false).0).collect();
    assert_eq!(as_many_as_fit(short.iter()).len(), OPEN_BELOW_MAX);
}

#[test]
fn what_only_another_poll_knows_stays_named_or_in_the_window_however_much_it_is() {
    let most = i64::try_from(OPEN_BELOW_MAX).unwrap();
    let mut theirs = Ledger { watermark: minute(5_000), ..done(Kind::StoreImage) };
    theirs.open_below = (0..most).map(|n| record(n, false).0).collect();
    let (mine, value) = record(-400, false);
    theirs.watch_too(&known([(mine.clone(), value)]), minute(6_000));
    assert_eq!(theirs.open_below.len(), OPEN_BELOW_MAX);
    assert!(theirs.open_below.contains(&mine) && theirs.open_below.contains(&record(0, false).0));
    assert_eq!(theirs.watermark, minute(most - 1), "it holds the one that is not named");
}

#[test]
fn what_cannot_be_understood_and_is_one_too_many_to_be_named_is_in_the_window() {
    let most = i64::try_from(OPEN_BELOW_MAX).unwrap();
    let mut all = known((0..most).map(|n| record(n, false)));
    let (torn, _) = record(most, false);
    all.unreadable = vec![Unreadable { key: torn.to_string(), reason: "torn".into() }];
    let mut ledger = Ledger { watermark: minute(5_000), ..done(Kind::StoreImage) };
    ledger.watch(&all, minute(6_000));
    assert_eq!(ledger.open_below.len(), OPEN_BELOW_MAX);
    assert_eq!(ledger.watermark, minute(most));
}

#[test]
fn open_records_do_not_move_the_window_up_however_many_they_are() {
    let mut ledger = done(Kind::StoreImage);
    let all = (0..30).map(|n| record(n, n % 3 == 0));
    settle(&mut ledger, &known(all), 500);
    assert_eq!(ledger.watermark, minute(-60), "ten of them are settled");
}

#[test]
fn only_what_is_watched_and_started_below_a_time_is_named_and_what_cannot_be_read_with_it() {
    let (below, open) = record(-400, false);
    let (_, settled) = record(-300, true);
    let settled_key = settled.value.task.key().unwrap();
    let (at, above) = record(-200, false);
    let mut snapshot = known([(below.clone(), open), (settled_key, settled), (at.clone(), above)]);
    let unreadable = |key: &str| Unreadable { key: key.into(), reason: "torn".into() };
    let lower = TaskKey::by_start(Kind::StoreImage, "ami-9", "b", minute(-250));
    let at_the_time = TaskKey::lowest_at(Kind::StoreImage, minute(-200));
    snapshot.unreadable = vec![
        unreadable(lower.as_str()),
        unreadable(at_the_time.as_str()),
        unreadable("u#bundle#x"),
    ];
    let watched = watched_before(Kind::StoreImage, minute(-200), &snapshot, minute(0));
    assert_eq!(watched, [below, lower].into());
}

#[test]
fn two_places_of_the_same_letters_are_checked_at_different_times() {
    let at = |account: &str, region: &str| spread(&Place::new(account, region));
    assert_ne!(at("12", "us-east-1"), at("21", "us-east-1"));
    let all: BTreeSet<SignedDuration> =
        (0..40).map(|n| at(&format!("{:012}", n * 7_919), "eu-west-1")).collect();
    assert!(all.len() > 25, "{} different times of 40", all.len());
    assert!(all.iter().all(|spread| *spread < SignedDuration::from_hours(4)));
}
