//! Eight pollers at the same moment, round after round, on one store: each ending is told once. As eight
//! schedules that came at once, and as eight workers that were given the same message.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amiwatch::aws::dynamodb::DynamoStore;
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::clock::SystemClock;
use amiwatch::decide::Policy;
use amiwatch::event::Event;
use amiwatch::functions::poller::handler::{Handler, Invocation};
use amiwatch::memory::Memory;
use amiwatch::poll::{Limits, Poller, Turn};
use amiwatch::ports::{PublishError, Published, Sink, Store};
use amiwatch::record::SinkName;
use amiwatch::store::file::FileStore;
use amiwatch_simulator::{BundlePlan, Simulator, StorePlan, TaskId, TaskStatus, Throttle};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::soak::everything;
use crate::support::{ACCOUNT, REGION, ago, batch, bodies, fleet, moto, now, place, sdk};

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

const INVOCATION: Invocation<'static> = Invocation {
    function_arn: "arn:aws:lambda:us-east-1:123456789012:function:poller",
    deadline_ms: 0,
};

fn schedule() -> Value {
    json!({ "source": "aws.scheduler" })
}

/// What a schedule dispatches now.
fn message() -> Value {
    batch(&bodies(&everything(&[place()]), now()))
}

/// Each round: some that ran end, some are born and end at once, one goes to two buckets, a bundle
/// ends; then all pollers poll at once.
async fn race(name: &str, ask: fn() -> Value, stores: Vec<Arc<dyn Store>>, rounds: usize) {
    let sim = Simulator::builder().throttle(Throttle::Off).start().await.unwrap();
    let told = Recorder::default();
    let ec2 = Ec2Tasks::new(&sdk(), Some(sim.url()));
    let handlers: Vec<_> = stores
        .into_iter()
        .map(|store| {
            let poller = Poller {
                source: Box::new(ec2.clone()),
                names: Some(Box::new(ec2.clone())),
                memory: Memory::new(store),
                sinks: vec![Box::new(told.clone())],
                clock: Box::new(SystemClock),
                policy: Policy::default(),
                // Few and many first sights, so that both ways of writing them meet.
                limits: Limits { first_sights_min: 3, ..Limits::default() },
                turn: Turn::default(),
            };
            let fleet = fleet(&[], &[REGION], ec2.clone());
            Arc::new(Handler::new(poller, fleet, SignedDuration::from_mins(1)))
        })
        .collect();
    // Somebody has to be first: what eight baselines at once make of a task that ends between them
    // is either old or news.
    handlers[0].handle(&ask(), &INVOCATION).await.unwrap();
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

        let asked = ask();
        let invocations: Vec<_> = handlers
            .iter()
            .map(|handler| {
                let (handler, asked) = (Arc::clone(handler), asked.clone());
                let runtime = tokio::runtime::Handle::current();
                // A thread each.
                tokio::task::spawn_blocking(move || {
                    runtime.block_on(handler.handle(&asked, &INVOCATION))
                })
            })
            .collect();
        for invocation in invocations {
            let answer = invocation.await.unwrap().unwrap();
            let again = answer.get("batchItemFailures").and_then(Value::as_array);
            assert!(again.is_none_or(Vec::is_empty), "{name}, round {round}: {answer}");
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
    race("DynamoDB", schedule, stores.collect(), 25).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_workers_that_are_given_the_same_message_tell_every_ending_exactly_once() {
    let table = moto::table().await;
    let stores = (0..POLLERS).map(|_| -> Arc<dyn Store> {
        Arc::new(DynamoStore::new(&sdk(), Some(moto::url()), &table))
    });
    race("workers", message, stores.collect(), 25).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_pollers_on_one_file_tell_every_ending_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(&folder.path().join("state.db"), &SystemClock).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    race("file", schedule, vec![store; POLLERS], 40).await;
}
