//! The edges of a poll in memory: one world with EC2, the table, the sinks and the clock in it.
//!
//! Every effect goes through [`Port::effect`], where it can be counted, held back, or made the last
//! one of a process that dies before it or just after it, without hearing the answer.

mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};

use crate::decide::Policy;
use crate::event::{Event, Outcome};
use crate::memory::Memory;
use crate::place::Place;
use crate::poll::{Limits, PlaceToPoll, Poller, Summary, Turn};
use crate::ports::{ImageNames, Item, Put, Rejected, Saved, Sink};
use crate::record::{Ledger, Record, SinkName, Snapshot};
use crate::store::codec;
use crate::task::{Kind, State, Subject, Task};

use self::ports::SinkPort;

/// A call takes no longer: the SDK is set up so.
const CALL: SignedDuration = SignedDuration::from_secs(8);

/// Where in an effect a process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crash {
    Before,
    After,
}

/// One listing as EC2 would give it: newest first, whatever a test puts there.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    pub(super) items: Vec<Result<Task, Rejected>>,
    pub(super) page_size: usize,
}

/// An effect that waits for the scheduler.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) ticket: u64,
    pub(super) who: usize,
    pub(super) name: String,
    waker: Waker,
}

/// The name of an effect, and what somebody else does right after it.
pub(super) type Meanwhile = (String, fn(&mut Inner));

// Each is a switch that a test throws by itself.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default)]
pub(super) struct Inner {
    pub(super) now: Timestamp,
    pub(super) listings: BTreeMap<(String, Kind), Listing>,
    pub(super) items: BTreeMap<(String, String), Item>,
    pub(super) published: Vec<(SinkName, Event, Timestamp)>,
    pub(super) log: Vec<String>,
    pub(super) sinks: Vec<SinkName>,
    pub(super) down: BTreeSet<SinkName>,
    /// Names of tasks whose events every sink refuses.
    pub(super) refused: BTreeSet<String>,
    /// Names of tasks whose events no sink takes at the moment.
    pub(super) unavailable: BTreeSet<String>,
    pub(super) broken_regions: BTreeSet<String>,
    pub(super) table_down: bool,
    pub(super) refuse_tokens: bool,
    /// Every page behind the first fails, and not for its token.
    pub(super) broken_pages: bool,
    /// EC2 answers with the token that it was asked with.
    pub(super) same_token: bool,
    pub(super) no_range_reads: bool,
    pub(super) no_batch_writes: bool,
    /// So many first sights are written together; the default where none.
    pub(super) first_sights_min: Option<usize>,
    /// What AMIs are called; none where nobody wants to know.
    pub(super) image_names: Option<BTreeMap<String, String>>,
    /// EC2 does not tell names.
    pub(super) names_denied: bool,
    /// What somebody else does right after the first effect of this name.
    pub(super) meanwhile: Option<Meanwhile>,
    /// Records that reads brought.
    pub(super) records_read: usize,
    /// Acks that were given up on.
    pub(super) late_acks: usize,
    /// How much later it is after each effect.
    pub(super) effect_takes: SignedDuration,
    /// The effect at which the process dies, counted from 1.
    pub(super) crash: Option<(usize, Crash)>,
    pub(super) effects: usize,
    pub(super) dead: bool,
    /// The last effect that took place in a process that died.
    pub(super) died_at: Option<String>,
    /// Whether effects wait for [`World::grant`].
    pub(super) stepped: bool,
    pub(super) waiting: Vec<Waiting>,
    granted: Option<u64>,
    tickets: u64,
    /// Answers that each poller got, for the scheduler to tell states apart.
    pub(super) heard: BTreeMap<usize, Vec<String>>,
}

impl Inner {
    fn partition(place: &Place) -> String {
        codec::partition_key(place)
    }

    /// A call that took longer than a call may take: its caller has given up on it.
    fn is_late(&self, begun: Timestamp) -> bool {
        self.now.duration_since(begun) > CALL
    }

    fn version(&self, place: &Place, key: &str) -> u64 {
        let at = (Self::partition(place), key.to_owned());
        self.items.get(&at).and_then(|item| item.version).unwrap_or(0)
    }

    fn put(&mut self, place: &Place, put: &Put) -> Saved {
        if self.version(place, &put.key) != put.expected {
            return Saved::Conflict;
        }
        let item = Item {
            key: put.key.clone(),
            version: Some(put.expected + 1),
            schema: Some(put.schema),
            body: Some(put.body.clone()),
        };
        self.items.insert((Self::partition(place), put.key.clone()), item);
        Saved::Written
    }

    fn found(&self, place: &Place, wanted: impl Fn(&str) -> bool, limit: usize) -> Vec<Item> {
        let at = Self::partition(place);
        let of_place = self.items.range((at.clone(), String::new())..=(at, "~~~".to_owned()));
        let found = of_place.rev().filter(|((_, key), _)| wanted(key));
        found.map(|(_, item)| item.clone()).take(limit).collect()
    }

    fn known(&self, place: &Place, wanted: impl Fn(&str) -> bool) -> Snapshot {
        let mut known = Snapshot::default();
        for item in self.found(place, wanted, usize::MAX) {
            codec::take(&item, &mut known);
        }
        known
    }
}

/// Changes a stored value as another poller would.
pub(super) fn rewrite<T: serde::Serialize + serde::de::DeserializeOwned>(
    item: &mut Item,
    change: impl FnOnce(&mut T),
) {
    let mut value: T = serde_json::from_str(item.body.as_ref().unwrap()).unwrap();
    change(&mut value);
    item.body = Some(serde_json::to_string(&value).unwrap());
    item.version = item.version.map(|version| version + 1);
}

/// Everything outside the poller.
#[derive(Debug, Clone, Default)]
pub(super) struct World(Arc<Mutex<Inner>>);

/// One poller's way into the world: all four ports at once.
#[derive(Debug, Clone)]
pub(super) struct Port {
    pub(super) world: World,
    pub(super) who: usize,
}

/// A topic and a bus of the world.
pub(super) const SNS: SinkName = SinkName::new("sns");
pub(super) const BUS: SinkName = SinkName::new("event-bridge");

pub(super) fn minute(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

pub(super) fn home() -> Place {
    Place::new("123456789012", "us-east-1")
}

pub(super) fn places(kinds: &[Kind], regions: &[&str]) -> Vec<PlaceToPoll> {
    regions
        .iter()
        .map(|region| PlaceToPoll {
            place: Place::new("123456789012", *region),
            kinds: kinds.iter().copied().collect(),
        })
        .collect()
}

pub(super) fn store_images() -> Vec<PlaceToPoll> {
    places(&[Kind::StoreImage], &["us-east-1"])
}

pub(super) fn both_kinds() -> Vec<PlaceToPoll> {
    places(&[Kind::StoreImage, Kind::Bundle], &["us-east-1"])
}

pub(super) fn store(name: &str, started: i64, state: State) -> Task {
    Task {
        progress_percent: Some(5),
        started_at: Some(minute(started)),
        ..Task::new(Kind::StoreImage, Subject::image(name, "my-bucket"), state)
    }
}

/// Tasks that had ended by minute 0, four minutes apart: 10,000 of them fill 28 days.
pub(super) fn old_tasks(count: i64) -> Vec<Task> {
    (0..count).map(|n| store(&format!("ami-{n}"), -4 * n, State::new("Completed"))).collect()
}

pub(super) fn bundle(name: &str, state: State) -> Task {
    let subject = Subject { bucket: Some("my-bucket".into()), ..Subject::of_task(name) };
    Task { progress_percent: Some(5), ..Task::new(Kind::Bundle, subject, state) }
}

impl World {
    /// A world at minute 0 with an SNS topic, and listings in one page each.
    pub(super) fn new() -> Self {
        let world = Self::default();
        world.with(|inner| {
            inner.now = minute(0);
            inner.sinks = vec![SNS];
        });
        world
    }

    /// Another world that is as this one is now.
    pub(super) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.lock().clone())))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub(super) fn with<R>(&self, change: impl FnOnce(&mut Inner) -> R) -> R {
        change(&mut self.lock())
    }

    pub(super) fn poller(&self) -> Poller {
        self.poller_number(0)
    }

    pub(super) fn poller_number(&self, who: usize) -> Poller {
        let port = || Port { world: self.clone(), who };
        let has_names = self.lock().image_names.is_some();
        let limits = Limits::default();
        let first_sights_min = self.lock().first_sights_min.unwrap_or(limits.first_sights_min);
        Poller {
            source: Box::new(port()),
            names: has_names.then(|| -> Box<dyn ImageNames> { Box::new(port()) }),
            memory: Memory::new(Arc::new(port())),
            sinks: self.sinks(who),
            clock: Box::new(port()),
            policy: Policy::default(),
            limits: Limits { first_sights_min, ..limits },
            turn: Turn::default(),
        }
    }

    /// The sinks that are configured now, as a poller sees them.
    fn sinks(&self, who: usize) -> Vec<Box<dyn Sink>> {
        let sinks = self.lock().sinks.clone();
        let port = || Port { world: self.clone(), who };
        let sink = |name| -> Box<dyn Sink> { Box::new(SinkPort { name, port: port() }) };
        sinks.into_iter().map(sink).collect()
    }

    /// What us-east-1 lists of one kind from now on, newest first.
    pub(super) fn list(&self, kind: Kind, tasks: &[Task]) {
        self.list_in("us-east-1", kind, tasks.iter().cloned().map(Ok).collect());
    }

    pub(super) fn list_in(&self, region: &str, kind: Kind, items: Vec<Result<Task, Rejected>>) {
        let mut inner = self.lock();
        let listing = inner.listings.entry((region.to_owned(), kind)).or_default();
        listing.items = items;
        if listing.page_size == 0 {
            listing.page_size = 200;
        }
    }

    pub(super) fn page_size(&self, page_size: usize) {
        let at = ("us-east-1".to_owned(), Kind::StoreImage);
        self.lock().listings.entry(at).or_default().page_size = page_size;
    }

    pub(super) fn later(&self, seconds: i64) {
        self.lock().now += SignedDuration::from_secs(seconds);
    }

    pub(super) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().log)
    }

    /// `<name> <outcome>` of all that was published to a sink.
    pub(super) fn told(&self, sink: &SinkName) -> Vec<String> {
        let inner = self.lock();
        let to_sink = inner.published.iter().filter(|(to, ..)| to == sink);
        to_sink.map(|(_, event, _)| title(event)).collect()
    }

    /// Runs a poll of the default poller to its end, or to the process's.
    pub(super) fn poll(&self, places: &[PlaceToPoll]) -> Option<Summary> {
        self.poll_with(&self.poller(), places, None)
    }

    pub(super) fn poll_with(
        &self,
        poller: &Poller,
        places: &[PlaceToPoll],
        deadline: Option<Timestamp>,
    ) -> Option<Summary> {
        let mut poll = pin!(poller.poll(places, deadline));
        let mut context = Context::from_waker(Waker::noop());
        // Streams give way now and then; only a dead process never gets on.
        for _ in 0..100_000 {
            if let Poll::Ready(summary) = poll.as_mut().poll(&mut context) {
                return Some(summary);
            }
            if self.lock().dead {
                return None;
            }
        }
        panic!("a poll hangs: {:?}", self.lock().log);
    }

    /// A minute later the scheduler polls again, in a process that lives.
    pub(super) fn poll_a_minute_later(&self, places: &[PlaceToPoll]) -> Summary {
        self.later(60);
        self.poll(places).expect("lives")
    }

    /// Starts a new process after one that died.
    pub(super) fn restart(&self) {
        let mut inner = self.lock();
        inner.dead = false;
        inner.crash = None;
        inner.effects = 0;
    }

    /// Lets one waiting effect take place.
    pub(super) fn grant(&self, ticket: u64) {
        let mut inner = self.lock();
        inner.granted = Some(ticket);
        let at = inner.waiting.iter().position(|waiting| waiting.ticket == ticket).unwrap();
        inner.waiting.remove(at).waker.wake();
    }

    pub(super) fn records(&self) -> Vec<Record> {
        self.lock().known(&home(), |_| true).records.into_values().map(|r| r.value).collect()
    }

    /// Whether the baseline of us-east-1's store tasks is done.
    pub(super) fn has_baseline(&self) -> bool {
        let known = self.lock().known(&home(), |key| key.starts_with('~'));
        known.ledgers.get(&Kind::StoreImage).is_some_and(|ledger| ledger.value.baseline_done)
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.ledger_if_any().unwrap()
    }

    pub(super) fn ledger_if_any(&self) -> Option<Ledger> {
        let mut known = self.lock().known(&home(), |key| key.starts_with('~'));
        known.ledgers.remove(&Kind::StoreImage).map(|ledger| ledger.value)
    }
}

/// Pages of store tasks that were listed.
pub(super) fn listing_calls(log: &[String]) -> usize {
    log.iter().filter(|name| name.starts_with("list us-east-1 store-image")).count()
}

pub(super) fn title(event: &Event) -> String {
    format!("{} {}", event.detail.subject.name(), event.detail.outcome)
}

pub(super) fn is_end(event: &Event) -> bool {
    !matches!(event.detail.outcome, Outcome::Started)
}
