//! Every point at which a poll can die, over the real stores and the real EC2 adapter.
//!
//! The same is done for more scenarios in memory, in `src/poll/tests/crash.rs`. Here the effects are
//! those of DynamoDB and of the embedded store: the poll is stopped before or after its n-th effect,
//! for every n, and later polls have to mend it.

mod ports;
mod scene;
mod stories;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use amiwatch::aws::dynamodb::DynamoStore;
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::clock::SystemClock;
use amiwatch::event::Event;
use amiwatch::place::Place;
use amiwatch::ports::{Clock, Store};
use amiwatch::record::SinkName;
use amiwatch::store::file::FileStore;
use amiwatch_simulator::{Simulator, TaskId};
use futures_util::future::pending;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

use self::stories::{STORIES, Story};
use crate::support::{moto, sdk};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Counts the effects of a poll, stops it at one of them, and lets each take a while.
#[derive(Debug)]
struct Fuse {
    /// The effect at which it blows, from 0; none: never.
    at: Option<(usize, Side)>,
    log: Mutex<Vec<&'static str>>,
    begun: Mutex<usize>,
    blown: Notify,
    clock: ManualClock,
    takes_seconds: i64,
}

impl Fuse {
    async fn gate<T>(&self, name: &'static str, effect: impl Future<Output = T>) -> T {
        let number = {
            let mut begun = self.begun.lock().unwrap();
            *begun += 1;
            *begun - 1
        };
        if self.at == Some((number, Side::Before)) {
            self.blow().await;
        }
        let result = effect.await;
        self.log.lock().unwrap().push(name);
        self.clock.later(self.takes_seconds);
        if self.at == Some((number, Side::After)) {
            self.blow().await;
        }
        result
    }

    async fn blow(&self) {
        self.blown.notify_one();
        pending::<()>().await;
    }

    fn count(&self, name: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|effect| **effect == name).count()
    }
}

struct Gated<P> {
    port: P,
    fuse: Arc<Fuse>,
}

type Told = Arc<Mutex<Vec<(SinkName, Event)>>>;

/// Keeps what it was told.
struct Ear {
    sink: SinkName,
    told: Told,
}

#[derive(Debug, Clone)]
struct ManualClock(Arc<Mutex<Timestamp>>);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl ManualClock {
    fn later(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap();
    }
}

/// What befalls one poll.
#[derive(Debug, Clone, Copy, Default)]
struct Fate {
    dies_at: Option<(usize, Side)>,
    /// Its deadline, in seconds from its start, where each effect takes one.
    deadline_seconds: Option<i64>,
}

/// Who polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// The scheduled function.
    Schedule,
    /// A worker. The message that it dies of comes again, to another one.
    Worker,
}

/// A simulated EC2 and everything that watches it.
struct Scene {
    by: By,
    sim: Simulator,
    source: Ec2Tasks,
    store: Arc<dyn Store>,
    place: Place,
    clock: ManualClock,
    told: Told,
    sinks: &'static [SinkName],
    tasks: Vec<TaskId>,
    /// When the last message was dispatched.
    tick: Mutex<Timestamp>,
}

/// The number of accounts so far.
static ACCOUNTS: AtomicU64 = AtomicU64::new(0);

/// What became of one run: the poll's effects, and the events that were told twice.
struct Run {
    effects: usize,
    repeats: usize,
}

/// Plays a story in which something befalls one poll.
async fn play(by: By, state: Arc<dyn Store>, story: &Story, fate: Fate) -> Run {
    let mut scene = Scene::new(by, state, story.sinks).await;
    (story.begin)(&mut scene);
    for n in 0..story.polls_before {
        if n + 1 == story.polls_before && story.polls_before > 1 {
            (story.change)(&mut scene);
        }
        scene.polls_a_minute_later().await;
    }
    assert!(scene.told.lock().unwrap().is_empty(), "{}: told too soon", story.name);
    if story.polls_before <= 1 {
        (story.change)(&mut scene);
    }
    scene.clock.later(60);
    scene.ticks();
    let fuse = scene.poll(fate).await;
    let effects = *fuse.begun.lock().unwrap();
    let unacked = fuse.count("publish") - fuse.count("ack").min(fuse.count("publish"));
    scene.polls_a_minute_later().await;
    (story.end)(&mut scene);
    // Within three minutes of polls that run again.
    for _ in 0..2 {
        scene.ticks();
        scene.polls_a_minute_later().await;
    }
    let mut times: BTreeMap<(SinkName, Uuid), usize> = BTreeMap::new();
    for (sink, event) in scene.told.lock().unwrap().iter() {
        *times.entry((sink.clone(), event.id)).or_default() += 1;
    }
    let what = format!("{}, {fate:?} of {effects}", story.name);
    assert_eq!(times.len(), story.endings * story.sinks.len(), "{what}: {times:?}");
    assert!(times.values().all(|count| *count <= 2), "{what}: {times:?}");
    let repeats = times.values().filter(|count| **count == 2).count();
    assert!(repeats <= unacked, "{what}: {repeats} repeats of {unacked} unacked");
    Run { effects, repeats }
}

async fn every_crash_point(name: &str, play: impl AsyncFn(&Story, Fate) -> Run) {
    let (mut points, mut repeats) = (0, 0);
    for story in &STORIES {
        let whole = play(story, Fate::default()).await;
        assert_eq!(whole.repeats, 0, "without a crash nothing is told twice");
        for number in 0..whole.effects {
            for side in [Side::Before, Side::After] {
                let fate = Fate { dies_at: Some((number, side)), ..Fate::default() };
                repeats += play(story, fate).await.repeats;
                points += 1;
            }
        }
    }
    println!(
        "{name}: {} stories, {points} crash points, 0 lost, {repeats} told twice, each between \
         publish and ack",
        STORIES.len()
    );
}

/// Plays in a table of its own: for a transaction moto copies all that it holds.
async fn play_over_dynamodb(by: By, story: &Story, fate: Fate) -> Run {
    let table = moto::table().await;
    let state = Arc::new(DynamoStore::new(&sdk(), Some(moto::url()), &table));
    let run = play(by, state, story, fate).await;
    moto::dynamodb().delete_table().table_name(table).send().await.unwrap();
    run
}

#[tokio::test]
async fn wherever_a_poll_dies_the_embedded_store_loses_no_ending() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(&folder.path().join("state.db"), &SystemClock).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let play =
        async |story: &Story, fate| play(By::Schedule, Arc::clone(&store), story, fate).await;
    every_crash_point("embedded store", play).await;
}

#[tokio::test]
async fn wherever_a_poll_dies_dynamodb_loses_no_ending() {
    let play = async |story: &Story, fate| play_over_dynamodb(By::Schedule, story, fate).await;
    every_crash_point("DynamoDB", play).await;
}

#[tokio::test]
async fn wherever_a_worker_dies_its_message_comes_again_and_no_ending_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(&folder.path().join("state.db"), &SystemClock).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let play = async |story: &Story, fate| play(By::Worker, Arc::clone(&store), story, fate).await;
    every_crash_point("workers", play).await;
}

#[tokio::test]
async fn whenever_its_deadline_comes_a_poll_over_dynamodb_loses_and_repeats_nothing() {
    let mut deadlines = 0;
    for story in &STORIES {
        // From one that leaves no time for anything to one that leaves time for all.
        for seconds in (16..80).step_by(4) {
            let fate = Fate { deadline_seconds: Some(seconds), ..Fate::default() };
            assert_eq!(
                play_over_dynamodb(By::Schedule, story, fate).await.repeats,
                0,
                "{}",
                story.name
            );
            deadlines += 1;
        }
    }
    println!("DynamoDB: {deadlines} deadlines, 0 lost, 0 repeats");
}
