//! Eight pollers at the same moment, round after round, on one store: each ending is told once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amiwatch::aws::dynamodb::DynamoStore;
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::clock::SystemClock;
use amiwatch::decide::Policy;
use amiwatch::event::Event;
use amiwatch::memory::Memory;
use amiwatch::poll::{Limits, Poller, Turn};
use amiwatch::ports::{PublishError, Published, Sink, Store};
use amiwatch::record::SinkName;
use amiwatch::store::file::FileStore;
use amiwatch_simulator::{BundlePlan, Simulator, StorePlan, TaskId, TaskStatus, Throttle};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::soak::everything;
use crate::support::{ACCOUNT, REGION, ago, moto, place, sdk};

const POLLERS: usize = 8;

/// Remembers what was published.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Event>>>);

impl Sink for Recorder {
    fn name(&self) -> SinkName {
        amiwatch::aws::sns::NAME
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(async {
            // A turn for the others, between publish and ack.
            tokio::task::yield_now().await;
            self.0.lock().unwrap().push(event.clone());
            Ok(Published::InFull)
        })
    }
}

fn store_task(sim: &Simulator, n: usize, bucket: &str) -> TaskId {
    let image = format!("ami-{n:017x}");
    let start = ago(60 - i64::try_from(n % 50).unwrap());
    let long = Duration::from_secs(1_000_000);
    sim.world().add_store_task(ACCOUNT, REGION, StorePlan::new(image, bucket, start, long))
}

/// Each round: some that ran end, some are born and end at once, one goes to two buckets, a bundle
/// ends; then all pollers poll at once.
async fn race(name: &str, stores: Vec<Arc<dyn Store>>, rounds: usize) {
    let sim = Simulator::builder().throttle(Throttle::Off).start().await.unwrap();
    let told = Recorder::default();
    let ec2 = Ec2Tasks::new(&sdk(), Some(sim.url()));
    let pollers: Vec<_> = stores
        .into_iter()
        .map(|store| {
            Arc::new(Poller {
                source: Box::new(ec2.clone()),
                names: Some(Box::new(ec2.clone())),
                memory: Memory::new(store),
                sinks: vec![Box::new(told.clone())],
                clock: Box::new(SystemClock),
                policy: Policy::default(),
                // Few and many first sights, so that both ways of writing them meet.
                limits: Limits { first_sights_min: 3, ..Limits::default() },
                turn: Turn::default(),
            })
        })
        .collect();
    let places = everything(&[place()]);
    // Somebody has to be first: what eight baselines at once make of a task that ends between them
    // is either old or news.
    pollers[0].poll(&places, None).await;
    let (mut born, mut endings, mut running) = (0, 0, Vec::new());
    for round in 0..rounds {
        for task in running.drain(..) {
            sim.world().set_state(task, TaskStatus::new("Completed", 100));
            endings += 1;
        }
        for _ in 0..2 {
            born += 1;
            running.push(store_task(&sim, born, "bucket-a"));
        }
        born += 1;
        for bucket in ["bucket-a", "bucket-b"] {
            let failed = TaskStatus::new("Failed", 10);
            sim.world().set_state(store_task(&sim, born, bucket), failed);
            endings += 1;
        }
        let id = format!("bun-{round:08x}");
        let bundle = BundlePlan::new(id, "i-1", "b", ago(60), Duration::from_secs(1));
        sim.world().add_bundle_task(ACCOUNT, REGION, bundle);
        endings += 1;

        let polls: Vec<_> = pollers
            .iter()
            .map(|poller| {
                let (poller, places) = (Arc::clone(poller), places.clone());
                let runtime = tokio::runtime::Handle::current();
                // A thread each.
                tokio::task::spawn_blocking(move || runtime.block_on(poller.poll(&places, None)))
            })
            .collect();
        for poll in polls {
            let failures = poll.await.unwrap().all_failures();
            assert!(failures.is_empty(), "{name}, round {round}: {failures:?}");
        }
        let told = told.0.lock().unwrap();
        let mut by_id: BTreeMap<Uuid, usize> = BTreeMap::new();
        for event in &*told {
            *by_id.entry(event.id).or_default() += 1;
        }
        assert!(by_id.values().all(|count| *count == 1), "{name}: told twice in round {round}");
        assert_eq!(by_id.len(), endings, "{name}: lost in round {round}");
    }
    println!("{name}: {POLLERS} pollers, {rounds} rounds, {endings} endings, 0 lost, 0 repeats");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_pollers_on_one_table_tell_every_ending_exactly_once() {
    let table = moto::table().await;
    let stores = (0..POLLERS).map(|_| -> Arc<dyn Store> {
        Arc::new(DynamoStore::new(&sdk(), Some(moto::url()), &table))
    });
    race("DynamoDB", stores.collect(), 25).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_pollers_on_one_file_tell_every_ending_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(&folder.path().join("state.db"), &SystemClock).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    race("file", vec![store; POLLERS], 40).await;
}
