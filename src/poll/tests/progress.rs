//! However much there is to read, and whatever fails again and again: a poll gets further, or says
//! that it does not.

use jiff::SignedDuration;

use super::fakes::{
    SNS, World, both_kinds, bundle, home, listing_calls, minute, old_tasks, store, store_images,
};
use crate::ports::Rejected;
use crate::record::Torn;
use crate::store::codec::partition_key;
use crate::task::{Kind, State, Subject, Task};

/// So many tasks that started within a few minutes from a time on, newest first.
fn burst(name: &str, count: i64, from: i64, state: &State) -> Vec<Task> {
    let start = minute(from);
    let task = |n: i64| Task {
        started_at: Some(start + SignedDuration::from_millis(200 * n)),
        ..store(&format!("ami-{name}-{n}"), 0, state.clone())
    };
    (0..count).rev().map(task).collect()
}

fn baselined(tasks: &[Task]) -> World {
    let world = World::new();
    world.list(Kind::StoreImage, tasks);
    for _ in 0..60 {
        world.poll_a_minute_later(&both_kinds());
        if world.ledger().baseline_done {
            world.take_log();
            return world;
        }
    }
    panic!("the baseline does not end: {:?}", world.ledger().scan);
}

/// Polls a minute apart, with so many calls each, until all is told.
fn polls_until_told(world: &World, calls: u32, told: usize, polls_max: usize) -> usize {
    let mut poller = world.poller();
    poller.limits.listing_calls = calls;
    for poll in 1..=polls_max {
        world.later(60);
        world.poll_with(&poller, &store_images(), None).unwrap();
        assert!(listing_calls(&world.take_log()) <= calls as usize);
        if world.told(&SNS).len() == told {
            return poll;
        }
    }
    panic!("{} of {told} told after {polls_max} polls", world.told(&SNS).len());
}

#[test]
fn a_burst_of_more_endings_than_a_poll_may_read_is_told_whole_by_the_next_polls() {
    for (calls, count, polls) in [(10, 900, 1), (10, 5_000, 5), (2, 900, 6), (3, 2_000, 8)] {
        let world = baselined(&old_tasks(100));
        let mut tasks = burst("new", count, 1, &State::new("Completed"));
        tasks.extend(old_tasks(100));
        world.list(Kind::StoreImage, &tasks);
        let took = polls_until_told(&world, calls, usize::try_from(count).unwrap(), polls);
        assert!(took <= polls, "{calls} calls, {count} endings: {took} polls");
    }
}

#[test]
fn a_burst_on_top_of_a_burst_is_told_too_and_the_older_one_first_of_all() {
    let world = baselined(&old_tasks(100));
    let mut tasks = old_tasks(100);
    for (name, from) in [("a", 1), ("b", 5), ("c", 9)] {
        let mut next = burst(name, 900, from, &State::new("Completed"));
        next.append(&mut tasks);
        tasks = next;
        world.list(Kind::StoreImage, &tasks);
        let mut poller = world.poller();
        poller.limits.listing_calls = 3;
        world.later(60);
        world.poll_with(&poller, &store_images(), None).unwrap();
    }
    world.take_log();
    polls_until_told(&world, 3, 2_700, 14);
    assert_eq!(world.ledger().scan, None, "all was read");
}

#[test]
fn endings_go_on_being_told_while_more_comes_at_every_poll_than_it_may_read() {
    let world = baselined(&old_tasks(100));
    let mut poller = world.poller();
    poller.limits.listing_calls = 4;
    let mut tasks = old_tasks(100);
    let mut told = 0;
    for poll in 1..=8 {
        let mut next = burst(&poll.to_string(), 900, poll * 5, &State::new("Completed"));
        next.append(&mut tasks);
        tasks = next;
        world.list(Kind::StoreImage, &tasks);
        world.later(60);
        world.poll_with(&poller, &store_images(), None).unwrap();
        let now = world.told(&SNS).len();
        assert!(now >= told + 400, "poll {poll} told {} of what it listed", now - told);
        told = now;
    }
    world.take_log();
    polls_until_told(&world, 4, 7_200, 30);
}

#[test]
fn a_baseline_of_thousands_of_running_tasks_ends_and_their_endings_are_told() {
    let running = burst("runs", 7_500, -30, &State::new("InProgress"));
    let world = baselined(&running);
    world.list(Kind::StoreImage, &burst("runs", 7_500, -30, &State::new("Completed")));
    polls_until_told(&world, 10, 7_500, 8);
}

#[test]
fn a_burst_during_the_baseline_does_not_keep_it_from_its_end() {
    let world = World::new();
    let mut tasks = old_tasks(4_000);
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&store_images());
    for poll in 1..=6 {
        let mut next = burst(&poll.to_string(), 1_200, poll, &State::new("Completed"));
        next.append(&mut tasks);
        tasks = next;
        world.list(Kind::StoreImage, &tasks);
        world.poll_a_minute_later(&store_images());
    }
    assert!(world.ledger().baseline_done);
    world.take_log();
    polls_until_told(&world, 10, 7_200, 8);
}

#[test]
fn a_daily_check_reads_each_page_and_each_record_once() {
    // Tasks that ended since the baseline: each has a record.
    let world = baselined(&old_tasks(5));
    let mut tasks: Vec<Task> = Vec::new();
    for n in 0..8_000 {
        tasks.insert(0, store(&format!("ami-{n}"), 5 + n, State::new("Completed")));
    }
    world.list(Kind::StoreImage, &tasks);
    world.later(8_005 * 60);
    polls_until_told(&world, 10, 8_000, 10);
    for _ in 0..3 {
        world.poll_a_minute_later(&store_images());
    }
    for is_in_order in [true, false] {
        if !is_in_order {
            tasks.swap(100, 7_000);
            tasks.swap(3_000, 200);
            world.list(Kind::StoreImage, &tasks);
        }
        world.later(30 * 60 * 60);
        world.take_log();
        world.with(|inner| inner.records_read = 0);
        let resynced_at = world.ledger().resynced_at;
        let (mut calls, mut polls) = (0, 0);
        while world.ledger().resynced_at == resynced_at && polls < 30 {
            world.with(|inner| inner.records_read = 0);
            world.poll_a_minute_later(&store_images());
            calls += listing_calls(&world.take_log());
            polls += 1;
            let read = world.with(|inner| inner.records_read);
            assert!(read <= 5_700, "a poll read {read} records");
        }
        assert!((4..=6).contains(&polls), "{polls} polls");
        assert!(calls <= 40 + polls, "{calls} calls in {polls} polls");
    }
    assert_eq!(world.told(&SNS).len(), 8_000, "nothing is told anew");
}

#[test]
fn a_search_for_an_open_task_deep_in_the_listing_rests_after_it_cost_many_calls() {
    let mut tasks = old_tasks(3_000);
    tasks[2_500] = store("ami-deep", -10_000, State::new("InProgress"));
    let world = baselined(&tasks);
    let (mut calls, mut writes) = (0, 0);
    for _ in 0..120 {
        world.poll_a_minute_later(&store_images());
        let log = world.take_log();
        calls += listing_calls(&log);
        writes += log.iter().filter(|name| name.starts_with("ledger")).count();
    }
    assert!(calls < 120 * 3, "{calls} calls in 120 polls");
    assert!(writes < 30, "{writes} writes in 120 polls");
    tasks[2_500].state = State::new("Completed");
    world.list(Kind::StoreImage, &tasks);
    for _ in 0..33 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(world.told(&SNS), ["ami-deep completed"]);
}

#[test]
fn a_page_token_that_comes_back_is_an_error_that_says_so_and_the_listing_begins_anew() {
    let world = World::new();
    world.list(Kind::StoreImage, &old_tasks(1_000));
    world.with(|inner| inner.same_token = true);
    for _ in 0..3 {
        let summary = world.poll_a_minute_later(&store_images());
        let failures = summary.all_failures();
        assert!(
            failures.iter().any(|it| it.contains("page token that it was asked with")),
            "{failures:?}"
        );
        assert!(listing_calls(&world.take_log()) <= 3);
    }
    world.with(|inner| inner.same_token = false);
    world.poll_a_minute_later(&store_images());
    assert!(world.ledger().baseline_done);
}

#[test]
fn a_listing_that_gets_no_further_is_a_failure_that_says_so_and_begins_anew() {
    let world = World::new();
    world.list(Kind::StoreImage, &old_tasks(6_000));
    world.poll_a_minute_later(&store_images());
    let stuck_at = world.ledger().scan.unwrap().from;
    world.with(|inner| inner.broken_pages = true);
    let mut said = 0;
    for _ in 0..12 {
        let summary = world.poll_a_minute_later(&store_images());
        let failures = summary.all_failures();
        assert!(!failures.is_empty());
        said += usize::from(failures.iter().any(|failure| failure.contains("got no further")));
    }
    assert!(said >= 1);
    assert!(world.ledger().scan.is_none_or(|scan| scan.from != stuck_at));
    world.with(|inner| inner.broken_pages = false);
    for _ in 0..8 {
        world.poll_a_minute_later(&store_images());
    }
    assert!(world.ledger().baseline_done);
}

#[test]
fn a_token_refused_while_a_burst_is_read_loses_none_of_it() {
    let world = baselined(&old_tasks(100));
    let mut tasks = burst("new", 3_000, 1, &State::new("Completed"));
    tasks.extend(old_tasks(100));
    world.list(Kind::StoreImage, &tasks);
    let mut poller = world.poller();
    poller.limits.listing_calls = 3;
    world.later(60);
    world.poll_with(&poller, &store_images(), None).unwrap();
    let before = world.ledger().watermark;
    world.with(|inner| inner.refuse_tokens = true);
    // Long after: the window would move up past what nobody read.
    world.later(3 * 60 * 60);
    world.poll_with(&poller, &store_images(), None).unwrap();
    assert_eq!(world.ledger().watermark, before, "the ledger is not ahead of the records");
    world.with(|inner| inner.refuse_tokens = false);
    world.take_log();
    polls_until_told(&world, 3, 3_000, 20);
}

#[test]
fn endings_are_saved_before_progress_when_the_table_is_slow() {
    let tasks = |moved: u8, ended: bool| -> Vec<Task> {
        let mut tasks = burst("moves", 400, -30, &State::new("InProgress"));
        for task in &mut tasks {
            task.progress_percent = Some(moved);
        }
        let state = if ended { State::new("Failed") } else { State::new("InProgress") };
        tasks.extend(burst("ends", 5, -60, &state));
        tasks
    };
    let world = baselined(&tasks(5, false));
    world.list(Kind::StoreImage, &tasks(6, true));
    world.later(60);
    world.with(|inner| inner.effect_takes = SignedDuration::from_millis(200));
    let deadline = world.with(|inner| inner.now) + SignedDuration::from_secs(60);
    let summary = world.poll_with(&world.poller(), &store_images(), Some(deadline)).unwrap();
    assert_eq!(world.told(&SNS).len(), 5, "{summary:?}");
    let moved = |at: u8| {
        let records = world.records();
        records
            .iter()
            .filter(|it| it.task.progress_percent == Some(at) && it.closed.is_none())
            .count()
    };
    assert!(moved(5) > 0 && moved(6) > 0, "progress was saved while there was time");
    world.with(|inner| inner.effect_takes = SignedDuration::ZERO);
    world.poll_a_minute_later(&store_images());
    assert_eq!(moved(5), 0, "and the rest by the next poll");
}

#[test]
fn the_baseline_looks_at_the_clock_between_its_batches_and_goes_on_in_the_next_poll() {
    let world = World::new();
    let mut tasks = burst("old", 1_900, -10, &State::new("Completed"));
    tasks.insert(0, store("ami-runs", 0, State::new("InProgress")));
    world.list(Kind::StoreImage, &tasks);
    world.with(|inner| inner.effect_takes = SignedDuration::from_millis(1_800));
    for _ in 0..10 {
        world.later(60);
        let deadline = world.with(|inner| inner.now) + SignedDuration::from_secs(60);
        world.poll_with(&world.poller(), &store_images(), Some(deadline)).unwrap();
        assert!(world.with(|inner| inner.now) < deadline, "Lambda would have ended the poll");
        if world.ledger_if_any().is_some_and(|ledger| ledger.baseline_done) {
            break;
        }
    }
    assert!(world.ledger().baseline_done);
    assert_eq!(world.records().len(), 1_901);
}

#[test]
fn a_ledger_fits_into_an_item_however_many_tasks_are_open_and_however_long_their_names() {
    let long = "b".repeat(700);
    let tasks: Vec<Task> = (0..6_000)
        .map(|n| {
            let subject = Subject::image(format!("ami-{n}"), &long);
            Task { subject, ..store("ami", -4 * n, State::new("InProgress")) }
        })
        .collect();
    let world = World::new();
    world.list(Kind::StoreImage, &tasks);
    let at = (partition_key(&home()), "~store-image".to_owned());
    for _ in 0..12 {
        world.poll_a_minute_later(&store_images());
        let bytes = world.with(|inner| inner.items[&at].body.as_ref().unwrap().len());
        assert!(bytes < 400_000, "{bytes} bytes");
    }
    assert!(world.ledger().baseline_done);
}

#[test]
fn what_ended_while_the_first_listing_could_not_be_read_whole_is_told_and_nothing_older() {
    let world = World::new();
    world.later(60 * 60);
    let torn = |id: &str, may_run: bool| {
        let torn = Torn { id: id.into(), bucket: None, started_at: None };
        Err(Rejected {
            item: id.into(),
            reason: "has no start".into(),
            may_run: may_run.then_some(torn),
        })
    };
    world.list_in(
        "us-east-1",
        Kind::StoreImage,
        vec![torn("ami-ran", true), torn("ami-old", false)],
    );
    world.list_in("us-east-1", Kind::Bundle, vec![torn("bun-ran", true), torn("bun-old", true)]);
    world.poll(&both_kinds()).unwrap();
    let ended = |name: &str, at: i64| Task {
        started_at: Some(minute(10)),
        updated_at: Some(minute(at)),
        ..bundle(name, State::new("complete"))
    };
    world.list(
        Kind::StoreImage,
        &[
            store("ami-ran", 59, State::new("Completed")),
            store("ami-old", 58, State::new("Completed")),
        ],
    );
    world.list(Kind::Bundle, &[ended("bun-ran", 61), ended("bun-old", 30)]);
    world.poll_a_minute_later(&both_kinds());
    world.poll_a_minute_later(&both_kinds());
    let mut told = world.told(&SNS);
    told.sort();
    assert_eq!(told, ["ami-ran completed", "bun-ran completed"]);
}

#[test]
fn the_baselines_time_is_that_before_its_first_call() {
    let world = World::new();
    world.list(Kind::StoreImage, &[store("ami-old", -90, State::new("Completed"))]);
    world.with(|inner| inner.effect_takes = SignedDuration::from_secs(20));
    let began = world.with(|inner| inner.now);
    world.poll(&store_images()).unwrap();
    assert_eq!(world.ledger().baseline_began_at, began);
}

#[test]
fn the_failures_of_one_target_hide_no_other_target() {
    let world = World::new();
    let rejected = |n: usize| {
        Err(Rejected { item: format!("image {n}"), reason: "has no start".into(), may_run: None })
    };
    world.list_in("us-east-1", Kind::StoreImage, (0..60).map(rejected).collect());
    world.list_in("us-east-1", Kind::Bundle, (0..60).map(rejected).collect());
    let failures = world.poll(&both_kinds()).unwrap().first_failures();
    for kind in [Kind::StoreImage, Kind::Bundle] {
        let name = format!("us-east-1 {kind}: image");
        assert!(failures.iter().any(|failure| failure.contains(&name)), "{kind}: {failures:?}");
    }
    assert_eq!(failures.len(), 21);
    assert!(failures[20].contains("more failures"), "{failures:?}");
}
