//! The embedded store: one file, ACID, for the command line and the demo. Every write is one
//! transaction that is on the disk when the call returns.
//!
//! The file is an `SQLite` database. A damaged one is an error that says what is lost and how to start
//! anew, never a panic.

mod fault;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::codec::{self, Item, SCHEMA, partition_key};
use crate::place::Place;
use crate::ports::{Clock, Saved, Snapshot, StateStore, StoreError, ledger_key};
use crate::record::{Ledger, Record};
use crate::task::{Kind, TaskKey};

/// A version that no write expects: the item is there and cannot be read.
const UNREADABLE: i64 = i64::MAX;

/// One item to write, under the version that must be stored now; without one only where nothing is.
struct Write {
    key: String,
    expected: Option<u64>,
    expires_at: Option<i64>,
    body: String,
}

/// The embedded store.
#[derive(Debug, Clone)]
pub struct FileStore {
    connection: Arc<Mutex<Connection>>,
    path: PathBuf,
}

impl FileStore {
    /// Opens the file, or makes it, and drops what has expired.
    ///
    /// # Errors
    /// The file cannot be opened, is no store or a damaged one, or another process has it open.
    pub fn open(path: &Path, clock: &impl Clock) -> Result<Self, StoreError> {
        let connection =
            schema::open(path).map_err(|fault| fault::store_error("open", path, fault))?;
        let store = Self { connection: Arc::new(Mutex::new(connection)), path: path.to_owned() };
        store.drop_expired(clock.now())?;
        Ok(store)
    }

    /// Every record of every place, for a look at the whole file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn everything(&self) -> Result<Vec<(Place, Snapshot)>, StoreError> {
        let mut places: Vec<(Place, Snapshot)> = Vec::new();
        self.with("read everything", |connection| {
            let mut select = connection
                .prepare("SELECT pk, sk, version, schema, body FROM items ORDER BY pk, sk")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let partition = text(row, 0);
                let Some((account, region)) = partition.split_once('#') else { continue };
                let place = Place::new(account, region);
                if places.last().is_none_or(|(last, _)| *last != place) {
                    places.push((place, Snapshot::default()));
                }
                if let Some((_, known)) = places.last_mut() {
                    codec::take(&item(row), known);
                }
            }
            Ok(())
        })?;
        Ok(places)
    }

    fn drop_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        self.with("drop expired records", |connection| {
            let delete = "DELETE FROM items WHERE expires_at <= ?1";
            connection.execute(delete, [now.as_second()]).map(drop)
        })
    }

    /// Reads the items of a place whose keys lie between two, both included.
    fn range(
        &self,
        place: &Place,
        from: &str,
        to: &str,
        known: &mut Snapshot,
    ) -> Result<(), StoreError> {
        self.with("read", |connection| {
            let mut select = connection.prepare(
                "SELECT pk, sk, version, schema, body FROM items \
                 WHERE pk = ?1 AND sk BETWEEN ?2 AND ?3 ORDER BY sk",
            )?;
            let mut rows = select.query(params![partition_key(place), from, to])?;
            while let Some(row) = rows.next()? {
                codec::take(&item(row), known);
            }
            Ok(())
        })
    }

    fn get(&self, place: &Place, key: &str, known: &mut Snapshot) -> Result<(), StoreError> {
        self.range(place, key, key, known)
    }

    /// Writes items in one transaction where the versions that it finds are the expected ones.
    fn write(
        &self,
        operation: &str,
        place: &Place,
        guard: Option<(&str, u64)>,
        items: &[Write],
    ) -> Result<Saved, StoreError> {
        let partition = partition_key(place);
        self.with(operation, |connection| {
            // Dropped before the commit, it takes everything back.
            let write = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some((key, expected)) = guard
                && version(&write, &partition, key)? != stored(expected)
            {
                return Ok(Saved::Conflict);
            }
            let mut put = write.prepare(
                "INSERT OR REPLACE INTO items (pk, sk, version, schema, expires_at, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for item in items {
                let found = version(&write, &partition, &item.key)?;
                match item.expected {
                    Some(expected) if found != stored(expected) => return Ok(Saved::Conflict),
                    None if found != 0 => continue,
                    _ => {}
                }
                put.execute(params![
                    partition,
                    item.key,
                    found.saturating_add(1),
                    stored(SCHEMA),
                    item.expires_at,
                    item.body
                ])?;
            }
            drop(put);
            write.commit()?;
            Ok(Saved::Written)
        })
    }

    fn with<T>(
        &self,
        operation: &str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        work(&mut self.connection())
            .map_err(|error| fault::store_error(operation, &self.path, error.into()))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // Each use is one transaction, which was rolled back where it did not end.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn encode<T: serde::Serialize>(
        &self,
        operation: &str,
        value: &T,
    ) -> Result<String, StoreError> {
        codec::encode(value).map_err(|reason| StoreError {
            operation: operation.to_owned(),
            store: self.path.display().to_string(),
            reason,
            refused: false,
        })
    }

    fn record(
        &self,
        operation: &str,
        key: &TaskKey,
        record: &Record,
        expected: Option<u64>,
    ) -> Result<Write, StoreError> {
        let body = self.encode(operation, record)?;
        let expires_at = record.expires_at().map(Timestamp::as_second);
        Ok(Write { key: key.to_string(), expected, expires_at, body })
    }
}

/// A version as `SQLite` keeps it. Ours count from one, a write at a time.
fn stored(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(UNREADABLE - 1)
}

/// The version of a stored item; 0 where there is none.
fn version(connection: &Connection, partition: &str, key: &str) -> rusqlite::Result<i64> {
    let mut select = connection.prepare("SELECT version FROM items WHERE pk = ?1 AND sk = ?2")?;
    let found = select.query_row([partition, key], |row| Ok(row.get(0).unwrap_or(UNREADABLE)));
    Ok(found.optional()?.unwrap_or(0))
}

/// A row's item. What cannot be read of it is left empty, so that it is reported under its key.
fn item(row: &Row<'_>) -> Item {
    let number = |index| row.get::<_, i64>(index).ok().and_then(|it| u64::try_from(it).ok());
    Item {
        key: text(row, 1),
        version: number(2).unwrap_or(0),
        schema: number(3).unwrap_or(SCHEMA),
        body: text(row, 4),
    }
}

fn text(row: &Row<'_>, index: usize) -> String {
    row.get(index).unwrap_or_default()
}

impl StateStore for FileStore {
    async fn read(&self, place: &Place) -> Result<Snapshot, StoreError> {
        let mut known = Snapshot::default();
        // From the window up: bundle tasks and ledgers sort behind it.
        self.range(place, "~", "~~", &mut known)?;
        let ledger = known.ledgers.get(&Kind::StoreImage);
        let from = ledger.map_or(Timestamp::UNIX_EPOCH, |ledger| ledger.value.watermark);
        let open_below = ledger.map(|ledger| ledger.value.open_below.clone()).unwrap_or_default();
        self.range(place, TaskKey::lowest_at(from).as_str(), "~", &mut known)?;
        for key in &open_below {
            self.get(place, key.as_str(), &mut known)?;
        }
        Ok(known)
    }

    async fn read_one(&self, place: &Place, key: &TaskKey) -> Result<Snapshot, StoreError> {
        let mut known = Snapshot::default();
        self.get(place, key.as_str(), &mut known)?;
        Ok(known)
    }

    async fn read_ledger(&self, place: &Place, kind: Kind) -> Result<Snapshot, StoreError> {
        let mut known = Snapshot::default();
        self.get(place, &ledger_key(kind), &mut known)?;
        Ok(known)
    }

    async fn read_between(
        &self,
        place: &Place,
        from: Timestamp,
        to: Timestamp,
        records_max: usize,
    ) -> Result<Snapshot, StoreError> {
        let mut known = Snapshot::default();
        let (from, to) = (TaskKey::lowest_at(from), TaskKey::behind_all_at(to));
        self.range(place, from.as_str(), to.as_str(), &mut known)?;
        while known.records.len() > records_max.saturating_add(1) {
            known.records.pop_first();
        }
        Ok(known)
    }

    async fn save(
        &self,
        place: &Place,
        key: &TaskKey,
        record: &Record,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let operation = format!("save {key}");
        let item = self.record(&operation, key, record, Some(expected))?;
        self.write(&operation, place, None, &[item])
    }

    async fn save_settled(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: Vec<(TaskKey, Record)>,
    ) -> Result<Saved, StoreError> {
        let operation = format!("save {} settled tasks", records.len());
        let items = records.iter().map(|(key, record)| self.record(&operation, key, record, None));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        self.write(&operation, place, Some((&ledger_key(kind), expected_ledger)), &items)
    }

    async fn save_ledger(
        &self,
        place: &Place,
        ledger: &Ledger,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let key = ledger_key(ledger.kind);
        let operation = format!("save {key}");
        let body = self.encode(&operation, ledger)?;
        let item = Write { key, expected: Some(expected), expires_at: None, body };
        self.write(&operation, place, None, &[item])
    }
}
