//! Thousands of polls in which every fifth call goes wrong, in a world in memory.
//!
//! `tests/soak [polls] [seed]` runs as many as one likes. On a failure, the seed that is printed
//! makes the same run again.

pub(crate) mod audit;
mod dynamodb;
mod fan_out;
pub(crate) mod ports;
pub(crate) mod time;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use amiwatch::aws::event_bridge::NAME as BUS;
use amiwatch::aws::sns::NAME as SNS;
use amiwatch::decide::Policy;
use amiwatch::memory::Memory;
use amiwatch::place::Place;
use amiwatch::poll::{Limits, PlaceToPoll, Poller, Summary, Turn};
use amiwatch::record::SinkName;
use amiwatch::task::{Kind, TaskKey};
use fastrand::Rng;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use self::audit::outcome_of;
use self::ports::{Ports, World};
use self::time::{SkewedClock, Time};
use self::world::{End, Story, Tasks};

pub(crate) fn zero() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

pub(crate) fn everything(places: &[Place]) -> Vec<PlaceToPoll> {
    places
        .iter()
        .map(|place| PlaceToPoll { place: place.clone(), kinds: Kind::ALL.into() })
        .collect()
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}: write a number")),
        Err(_) => default,
    }
}

/// One poll, as the function makes it: it begins nothing in its last seconds.
pub(crate) async fn poll(
    world: &World,
    run: u64,
    ahead: SignedDuration,
    places: &[PlaceToPoll],
) -> Summary {
    let clock = SkewedClock { time: world.time.clone(), ahead };
    let deadline = world.time.now() + ahead + SignedDuration::from_secs(55);
    let ports = Ports { world: world.clone(), run };
    let poller = Poller {
        source: Box::new(ports.clone()),
        names: Some(Box::new(ports.clone())),
        memory: Memory::new(Arc::new(ports.clone())),
        sinks: ports.sinks(),
        clock: Box::new(clock),
        policy: Policy::default(),
        // Few and many first sights, so that both ways of writing them meet.
        limits: Limits { first_sights_min: 3, ..Limits::default() },
        turn: Turn::default(),
    };
    let summary = poller.poll(places, Some(deadline)).await;
    world.with(|inner| inner.audit.ended(run));
    summary
}

/// A poll that may die at any moment.
async fn poll_or_die(
    world: World,
    run: u64,
    ahead: SignedDuration,
    dies_after: Option<SignedDuration>,
    places: Vec<PlaceToPoll>,
) -> bool {
    let Some(after) = dies_after else {
        poll(&world, run, ahead, &places).await;
        return false;
    };
    let death = world.time.sleep(after);
    let one = Box::pin(poll(&world, run, ahead, &places));
    match select(death, one).await {
        Either::Left(((), poll)) => {
            drop(poll);
            world.with(|inner| inner.audit.killed(run));
            true
        }
        Either::Right(_) => false,
    }
}

/// Notes which places have their baselines, and starts the tasks of the minutes that passed.
fn births(world: &World, places: &[PlaceToPoll], rng: &mut Rng, tick: Timestamp) {
    world.with(|inner| {
        for PlaceToPoll { place, .. } in places {
            let has_baseline = |kind| {
                let ledger = inner.ledgers.get(&(place.clone(), kind));
                ledger.is_some_and(|ledger| ledger.value.baseline_done)
            };
            if has_baseline(Kind::StoreImage) && has_baseline(Kind::Bundle) {
                inner.baselines.entry(place.clone()).or_insert(tick);
            }
        }
        for tasks in &mut inner.places {
            world::births_until(tasks, rng, tick);
        }
    });
}

#[derive(Debug, Default)]
struct Figures {
    polls: u64,
    died: u64,
}

/// Polls every minute, two pollers in turn or both; some of them die.
async fn soak(world: &World, places: &[PlaceToPoll], polls: u64, rng: &mut Rng) -> Figures {
    let mut figures = Figures::default();
    let mut running = FuturesUnordered::new();
    let mut tick = world.time.now();
    while figures.polls < polls {
        tick += SignedDuration::from_secs(60);
        if rng.u32(..800) == 0 {
            // Nobody polls for hours.
            tick += SignedDuration::from_mins(rng.i64(20..400));
        }
        let mut sleep = world.time.sleep_until(tick);
        while !running.is_empty() {
            match select(sleep, running.next()).await {
                Either::Left(_) => {
                    sleep = world.time.sleep_until(tick);
                    break;
                }
                Either::Right((died, rest)) => {
                    figures.died += u64::from(died.unwrap_or(false));
                    sleep = rest;
                }
            }
        }
        sleep.await;
        births(world, places, rng, tick);
        let together = if rng.u32(..4) == 0 { 2 } else { 1 };
        for _ in 0..together {
            figures.polls += 1;
            let dies_after =
                (rng.u32(..20) == 0).then(|| SignedDuration::from_millis(rng.i64(0..3_000)));
            let ahead = SignedDuration::from_secs(rng.i64(-4..=4));
            let run = figures.polls;
            running.push(poll_or_die(world.clone(), run, ahead, dies_after, places.to_vec()));
        }
    }
    while let Some(died) = running.next().await {
        figures.died += u64::from(died);
    }
    figures
}

/// What became of the endings.
#[derive(Debug, Default)]
struct Verdict {
    endings: usize,
    told: usize,
    lost: Vec<TaskKey>,
    old_news: usize,
    /// They left EC2's listing before any poll could save them.
    never_seen: usize,
    /// They left the listing in their last minutes, so that they are told as vanished.
    as_vanished: usize,
    /// They vanished, and in the 31 days no two listings were read to their end without an item that
    /// could not be read: by what is promised that is not enough to tell it.
    aged_out: usize,
    slowest: SignedDuration,
}

fn judge(world: &World, now: Timestamp) -> Verdict {
    world.with(|inner| {
        let mut verdict = Verdict::default();
        let mut first: BTreeMap<_, BTreeMap<SinkName, Timestamp>> = BTreeMap::new();
        for arrived in &inner.audit.arrived {
            let place = Place::new(&arrived.event.account, &arrived.event.region);
            let sinks = first.entry((place, arrived.key.clone(), arrived.outcome)).or_default();
            sinks.entry(arrived.sink.clone()).or_insert(arrived.at);
        }
        // When the last sink was told.
        let told = |story: &Story, end: End| {
            let sinks = first.get(&(story.place.clone(), story.key.clone(), outcome_of(end)))?;
            (sinks.len() == inner.sinks.len()).then(|| sinks.values().max().copied()).flatten()
        };
        for tasks in &inner.places {
            for story in tasks.stores.iter().chain(&tasks.bundles) {
                if story.ends_at > now || story.listed_from > now {
                    continue;
                }
                let baseline = inner.baselines.get(&story.place).copied().unwrap_or(now);
                if !story.old && story.listed_from <= baseline && story.ends_at <= baseline {
                    // It ended while the first listing was read: old or news, as it happened.
                    continue;
                }
                if story.old {
                    let any = [End::Completed, End::Failed, End::Vanished];
                    verdict.old_news +=
                        any.iter().filter(|end| told(story, **end).is_some()).count();
                    continue;
                }
                verdict.endings += 1;
                if let Some(at) = told(story, story.end) {
                    verdict.told += 1;
                    let seen = story.ends_at.max(story.listed_from);
                    if story.end != End::Vanished {
                        verdict.slowest = verdict.slowest.max(at.duration_since(seen));
                    }
                } else if story.listed_until <= now && told(story, End::Vanished).is_some() {
                    verdict.as_vanished += 1;
                } else if story.listed_until <= now && !inner.is_recorded(story) {
                    verdict.never_seen += 1;
                } else if story.end == End::Vanished && inner.has_aged_out(story) {
                    verdict.aged_out += 1;
                } else {
                    let record =
                        inner.records.get(&story.place).and_then(|all| all.get(&story.key));
                    println!("lost: {story:?}, record {record:?}");
                    verdict.lost.push(story.key.clone());
                }
            }
        }
        verdict
    })
}

/// Runs a soak; returns its figures in one line.
fn run(polls: u64, seed: u64) -> String {
    println!("seed {seed}: run it again with tests/soak {polls} {seed}");
    let mut rng = Rng::with_seed(seed);
    let places = [Place::new("123456789012", "us-east-1"), Place::new("123456789012", "eu-west-1")];
    let mut tasks: Vec<Tasks> = places.iter().map(|place| Tasks::new(place.clone(), 60)).collect();
    for tasks in &mut tasks {
        world::past(tasks, &mut rng, zero());
    }
    let time = Time::starting(zero());
    let world = World::new(time.clone(), rng.u64(..), tasks);
    let places = everything(&places);
    world.with(|inner| {
        inner.sinks = vec![SNS, BUS];
        inner.fault_percent = 20;
    });
    let figures = time.run(soak(&world, &places, polls, &mut rng));
    // Quiet from here on: nothing goes wrong, nothing is born. A day and more, for the daily check.
    world.with(|inner| inner.fault_percent = 0);
    let mut quiet = 0;
    time.run(async {
        for n in 0..240 {
            let pause = if n < 10 { 60 } else { 600 };
            time.sleep(SignedDuration::from_secs(pause)).await;
            poll(&world, polls + 1 + n, SignedDuration::ZERO, &places).await;
            quiet += 1;
        }
    });
    sentence(
        &world,
        &format!("{} polls ({} died, {quiet} quiet)", figures.polls, figures.died),
        seed,
    )
}

/// Judges what became of the endings, and says it in one line.
fn sentence(world: &World, polls: &str, seed: u64) -> String {
    let verdict = judge(world, world.time.now() - SignedDuration::from_mins(30));
    let (line, untold) = world.with(|inner| {
        let mut line = format!(
            "{} endings to two sinks, {} told, {} lost, {} repeats, {} old news; {} left the list too soon ({} told as \
             vanished, {} never seen), {} aged out; slowest {} min; {polls}, {} calls, {} faults:",
            verdict.endings, verdict.told, verdict.lost.len(), inner.audit.repeats, verdict.old_news,
            verdict.as_vanished + verdict.never_seen, verdict.as_vanished, verdict.never_seen, verdict.aged_out,
            verdict.slowest.as_mins(), inner.calls, inner.faults.values().sum::<u64>(),
        );
        for (fault, count) in &inner.faults {
            write!(line, " {fault} {count},").unwrap();
        }
        write!(line, " seed {seed}").unwrap();
        let records = inner.records.values().flat_map(|records| records.values());
        (line, records.filter(|record| !record.value.outbox.is_empty()).count())
    });
    println!("{line}");
    assert_eq!(verdict.lost, Vec::<TaskKey>::new(), "lost, with seed {seed}");
    assert_eq!(verdict.old_news, 0, "old news, with seed {seed}");
    assert_eq!(untold, 0, "still untold, with seed {seed}");
    line
}

#[test]
fn with_every_fifth_call_going_wrong_nothing_is_lost_and_only_what_lost_its_answer_is_repeated() {
    run(number("AMIWATCH_SOAK_POLLS", 5_000), number("AMIWATCH_SOAK_SEED", 20_261_122));
}
