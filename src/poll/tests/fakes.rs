//! The edges of a poll in memory: one world with EC2, the table, the sinks and the clock in it.
//!
//! Every effect goes through [`Port::effect`], where it can be counted, held back, or made the last
//! one of a process that dies before it or just after it, without hearing the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use crate::decide::Policy;
use crate::event::{Event, Outcome};
use crate::place::Place;
use crate::poll::{Limits, PlaceToPoll, Poller, Summary};
use crate::ports::{
    Clock, ListError, Page, PageAt, PublishError, Published, Rejected, Saved, Sink, Snapshot,
    StateStore, StoreError, TaskSource, ledger_key,
};
use crate::record::{Cursor, Ledger, Record, SinkName};
use crate::store::codec::{self, Item, SCHEMA};
use crate::task::{Kind, State, Subject, Task, TaskKey};

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
    pub(super) no_settled_writes: bool,
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
        self.items.get(&at).map_or(0, |item| item.version)
    }

    fn put(&mut self, place: &Place, key: &str, body: String, expected: u64) -> Saved {
        if self.version(place, key) != expected {
            return Saved::Conflict;
        }
        let item = Item { key: key.to_owned(), version: expected + 1, schema: SCHEMA, body };
        self.items.insert((Self::partition(place), key.to_owned()), item);
        Saved::Written
    }

    fn known(&self, place: &Place, wanted: impl Fn(&str) -> bool) -> Snapshot {
        let mut known = Snapshot::default();
        for ((partition, key), item) in &self.items {
            if *partition == Self::partition(place) && wanted(key) {
                codec::take(item, &mut known);
            }
        }
        known
    }
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

pub(super) type FakePoller = Poller<Port, Port, Port>;

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
    places(&Kind::ALL, &["us-east-1"])
}

pub(super) fn store(name: &str, started: i64, state: State) -> Task {
    Task {
        subject: Subject::StoreImage { image_id: name.into(), object_key: None },
        bucket: Some("my-bucket".into()),
        state,
        progress_percent: Some(5),
        started_at: Some(minute(started)),
        updated_at: None,
        failure: None,
    }
}

pub(super) fn bundle(name: &str, state: State) -> Task {
    let subject = Subject::Bundle { bundle_id: name.into(), instance_id: None, prefix: None };
    Task { subject, started_at: None, ..store(name, 0, state) }
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

    pub(super) fn poller(&self) -> FakePoller {
        self.poller_number(0)
    }

    pub(super) fn poller_number(&self, who: usize) -> FakePoller {
        let port = || Port { world: self.clone(), who };
        Poller {
            source: port(),
            store: port(),
            sinks: self.sinks(who),
            clock: port(),
            policy: Policy::default(),
            limits: Limits::default(),
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
        poller: &FakePoller,
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

pub(super) fn title(event: &Event) -> String {
    use crate::event::EventSubject;
    let name = match &event.detail.subject {
        EventSubject::StoreImage { image_id, .. } => image_id,
        EventSubject::Bundle { bundle_id, .. } => bundle_id,
    };
    format!("{name} {}", event.detail.outcome)
}

pub(super) fn is_end(event: &Event) -> bool {
    !matches!(event.detail.outcome, Outcome::Started)
}

impl Port {
    pub(super) async fn effect<R: Send + std::fmt::Debug>(
        &self,
        name: String,
        run: impl FnOnce(&mut Inner) -> R + Send,
    ) -> R {
        let mut ticket = None;
        std::future::poll_fn(|context| self.admit(&mut ticket, &name, context)).await;
        let (result, died) = {
            let mut inner = self.world.lock();
            let result = run(&mut inner);
            if let Some((_, act)) = inner.meanwhile.take_if(|(after, _)| *after == name) {
                act(&mut inner);
            }
            let takes = inner.effect_takes;
            inner.now += takes;
            let died = inner.crash == Some((inner.effects, Crash::After));
            if died {
                inner.dead = true;
                inner.died_at = Some(name.clone());
            }
            if inner.stepped {
                let heard = format!("{name}: {result:?}");
                inner.heard.entry(self.who).or_default().push(heard);
            }
            inner.log.push(name);
            (result, died)
        };
        if died {
            std::future::pending::<()>().await;
        }
        result
    }

    fn admit(&self, ticket: &mut Option<u64>, name: &str, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.world.lock();
        if inner.dead {
            return Poll::Pending;
        }
        if inner.stepped {
            if ticket.is_some() && inner.granted == *ticket {
                inner.granted = None;
                return Poll::Ready(());
            }
            if ticket.is_none() {
                inner.tickets += 1;
                *ticket = Some(inner.tickets);
                let (ticket, waker) = (inner.tickets, context.waker().clone());
                inner.waiting.push(Waiting { ticket, who: self.who, name: name.into(), waker });
            }
            return Poll::Pending;
        }
        inner.effects += 1;
        if inner.crash == Some((inner.effects, Crash::Before)) {
            inner.dead = true;
            inner.died_at = Some(name.to_owned());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn down(operation: &str) -> StoreError {
        let store = "the table".to_owned();
        let (operation, reason) = (operation.to_owned(), "is down".to_owned());
        StoreError { operation, store, reason, refused: false }
    }
}

impl Clock for Port {
    fn now(&self) -> Timestamp {
        self.world.lock().now
    }
}

impl TaskSource for Port {
    async fn list(
        &self,
        place: &Place,
        kind: Kind,
        at: PageAt<'_>,
        _: u32,
    ) -> Result<Page, ListError> {
        let token = at.token();
        let asked = usize::try_from(at.page_size()).unwrap();
        let region = place.region.clone();
        let from = token.map_or(String::new(), |token| format!(" from {token}"));
        self.effect(format!("list {region} {kind}{from}"), |inner| {
            let fail = |reason: &str, token_refused| ListError {
                operation: "DescribeStoreImageTasks",
                region: region.clone(),
                reason: reason.to_owned(),
                token_refused,
                calls: 1,
            };
            if inner.broken_regions.contains(&region) {
                return Err(fail("RequestLimitExceeded", false));
            }
            if token.is_some() && inner.refuse_tokens {
                return Err(fail("InvalidPaginationToken", true));
            }
            if token.is_some() && inner.broken_pages {
                return Err(fail("InternalError", false));
            }
            let Some(listing) = inner.listings.get(&(region.clone(), kind)) else {
                return Ok(Page { calls: 1, ..Page::default() });
            };
            // A token names what is left, so that tasks that come on top shift nothing.
            let items = &listing.items;
            let left = token.map_or(items.len(), |token| token.parse().unwrap());
            let begin = items.len().saturating_sub(left);
            let size = if kind == Kind::Bundle { usize::MAX } else { listing.page_size.min(asked) };
            let end = begin.saturating_add(size).min(items.len());
            let mut page = Page { calls: 1, ..Page::default() };
            for item in &items[begin..end] {
                match item {
                    Ok(task) => page.tasks.push(task.clone()),
                    Err(rejected) => page.rejected.push(rejected.clone()),
                }
            }
            let token = match token {
                Some(token) if inner.same_token => token.to_owned(),
                _ => (items.len() - end).to_string(),
            };
            page.next = (end < items.len()).then_some(Cursor { token, page_size: at.page_size() });
            Ok(page)
        })
        .await
    }
}

impl StateStore for Port {
    async fn read(&self, place: &Place) -> Result<Snapshot, StoreError> {
        self.effect(format!("read {}", place.region), |inner| {
            if inner.table_down {
                return Err(Self::down("read"));
            }
            let ledgers = inner.known(place, |key| key.starts_with('~'));
            let ledger = ledgers.ledgers.get(&Kind::StoreImage).map(|ledger| &ledger.value);
            let from = ledger.map_or(Timestamp::UNIX_EPOCH, |ledger| ledger.watermark);
            let from = TaskKey::lowest_at(from);
            let is_open_below = |key: &str| {
                ledger.is_some_and(|ledger| ledger.open_below.iter().any(|s| s.as_str() == key))
            };
            let known = inner.known(place, |key| key >= from.as_str() || is_open_below(key));
            inner.records_read += known.records.len();
            Ok(known)
        })
        .await
    }

    async fn read_between(
        &self,
        place: &Place,
        from: Timestamp,
        to: Timestamp,
        records_max: usize,
    ) -> Result<Snapshot, StoreError> {
        self.effect(format!("read between {}", place.region), |inner| {
            if inner.table_down || inner.no_range_reads {
                return Err(Self::down("read between"));
            }
            let (from, to) = (TaskKey::lowest_at(from), TaskKey::behind_all_at(to));
            let mut known = inner.known(place, |key| (from.as_str()..=to.as_str()).contains(&key));
            inner.records_read += known.records.len().min(records_max + 1);
            while known.records.len() > records_max + 1 {
                known.records.pop_first();
            }
            Ok(known)
        })
        .await
    }

    async fn read_one(&self, place: &Place, key: &TaskKey) -> Result<Snapshot, StoreError> {
        self.effect(format!("read {key}"), |inner| {
            if inner.table_down {
                return Err(Self::down("read one"));
            }
            Ok(inner.known(place, |stored| stored == key.as_str()))
        })
        .await
    }

    async fn read_ledger(&self, place: &Place, kind: Kind) -> Result<Snapshot, StoreError> {
        self.effect(format!("read ledger {kind}"), |inner| {
            if inner.table_down {
                return Err(Self::down("read ledger"));
            }
            Ok(inner.known(place, |stored| stored == ledger_key(kind)))
        })
        .await
    }

    async fn save(
        &self,
        place: &Place,
        key: &TaskKey,
        record: &Record,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let body = codec::encode(record).unwrap();
        let acks = record.outbox.is_empty() && expected > 0;
        let gives_back = expected > 0 && !acks && record.lease.is_none();
        let step = match (acks, gives_back) {
            (true, _) => "ack",
            (_, true) => "give back",
            _ => "save",
        };
        let begun = self.now();
        self.effect(format!("{step} {} over {expected}", record.task.name()), |inner| {
            if inner.is_late(begun) {
                inner.late_acks += usize::from(acks);
                return Err(Self::down("save"));
            }
            if inner.table_down {
                return Err(Self::down("save"));
            }
            Ok(inner.put(place, key.as_str(), body, expected))
        })
        .await
    }

    async fn save_settled(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: Vec<(TaskKey, Record)>,
    ) -> Result<Saved, StoreError> {
        self.effect(format!("save {} settled", records.len()), |inner| {
            if inner.table_down || inner.no_settled_writes {
                return Err(Self::down("save settled"));
            }
            if inner.version(place, &ledger_key(kind)) != expected_ledger {
                return Ok(Saved::Conflict);
            }
            for (key, record) in &records {
                // What is stored already stays as it is.
                inner.put(place, key.as_str(), codec::encode(record).unwrap(), 0);
            }
            Ok(Saved::Written)
        })
        .await
    }

    async fn save_ledger(
        &self,
        place: &Place,
        ledger: &Ledger,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let key = ledger_key(ledger.kind);
        let body = codec::encode(ledger).unwrap();
        self.effect(format!("ledger {} over {expected}", ledger.kind), |inner| {
            if inner.table_down {
                return Err(Self::down("save ledger"));
            }
            Ok(inner.put(place, &key, body, expected))
        })
        .await
    }
}

/// One sink of the world.
#[derive(Debug)]
struct SinkPort {
    name: SinkName,
    port: Port,
}

impl Sink for SinkPort {
    fn name(&self) -> SinkName {
        self.name.clone()
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(self.port.publish(&self.name, event))
    }
}

impl Port {
    async fn publish(&self, sink: &SinkName, event: &Event) -> Result<Published, PublishError> {
        let begun = self.now();
        self.effect(format!("publish {sink} {}", title(event)), |inner| {
            if inner.is_late(begun) {
                return Err(PublishError::Unavailable("no answer in time".into()));
            }
            if inner.down.contains(sink) {
                return Err(PublishError::Unavailable("is down".into()));
            }
            let name = title(event);
            if inner.unavailable.iter().any(|one| name.starts_with(one.as_str())) {
                return Err(PublishError::Unavailable(format!("{name}: 500")));
            }
            if inner.refused.iter().any(|refused| name.starts_with(refused.as_str())) {
                return Err(PublishError::Refused("InvalidParameter".into()));
            }
            let now = inner.now;
            inner.published.push((sink.clone(), event.clone(), now));
            Ok(Published::InFull)
        })
        .await
    }
}
