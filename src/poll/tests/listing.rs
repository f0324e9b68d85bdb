//! How much of a listing a poll reads, and what it concludes from it.

use super::fakes::{
    SNS, World, both_kinds, bundle, home, listing_calls, minute, old_tasks, places, store,
    store_images,
};
use crate::ports::Rejected;
use crate::record::ledger_key;
use crate::task::{Kind, State, Task};

/// A world with these tasks whose baseline is done.
fn baselined(tasks: &[Task]) -> World {
    let world = World::new();
    world.list(Kind::StoreImage, tasks);
    world.poll(&both_kinds()).unwrap();
    while !world.ledger().baseline_done {
        world.poll_a_minute_later(&both_kinds());
    }
    world.take_log();
    world
}

#[test]
fn a_baseline_of_10_000_tasks_is_spread_over_polls_and_tells_what_ends_meanwhile() {
    let world = World::new();
    let mut tasks = old_tasks(10_000);
    tasks[3] = store("ami-3", -12, State::new("InProgress"));
    tasks[700] = store("ami-700", -2800, State::new("InProgress"));
    world.list(Kind::StoreImage, &tasks);
    let mut polls = 0;
    loop {
        world.later(60);
        let summary = world.poll(&both_kinds()).unwrap();
        polls += 1;
        assert!(summary.targets[0].baseline);
        assert!(listing_calls(&world.take_log()) <= 10);
        if polls == 2 {
            tasks[3] = store("ami-3", -12, State::new("Completed"));
            tasks[700] = store("ami-700", -2800, State::new("Failed"));
            tasks.insert(0, store("ami-new", 1, State::new("Completed")));
            world.list(Kind::StoreImage, &tasks);
        }
        if world.ledger().baseline_done {
            break;
        }
    }
    assert!((5..=8).contains(&polls), "{polls} polls");
    for _ in 0..3 {
        world.poll_a_minute_later(&both_kinds());
        assert!(listing_calls(&world.take_log()) <= 10);
    }
    let mut told = world.told(&SNS);
    told.sort();
    assert_eq!(told, ["ami-3 completed", "ami-700 failed", "ami-new completed"]);
}

#[test]
fn a_quiet_poll_at_10_000_old_tasks_is_one_call_a_kind_one_read_and_no_write() {
    let world = baselined(&old_tasks(10_000));
    for _ in 0..3 {
        let summary = world.poll_a_minute_later(&both_kinds());
        assert!(summary.all_failures().is_empty());
        assert_eq!(
            world.take_log(),
            ["read us-east-1", "list us-east-1 store-image", "list us-east-1 bundle"]
        );
    }
}

#[test]
fn the_listing_is_read_to_its_end_once_a_day() {
    let world = baselined(&old_tasks(1000));
    world.later(23 * 60 * 60);
    world.poll_a_minute_later(&store_images());
    assert_eq!(listing_calls(&world.take_log()), 1);
    world.later(5 * 60 * 60);
    world.poll_a_minute_later(&store_images());
    assert_eq!(listing_calls(&world.take_log()), 5);
    world.poll_a_minute_later(&store_images());
    assert_eq!(listing_calls(&world.take_log()), 1);
}

#[test]
fn a_scan_goes_on_where_the_last_poll_left_it() {
    let world = baselined(&old_tasks(4000));
    world.later(29 * 60 * 60);
    world.poll_a_minute_later(&store_images());
    let first = world.take_log();
    assert_eq!(listing_calls(&first), 10);
    world.poll_a_minute_later(&store_images());
    let second = world.take_log();
    assert!(
        listing_calls(&second) <= 11
            && !second.iter().any(|name| first[1..].contains(name) && name.contains("from")),
        "{second:?}"
    );
    world.poll_a_minute_later(&store_images());
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.ledger().scan, None);
}

#[test]
fn a_scan_whose_token_is_refused_begins_anew() {
    let world = baselined(&old_tasks(4000));
    world.later(29 * 60 * 60);
    world.poll_a_minute_later(&store_images());
    assert!(world.ledger().scan.is_some());
    world.with(|inner| inner.refuse_tokens = true);
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!(summary.all_failures().len(), 1);
    assert_eq!(world.ledger().scan, None);
    world.with(|inner| inner.refuse_tokens = false);
    for _ in 0..4 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(world.ledger().scan, None);
    assert!(world.ledger().resynced_at.is_some_and(|at| at > minute(29 * 60)));
}

#[test]
fn an_open_task_below_the_head_is_looked_for_until_it_is_found() {
    let mut tasks = old_tasks(1000);
    tasks[900] = store("ami-900", -3600, State::new("InProgress"));
    let world = baselined(&tasks);
    tasks[900] = store("ami-900", -3600, State::new("Completed"));
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-900 completed"]);
    world.poll_a_minute_later(&store_images());
    world.take_log();
    world.poll_a_minute_later(&store_images());
    assert_eq!(listing_calls(&world.take_log()), 1);
}

#[test]
fn a_listing_out_of_order_is_read_to_its_end_for_a_day() {
    let mut tasks = old_tasks(1000);
    let world = baselined(&tasks);
    tasks.swap(10, 20);
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&store_images());
    assert!(world.ledger().distrusted_at.is_some());
    world.take_log();
    world.poll_a_minute_later(&store_images());
    assert_eq!(listing_calls(&world.take_log()), 5);
    // Far behind where a poll usually stops.
    tasks.push(store("ami-late", 1, State::new("Completed")));
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-late completed"]);
}

#[test]
fn a_task_out_of_order_across_pages_is_noticed_too() {
    let mut tasks = old_tasks(1000);
    let world = World::new();
    tasks.insert(200, store("ami-late", -4 * 100, State::new("Completed")));
    world.list(Kind::StoreImage, &tasks);
    world.poll(&store_images()).unwrap();
    assert!(world.ledger().distrusted_at.is_some());
}

#[test]
fn vanished_is_told_after_two_complete_listings_and_not_from_a_partial_one() {
    let mut tasks = old_tasks(1000);
    tasks[900] = store("ami-900", -3600, State::new("InProgress"));
    let world = baselined(&tasks);
    tasks.remove(900);
    world.list(Kind::StoreImage, &tasks);
    world.with(|inner| inner.refuse_tokens = true);
    for _ in 0..5 {
        world.poll_a_minute_later(&store_images());
    }
    assert!(world.told(&SNS).is_empty());
    world.with(|inner| inner.refuse_tokens = false);
    world.poll_a_minute_later(&store_images());
    assert!(world.told(&SNS).is_empty());
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-900 vanished"]);
}

#[test]
fn an_item_that_cannot_be_read_is_reported_and_may_be_any_task_that_is_missing() {
    let world = World::new();
    for (kind, task) in [
        (Kind::StoreImage, store("ami-1", 0, State::new("InProgress"))),
        (Kind::Bundle, bundle("bun-1", State::new("storing"))),
    ] {
        world.list(kind, &[task]);
    }
    world.poll(&both_kinds()).unwrap();
    let rejected =
        || Rejected { item: "image ami-1".into(), reason: "has no start".into(), may_run: None };
    for kind in [Kind::StoreImage, Kind::Bundle] {
        world.list_in("us-east-1", kind, vec![Err(rejected())]);
    }
    for _ in 0..4 {
        let summary = world.poll_a_minute_later(&both_kinds());
        let failures = summary.all_failures();
        assert!(failures.iter().all(|f| f.contains("image ami-1: has no start")), "{failures:?}");
        assert_eq!(failures.len(), 2);
    }
    assert!(world.told(&SNS).is_empty());
}

#[test]
fn an_item_that_could_not_be_read_at_the_baseline_is_old_news_once_it_can() {
    let world = World::new();
    let listed = |first| {
        vec![
            first,
            Ok(store("ami-1", -1, State::new("Completed"))),
            Ok(store("ami-0", -90, State::new("Failed"))),
        ]
    };
    let rejected =
        Rejected { item: "image ami-2".into(), reason: "has no bucket".into(), may_run: None };
    world.list_in("us-east-1", Kind::StoreImage, listed(Err(rejected)));
    world.poll(&store_images()).unwrap();
    world.list_in(
        "us-east-1",
        Kind::StoreImage,
        listed(Ok(store("ami-2", -1, State::new("Completed")))),
    );
    world.poll_a_minute_later(&store_images());
    assert!(world.told(&SNS).is_empty(), "{:?}", world.told(&SNS));
    world.list_in(
        "us-east-1",
        Kind::StoreImage,
        listed(Ok(store("ami-3", 1, State::new("Completed")))),
    );
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-3 completed"]);
}

#[test]
fn an_item_that_one_poll_could_not_read_is_not_missing_for_the_poll_that_reads_on() {
    let mut tasks = old_tasks(3000);
    tasks[500] = store("ami-500", -2000, State::new("InProgress"));
    let world = baselined(&tasks);
    tasks.swap(10, 20);
    let mut items: Vec<_> = tasks.into_iter().map(Ok).collect();
    items[500] = Err(Rejected {
        item: "image ami-500".into(),
        reason: "has no state".into(),
        may_run: None,
    });
    // Distrusted: the head itself is as much as a poll may read, and the next poll reads on.
    world.list_in("us-east-1", Kind::StoreImage, items);
    for _ in 0..12 {
        world.poll_a_minute_later(&store_images());
    }
    assert!(world.told(&SNS).is_empty(), "{:?}", world.told(&SNS));
}

#[test]
fn small_pages_are_read_on_while_they_are_newer_than_what_is_known() {
    let world = baselined(&old_tasks(10));
    world.page_size(2);
    let mut tasks: Vec<_> =
        (1..=7).rev().map(|n| store(&format!("ami-new-{n}"), n, State::new("Completed"))).collect();
    tasks.extend(old_tasks(10));
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS).len(), 7);
}

#[test]
fn more_news_than_one_poll_may_list_is_told_by_the_next_ones() {
    let world = baselined(&old_tasks(100));
    world.page_size(10);
    let mut tasks: Vec<_> = (1..=250)
        .rev()
        .map(|n| store(&format!("ami-new-{n}"), n, State::new("Completed")))
        .collect();
    tasks.extend(old_tasks(100));
    world.list(Kind::StoreImage, &tasks);
    for _ in 0..6 {
        world.poll_a_minute_later(&store_images());
        assert!(listing_calls(&world.take_log()) <= 10);
    }
    assert_eq!(world.told(&SNS).len(), 250);
}

#[test]
fn a_poll_of_two_calls_reads_the_head_and_gets_on_with_the_rest() {
    let world = World::new();
    world.list(Kind::StoreImage, &old_tasks(1000));
    let mut poller = world.poller();
    poller.limits.listing_calls = 2;
    for _ in 0..5 {
        world.later(60);
        world.poll_with(&poller, &store_images(), None).unwrap();
        assert!(listing_calls(&world.take_log()) <= 2);
    }
    assert!(world.ledger().baseline_done);
}

#[test]
fn one_failing_region_stops_no_other_and_is_named() {
    let world = World::new();
    let all = places(&[Kind::StoreImage], &["us-east-1", "eu-west-1"]);
    world.poll(&all).unwrap();
    world.with(|inner| inner.broken_regions.insert("us-east-1".into()));
    let ended = || vec![Ok(store("ami-1", 1, State::new("Completed")))];
    world.list_in("us-east-1", Kind::StoreImage, ended());
    world.list_in("eu-west-1", Kind::StoreImage, ended());
    let summary = world.poll_a_minute_later(&all);
    assert_eq!(world.told(&SNS), ["ami-1 completed"]);
    let failures = summary.all_failures();
    assert_eq!(failures.len(), 1);
    assert!(failures[0].contains("us-east-1") && failures[0].contains("RequestLimitExceeded"));
    world.with(|inner| inner.broken_regions.clear());
    world.poll_a_minute_later(&all);
    assert_eq!(world.told(&SNS).len(), 2);
}

#[test]
fn without_the_table_nothing_is_decided_and_the_next_poll_takes_it_up() {
    let world = World::new();
    world.poll(&both_kinds()).unwrap();
    world.list(Kind::StoreImage, &[store("ami-1", 1, State::new("Completed"))]);
    world.with(|inner| inner.table_down = true);
    let summary = world.poll_a_minute_later(&both_kinds());
    assert_eq!(summary.all_failures().len(), 2);
    assert!(world.told(&SNS).is_empty());
    world.with(|inner| inner.table_down = false);
    world.poll_a_minute_later(&both_kinds());
    assert_eq!(world.told(&SNS), ["ami-1 completed"]);
}

#[test]
fn a_stored_item_that_cannot_be_understood_is_reported_and_costs_only_its_own_task() {
    let world = World::new();
    let tasks =
        [store("ami-2", 2, State::new("InProgress")), store("ami-1", 1, State::new("InProgress"))];
    world.list(Kind::StoreImage, &tasks);
    world.poll(&store_images()).unwrap();
    let key = tasks[1].key().unwrap().to_string();
    let at = (crate::store::codec::partition_key(&home()), key.clone());
    world.with(|inner| inner.items.get_mut(&at).unwrap().body = Some("{torn".into()));
    let tasks =
        [store("ami-2", 2, State::new("Completed")), store("ami-1", 1, State::new("Completed"))];
    world.list(Kind::StoreImage, &tasks);
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-2 completed"]);
    assert!(summary.all_failures().iter().any(|failure| failure.contains(&key)));
    world.with(|inner| assert_eq!(inner.items[&at].body.as_deref(), Some("{torn")));
}

#[test]
fn a_ledger_that_cannot_be_understood_stops_its_own_kind_only() {
    let world = World::new();
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("storing"))]);
    world.poll(&both_kinds()).unwrap();
    let at = (crate::store::codec::partition_key(&home()), ledger_key(Kind::StoreImage));
    world.with(|inner| inner.items.get_mut(&at).unwrap().schema = Some(99));
    world.list(Kind::StoreImage, &[store("ami-1", 1, State::new("Completed"))]);
    world.list(Kind::Bundle, &[bundle("bun-1", State::new("complete"))]);
    let summary = world.poll_a_minute_later(&both_kinds());
    assert_eq!(world.told(&SNS), ["bun-1 completed"]);
    let failures = summary.all_failures().join("; ");
    assert!(failures.contains("schema 99") && failures.contains("ledger"), "{failures}");
    assert!(failures.contains("nothing was judged"), "{failures}");
    // Once the newer version is back, nothing was lost.
    world
        .with(|inner| inner.items.get_mut(&at).unwrap().schema = Some(crate::store::codec::SCHEMA));
    world.poll_a_minute_later(&both_kinds());
    assert_eq!(world.told(&SNS), ["bun-1 completed", "ami-1 completed"]);
}
