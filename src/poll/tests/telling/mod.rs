//! The order of effects, and what becomes of events when a sink, the time or another poll is in
//! the way.

mod leases;

use std::pin::pin;
use std::task::{Context, Waker};

use jiff::SignedDuration;

use super::fakes::{BUS, SNS, World, places, store, store_images};
use crate::record::Record;
use crate::task::{Kind, State, Task};

/// A world whose baseline held one running task for each name.
fn running(names: &[&str]) -> World {
    let world = World::new();
    list(&world, names, &State::new("InProgress"));
    world.poll(&store_images()).unwrap();
    world.take_log();
    world
}

fn list(world: &World, names: &[&str], state: &State) {
    let tasks: Vec<Task> = names.iter().map(|name| store(name, 0, state.clone())).collect();
    world.list(Kind::StoreImage, &tasks);
}

fn publishes(log: &[String]) -> usize {
    log.iter().filter(|name| name.starts_with("publish")).count()
}

#[test]
fn an_ending_is_listed_saved_published_and_acked_in_this_order() {
    let world = running(&["ami-1"]);
    list(&world, &["ami-1"], &State::new("Completed"));
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!(
        world.take_log(),
        [
            "read us-east-1",
            "list us-east-1 store-image",
            "save ami-1 over 1",
            "publish sns ami-1 completed",
            "ack ami-1 over 2",
        ]
    );
    assert_eq!((summary.published, summary.left), (1, 0));
    assert_eq!((summary.targets[0].decided, summary.targets[0].saved), (1, 1));
}

#[test]
fn the_ledger_is_saved_only_after_the_records_that_it_vouches_for() {
    let world = World::new();
    let mut tasks = vec![store("ami-2", 1, State::new("InProgress"))];
    tasks.push(store("ami-1", 0, State::new("Completed")));
    world.list(Kind::StoreImage, &tasks);
    world.poll(&store_images()).unwrap();
    assert_eq!(
        world.take_log(),
        [
            "read us-east-1",
            "list us-east-1 store-image",
            "save 1 together",
            "save ami-2 over 0",
            "ledger store-image over 0",
        ]
    );
}

#[test]
fn a_sink_that_is_down_costs_a_few_calls_and_is_told_later_oldest_first() {
    let world = running(&[]);
    let tasks: Vec<_> =
        (1..=40).rev().map(|n| store(&format!("ami-{n:02}"), n, State::new("Completed"))).collect();
    world.with(|inner| inner.down = [SNS].into());
    // Two come a minute, so that there is an oldest.
    for n in (0..40).step_by(2) {
        world.list(Kind::StoreImage, &tasks[38 - n..]);
        let summary = world.poll_a_minute_later(&store_images());
        assert!(publishes(&world.take_log()) <= 10);
        assert_eq!(summary.published, 0);
        assert!(summary.left > 0 || !summary.all_failures().is_empty());
    }
    world.with(|inner| inner.down.clear());
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS).len(), 40);
    let times: Vec<_> =
        world.with(|inner| inner.published.iter().map(|(_, event, _)| event.time).collect());
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn a_refused_event_stays_visible_and_blocks_no_other() {
    let world = running(&["ami-1", "ami-2", "ami-3"]);
    world.with(|inner| inner.refused = ["ami-1".to_owned()].into());
    list(&world, &["ami-1", "ami-2", "ami-3"], &State::new("Completed"));
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!((summary.published, summary.refused, summary.left), (2, 1, 1));
    assert!(summary.all_failures()[0].contains("InvalidParameter"));
    // Many refusals are no outage either: the sink answers.
    for _ in 0..6 {
        world.poll_a_minute_later(&store_images());
    }
    world.with(|inner| inner.refused.clear());
    world.poll_a_minute_later(&store_images());
    world.poll_a_minute_later(&store_images());
    let mut told = world.told(&SNS);
    told.sort();
    assert_eq!(told, ["ami-1 completed", "ami-2 completed", "ami-3 completed"]);
}

#[test]
fn a_sink_that_is_down_neither_holds_nor_repeats_the_other() {
    let world = running(&["ami-1"]);
    world.with(|inner| {
        inner.sinks = vec![SNS, BUS];
        inner.down = [BUS].into();
    });
    list(&world, &["ami-1"], &State::new("Completed"));
    for _ in 0..5 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(world.told(&SNS), ["ami-1 completed"]);
    assert!(world.told(&BUS).is_empty());
    world.with(|inner| inner.down.clear());
    world.poll_a_minute_later(&store_images());
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-1 completed"]);
    assert_eq!(world.told(&BUS), ["ami-1 completed"]);
}

#[test]
fn a_sink_that_was_taken_away_is_waited_for_no_longer() {
    let world = running(&["ami-1"]);
    world.with(|inner| {
        inner.sinks = vec![SNS, BUS];
        inner.down = [BUS].into();
    });
    list(&world, &["ami-1"], &State::new("Completed"));
    world.poll_a_minute_later(&store_images());
    world.with(|inner| inner.sinks = vec![SNS]);
    // It may be an old version, during a deployment, that does not know the sink.
    for _ in 0..50 {
        assert_eq!(world.poll_a_minute_later(&store_images()).elsewhere, 1);
    }
    world.with(|inner| inner.sinks = vec![SNS, BUS]);
    assert_eq!(world.poll_a_minute_later(&store_images()).left, 1, "it is still down");
    world.with(|inner| inner.sinks = vec![SNS]);
    world.later(10 * 60);
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!((summary.left, summary.elsewhere), (0, 0));
    assert!(world.records().iter().all(Record::is_settled));
    assert_eq!(world.told(&SNS), ["ami-1 completed"]);
    assert!(world.told(&BUS).is_empty());
}

#[test]
fn a_deadline_stops_the_work_and_the_summary_says_what_is_left() {
    let names: Vec<String> = (0..20).map(|n| format!("ami-{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Each effect takes a second. At first there is time to save a part, then to save all and tell some.
    for (seconds, saves_all) in [(40, false), (60, true)] {
        let world = running(&names);
        list(&world, &names, &State::new("Completed"));
        world.with(|inner| inner.effect_takes = SignedDuration::from_secs(1));
        let deadline = world.with(|inner| inner.now) + SignedDuration::from_secs(seconds);
        let poller = world.poller();
        let summary = world.poll_with(&poller, &store_images(), Some(deadline)).unwrap();
        assert!(world.with(|inner| inner.now) < deadline);
        assert!(summary.published > 0 && summary.left > 0, "{seconds} s: {summary:?}");
        let failures = summary.all_failures().join("; ");
        assert_eq!(failures.contains("changes left to the next poll"), !saves_all, "{failures}");
        world.with(|inner| inner.effect_takes = SignedDuration::ZERO);
        for _ in 0..3 {
            world.poll_a_minute_later(&store_images());
        }
        assert_eq!(world.told(&SNS).len(), 20);
    }
}

#[test]
fn each_poll_of_a_process_begins_with_another_place() {
    let world = World::new();
    let all = places(&[Kind::StoreImage], &["us-east-1", "us-east-2", "us-west-1"]);
    let mut firsts = Vec::new();
    let mut poller = world.poller();
    poller.limits.places_at_once = 1;
    for _ in 0..4 {
        world.take_log();
        world.poll_with(&poller, &all, None).unwrap();
        firsts.push(world.take_log().remove(0));
        world.later(60);
    }
    let again = firsts.pop();
    assert_eq!(firsts.first(), again.as_ref());
    firsts.sort();
    assert_eq!(firsts, ["read us-east-1", "read us-east-2", "read us-west-1"]);
}

#[test]
fn places_for_which_there_is_no_time_are_named() {
    let world = World::new();
    let all = places(&[Kind::StoreImage, Kind::Bundle], &["us-east-1", "eu-west-1"]);
    let poller = world.poller();
    // As much as is kept for what comes after a listing, and not a moment more.
    let deadline = world.with(|inner| inner.now) + poller.limits.reserve_to_list;
    let summary = world.poll_with(&poller, &all, Some(deadline)).unwrap();
    assert_eq!(summary.targets_left.len(), 4);
    assert!(summary.all_failures().iter().all(|failure| failure.contains("out of time")));
    assert!(world.take_log().is_empty());
}

#[test]
fn a_second_poll_of_the_same_world_has_nothing_more_to_tell() {
    let world = running(&["ami-1"]);
    list(&world, &["ami-1"], &State::new("Failed"));
    world.poll_a_minute_later(&store_images());
    for _ in 0..5 {
        let summary = world.poll_a_minute_later(&store_images());
        assert_eq!((summary.published, summary.targets[0].saved), (0, 0));
    }
    assert_eq!(world.told(&SNS), ["ami-1 failed"]);
}

#[test]
fn a_refused_event_of_a_task_holds_back_none_that_follows_it() {
    let world = running(&["ami-1"]);
    world.with(|inner| inner.refused = ["ami-1 stalled".to_owned()].into());
    world.later(3 * 60 * 60);
    let summary = world.poll(&store_images()).unwrap();
    assert_eq!((summary.refused, summary.published), (1, 0));
    list(&world, &["ami-1"], &State::new("Completed"));
    for _ in 0..3 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(world.told(&SNS), ["ami-1 completed"]);
}

#[test]
fn a_later_event_of_a_task_waits_for_an_earlier_one_that_its_sink_could_not_take() {
    let world = running(&["ami-1"]);
    world.with(|inner| inner.unavailable = ["ami-1 stalled".to_owned()].into());
    world.later(3 * 60 * 60);
    world.poll(&store_images()).unwrap();
    list(&world, &["ami-1"], &State::new("Completed"));
    for _ in 0..3 {
        world.poll_a_minute_later(&store_images());
        assert!(world.told(&SNS).is_empty());
    }
    world.with(|inner| inner.unavailable.clear());
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-1 stalled", "ami-1 completed"]);
}

#[test]
fn events_that_no_sink_takes_keep_no_others_from_being_told_however_old_they_are() {
    let old: Vec<String> = (0..30).map(|n| format!("ami-old-{n:02}")).collect();
    let new: Vec<String> = (0..30).map(|n| format!("ami-new-{n:02}")).collect();
    let names = |names: &[String]| {
        names.iter().map(|name| store(name, 0, State::new("Completed"))).collect()
    };
    let world = running(&[]);
    world.with(|inner| inner.unavailable = ["ami-old".to_owned()].into());
    let mut tasks: Vec<Task> = names(&old);
    world.list(Kind::StoreImage, &tasks);
    world.poll_a_minute_later(&store_images());
    tasks.extend::<Vec<Task>>(names(&new));
    world.list(Kind::StoreImage, &tasks);
    for _ in 0..12 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(world.told(&SNS).len(), 30);
    world.with(|inner| inner.unavailable.clear());
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS).len(), 60);
}

#[test]
fn an_event_whose_only_sink_was_broken_and_then_replaced_is_told_at_the_new_one() {
    let world = running(&["ami-1"]);
    world.with(|inner| {
        inner.sinks = vec![BUS];
        inner.down = [BUS].into();
    });
    list(&world, &["ami-1"], &State::new("Failed"));
    world.poll_a_minute_later(&store_images());
    let id = world.records()[0].outbox[0].event.id;
    world.with(|inner| inner.sinks = vec![SNS]);
    for _ in 0..61 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(world.told(&SNS), ["ami-1 failed"]);
    assert_eq!(world.with(|inner| inner.published[0].1.id), id);
    assert!(world.records().iter().all(Record::is_settled));
}

#[test]
fn no_decision_is_saved_without_the_time_to_tell_it() {
    let world = running(&["ami-1"]);
    list(&world, &["ami-1"], &State::new("Completed"));
    world.later(60);
    // 45 seconds, less 10 for the read and 10 for the listing: 25 are too few.
    world.with(|inner| inner.effect_takes = SignedDuration::from_secs(10));
    let deadline = world.with(|inner| inner.now) + SignedDuration::from_secs(45);
    let summary = world.poll_with(&world.poller(), &store_images(), Some(deadline)).unwrap();
    let log = world.take_log();
    assert!(!log.iter().any(|name| name.starts_with("save")), "{log:?}");
    assert!(summary.all_failures().iter().any(|failure| failure.contains("out of time")));
    world.with(|inner| inner.effect_takes = SignedDuration::ZERO);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS), ["ami-1 completed"]);
}

#[test]
fn one_slow_call_holds_its_own_slot_and_no_other() {
    let names: Vec<String> = (0..40).map(|n| format!("ami-{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = running(&names);
    list(&world, &names, &State::new("Completed"));
    world.later(60);
    world.with(|inner| inner.stepped = true);
    let poller = world.poller();
    let places = store_images();
    let mut poll = pin!(poller.poll(&places, None));
    let mut context = Context::from_waker(Waker::noop());
    let slow = |name: &str| name == "publish sns ami-00 completed";
    // Everything takes place but the one call, which has no answer yet.
    loop {
        assert!(poll.as_mut().poll(&mut context).is_pending(), "the slow call is waited for");
        let next = world.with(|inner| inner.waiting.iter().find(|it| !slow(&it.name)).cloned());
        let Some(next) = next else { break };
        world.grant(next.ticket);
    }
    assert!(world.with(|inner| inner.waiting.iter().any(|it| slow(&it.name))));
    assert_eq!(world.told(&SNS).len(), 39);
}
