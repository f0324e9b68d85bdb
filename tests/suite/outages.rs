//! A service is away for a while: what waits, what goes on, and what comes when it is back.

use std::collections::BTreeSet;

use amiwatch::aws::sns::NAME as SNS;
use amiwatch::place::Place;
use amiwatch::poll::{PlaceToPoll, Summary};
use amiwatch::task::Kind;
use jiff::SignedDuration;

use crate::soak::ports::World;
use crate::soak::time::Time;
use crate::soak::world::{End, Tasks};
use crate::soak::{everything, poll, zero};

fn home() -> Place {
    Place::new("123456789012", "us-east-1")
}

fn abroad() -> Place {
    Place::new("123456789012", "eu-west-1")
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// The world an hour after its baseline was taken, and the next poll's number.
struct Scene {
    world: World,
    places: Vec<PlaceToPoll>,
    polls: u64,
}

impl Scene {
    fn new(regions: &[Place]) -> Self {
        let tasks = regions.iter().map(|place| Tasks::new(place.clone(), 200)).collect();
        let world = World::new(Time::starting(zero()), 1, tasks);
        let mut scene = Self { world, places: everything(regions), polls: 0 };
        assert!(scene.poll().all_failures().is_empty());
        scene
    }

    /// The next scheduled poll.
    fn poll(&mut self) -> Summary {
        self.polls += 1;
        let (world, run) = (self.world.clone(), self.polls);
        self.world.time.run(async {
            let next = zero() + minutes(i64::try_from(run).unwrap());
            world.time.sleep_until(next).await;
            poll(&world, run, SignedDuration::ZERO, &self.places).await
        })
    }

    fn told(&self) -> usize {
        self.world.with(|inner| inner.audit.arrived.len())
    }

    /// Store tasks that start now, a millisecond apart, and end in seconds.
    fn end_some(&self, count: i64, region: usize) {
        let now = self.world.time.now();
        self.world.with(|inner| {
            for n in 0..count {
                let start = now + SignedDuration::from_millis(n);
                inner.places[region].store(start, SignedDuration::from_secs(5), End::Completed);
            }
        });
    }
}

#[test]
fn what_piles_up_while_sns_is_away_is_told_once_oldest_first_and_as_the_time_allows() {
    let mut scene = Scene::new(&[home()]);
    scene.world.with(|inner| inner.sns_down = true);
    // Three hours, in which 1,000 tasks end.
    let mut away = 0;
    while away < 180 {
        scene.end_some(if away < 100 { 10 } else { 0 }, 0);
        let before = scene.world.with(|inner| inner.publishes);
        let summary = scene.poll();
        let tries = scene.world.with(|inner| inner.publishes) - before;
        // A poll finds out with a few calls, however many events wait.
        assert!(tries <= 10, "{tries} calls to a sink that is away");
        assert_eq!(summary.published, 0);
        assert!(summary.left >= usize::min(10 * (away + 1), 1_000), "{} left", summary.left);
        away += 1;
    }
    assert_eq!(scene.told(), 0);

    // Back, and slow: 8 at once, 1 s each, leave no more than 400 to the 55 s of a poll.
    scene.world.with(|inner| {
        inner.sns_down = false;
        inner.publish_takes = SignedDuration::from_secs(1);
    });
    let mut per_poll = Vec::new();
    while scene.told() < 1_000 {
        assert!(per_poll.len() < 10, "{per_poll:?}");
        let summary = scene.poll();
        assert!(summary.published <= 400, "{}", summary.published);
        assert_eq!(summary.failures, Vec::<String>::new());
        per_poll.push(summary.published);
    }
    for _ in 0..3 {
        assert_eq!(scene.poll().published, 0);
    }
    scene.world.with(|inner| {
        let arrived = &inner.audit.arrived;
        let keys: BTreeSet<_> = arrived.iter().map(|arrived| &arrived.key).collect();
        assert_eq!((arrived.len(), keys.len(), inner.audit.repeats), (1_000, 1_000, 0));
        // Eight are told at once, so that neighbours may pass each other, and nobody else.
        for (n, one) in arrived.iter().enumerate() {
            let in_order =
                arrived[n..].iter().skip(8).all(|later| later.event.time >= one.event.time);
            assert!(in_order, "event {n} of {} was told before older ones", one.event.time);
        }
    });
    println!(
        "SNS away for {away} minutes: 1000 endings, told {per_poll:?} a poll, 0 lost, 0 repeats"
    );
}

#[test]
fn while_dynamodb_is_away_nothing_is_told_and_afterwards_everything_once() {
    let mut scene = Scene::new(&[home()]);
    scene.world.with(|inner| inner.table_down = true);
    for _ in 0..5 {
        scene.end_some(20, 0);
        let summary = scene.poll();
        let failures = summary.all_failures().len();
        assert_eq!((summary.published, failures), (0, Kind::ALL.len()), "{summary:?}");
    }
    assert_eq!(scene.world.with(|inner| inner.publishes), 0);
    scene.world.with(|inner| inner.table_down = false);
    assert_eq!(scene.poll().published, 100);
    assert_eq!((scene.poll().published, scene.told()), (0, 100));
}

#[test]
fn where_ec2_denies_one_kind_or_region_the_others_go_on() {
    for (denied, told_meanwhile) in
        [((home().region, Kind::Bundle), 20), ((home().region, Kind::StoreImage), 10)]
    {
        let mut scene = Scene::new(&[home(), abroad()]);
        scene.world.with(|inner| inner.denied = [denied.clone()].into());
        scene.end_some(10, 0);
        scene.end_some(10, 1);
        let summary = scene.poll();
        assert_eq!(summary.published, told_meanwhile, "{denied:?}");
        let failures = summary.all_failures();
        let named = format!("{} {}", home(), denied.1);
        assert!(failures.len() == 1 && failures[0].starts_with(&named), "{failures:?}");
        for _ in 0..100 {
            scene.poll();
        }
        assert_eq!(scene.world.with(|inner| inner.audit.of_targets), 1, "told to be blind, once");
        scene.world.with(|inner| inner.denied.clear());
        scene.poll();
        assert_eq!(scene.told(), 20);
        assert_eq!(scene.world.with(|inner| inner.audit.of_targets), 2, "and to see again");
    }
}

#[test]
fn an_event_for_a_sink_that_is_away_keeps_its_id_and_its_time() {
    let mut scene = Scene::new(&[home()]);
    scene.world.with(|inner| inner.sns_down = true);
    scene.end_some(1, 0);
    scene.poll();
    let waiting = scene.world.with(|inner| {
        let records = &inner.records[&home()];
        records.values().next().unwrap().value.outbox[0].clone()
    });
    assert_eq!(waiting.sinks, BTreeSet::from([SNS]));
    scene.world.with(|inner| inner.sns_down = false);
    // The lease of the poll that found it has run out by the next one.
    for _ in 0..3 {
        scene.poll();
    }
    scene.world.with(|inner| {
        let events: Vec<_> = inner.audit.arrived.iter().map(|arrived| &arrived.event).collect();
        assert_eq!(events, [&waiting.event]);
    });
}
