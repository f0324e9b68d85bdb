//! Every point at which a poll can die, over the real stores and the real EC2 adapter.
//!
//! The same is done for more scenarios in memory, in `src/poll/tests/crash.rs`. Here the effects are
//! those of DynamoDB and of the embedded store: the poll is stopped before or after its n-th effect,
//! for every n, and later polls have to mend it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amiwatch::aws::dynamodb::DynamoStore;
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::aws::event_bridge::NAME as BUS;
use amiwatch::aws::roles::Roles;
use amiwatch::aws::sns::NAME as SNS;
use amiwatch::clock::SystemClock;
use amiwatch::decide::Policy;
use amiwatch::event::Event;
use amiwatch::functions::poller::dispatch::Dispatched;
use amiwatch::functions::poller::fleet::{Fleet, Source};
use amiwatch::functions::poller::handler::{Handler, Invocation};
use amiwatch::memory::Memory;
use amiwatch::place::Place;
use amiwatch::poll::{Limits, PlaceToPoll, Poller, Turn};
use amiwatch::ports::{
    Clock, Guard, ImageNames, Item, ListError, NamesError, Page, PageAt, PublishError, Published,
    Put, Saved, Sink, Store, StoreError, TaskSource,
};
use amiwatch::record::{Record, SinkName};
use amiwatch::store::file::FileStore;
use amiwatch::targets::{Defaults, Regions};
use amiwatch::task::Kind;
use amiwatch_simulator::{
    BundlePlan, Disk, ExportImagePlan, ExportInstancePlan, ExportTarget, ImportImagePlan,
    ImportSnapshotPlan, SimClock, Simulator, StorePlan, TaskId, TaskStatus, Throttle, Transfer,
};
use futures_util::future::{BoxFuture, Either, pending, select};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::{ACCOUNT, REGION, moto, now, sdk};

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

impl TaskSource for Gated<Ec2Tasks> {
    fn list<'a>(
        &'a self,
        place: &'a Place,
        kind: Kind,
        at: PageAt<'a>,
        calls_max: u32,
    ) -> BoxFuture<'a, Result<Page, ListError>> {
        Box::pin(self.fuse.gate("list", self.port.list(place, kind, at, calls_max)))
    }
}

impl ImageNames for Gated<Ec2Tasks> {
    fn names<'a>(
        &'a self,
        place: &'a Place,
        images: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, NamesError>> {
        Box::pin(self.fuse.gate("name", self.port.names(place, images)))
    }
}

impl Store for Gated<Arc<dyn Store>> {
    fn range<'a>(
        &'a self,
        place: &'a Place,
        from: &'a str,
        to: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(self.fuse.gate("read", self.port.range(place, from, to, limit)))
    }

    fn get<'a>(
        &'a self,
        place: &'a Place,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(self.fuse.gate("read by name", self.port.get(place, keys)))
    }

    fn put<'a>(
        &'a self,
        place: &'a Place,
        put: &'a Put,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        let name = match serde_json::from_str::<Record>(&put.body) {
            Err(_) => "save ledger",
            Ok(record) if record.outbox.is_empty() && put.expected > 0 => "ack",
            Ok(_) => "save",
        };
        Box::pin(self.fuse.gate(name, self.port.put(place, put)))
    }

    fn put_new<'a>(
        &'a self,
        place: &'a Place,
        guard: Guard<'a>,
        new: &'a [Put],
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(self.fuse.gate("save settled", self.port.put_new(place, guard, new)))
    }
}

type Told = Arc<Mutex<Vec<(SinkName, Event)>>>;

/// Keeps what it was told.
struct Ear {
    sink: SinkName,
    told: Told,
}

impl Sink for Gated<Ear> {
    fn name(&self) -> SinkName {
        self.port.sink.clone()
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        let hear = async {
            self.port.told.lock().unwrap().push((self.name(), event.clone()));
            Ok(Published::InFull)
        };
        Box::pin(self.fuse.gate("publish", hear))
    }
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

impl Scene {
    async fn new(by: By, store: Arc<dyn Store>, sinks: &'static [SinkName]) -> Self {
        let sim = Simulator::builder()
            .clock(SimClock::manual(now()))
            .throttle(Throttle::Off)
            .start()
            .await
            .unwrap();
        let source = Ec2Tasks::new(&sdk(), Some(sim.url()));
        // A partition of its own in the store.
        let account = ACCOUNTS.fetch_add(1, Ordering::Relaxed);
        let place = Place::new(format!("{account:012}"), REGION);
        let clock = ManualClock(Arc::new(Mutex::new(now())));
        let (told, tasks, tick) = (Told::default(), Vec::new(), Mutex::new(clock.now()));
        Self { by, sim, source, store, place, clock, told, sinks, tasks, tick }
    }

    fn ago(&self, seconds: i64) -> Timestamp {
        self.sim.world().now().saturating_sub(SignedDuration::from_secs(seconds)).unwrap()
    }

    fn starts(&mut self, image: u32, bucket: &str, seconds_ago: i64, takes: u64) {
        let image = format!("ami-{image:017x}");
        let plan = StorePlan::new(image, bucket, self.ago(seconds_ago), Duration::from_secs(takes));
        self.tasks.push(self.sim.world().add_store_task(ACCOUNT, REGION, plan));
    }

    fn bundles(&mut self, id: &str) {
        let takes = Duration::from_secs(LONG);
        let plan = BundlePlan::new(id, "i-00000001", "b", self.ago(600), takes);
        self.tasks.push(self.sim.world().add_bundle_task(ACCOUNT, REGION, plan));
    }

    /// An import or export that runs until it is told what it becomes.
    fn transfers(&mut self, kind: Kind, id: &str) {
        let transfer = Transfer::new(id, self.ago(600), Duration::from_secs(LONG));
        let (disk, image) = (|| Disk::in_bucket("VMDK", "b", "k"), "ami-00000000000000001");
        let target = ExportTarget::new("b", "exports/");
        let world = self.sim.world();
        self.tasks.push(match kind {
            Kind::ImportSnapshot => {
                let plan = ImportSnapshotPlan::new(transfer, disk());
                world.add_import_snapshot_task(ACCOUNT, REGION, plan)
            }
            Kind::ImportImage => {
                let plan = ImportImagePlan::new(transfer, vec![disk()]);
                world.add_import_image_task(ACCOUNT, REGION, plan)
            }
            Kind::ExportImage => {
                let plan = ExportImagePlan::new(transfer, image, target);
                world.add_export_image_task(ACCOUNT, REGION, plan)
            }
            Kind::ExportInstance => {
                let plan = ExportInstancePlan::new(transfer, "i-00000001", target);
                world.add_export_instance_task(ACCOUNT, REGION, plan)
            }
            Kind::StoreImage | Kind::Bundle => panic!("{kind} is neither import nor export"),
        });
    }

    fn becomes(&self, task: usize, state: &str) {
        self.says(task, state, "why");
    }

    fn says(&self, task: usize, state: &str, message: &str) {
        let status = TaskStatus { message: Some(message.into()), ..TaskStatus::new(state, 100) };
        assert!(self.sim.world().set_state(self.tasks[task], status));
    }

    /// One poll.
    async fn poll(&self, fate: Fate) -> Arc<Fuse> {
        let fuse = Arc::new(Fuse {
            at: fate.dies_at,
            log: Mutex::default(),
            begun: Mutex::default(),
            blown: Notify::new(),
            clock: self.clock.clone(),
            takes_seconds: i64::from(fate.deadline_seconds.is_some()),
        });
        let deadline = fate.deadline_seconds.map(|seconds| {
            self.clock.now().saturating_add(SignedDuration::from_secs(seconds)).unwrap()
        });
        // The simulator takes the account from the credentials; the store's partition is our own.
        let ear = |sink: &SinkName| -> Box<dyn Sink> {
            let port = Ear { sink: sink.clone(), told: Arc::clone(&self.told) };
            Box::new(Gated { port, fuse: Arc::clone(&fuse) })
        };
        let ec2 = || Gated { port: self.source.clone(), fuse: Arc::clone(&fuse) };
        let poller = Poller {
            source: Box::new(ec2()),
            names: Some(Box::new(ec2())),
            memory: Memory::new(Arc::new(Gated {
                port: Arc::clone(&self.store),
                fuse: Arc::clone(&fuse),
            })),
            sinks: self.sinks.iter().map(ear).collect(),
            clock: Box::new(self.clock.clone()),
            policy: Policy::default(),
            // Every first sight goes through a batch.
            limits: Limits { first_sights_min: 1, ..Limits::default() },
            turn: Turn::default(),
        };
        let places = [PlaceToPoll { place: self.place.clone(), kinds: Kind::ALL.into() }];
        let poll = async {
            match self.by {
                By::Schedule => poller.poll(&places, deadline).await.all_failures(),
                By::Worker => self.work(poller, &places, deadline).await,
            }
        };
        match select(Box::pin(poll), std::pin::pin!(fuse.blown.notified())).await {
            Either::Left((failures, _)) if fate.deadline_seconds.is_none() => {
                assert_eq!(failures, Vec::<String>::new());
            }
            Either::Left(_) | Either::Right(_) => {}
        }
        fuse
    }

    /// A new worker takes the message of the last tick. Returns what it says went wrong.
    async fn work(
        &self,
        poller: Poller,
        places: &[PlaceToPoll],
        deadline: Option<Timestamp>,
    ) -> Vec<String> {
        let defaults = Defaults {
            regions: Regions::Listed(vec![REGION.into()]),
            kinds: Kind::ALL.into(),
            role: None,
            home_region: REGION.into(),
            own_account: None,
        };
        let source = Source::Accounts(Vec::new());
        let fleet = Fleet::new(source, defaults, self.source.clone(), Roles::new(&sdk(), None));
        // So long that the message which comes again is not overtaken.
        let mut handler = Handler::new(poller, fleet, SignedDuration::from_hours(1));
        handler.account = Some(self.place.account.clone());
        let messages = Dispatched::of(places, *self.tick.lock().unwrap());
        let records = messages.iter().map(|message| {
            let body = serde_json::to_string(message).unwrap();
            json!({ "messageId": "m", "eventSource": "aws:sqs", "body": body })
        });
        let deadline_ms = deadline.map_or(0, |at| at.as_millisecond().try_into().unwrap());
        let invocation = Invocation { function_arn: "", deadline_ms };
        let records: Vec<_> = records.collect();
        let answer = handler.handle(&json!({ "Records": records }), &invocation).await.unwrap();
        let failures = answer["batchItemFailures"].as_array().unwrap();
        failures.iter().map(ToString::to_string).collect()
    }

    /// A minute later it is polled again, and nothing goes wrong.
    async fn polls_a_minute_later(&self) {
        self.clock.later(60);
        self.poll(Fate::default()).await;
    }

    /// A new tick: what comes from now on is another message.
    fn ticks(&self) {
        *self.tick.lock().unwrap() = self.clock.now();
    }
}

/// Longer than any test.
const LONG: u64 = 9_000_000;

/// A story: up to the poll that something befalls, what happens after it, and how many endings
/// there are to tell then.
#[derive(Clone, Copy)]
struct Story {
    name: &'static str,
    sinks: &'static [SinkName],
    /// The poll that something befalls comes after so many others.
    polls_before: usize,
    begin: fn(&mut dyn Stage),
    /// Before that poll.
    change: fn(&mut dyn Stage),
    /// After the poll that follows it.
    end: fn(&mut dyn Stage),
    endings: usize,
}

/// A scene without the type of its store.
trait Stage {
    fn starts(&mut self, image: u32, bucket: &str, seconds_ago: i64, takes: u64);
    fn bundles(&mut self, id: &str);
    fn transfers(&mut self, kind: Kind, id: &str);
    fn becomes(&mut self, task: usize, state: &str);
    fn says(&mut self, task: usize, state: &str, message: &str);
    fn goes(&mut self, task: usize);
}

impl Stage for Scene {
    fn starts(&mut self, image: u32, bucket: &str, seconds_ago: i64, takes: u64) {
        Scene::starts(self, image, bucket, seconds_ago, takes);
    }

    fn bundles(&mut self, id: &str) {
        Scene::bundles(self, id);
    }

    fn transfers(&mut self, kind: Kind, id: &str) {
        Scene::transfers(self, kind, id);
    }

    fn says(&mut self, task: usize, state: &str, message: &str) {
        Scene::says(self, task, state, message);
    }

    fn becomes(&mut self, task: usize, state: &str) {
        Scene::becomes(self, task, state);
    }

    fn goes(&mut self, task: usize) {
        assert!(self.sim.world().remove_task(self.tasks[task]));
    }
}

fn nothing(_: &mut dyn Stage) {}

const ENDINGS: Story = Story {
    name: "a store in two buckets, a bundle, and one first seen ended",
    sinks: &[SNS],
    polls_before: 1,
    begin: |stage| {
        stage.starts(1, "one", 600, LONG);
        stage.starts(1, "two", 600, LONG);
        stage.bundles("bun-00000001");
    },
    change: |stage| {
        stage.becomes(0, "Completed");
        stage.becomes(1, "Failed");
        stage.becomes(2, "complete");
        stage.starts(2, "one", 60, 1);
    },
    end: nothing,
    endings: 4,
};

const STORIES: [Story; 6] = [
    ENDINGS,
    Story {
        name: "imports and exports that complete, fail, are cancelled, and are first seen ended",
        begin: |stage| {
            stage.transfers(Kind::ImportSnapshot, "import-snap-1");
            stage.transfers(Kind::ImportImage, "import-ami-1");
            stage.transfers(Kind::ExportImage, "export-ami-1");
            stage.transfers(Kind::ExportInstance, "export-i-1");
        },
        change: |stage| {
            stage.becomes(0, "completed");
            stage.says(1, "deleted", "ClientError: the disk is none");
            stage.says(2, "deleted", "User initiated task cancelation");
            stage.becomes(3, "completed");
            stage.transfers(Kind::ImportSnapshot, "import-snap-2");
            stage.becomes(4, "completed");
        },
        endings: 5,
        ..ENDINGS
    },
    Story {
        name: "two sinks",
        sinks: &[SNS, BUS],
        begin: |stage| stage.starts(1, "one", 600, LONG),
        change: |stage| stage.becomes(0, "Completed"),
        endings: 1,
        ..ENDINGS
    },
    Story {
        name: "the baseline itself, and then an end",
        polls_before: 0,
        begin: |stage| {
            stage.starts(1, "one", 600, LONG);
            stage.starts(2, "one", 700, 1);
            stage.bundles("bun-00000001");
        },
        change: nothing,
        end: |stage| {
            stage.becomes(0, "Failed");
            stage.becomes(2, "complete");
        },
        endings: 2,
        ..ENDINGS
    },
    Story {
        name: "vanished",
        polls_before: 2,
        begin: |stage| {
            stage.starts(1, "one", 600, LONG);
            stage.bundles("bun-00000001");
            stage.transfers(Kind::ImportImage, "import-ami-1");
        },
        // The first of the two polls before is the baseline, the second one misses them once.
        change: |stage| {
            stage.goes(0);
            stage.goes(1);
            stage.goes(2);
        },
        endings: 3,
        ..ENDINGS
    },
    Story {
        name: "several pages, and a window that moves past an open task",
        begin: |stage| {
            stage.starts(1, "one", 9_000, LONG);
            for n in 0..45 {
                stage.starts(100 + n, "old", 6_000 + i64::from(n), 1);
            }
            for n in 0..210 {
                stage.starts(200 + n, "old", 20_000 + i64::from(n) * 60, 1);
            }
        },
        change: |stage| {
            stage.becomes(0, "Completed");
            for n in 0..3 {
                stage.starts(2 + n, "one", 60, 1);
            }
        },
        endings: 4,
        ..ENDINGS
    },
];

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
