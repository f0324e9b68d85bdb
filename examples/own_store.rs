//! A store of your own: all items in a map, and two polls at the same moment that share it.
//!
//! ```console
//! $ cargo run --example own_store
//! ```
//!
//! A store keeps the items of a place in the order of their keys, and writes on a condition. That is
//! all that keeps pollers from telling an ending twice. What the items hold is not its concern.
//! `tests/suite/stores.rs` has the rules that the stores of amiwatch are tested by.

// An example prints what it does.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amiwatch::aws::clients::{http_client, with_bounds};
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::decide::Policy;
use amiwatch::event::Event;
use amiwatch::memory::Memory;
use amiwatch::place::Place;
use amiwatch::poll::{Limits, PlaceToPoll, Poller, Turn};
use amiwatch::ports::{
    Clock, Guard, Item, PublishError, Published, Put, Saved, Sink, Store, StoreError,
};
use amiwatch::record::SinkName;
use amiwatch::task::Kind;
use amiwatch_simulator::{SimClock, Simulator, StorePlan};
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// Items by place and key.
type Items = BTreeMap<(Place, String), Item>;

/// All items in a map. Nothing can go wrong in it, so it gives no [`StoreError`].
#[derive(Default)]
struct MapStore(Mutex<Items>);

impl MapStore {
    /// The lock is never held while something is awaited.
    fn items(&self) -> MutexGuard<'_, Items> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The version of a stored item; 0 where there is none.
fn version(items: &Items, place: &Place, key: &str) -> u64 {
    let item = items.get(&(place.clone(), key.to_owned()));
    item.and_then(|item| item.version).unwrap_or(0)
}

/// Writes an item where the stored version is the expected one.
fn write(items: &mut Items, place: &Place, put: &Put) -> Saved {
    if version(items, place, &put.key) != put.expected {
        return Saved::Conflict;
    }
    let item = Item {
        key: put.key.clone(),
        version: Some(put.expected + 1),
        schema: Some(put.schema),
        body: Some(put.body.clone()),
    };
    items.insert((place.clone(), put.key.clone()), item);
    Saved::Written
}

impl Store for MapStore {
    fn range<'a>(
        &'a self,
        place: &'a Place,
        from: &'a str,
        to: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(async move {
            if from > to {
                return Ok(Vec::new());
            }
            let keys = (place.clone(), from.to_owned())..=(place.clone(), to.to_owned());
            // The highest key comes first.
            Ok(self.items().range(keys).rev().take(limit).map(|(_, item)| item.clone()).collect())
        })
    }

    fn get<'a>(
        &'a self,
        place: &'a Place,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(async move {
            let items = self.items();
            let found = keys.iter().filter_map(|key| items.get(&(place.clone(), key.clone())));
            Ok(found.cloned().collect())
        })
    }

    fn put<'a>(
        &'a self,
        place: &'a Place,
        put: &'a Put,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(async move { Ok(write(&mut self.items(), place, put)) })
    }

    fn put_new<'a>(
        &'a self,
        place: &'a Place,
        guard: Guard<'a>,
        new: &'a [Put],
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(async move {
            let mut items = self.items();
            if version(&items, place, guard.key) != guard.expected {
                return Ok(Saved::Conflict);
            }
            for put in new {
                // What is stored already is a conflict, and stays as it is.
                write(&mut items, place, put);
            }
            Ok(Saved::Written)
        })
    }
}

/// Prints what is told.
struct Printed(&'static str);

impl Sink for Printed {
    fn name(&self) -> SinkName {
        SinkName::new("printed")
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(async move {
            println!("The {} poller tells: {}", self.0, amiwatch::render::subject(event));
            Ok(Published::InFull)
        })
    }
}

/// One time for the polls and for EC2.
struct SimulatedTime(SimClock);

impl Clock for SimulatedTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

fn poller(name: &'static str, sim: &Simulator, store: Arc<dyn Store>) -> Poller {
    Poller {
        source: Box::new(Ec2Tasks::new(&sdk_config(), Some(sim.url()))),
        names: None,
        memory: Memory::new(store),
        sinks: vec![Box::new(Printed(name))],
        clock: Box::new(SimulatedTime(sim.world().clock().clone())),
        policy: Policy::default(),
        limits: Limits::default(),
        turn: Turn::default(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = SimClock::manual("2026-11-22T00:00:00Z".parse()?);
    let sim = Simulator::builder().clock(clock.clone()).start().await?;
    let ten_minutes = Duration::from_mins(10);
    let task = StorePlan::new("ami-0123456789abcdef0", "my-bucket", clock.now(), ten_minutes);
    sim.world().add_store_task(ACCOUNT, REGION, task);
    let store = Arc::new(MapStore::default());
    let (one, other) = (poller("one", &sim, store.clone()), poller("other", &sim, store));
    let place = Place::new(ACCOUNT, REGION);
    let places = [PlaceToPoll { place, kinds: [Kind::StoreImage].into() }];

    for (after, expected) in [(Duration::ZERO, 0), (ten_minutes, 1), (Duration::from_mins(1), 0)] {
        sim.world().advance(after);
        let (first, second) = tokio::join!(one.poll(&places, None), other.poll(&places, None));
        let told = first.published + second.published;
        println!("At {} two polls at once told {told}.", clock.now());
        let failures = [first.all_failures(), second.all_failures()].concat();
        assert!(failures.is_empty(), "{failures:?}");
        assert_eq!(told, expected);
    }
    println!("One ending, told once.");
    Ok(())
}

/// The SDK with the time-outs that a poll counts on. The access key id is the account's, as the
/// simulator takes it.
fn sdk_config() -> SdkConfig {
    let credentials = Credentials::new(ACCOUNT, "secret", None, None, "example");
    let builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    with_bounds(builder, http_client()).build()
}
