//! Every point at which a poll can die, over the real stores and the real EC2 adapter.
//!
//! The same is done for more scenarios in memory, in `src/poll/tests/crash.rs`. Here the effects are
//! those of DynamoDB and of the embedded store: the poll is stopped before or after its n-th effect,
//! for every n, and later polls have to mend it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amiwatch::aws::dynamodb::DynamoStore;
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::clock::SystemClock;
use amiwatch::decide::Policy;
use amiwatch::event::Event;
use amiwatch::place::Place;
use amiwatch::poll::{Limits, PlaceToPoll, Poller};
use amiwatch::ports::{
    Clock, Known, ListError, Notifier, Page, PublishError, Published, Saved, StateStore,
    StoreError, TaskSource,
};
use amiwatch::record::{Cursor, Ledger, Record, Sink};
use amiwatch::sim::{BundlePlan, SimClock, Simulator, StorePlan, TaskStatus, Throttle};
use amiwatch::store::file::FileStore;
use amiwatch::task::{Kind, TaskKey};
use futures_util::future::{Either, pending, select};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::support::{ACCOUNT, REGION, moto, now, sdk};

/// Stops the poll at one of its effects.
#[derive(Debug)]
struct Fuse {
    /// The effect at which it blows, from 0; none: never.
    at: Option<(usize, Side)>,
    seen: AtomicUsize,
    blown: Notify,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Fuse {
    async fn gate<T>(&self, effect: impl Future<Output = T>) -> T {
        let number = self.seen.fetch_add(1, Ordering::SeqCst);
        if self.at == Some((number, Side::Before)) {
            self.blow().await;
        }
        let result = effect.await;
        if self.at == Some((number, Side::After)) {
            self.blow().await;
        }
        result
    }

    async fn blow(&self) {
        self.blown.notify_one();
        pending::<()>().await;
    }
}

struct Gated<P> {
    port: P,
    fuse: Arc<Fuse>,
}

impl TaskSource for Gated<&Ec2Tasks> {
    async fn list(
        &self,
        place: &Place,
        kind: Kind,
        from: Option<&Cursor>,
        calls_max: u32,
    ) -> Result<Page, ListError> {
        self.fuse.gate(self.port.list(place, kind, from, calls_max)).await
    }
}

impl<S: StateStore + Sync> StateStore for Gated<&S> {
    async fn read(&self, place: &Place) -> Result<Known, StoreError> {
        self.fuse.gate(self.port.read(place)).await
    }

    async fn read_between(
        &self,
        place: &Place,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Known, StoreError> {
        self.fuse.gate(self.port.read_between(place, from, to)).await
    }

    async fn read_one(&self, place: &Place, key: &TaskKey) -> Result<Known, StoreError> {
        self.fuse.gate(self.port.read_one(place, key)).await
    }

    async fn read_ledger(&self, place: &Place, kind: Kind) -> Result<Known, StoreError> {
        self.fuse.gate(self.port.read_ledger(place, kind)).await
    }

    async fn save(
        &self,
        place: &Place,
        key: &TaskKey,
        record: &Record,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        self.fuse.gate(self.port.save(place, key, record, expected)).await
    }

    async fn save_settled(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: Vec<(TaskKey, Record)>,
    ) -> Result<Saved, StoreError> {
        self.fuse.gate(self.port.save_settled(place, kind, expected_ledger, records)).await
    }

    async fn save_ledger(
        &self,
        place: &Place,
        ledger: &Ledger,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        self.fuse.gate(self.port.save_ledger(place, ledger, expected)).await
    }
}

/// Keeps what it was told.
struct Ear(Arc<Mutex<Vec<Event>>>);

impl Notifier for Gated<Ear> {
    fn sinks(&self) -> Vec<Sink> {
        vec![Sink::Sns]
    }

    async fn publish(&self, _: Sink, event: &Event) -> Result<Published, PublishError> {
        let hear = async {
            self.port.0.lock().unwrap().push(event.clone());
            Ok(Published::InFull)
        };
        self.fuse.gate(hear).await
    }
}

#[derive(Clone)]
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

/// One life of a poller: polls once, and dies where the fuse says. The number of its effects.
async fn live<S: StateStore + Sync>(
    source: &Ec2Tasks,
    store: &S,
    told: &Arc<Mutex<Vec<Event>>>,
    clock: &ManualClock,
    place: &Place,
    at: Option<(usize, Side)>,
) -> usize {
    let fuse = Arc::new(Fuse { at, seen: AtomicUsize::new(0), blown: Notify::new() });
    let poller = Poller {
        source: Gated { port: source, fuse: Arc::clone(&fuse) },
        store: Gated { port: store, fuse: Arc::clone(&fuse) },
        notifier: Gated { port: Ear(Arc::clone(told)), fuse: Arc::clone(&fuse) },
        clock: clock.clone(),
        policy: Policy::default(),
        limits: Limits::default(),
    };
    let places = [PlaceToPoll { place: place.clone(), kinds: Kind::ALL.into() }];
    let poll = std::pin::pin!(poller.poll(&places, None));
    match select(poll, std::pin::pin!(fuse.blown.notified())).await {
        Either::Left((summary, _)) => assert_eq!(summary.all_failures(), Vec::<String>::new()),
        Either::Right(_) => {}
    }
    fuse.seen.load(Ordering::SeqCst)
}

/// What became of one run: endings lost, events told twice.
async fn run<S: StateStore + Sync>(
    store: &S,
    run: usize,
    at: Option<(usize, Side)>,
) -> (usize, usize) {
    let clock = SimClock::manual(now());
    let sim = Simulator::builder().clock(clock).throttle(Throttle::Off).start().await.unwrap();
    let source = Ec2Tasks::new(&sdk(), Some(sim.url()));
    let long = Duration::from_secs(9_000_000);
    let ago = |seconds| sim.now().saturating_sub(SignedDuration::from_secs(seconds)).unwrap();
    let store_task = |image: &str, bucket: &str| {
        sim.add_store_task(ACCOUNT, REGION, StorePlan::new(image, bucket, ago(600), long))
    };
    let good = store_task("ami-00000000000000001", "one");
    let bad = store_task("ami-00000000000000001", "two");
    let bundle = BundlePlan::new("bun-00000001", "i-00000001", "b", ago(600), long);
    let bundle = sim.add_bundle_task(ACCOUNT, REGION, bundle);

    let place = Place::new(format!("{:012}", 500_000_000_000 + run), REGION);
    let time = ManualClock(Arc::new(Mutex::new(now())));
    let told = Arc::default();
    live(&source, store, &told, &time, &place, None).await;
    assert!(told.lock().unwrap().is_empty(), "the baseline is silent");

    sim.set_state(good, TaskStatus::new("Completed", 100));
    sim.set_state(bad, TaskStatus { message: Some("why".into()), ..TaskStatus::new("Failed", 10) });
    sim.set_state(bundle, TaskStatus::new("complete", 100));
    let ended = StorePlan::new("ami-00000000000000002", "one", ago(60), Duration::from_secs(1));
    sim.add_store_task(ACCOUNT, REGION, ended);
    time.later(60);
    let effects = live(&source, store, &told, &time, &place, at).await;
    // Within three minutes of polls that run again.
    for _ in 0..3 {
        time.later(60);
        live(&source, store, &told, &time, &place, None).await;
    }
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for event in told.lock().unwrap().iter() {
        *times.entry(event.id.to_string()).or_default() += 1;
    }
    assert_eq!(times.len(), 4, "four endings, {at:?} of {effects}: {times:?}");
    assert!(times.values().all(|count| *count <= 2), "{at:?}: {times:?}");
    (effects, times.values().filter(|count| **count == 2).count())
}

async fn every_crash_point<S: StateStore + Sync>(store: &S, name: &str) {
    let (effects, repeats) = run(store, 0, None).await;
    assert_eq!(repeats, 0, "without a crash nothing is told twice");
    let mut all_repeats = 0;
    for number in 0..effects {
        for side in [Side::Before, Side::After] {
            let id = 1 + number * 2 + usize::from(side == Side::After);
            all_repeats += run(store, id, Some((number, side))).await.1;
        }
    }
    println!("{name}: {} crash points, 0 lost, {all_repeats} told twice", effects * 2);
}

#[tokio::test]
async fn wherever_a_poll_dies_the_embedded_store_loses_no_ending() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(&folder.path().join("state.redb"), &SystemClock).unwrap();
    every_crash_point(&store, "embedded store").await;
}

#[tokio::test]
async fn wherever_a_poll_dies_dynamodb_loses_no_ending() {
    let table = moto::table().await;
    every_crash_point(&DynamoStore::new(&sdk(), Some(moto::url()), table), "DynamoDB").await;
}
