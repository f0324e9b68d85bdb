//! Targets that cannot be listed: told once after an hour, and once when they are seen again.

use jiff::SignedDuration;

use super::fakes::{BUS, Crash, SNS, World, both_kinds, places, store, store_images};
use crate::task::{Kind, State};

/// A world whose Region cannot be listed, an hour less a minute after the first poll that failed.
fn nearly_blind() -> World {
    let world = World::new();
    world.list(Kind::StoreImage, &[store("ami-1", 0, State::new("InProgress"))]);
    world.poll(&store_images()).unwrap();
    world.later(60);
    world.with(|inner| inner.broken_regions = ["us-east-1".to_owned()].into());
    for _ in 0..60 {
        world.poll(&store_images()).unwrap();
        world.later(60);
    }
    assert_eq!(world.told(&SNS), Vec::<String>::new());
    world.take_log();
    world
}

fn seen_again(world: &World) {
    world.with(|inner| inner.broken_regions.clear());
}

/// What was told of targets, by outcome.
fn sights(world: &World) -> Vec<String> {
    let told = world.told(&SNS).into_iter();
    told.filter(|title| title.ends_with("blind") || title.ends_with("seeing")).collect()
}

#[test]
fn a_target_that_fails_for_an_hour_is_told_once_and_once_more_when_it_is_seen_again() {
    let world = nearly_blind();
    let summary = world.poll(&store_images()).unwrap();
    assert_eq!(sights(&world), [" blind"]);
    assert!(summary.targets[0].blind);
    for _ in 0..300 {
        let summary = world.poll_a_minute_later(&store_images());
        assert!(summary.targets[0].blind);
    }
    assert_eq!(sights(&world), [" blind"]);
    seen_again(&world);
    let summary = world.poll_a_minute_later(&store_images());
    assert!(!summary.targets[0].blind);
    for _ in 0..10 {
        world.poll_a_minute_later(&store_images());
    }
    assert_eq!(sights(&world), [" blind", " seeing"]);
    let events = world.with(|inner| inner.published.clone());
    // The task that ran all the while is told to have stalled.
    let of_target = events.iter().map(|(_, event, _)| &event.detail);
    let of_target: Vec<_> = of_target.filter(|it| it.outcome.is_of_target()).collect();
    let [blind, seeing] = of_target[..] else { panic!("{of_target:?}") };
    assert!(blind.failure.as_ref().unwrap().message.as_ref().unwrap().contains("RequestLimit"));
    assert_eq!((blind.since, &seeing.failure), (seeing.since, &None));
    let lasted = blind.observed_at.unwrap().duration_since(blind.since.unwrap());
    assert_eq!(lasted, SignedDuration::from_hours(1));
}

#[test]
fn a_failing_target_is_written_when_it_begins_and_when_it_ends_and_a_seen_one_never() {
    let world = nearly_blind();
    seen_again(&world);
    world.poll(&store_images()).unwrap();
    assert_eq!(world.take_log().iter().filter(|name| name.contains("sight")).count(), 1);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.take_log(), ["read us-east-1", "list us-east-1 store-image"]);
}

#[test]
fn what_ended_meanwhile_is_told_with_the_news_that_it_is_seen_again() {
    let world = nearly_blind();
    world.poll(&store_images()).unwrap();
    world.list(Kind::StoreImage, &[store("ami-1", 0, State::new("Completed"))]);
    seen_again(&world);
    world.poll_a_minute_later(&store_images());
    assert_eq!(world.told(&SNS).len(), 3);
    assert!(world.told(&SNS).contains(&"ami-1 completed".to_owned()));
}

#[test]
fn a_target_that_was_never_seen_is_told_too_and_each_kind_and_region_for_itself() {
    let world = World::new();
    let places = places(&[Kind::StoreImage, Kind::Bundle], &["us-east-1", "eu-west-1"]);
    world.with(|inner| inner.broken_regions = ["us-east-1".to_owned()].into());
    for _ in 0..62 {
        world.poll_a_minute_later(&places);
    }
    let told = world.with(|inner| inner.published.clone());
    let mut told: Vec<String> = told
        .into_iter()
        .map(|(_, event, _)| format!("{} {}", event.region, event.detail.kind))
        .collect();
    told.sort();
    assert_eq!(told, ["us-east-1 bundle", "us-east-1 store-image"]);
}

#[test]
fn whatever_effect_the_poll_that_tells_it_dies_at_it_is_told_and_by_each_sink() {
    let mut points = 0;
    for crash in [Crash::Before, Crash::After] {
        for effect in 1.. {
            let world = nearly_blind();
            world.with(|inner| {
                inner.sinks = vec![SNS, BUS];
                inner.effects = 0;
                inner.crash = Some((effect, crash));
            });
            if world.poll(&store_images()).is_some() {
                break;
            }
            points += 1;
            world.restart();
            for _ in 0..4 {
                world.poll_a_minute_later(&store_images());
            }
            for sink in [&SNS, &BUS] {
                let told = world.told(sink);
                assert!((1..=2).contains(&told.len()), "{crash:?} {effect}: {told:?}");
                let ids: std::collections::BTreeSet<_> =
                    world.with(|inner| inner.published.iter().map(|(_, it, _)| it.id).collect());
                assert_eq!(ids.len(), 1, "a repeat has the same id");
            }
        }
    }
    assert!(points >= 10, "{points}");
}

#[test]
fn a_sink_that_is_down_hears_of_it_later_and_a_full_minute_of_failures_is_no_blindness() {
    let world = nearly_blind();
    world.with(|inner| inner.down = [SNS].into());
    world.poll(&store_images()).unwrap();
    assert_eq!(sights(&world), Vec::<String>::new());
    world.with(|inner| inner.down.clear());
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!((sights(&world).len(), summary.untold), (1, 0));

    let world = World::new();
    world.poll(&both_kinds()).unwrap();
    for _ in 0..200 {
        world.with(|inner| inner.broken_regions = ["us-east-1".to_owned()].into());
        world.poll_a_minute_later(&both_kinds());
        seen_again(&world);
        world.poll_a_minute_later(&both_kinds());
    }
    assert_eq!(sights(&world), Vec::<String>::new());
}

#[test]
fn what_waits_is_counted_with_the_age_of_the_oldest() {
    let world = nearly_blind();
    world.with(|inner| inner.down = [SNS].into());
    let summary = world.poll(&store_images()).unwrap();
    assert_eq!((summary.untold, summary.oldest_untold_seconds), (1, 0));
    let summary = world.poll_a_minute_later(&store_images());
    assert_eq!((summary.untold, summary.oldest_untold_seconds), (1, 60));
}
