//! Rare moments: late listings, slow services, other pollers, lost memory. What each leaves must be
//! told in the end.

use jiff::SignedDuration;

use super::fakes::{
    SNS, World, both_kinds, bundle, home, listing_calls, minute, old_tasks, places, rewrite, store,
    store_images,
};
use crate::ports::Rejected;
use crate::record::{Ledger, Record, ledger_key};
use crate::store::codec::partition_key;
use crate::task::{Kind, State, Task};

/// A world with its baseline, whose window was moved far up by `count` tasks that ended since then,
/// a minute apart.
fn moved_on(before: &[Task], count: i64) -> (World, Vec<Task>) {
    let world = World::new();
    world.list(Kind::StoreImage, before);
    world.poll(&store_images()).unwrap();
    let news =
        (1..=count).rev().map(|n| store(&format!("ami-new-{n}"), n, State::new("Completed")));
    let tasks: Vec<Task> = news.chain(before.iter().cloned()).collect();
    world.list(Kind::StoreImage, &tasks);
    world.later(count * 60);
    for _ in 0..3 {
        world.poll_a_minute_later(&store_images());
    }
    assert!(world.ledger().watermark > minute(count / 2), "the window moved");
    world.with(|inner| inner.published.clear());
    (world, tasks)
}

#[test]
fn in_a_small_region_a_task_that_is_listed_long_after_its_start_is_told_by_the_daily_check() {
    let (world, mut tasks) = moved_on(&old_tasks(3), 200);
    assert!(tasks.len() <= 203, "one page each");
    tasks.insert(190, store("ami-late", 10, State::new("Failed")));
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&store_images());
    assert!(world.told(&SNS).is_empty(), "nobody looks below the watermark");
    world.later(28 * 60 * 60);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-late failed"]);
}

#[test]
fn a_late_task_below_the_window_is_told_while_order_is_not_trusted_however_the_listing_ends() {
    let (world, mut tasks) = moved_on(&old_tasks(3), 200);
    tasks.swap(1, 3);
    tasks.insert(190, store("ami-late", 10, State::new("Completed")));
    world.page_size(70);
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&store_images());
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-late completed"]);
}

#[test]
fn a_task_from_before_the_baseline_that_vanished_and_comes_back_ended_is_told() {
    let mut before = old_tasks(40);
    before.insert(30, store("ami-runs", -118, State::new("InProgress")));
    let (world, tasks) = moved_on(&before, 200);
    let without: Vec<Task> =
        tasks.iter().filter(|task| task.name() != "ami-runs").cloned().collect();
    world.list(Kind::StoreImage, &without);
    for _ in 0..3 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(world.told(&SNS), ["ami-runs vanished"]);
    let mut back = tasks;
    let at = back.iter().position(|task| task.name() == "ami-runs").unwrap();
    back[at].state = State::new("Completed");
    world.list(Kind::StoreImage, &back);
    world.later(28 * 60 * 60);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-runs vanished", "ami-runs completed"]);
}

#[test]
fn a_slow_ec2_keeps_nothing_from_being_told() {
    let world = World::new();
    let mut tasks = old_tasks(5_000);
    world.list(Kind::StoreImage, &tasks);
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("storing"))]);
    world.poll(&both_kinds()).unwrap();
    tasks.insert(0, store("ami-new", 1, State::new("Completed")));
    world.list(Kind::StoreImage, &tasks);
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("complete"))]);
    world.take_log();
    // Each call takes 4 seconds, also in every poll that follows.
    world.with(|inner| inner.effect_takes = SignedDuration::from_secs(4));
    for n in 0..4 {
        world.later(60);
        let begin = world.with(|inner| inner.now);
        let deadline = begin + SignedDuration::from_secs(55);
        world.poll_with(&world.poller(), &both_kinds(), Some(deadline)).unwrap();
        assert!(world.with(|inner| inner.now) < deadline);
        if n == 1 {
            let mut told = world.told(&SNS);
            told.sort();
            assert_eq!(told, ["ami-new completed", "bun-1 completed"]);
        }
    }
    let log = world.take_log();
    let pages: std::collections::BTreeSet<&String> =
        log.iter().filter(|name| name.starts_with("list us-east-1 store-image from")).collect();
    assert!(pages.len() >= 4, "the first listing gets on: {log:?}");
}

#[test]
fn a_slow_region_does_not_keep_the_same_others_from_their_turn() {
    let regions: Vec<String> = (1..=17).map(|n| format!("eu-south-{n}")).collect();
    let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
    let all = places(&[Kind::StoreImage], &regions);
    let world = World::new();
    let mut poller = world.poller();
    poller.limits.places_at_once = 2;
    world.with(|inner| inner.effect_takes = SignedDuration::from_secs(2));
    let mut had_a_turn = std::collections::BTreeSet::new();
    for _ in 0..17 {
        world.later(60);
        let deadline = world.with(|inner| inner.now) + SignedDuration::from_secs(55);
        let summary = world.poll_with(&poller, &all, Some(deadline)).unwrap();
        assert!(!summary.targets_left.is_empty(), "there is no time for all");
        had_a_turn.extend(summary.targets.into_iter().map(|target| target.region));
    }
    assert_eq!(had_a_turn.len(), 17);
}

#[test]
fn an_unreadable_item_does_not_end_the_search_for_an_open_task() {
    let mut tasks = old_tasks(1_000);
    tasks[900] = store("ami-900", -3_600, State::new("InProgress"));
    let world = World::new();
    world.list(Kind::StoreImage, &tasks);
    world.poll(&store_images()).unwrap();
    tasks[900].state = State::new("Failed");
    let mut items: Vec<_> = tasks.into_iter().map(Ok).collect();
    items[5] =
        Err(Rejected { item: "image ami-5".into(), reason: "has no state".into(), may_run: None });
    world.list_in("us-east-1", Kind::StoreImage, items);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-900 failed"]);
}

#[test]
fn the_end_of_a_bundle_is_kept_while_another_poll_tells_what_came_before_it() {
    let world = World::new();
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("storing"))]);
    world.poll(&both_kinds()).unwrap();
    // A poll dies after it saved that the task is stalled, and took its lease.
    world.with(|inner| {
        inner.now = minute(3 * 60);
        inner.effects = 0;
        inner.crash = Some((4, super::fakes::Crash::After));
    });
    assert!(world.poll(&both_kinds()).is_none());
    assert!(world.with(|inner| inner.died_at.clone().unwrap()).starts_with("save bun-1"));
    world.restart();
    world.later(30);
    // It ends, and leaves the list before the lease has run out.
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("complete"))]);
    assert_eq!(world.poll(&both_kinds()).unwrap().left, 2);
    world.list(Kind::Bundle, &[]);
    for _ in 0..3 {
        world.poll_a_minute_later(&both_kinds());
    }
    assert_eq!(world.told(&SNS), ["bun-1 stalled", "bun-1 completed"]);
}

#[test]
fn a_change_that_meets_another_polls_write_is_judged_anew_on_it() {
    let world = World::new();
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("storing"))]);
    world.poll(&both_kinds()).unwrap();
    let key = bundle("bun-1", State::new("storing")).key().unwrap();
    let at = (partition_key(&home()), key.to_string());
    // Between this poll's read and its write another one notes a move.
    world.with(|inner| {
        inner.meanwhile = Some(("list us-east-1 bundle".into(), |inner| {
            let at = (partition_key(&home()), "u#bundle#bun-1".to_owned());
            let item = inner.items.get_mut(&at).unwrap();
            rewrite(item, |record: &mut Record| record.task.progress_percent = Some(70));
        }));
    });
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("complete"))]);
    let summary = world.poll_a_minute_later(&both_kinds());
    assert_eq!((summary.published, summary.all_failures()), (1, vec![]));
    assert_eq!(world.told(&SNS), ["bun-1 completed"]);
    assert_eq!(world.with(|inner| inner.items[&at].version), Some(4), "moved, ended, acked");
}

#[test]
fn a_token_that_is_refused_during_the_baseline_silences_nothing_that_came_since() {
    let world = World::new();
    let mut tasks = old_tasks(4_000);
    world.list(Kind::StoreImage, &tasks);
    world.poll(&store_images()).unwrap();
    assert!(world.ledger().scan.is_some());
    world.with(|inner| inner.refuse_tokens = true);
    for n in 1..4 {
        tasks.insert(0, store(&format!("ami-new-{n}"), n, State::new("Completed")));
        world.list(Kind::StoreImage, &tasks);
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(
        world.told(&SNS),
        ["ami-new-1 completed", "ami-new-2 completed", "ami-new-3 completed"]
    );
}

#[test]
fn a_head_that_was_cut_short_is_read_to_its_end_before_the_window_moves() {
    let world = World::new();
    let old = old_tasks(10);
    world.list(Kind::StoreImage, &old);
    world.poll(&store_images()).unwrap();
    let tasks: Vec<Task> = (1..=300)
        .rev()
        .map(|n| store(&format!("ami-new-{n:03}"), n, State::new("Completed")))
        .chain(old)
        .collect();
    world.list(Kind::StoreImage, &tasks);
    // The second page is refused for good: what it holds must not be passed over.
    world.with(|inner| inner.refuse_tokens = true);
    world.later(300 * 60);
    let summary = world.poll(&store_images()).unwrap();
    assert_eq!((summary.published, summary.all_failures().len()), (200, 1));
    world.with(|inner| inner.refuse_tokens = false);
    for _ in 0..3 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(world.told(&SNS).len(), 300);
}

#[test]
fn a_check_whose_records_could_not_be_read_is_made_again() {
    let (world, mut tasks) = moved_on(&old_tasks(3), 200);
    tasks.insert(190, store("ami-late", 10, State::new("Failed")));
    world.list(Kind::StoreImage, &tasks);
    world.later(28 * 60 * 60);
    world.with(|inner| inner.no_range_reads = true);
    for _ in 0..2 {
        let failures = world.poll_a_minute_later(&store_images()).all_failures();
        assert_eq!(failures.len(), 1, "{failures:?}");
    }
    world.with(|inner| inner.no_range_reads = false);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-late failed"]);
}

#[test]
fn the_window_shrinks_again_after_a_burst_with_one_write() {
    let world = World::new();
    world.list(Kind::StoreImage, &[]);
    world.poll(&store_images()).unwrap();
    let tasks: Vec<Task> = (1..=300)
        .rev()
        .map(|n| store(&format!("ami-{n:03}"), n, State::new("Completed")))
        .collect();
    world.list(Kind::StoreImage, &tasks);
    world.later(300 * 60);
    assert_eq!(world.poll(&store_images()).unwrap().published, 300);
    world.poll_a_minute_later(&store_images());
    world.take_log();
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.take_log(), ["read us-east-1", "list us-east-1 store-image"], "quiet again");
    assert!(world.ledger().watermark >= minute(200));
}

#[test]
fn a_bundle_that_comes_without_memory_is_not_old_news_twice() {
    let world = World::new();
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("complete"))]);
    world.with(|inner| inner.no_batch_writes = true);
    world.poll(&both_kinds()).unwrap();
    world.with(|inner| inner.no_batch_writes = false);
    for _ in 0..3 {
        world.poll_a_minute_later(&both_kinds());
    }
    assert!(world.told(&SNS).is_empty(), "its baseline was not done until it was saved");
}

#[test]
fn a_ledger_that_another_poll_wrote_keeps_what_this_poll_watches_in_sight() {
    let (world, mut tasks) = moved_on(&old_tasks(3), 200);
    // The daily check of this poll finds a late task, and another poll's ledger wins.
    tasks.insert(190, store("ami-late", 10, State::new("Completed")));
    world.list(Kind::StoreImage, &tasks);
    world.later(28 * 60 * 60);
    world.with(|inner| {
        inner.down = [SNS].into();
        inner.meanwhile = Some(("save ami-late over 0".into(), |inner| {
            let at = (partition_key(&home()), ledger_key(Kind::StoreImage));
            let now = inner.now;
            let item = inner.items.get_mut(&at).unwrap();
            rewrite(item, |ledger: &mut Ledger| ledger.resynced_at = Some(now));
        }));
    });
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.ledger().open_below.len(), 1);
    world.with(|inner| inner.down.clear());
    world.poll_a_minute_later(&store_images());
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-late completed"]);
}

#[test]
fn the_same_place_named_twice_is_polled_once() {
    let world = World::new();
    let twice = [store_images(), both_kinds()].concat();
    let summary = world.poll(&twice).unwrap();
    assert_eq!(summary.targets.len(), 2);
    assert_eq!(listing_calls(&world.take_log()), 1);
}

#[test]
fn an_ended_task_on_a_page_that_shifts_stays_ended() {
    let world = World::new();
    world.page_size(2);
    let tasks =
        [store("ami-2", 2, State::new("InProgress")), store("ami-1", 1, State::new("InProgress"))];
    world.list(Kind::StoreImage, &tasks);
    world.poll(&store_images()).unwrap();
    // The second page begins with what the first one held, as it was before.
    let listed = [
        store("ami-2", 2, State::new("Completed")),
        store("ami-1", 1, State::new("Completed")),
        store("ami-1", 1, State::new("InProgress")),
    ];
    world.list(Kind::StoreImage, &listed);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS).len(), 2);
}
