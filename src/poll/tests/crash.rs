//! Kills the process before and after every single effect of a poll, and looks at what was told.

use std::collections::{BTreeMap, BTreeSet};

use super::fakes::{Crash, World, is_end, minute, title};
use super::scenarios::{Scenario, scenarios};

/// What came of killing polls.
#[derive(Debug, Default)]
struct Count {
    points: usize,
    repeats: usize,
}

/// Judges what was told in the end of one run.
fn check(scenario: &Scenario, world: &World, point: &str, told_by: jiff::Timestamp) -> usize {
    let mut repeats = 0;
    world.with(|inner| {
        for sink in &inner.sinks {
            let mut by_id: BTreeMap<_, usize> = BTreeMap::new();
            let mut titles = Vec::new();
            for (_, event, at) in inner.published.iter().filter(|(to, ..)| to == sink) {
                assert!(is_end(event));
                let count = by_id.entry(event.id).or_default();
                *count += 1;
                if *count == 1 && scenario.expected.contains(&title(event)) {
                    titles.push(title(event));
                    assert!(*at <= told_by, "{}: told late after {point}", scenario.name);
                }
            }
            let mut expected = scenario.expected.clone();
            titles.sort();
            expected.sort();
            assert_eq!(titles, expected, "{}: lost after {point}", scenario.name);
            assert!(by_id.values().all(|count| *count <= 2), "{}: {point}", scenario.name);
            repeats += by_id.values().filter(|count| **count == 2).count();
        }
    });
    repeats
}

/// Kills the poll at one point; `None` where it ran through.
fn run(scenario: &Scenario, effect: usize, crash: Crash) -> Option<usize> {
    let world = (scenario.prepare)();
    world.take_log();
    world.with(|inner| {
        inner.effects = 0;
        inner.crash = Some((effect, crash));
    });
    if world.poll(&scenario.places).is_some() {
        return None;
    }
    let died_at = world.with(|inner| inner.died_at.clone()).unwrap();
    // What had been published when it died, and had not been acked.
    let log = world.take_log();
    let published = log.iter().filter(|name| name.starts_with("publish")).count();
    let acked = log.iter().filter(|name| name.starts_with("ack")).count();
    world.restart();
    (scenario.afterwards)(&world);
    // The scheduler's next polls: a minute apart, the first up to a minute after the restart.
    let told_by = world.with(|inner| inner.now) + jiff::SignedDuration::from_mins(3);
    for _ in 0..6 {
        world.poll_a_minute_later(&scenario.places);
    }
    let point = format!("{crash:?} effect {effect}, {died_at}");
    let repeats = check(scenario, &world, &point, told_by);
    assert!(
        repeats <= published - acked.min(published),
        "{}: {repeats} repeats after {point}, outside publish and ack",
        scenario.name
    );
    let untold = world.records().iter().map(|record| record.outbox.len()).sum::<usize>();
    assert_eq!(untold, 0, "{}: untold after {point}", scenario.name);
    Some(repeats)
}

#[test]
fn whatever_effect_a_poll_dies_at_nothing_is_lost_and_only_what_was_unacked_is_repeated() {
    let mut all = Count::default();
    for scenario in scenarios() {
        let mut count = Count::default();
        for crash in [Crash::Before, Crash::After] {
            for effect in 1.. {
                let Some(repeats) = run(&scenario, effect, crash) else { break };
                count.points += 1;
                count.repeats += repeats;
            }
        }
        assert!(count.points >= 4, "{}: no effects", scenario.name);
        println!(
            "{}: {} crash points, {} repeats, 0 lost",
            scenario.name, count.points, count.repeats
        );
        all.points += count.points;
        all.repeats += count.repeats;
    }
    println!("all: {} crash points, {} repeats, 0 lost", all.points, all.repeats);
}

#[test]
fn a_poll_that_dies_again_and_again_loses_nothing_in_the_end() {
    let mut points = 0;
    for scenario in scenarios() {
        for first in 1..40 {
            let world = (scenario.prepare)();
            let mut died = BTreeSet::new();
            // Three polls in a row die, each a little further on; ids stay the same all the while.
            for step in 0..3 {
                world.with(|inner| {
                    inner.effects = 0;
                    inner.crash = Some((first + step, Crash::After));
                });
                if world.poll(&scenario.places).is_none() {
                    died.insert(step);
                }
                world.restart();
                world.later(60);
            }
            if died.is_empty() {
                break;
            }
            points += died.len();
            (scenario.afterwards)(&world);
            for _ in 0..6 {
                world.poll_a_minute_later(&scenario.places);
            }
            let told: BTreeSet<_> = world
                .with(|inner| inner.published.iter().map(|(_, event, _)| title(event)).collect());
            for expected in &scenario.expected {
                assert!(told.contains(expected), "{}: {expected} lost", scenario.name);
            }
        }
    }
    println!("dying three times in a row: {points} crash points, 0 lost");
}

#[test]
fn a_poll_that_is_out_of_time_at_any_moment_loses_nothing_and_repeats_nothing() {
    let mut deadlines = 0;
    for scenario in scenarios() {
        for seconds in 0..200 {
            let world = (scenario.prepare)();
            // Each effect takes a second, so that the deadline comes after each of them in turn.
            world.with(|inner| inner.effect_takes = jiff::SignedDuration::from_secs(1));
            let begin = world.with(|inner| inner.now);
            let deadline = begin + jiff::SignedDuration::from_secs(5 + seconds);
            let poller = world.poller();
            let summary = world.poll_with(&poller, &scenario.places, Some(deadline)).unwrap();
            deadlines += 1;
            // It ran through: a later deadline changes nothing more.
            let whole = summary.left == 0 && summary.all_failures().is_empty();
            let whole = whole
                && world.with(|inner| inner.now) + world.poller().limits.reserve_to_list < deadline;
            world.with(|inner| inner.effect_takes = jiff::SignedDuration::ZERO);
            (scenario.afterwards)(&world);
            for _ in 0..6 {
                world.poll_a_minute_later(&scenario.places);
            }
            let never = minute(60 * 24 * 365);
            let repeats = check(&scenario, &world, &format!("deadline {seconds}"), never);
            assert_eq!(repeats, 0, "{}: repeated after deadline {seconds}", scenario.name);
            if whole {
                break;
            }
        }
    }
    println!("deadlines: {deadlines}, 0 lost, 0 repeats");
}
