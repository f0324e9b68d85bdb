//! The same by many functions: a schedule that dispatches, a queue that loses, doubles and delays, and
//! workers of which some die. The functions' own code reads the messages and says what comes again.

use std::collections::BTreeMap;
use std::sync::Arc;

use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::decide::Policy;
use amiwatch::functions::poller::handler::{Handler, Invocation};
use amiwatch::memory::Memory;
use amiwatch::place::Place;
use amiwatch::poll::{Limits, PlaceToPoll, Poller, Turn};
use fastrand::Rng;
use futures_util::StreamExt;
use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use super::ports::{Ports, World};
use super::time::{SkewedClock, Time};
use super::world::{self, Tasks};
use super::{BUS, SNS, births, everything, number, sentence, zero};
use crate::support::{ACCOUNT, REGION, batch, bodies, fleet, sdk};

const ACCOUNTS: [&str; 3] = [ACCOUNT, "111122223333", "444455556666"];
const REGIONS: [&str; 2] = [REGION, "eu-west-1"];
const WORKERS: u64 = 3;

/// The time from one schedule's event to the next.
const INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// As the template sets the queue up: for so long a message that was taken is not given again.
const VISIBILITY: SignedDuration = SignedDuration::from_secs(330);

/// So often a message is given, before it goes to the dead letters.
const RECEIVES: u32 = 3;

/// A message of the queue.
#[derive(Debug, Clone)]
struct Message {
    body: String,
    received: u32,
}

/// A queue that gives a message once or twice, soon or late, in any order.
#[derive(Debug, Default)]
struct Queue {
    sent: u64,
    waiting: BTreeMap<(Timestamp, u64), Message>,
    dead: usize,
}

impl Queue {
    fn put(&mut self, message: Message, due: Timestamp) {
        if message.received >= RECEIVES {
            self.dead += 1;
            return;
        }
        self.sent += 1;
        self.waiting.insert((due, self.sent), message);
    }

    fn next(&self) -> Option<Timestamp> {
        self.waiting.first_key_value().map(|((due, _), _)| *due)
    }

    fn take(&mut self, now: Timestamp) -> Option<Message> {
        let entry = self.waiting.first_entry().filter(|entry| entry.key().0 <= now)?;
        let message = entry.remove();
        Some(Message { received: message.received + 1, ..message })
    }

    /// What the schedule sends. Where it is rough, some of it is lost, doubled or late.
    fn dispatch(&mut self, places: &[PlaceToPoll], tick: Timestamp, rng: &mut Rng, rough: bool) {
        for body in bodies(places, tick) {
            let message = Message { body, received: 0 };
            let copies = match rng.u32(..100) {
                0..5 if rough => 0,
                5..15 if rough => 2,
                _ => 1,
            };
            for _ in 0..copies {
                let longest = if rough && rng.u32(..10) == 0 { 300_000 } else { 2_000 };
                let late = SignedDuration::from_millis(rng.i64(0..longest));
                self.put(message.clone(), tick + late);
            }
        }
    }
}

/// An execution environment: what it remembers ends with it.
struct Worker {
    handler: Handler,
    number: u64,
}

impl Worker {
    fn new(world: &World, number: u64, ahead: SignedDuration) -> Self {
        let ports = Ports { world: world.clone(), run: number };
        let poller = Poller {
            source: Box::new(ports.clone()),
            names: Some(Box::new(ports.clone())),
            memory: Memory::new(Arc::new(ports.clone())),
            sinks: ports.sinks(),
            clock: Box::new(SkewedClock { time: world.time.clone(), ahead }),
            policy: Policy::default(),
            limits: Limits { first_sights_min: 3, ..Limits::default() },
            turn: Turn::default(),
        };
        let fleet = fleet(&ACCOUNTS, &REGIONS, Ec2Tasks::new(&sdk(), None));
        Self { handler: Handler::new(poller, fleet, INTERVAL), number }
    }

    /// Whether the message need not come again.
    async fn handle(&self, world: &World, message: &Message) -> bool {
        let deadline = world.time.now() + SignedDuration::from_secs(55);
        let invocation = Invocation {
            function_arn: "arn:aws:lambda:us-east-1:123456789012:function:worker",
            deadline_ms: deadline.as_millisecond().try_into().unwrap(),
        };
        let answer =
            self.handler.handle(&batch(std::slice::from_ref(&message.body)), &invocation).await;
        world.with(|inner| inner.audit.ended(self.number));
        answer.unwrap()["batchItemFailures"].as_array().is_some_and(Vec::is_empty)
    }
}

/// How an invocation ended.
enum End {
    Answered { worker: Box<Worker>, is_done: bool },
    Died,
}

/// One invocation, which may die at any moment.
async fn invoke(
    world: World,
    worker: Worker,
    message: Message,
    dies_after: Option<SignedDuration>,
) -> (End, Message) {
    let end = {
        let handled = Box::pin(worker.handle(&world, &message));
        match dies_after {
            None => Some(handled.await),
            Some(after) => match select(world.time.sleep(after), handled).await {
                Either::Left(_) => None,
                Either::Right((is_done, _)) => Some(is_done),
            },
        }
    };
    let Some(is_done) = end else {
        world.with(|inner| inner.audit.killed(worker.number));
        return (End::Died, message);
    };
    (End::Answered { worker: Box::new(worker), is_done }, message)
}

#[derive(Debug, Default)]
struct Figures {
    invocations: u64,
    died: u64,
    given_back: u64,
}

/// The queue, its workers, and what they are just doing.
struct Fleets<'a> {
    world: &'a World,
    queue: Queue,
    idle: Vec<Worker>,
    running: FuturesUnordered<LocalBoxFuture<'static, (End, Message)>>,
    started: u64,
    figures: Figures,
}

impl Fleets<'_> {
    /// Lets workers take from the queue until a moment.
    async fn work_until(&mut self, until: Timestamp, rng: &mut Rng, rough: bool) {
        loop {
            let now = self.world.time.now();
            while !self.idle.is_empty()
                && let Some(message) = self.queue.take(now)
            {
                let worker = self.idle.swap_remove(rng.usize(..self.idle.len()));
                let dies = rough && rng.u32(..20) == 0;
                let dies_after = dies.then(|| SignedDuration::from_millis(rng.i64(0..3_000)));
                self.figures.invocations += 1;
                let world = self.world.clone();
                self.running.push(Box::pin(invoke(world, worker, message, dies_after)));
            }
            if now >= until {
                return;
            }
            let next = self.queue.next().filter(|_| !self.idle.is_empty());
            let wake = next.map_or(until, |next| next.min(until));
            let sleep = self.world.time.sleep_until(wake);
            if self.running.is_empty() {
                sleep.await;
            } else if let Either::Right((Some((end, message)), _)) =
                select(sleep, self.running.next()).await
            {
                self.ended(end, message, rng, rough);
            }
        }
    }

    fn ended(&mut self, end: End, message: Message, rng: &mut Rng, rough: bool) {
        let again = self.world.time.now() + VISIBILITY;
        match end {
            End::Answered { worker, is_done } => {
                self.idle.push(*worker);
                if !is_done {
                    self.figures.given_back += 1;
                    self.queue.put(message, again);
                }
            }
            End::Died => {
                self.figures.died += 1;
                self.queue.put(message, again);
                self.started += 1;
                let ahead = if rough { rng.i64(-4..=4) } else { 0 };
                let ahead = SignedDuration::from_secs(ahead);
                self.idle.push(Worker::new(self.world, self.started, ahead));
            }
        }
    }
}

fn run(ticks: u64, seed: u64) -> String {
    println!("seed {seed}: run it again with tests/soak fan-out {ticks} {seed}");
    let mut rng = Rng::with_seed(seed);
    let of = |account: &str| REGIONS.map(|region| Place::new(account, region));
    let places: Vec<Place> = ACCOUNTS.iter().flat_map(|account| of(account)).collect();
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
    let mut fleet = Fleets {
        world: &world,
        queue: Queue::default(),
        idle: (1..=WORKERS).map(|n| Worker::new(&world, n, SignedDuration::ZERO)).collect(),
        running: FuturesUnordered::new(),
        started: WORKERS,
        figures: Figures::default(),
    };
    time.run(async {
        let mut tick = time.now();
        for _ in 0..ticks {
            tick += INTERVAL;
            fleet.work_until(tick, &mut rng, true).await;
            births(&world, &places, &mut rng, tick);
            // A schedule gives each tick once or twice, and seldom not at all.
            let times = match rng.u32(..100) {
                0..2 => 0,
                2..7 => 2,
                _ => 1,
            };
            for _ in 0..times {
                fleet.queue.dispatch(&places, tick, &mut rng, true);
            }
        }
        // Quiet from here on: nothing goes wrong, nothing is born. A day and more, for the daily check.
        world.with(|inner| inner.fault_percent = 0);
        for n in 0..240 {
            tick += if n < 20 { INTERVAL } else { INTERVAL * 10 };
            fleet.work_until(tick, &mut rng, false).await;
            fleet.queue.dispatch(&places, tick, &mut rng, false);
        }
        fleet.work_until(tick + VISIBILITY, &mut rng, false).await;
    });
    let Figures { invocations, died, given_back } = fleet.figures;
    let dead = fleet.queue.dead;
    let polls = format!(
        "{ticks} ticks, {invocations} invocations of workers ({died} died, {given_back} gave their message back, \
         {dead} dead letters)"
    );
    sentence(&world, &polls, seed)
}

#[test]
fn by_workers_of_a_queue_that_loses_doubles_and_delays_nothing_is_lost_either() {
    run(number("AMIWATCH_SOAK_TICKS", 600), number("AMIWATCH_SOAK_SEED", 20_261_122));
}
