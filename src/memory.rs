//! What amiwatch remembers, over any store: which records a poll reads, and how records and ledgers are
//! written.
//!
//! Of a kind that is listed by start a poll reads the window above the watermark, and by name what is
//! open below it; of the other kinds all. Keys that sort by start come before all others and ledgers
//! behind them, so that one read of a range brings it all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::place::Place;
use crate::ports::{Guard, Item, Put, Saved, Store, StoreError};
use crate::record::{
    Bearer, BearerKey, Ledger, RECORD_KEPT_FOR, RECORD_KEPT_FOR_MAX, Record, Sight, Snapshot,
    Versioned, ledger_key, sight_key,
};
use crate::store::codec;
use crate::task::{Kind, TaskKey};

/// Items of the first read of a place of which nothing is known: more than the twenty settled records
/// that a window holds at most, and a ledger and a sight for each kind.
const FIRST_READ: usize = 72;
const _: () = assert!(FIRST_READ > 2 * (20 + 2 * Kind::ALL.len()));

/// Before every key, and behind.
const BEGIN: &str = "!";
const END: &str = "~~";

/// What amiwatch remembers.
pub struct Memory {
    store: Arc<dyn Store>,
    /// How far down each place was read the last time: most often that is still right.
    floors: Mutex<HashMap<Place, Timestamp>>,
    /// How much longer than they must, settled records stay.
    kept_longer: SignedDuration,
}

impl Memory {
    /// Remembers in a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, floors: Mutex::default(), kept_longer: SignedDuration::ZERO }
    }

    /// Keeps settled records for so long after their last change, for a look back at them. What is
    /// less than [`RECORD_KEPT_FOR`] counts as that.
    #[must_use]
    pub fn keeping(self, kept_for: SignedDuration) -> Self {
        let kept_for = kept_for.clamp(RECORD_KEPT_FOR, RECORD_KEPT_FOR_MAX);
        Self { kept_longer: kept_for.saturating_sub(RECORD_KEPT_FOR), ..self }
    }

    /// Reads the ledgers of a place, the records of its window, those that are open below it, and all of
    /// the kinds that are not listed by start.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn read(&self, place: &Place) -> Result<Snapshot, StoreError> {
        let hint = self.floors().get(place).copied();
        let mut known = match hint {
            Some(from) => self.window(place, from).await?,
            None => self.first_read(place).await?,
        };
        if hint.is_some_and(|hint| floor(&known) < hint) {
            // The window moved down, or the ledger was deleted or set back: the hint cut off too much.
            known = self.first_read(place).await?;
        }
        let below: Vec<String> = by_start(&known)
            .into_iter()
            .flat_map(|ledger| &ledger.value.open_below)
            .filter(|key| !known.records.contains_key(*key) && !known.is_unreadable(key))
            .map(TaskKey::to_string)
            .collect();
        if !below.is_empty() {
            take_all(&self.store.get(place, &below).await?, &mut known);
        }
        self.floors().insert(place.clone(), floor(&known));
        Ok(known)
    }

    /// Reads the records of tasks of a kind that is listed by start, which started between two times,
    /// both included, from the newest down. Stops when it has read more than `records_max`; what it
    /// read then is less than all.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn read_between(
        &self,
        place: &Place,
        kind: Kind,
        from: Timestamp,
        to: Timestamp,
        records_max: usize,
    ) -> Result<Snapshot, StoreError> {
        let (from, to) = (TaskKey::lowest_at(kind, from), TaskKey::behind_all_at(kind, to));
        let limit = records_max.saturating_add(1);
        let items = self.store.range(place, from.as_str(), to.as_str(), limit).await?;
        Ok(taken(&items))
    }

    /// Reads everything that is remembered of a place, for a look at it.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn everything(&self, place: &Place) -> Result<Snapshot, StoreError> {
        Ok(taken(&self.store.range(place, BEGIN, END, usize::MAX).await?))
    }

    /// Reads the record of one task, as it is now.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn read_one(&self, place: &Place, key: &TaskKey) -> Result<Snapshot, StoreError> {
        Ok(taken(&self.store.get(place, &[key.to_string()]).await?))
    }

    /// Reads a target's ledger, as it is now.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn read_ledger(&self, place: &Place, kind: Kind) -> Result<Snapshot, StoreError> {
        Ok(taken(&self.store.get(place, &[ledger_key(kind)]).await?))
    }

    /// Writes a record where the stored version is still `expected` (0: nothing stored).
    ///
    /// # Errors
    /// The store did not answer, or refuses the record.
    pub async fn save(
        &self,
        place: &Place,
        key: &TaskKey,
        record: &Record,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let put = self.kept(coded(key.as_str(), codec::record(key, record, expected))?);
        self.store.put(place, &put).await
    }

    /// Writes records of tasks that are new and that nothing has to be told of. Each holds only while
    /// the target's ledger still has the version `expected_ledger`: a slow first listing must not
    /// silence what ended after another poller finished the baseline. Records that are already stored
    /// are left as they are.
    ///
    /// # Errors
    /// The store did not answer, or refuses a record.
    pub async fn save_new(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: &[(TaskKey, Record)],
    ) -> Result<Saved, StoreError> {
        let puts =
            records.iter().map(|(key, record)| coded(key.as_str(), codec::record(key, record, 0)));
        let puts =
            puts.map(|put| put.map(|put| self.kept(put))).collect::<Result<Vec<Put>, _>>()?;
        let guard = Guard { key: &ledger_key(kind), expected: expected_ledger };
        self.store.put_new(place, guard, &puts).await
    }

    /// Writes a ledger where the stored version is still `expected` (0: nothing stored).
    ///
    /// # Errors
    /// The store did not answer, or refuses the ledger.
    pub async fn save_ledger(
        &self,
        place: &Place,
        ledger: &Ledger,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let put = coded(&ledger_key(ledger.kind), codec::ledger(ledger, expected))?;
        self.store.put(place, &put).await
    }

    fn kept(&self, put: Put) -> Put {
        let longer = |at: Timestamp| at.saturating_add(self.kept_longer).unwrap_or(at);
        Put { expires_at: put.expires_at.map(longer), ..put }
    }

    /// Writes a sight where the stored version is still `expected` (0: nothing stored).
    ///
    /// # Errors
    /// The store did not answer, or refuses the sight.
    pub async fn save_sight(
        &self,
        place: &Place,
        sight: &Sight,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let put = self.kept(coded(&sight_key(sight.kind), codec::sight(sight, expected))?);
        self.store.put(place, &put).await
    }

    /// Writes what bears events where the stored version is still `expected`.
    ///
    /// # Errors
    /// The store did not answer, or refuses it.
    pub async fn save_bearer(
        &self,
        place: &Place,
        key: &BearerKey,
        bearer: &Bearer,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        match (key, bearer) {
            (BearerKey::Task(key), Bearer::Record(record)) => {
                self.save(place, key, record, expected).await
            }
            (_, Bearer::Sight(sight)) => self.save_sight(place, sight, expected).await,
            (BearerKey::Target(_), Bearer::Record(_)) => Ok(Saved::Conflict),
        }
    }

    /// Reads what bears events, as it is now.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn read_bearer(
        &self,
        place: &Place,
        key: &BearerKey,
    ) -> Result<Option<Versioned<Bearer>>, StoreError> {
        let text = match key {
            BearerKey::Task(key) => key.to_string(),
            BearerKey::Target(kind) => sight_key(*kind),
        };
        let found = taken(&self.store.get(place, &[text]).await?);
        let record =
            found.records.into_values().map(|it| it.map(|it| Bearer::Record(Box::new(it))));
        Ok(record.chain(found.sights.into_values().map(|it| it.map(Bearer::Sight))).next())
    }

    async fn window(&self, place: &Place, from: Timestamp) -> Result<Snapshot, StoreError> {
        let items = self.store.range(place, &first_key_from(from), END, usize::MAX).await?;
        Ok(taken(&items))
    }

    /// Reads the newest items, which tell how far down the window reaches, and then the rest of it.
    async fn first_read(&self, place: &Place) -> Result<Snapshot, StoreError> {
        let first = self.store.range(place, BEGIN, END, FIRST_READ).await?;
        let mut known = taken(&first);
        let Some(lowest) = first.last().filter(|_| first.len() >= FIRST_READ) else {
            return Ok(known);
        };
        let from = first_key_from(floor(&known));
        if from < lowest.key {
            let rest = self.store.range(place, &from, &lowest.key, usize::MAX).await?;
            // The lowest comes again.
            for item in rest.iter().filter(|item| item.key != lowest.key) {
                codec::take(item, &mut known);
            }
        }
        Ok(known)
    }

    fn floors(&self) -> std::sync::MutexGuard<'_, HashMap<Place, Timestamp>> {
        // It holds hints, which are checked against what was read.
        self.floors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ledger of the kind that is listed by start.
fn by_start(known: &Snapshot) -> Option<&Versioned<Ledger>> {
    known.ledgers.get(&Kind::by_start()?)
}

/// Down to which start a place has to be read. Where a ledger cannot be understood no task of its kind is
/// judged, and where there is none all of them are.
fn floor(known: &Snapshot) -> Timestamp {
    match (Kind::by_start(), by_start(known)) {
        (Some(kind), _) if known.is_ledger_unreadable(kind) => Timestamp::MAX,
        (_, Some(ledger)) => ledger.value.watermark,
        (_, None) => Timestamp::UNIX_EPOCH,
    }
}

/// The first key that a poll reads of a place: those by start from a time on come before all others.
fn first_key_from(start: Timestamp) -> String {
    Kind::by_start()
        .map_or_else(|| BEGIN.to_owned(), |kind| TaskKey::lowest_at(kind, start).to_string())
}

fn taken(items: &[Item]) -> Snapshot {
    let mut known = Snapshot::default();
    take_all(items, &mut known);
    known
}

fn take_all(items: &[Item], known: &mut Snapshot) {
    for item in items {
        codec::take(item, known);
    }
}

fn coded(key: &str, put: serde_json::Result<Put>) -> Result<Put, StoreError> {
    put.map_err(|error| StoreError {
        operation: format!("write of {key}"),
        store: "the store".into(),
        reason: format!("it cannot be written as JSON: {error}"),
        refused: true,
        source: Some(error.into()),
    })
}
