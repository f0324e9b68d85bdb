//! The edges of a poll over a world in memory, with faults in them.

mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use amiwatch::aws::sns::NAME as SNS;
use amiwatch::event::Event;
use amiwatch::place::Place;
use amiwatch::ports::{
    ImageNames, Item, ListError, NamesError, Page, PageAt, PublishError, Published, Put, Rejected,
    Saved, Sink, StoreError, TaskSource,
};
use amiwatch::record::{Ledger, Record, SinkName, Versioned};
use amiwatch::task::{Kind, TaskKey};
use fastrand::Rng;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::audit::Audit;
use super::time::Time;
use super::world::Tasks;

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails before it does anything.
    Refused,
    /// The same, after the time that a call may take.
    TimedOut,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It is done after the caller gave up on it.
    DoneLate,
    /// Only a part of it is done, and then it fails.
    HalfDone,
    /// The answer is one of some minutes ago.
    Stale,
    /// The page begins some tasks too early.
    Shifted,
    /// The page begins a task too late.
    Gap,
    /// EC2 no longer takes the token.
    TokenRefused,
    /// One item lacks a field.
    Unreadable,
}

/// How long a caller waits at most: as the SDK is set up.
const CALL: SignedDuration = SignedDuration::from_secs(8);

type Late = Box<dyn FnOnce(&mut Inner) + Send>;

pub(crate) struct Inner {
    pub(crate) rng: Rng,
    /// How many of a hundred calls go wrong.
    pub(crate) fault_percent: u32,
    pub(crate) places: Vec<Tasks>,
    pub(crate) items: BTreeMap<Place, BTreeMap<String, Item>>,
    /// What the items hold.
    pub(crate) records: BTreeMap<Place, BTreeMap<TaskKey, Versioned<Record>>>,
    pub(crate) ledgers: BTreeMap<(Place, Kind), Versioned<Ledger>>,
    pub(crate) audit: Audit,
    pub(crate) calls: u64,
    pub(crate) writes: u64,
    pub(crate) publishes: u64,
    pub(crate) faults: BTreeMap<String, u64>,
    pub(crate) sinks: Vec<SinkName>,
    pub(crate) sns_down: bool,
    pub(crate) table_down: bool,
    /// How long a publish takes.
    pub(crate) publish_takes: SignedDuration,
    /// Regions and kinds that EC2 denies.
    pub(crate) denied: BTreeSet<(String, Kind)>,
    /// When each place was seen to have its baselines.
    pub(crate) baselines: BTreeMap<Place, Timestamp>,
    late: Vec<(Timestamp, Late)>,
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) time: Time,
    inner: Arc<Mutex<Inner>>,
}

impl World {
    pub(crate) fn new(time: Time, seed: u64, places: Vec<Tasks>) -> Self {
        let inner = Inner {
            rng: Rng::with_seed(seed),
            fault_percent: 0,
            places,
            items: BTreeMap::new(),
            records: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            audit: Audit::default(),
            calls: 0,
            writes: 0,
            publishes: 0,
            faults: BTreeMap::new(),
            sinks: vec![SNS],
            sns_down: false,
            table_down: false,
            publish_takes: SignedDuration::from_millis(30),
            denied: BTreeSet::new(),
            baselines: BTreeMap::new(),
            late: Vec::new(),
        };
        Self { time, inner: Arc::new(Mutex::new(inner)) }
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        let now = self.time.now();
        let mut inner = self.inner.lock().unwrap();
        while let Some(due) = inner.late.iter().position(|(at, _)| *at <= now) {
            let (_, act) = inner.late.remove(due);
            act(&mut inner);
        }
        look(&mut inner)
    }
}

/// What one poll calls.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) world: World,
    /// Tells polls apart.
    pub(crate) run: u64,
}

impl Ports {
    /// One call: the way there, the act, the way back; a fault in any of them.
    async fn call<T: Send>(
        &self,
        name: &'static str,
        possible: &[Fault],
        takes: SignedDuration,
        act: impl Fn(&mut Inner, Option<Fault>, Timestamp) -> T + Send + Sync + 'static,
    ) -> Result<T, Fault> {
        let time = &self.world.time;
        let (fault, there) = self.world.with(|inner| {
            inner.calls += 1;
            let befallen = inner.rng.u32(..100) < inner.fault_percent;
            let fault = befallen.then(|| possible[inner.rng.usize(..possible.len())]);
            if let Some(fault) = fault {
                *inner.faults.entry(format!("{name} {fault:?}")).or_default() += 1;
            }
            let slow = inner.fault_percent > 0 && inner.rng.u32(..50) == 0;
            let there = if slow { SignedDuration::from_secs(inner.rng.i64(1..5)) } else { takes };
            (fault, there)
        });
        let acted = |fault| self.world.with(|inner| act(inner, fault, time.now()));
        match fault {
            Some(fault @ (Fault::Refused | Fault::TokenRefused)) => {
                time.sleep(there).await;
                Err(fault)
            }
            Some(Fault::TimedOut) => {
                time.sleep(CALL).await;
                Err(Fault::TimedOut)
            }
            Some(Fault::AnswerLost | Fault::HalfDone) => {
                time.sleep(there).await;
                acted(fault);
                time.sleep(CALL - there).await;
                Err(Fault::AnswerLost)
            }
            Some(Fault::DoneLate) => {
                time.sleep(CALL).await;
                self.world.with(|inner| {
                    let at = time.now() + SignedDuration::from_secs(inner.rng.i64(1..8));
                    let late = move |inner: &mut Inner| drop(act(inner, fault, at));
                    inner.late.push((at, Box::new(late)));
                });
                Err(Fault::DoneLate)
            }
            None | Some(Fault::Stale | Fault::Shifted | Fault::Gap | Fault::Unreadable) => {
                time.sleep(there).await;
                let answer = acted(fault);
                time.sleep(takes).await;
                Ok(answer)
            }
        }
    }
}

const QUICK: SignedDuration = SignedDuration::from_millis(20);

fn store_error(fault: Fault) -> StoreError {
    let (operation, store) = ("call".to_owned(), "memory".to_owned());
    StoreError { operation, store, reason: format!("{fault:?}"), refused: false, source: None }
}

impl TaskSource for Ports {
    fn list<'a>(
        &'a self,
        place: &'a Place,
        kind: Kind,
        page: PageAt<'a>,
        _: u32,
    ) -> BoxFuture<'a, Result<Page, ListError>> {
        Box::pin(self.page(place, kind, page))
    }
}

impl ImageNames for Ports {
    fn names<'a>(
        &'a self,
        place: &'a Place,
        images: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, NamesError>> {
        Box::pin(async move {
            let possible = [Fault::Refused, Fault::TimedOut, Fault::AnswerLost];
            let asked = images.clone();
            let answer = self.call("name", &possible, QUICK, move |_, _, _| {
                // What was deregistered has no name any more.
                let known = asked.iter().filter(|id| !id.ends_with('7'));
                known.map(|id| (id.clone(), format!("name of {id}"))).collect()
            });
            answer.await.map_err(|fault| NamesError {
                images: images.len(),
                region: place.region.clone(),
                reason: format!("{fault:?}"),
                source: None,
            })
        })
    }
}

impl Ports {
    async fn page(&self, place: &Place, kind: Kind, page: PageAt<'_>) -> Result<Page, ListError> {
        let failed = |reason: &str, token_refused| ListError {
            operation: "Describe",
            region: place.region.clone(),
            reason: reason.into(),
            token_refused,
            calls: 1,
            throttled: 0,
            source: None,
        };
        if self.world.with(|inner| inner.denied.contains(&(place.region.clone(), kind))) {
            return Err(failed("UnauthorizedOperation", false));
        }
        // What spoils a whole listing is rarer, or none of a hundred pages would ever be complete.
        let mut possible =
            [Fault::Refused, Fault::TimedOut, Fault::AnswerLost, Fault::Stale].repeat(4);
        possible.push(Fault::Unreadable);
        if page.token().is_some() {
            possible.extend([Fault::Shifted, Fault::Gap].repeat(4));
            possible.push(Fault::TokenRefused);
        }
        let (place, token) = (place.clone(), page.token().map(str::to_owned));
        let page = self.call("list", &possible, QUICK, move |inner, fault, now| {
            let minutes = SignedDuration::from_secs(inner.rng.i64(30..240));
            let at = if fault == Some(Fault::Stale) { now - minutes } else { now };
            let shift = match fault {
                Some(Fault::Shifted) => -3,
                Some(Fault::Gap) => 1,
                _ => 0,
            };
            let tasks = inner.places.iter().find(|tasks| tasks.place == place).unwrap();
            let mut page = tasks.page(kind, at, token.as_deref(), shift);
            if fault == Some(Fault::Unreadable) && !page.tasks.is_empty() {
                let n = inner.rng.usize(..page.tasks.len());
                let item = page.tasks.remove(n).name().to_owned();
                page.rejected.push(Rejected {
                    item,
                    reason: "it has no state".into(),
                    may_run: None,
                });
            }
            page
        });
        page.await.map_err(|fault| failed(&format!("{fault:?}"), fault == Fault::TokenRefused))
    }
}

impl Ports {
    fn table(&self) -> Result<(), StoreError> {
        let down = self.world.with(|inner| inner.table_down);
        if down { Err(store_error(Fault::Refused)) } else { Ok(()) }
    }
}

impl Ports {
    async fn read(
        &self,
        name: &'static str,
        found: impl Fn(&mut BTreeMap<String, Item>) -> Vec<Item> + Send + Sync + 'static,
        place: &Place,
    ) -> Result<Vec<Item>, StoreError> {
        self.table()?;
        let place = place.clone();
        let faults = [Fault::Refused, Fault::TimedOut];
        let read = self.call(name, &faults, QUICK, move |inner, _, _| {
            found(inner.items.entry(place.clone()).or_default())
        });
        read.await.map_err(store_error)
    }

    async fn write(&self, place: &Place, put: &Put) -> Result<Saved, StoreError> {
        self.table()?;
        let faults = [Fault::Refused, Fault::TimedOut, Fault::AnswerLost, Fault::DoneLate];
        let (run, at, what) = (self.run, place.clone(), put.clone());
        let name = if TaskKey::parse(&put.key).is_some() { "save" } else { "save ledger" };
        let saved = self.call(name, &faults, QUICK, move |inner, _, _| inner.put(run, &at, &what));
        let saved = saved.await;
        if let (Err(_), Some(key)) = (&saved, TaskKey::parse(&put.key)) {
            self.world.with(|inner| {
                let stored = inner.records.get(place).and_then(|records| records.get(&key));
                inner.audit.save_lost(run, stored.map(|stored| &stored.value));
            });
        }
        saved.map_err(store_error)
    }
}

/// One sink of the world.
struct SinkPort {
    name: SinkName,
    ports: Ports,
}

impl Sink for SinkPort {
    fn name(&self) -> SinkName {
        self.name.clone()
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(self.ports.publish(self.name.clone(), event))
    }
}

impl Ports {
    /// The sinks that are configured now.
    pub(crate) fn sinks(&self) -> Vec<Box<dyn Sink>> {
        let names = self.world.with(|inner| inner.sinks.clone());
        let sink = |name| -> Box<dyn Sink> { Box::new(SinkPort { name, ports: self.clone() }) };
        names.into_iter().map(sink).collect()
    }

    async fn publish(&self, sink: SinkName, event: &Event) -> Result<Published, PublishError> {
        let (down, takes) = self.world.with(|inner| {
            inner.publishes += 1;
            (inner.sns_down && sink == SNS, inner.publish_takes)
        });
        if down {
            return Err(PublishError::Unavailable("it is away".into()));
        }
        let faults = [
            Fault::Refused,
            Fault::TimedOut,
            Fault::AnswerLost,
            Fault::DoneLate,
            Fault::Unreadable,
        ];
        let (run, told, to) = (self.run, event.clone(), sink.clone());
        let name = if sink == SNS { "publish to SNS" } else { "put on the bus" };
        let published = self.call(name, &faults, takes / 2, move |inner, fault, now| {
            if fault == Some(Fault::Unreadable) {
                return false;
            }
            inner.audit.published(run, to.clone(), &told, now, fault == Some(Fault::DoneLate));
            true
        });
        match published.await {
            Ok(true) => Ok(Published::InFull),
            // The sink finds the message itself unreadable, as an entry of a batch that went well.
            Ok(false) => Err(PublishError::Refused("InvalidParameter".into())),
            Err(fault) => {
                if matches!(fault, Fault::AnswerLost | Fault::DoneLate) {
                    self.world.with(|inner| inner.audit.answer_lost(sink, event));
                }
                Err(PublishError::Unavailable(format!("{fault:?}")))
            }
        }
    }
}
