//! The embedded store: one file, ACID, for the command line and the demo. Every write is one
//! transaction that is on the disk when the call returns.
//!
//! The file is an `SQLite` database. A damaged one is an error that says what is lost and how to start
//! anew, never a panic.

mod copy;
mod fault;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use self::copy::Copy;
use super::codec::{self, partition_key};
use crate::place::Place;
use crate::ports::{Clock, Guard, Item, Put, Saved, Store, StoreError};
use crate::record::Snapshot;

/// A version that no write expects: the item is there and cannot be read.
const UNREADABLE: i64 = i64::MAX;

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
        Self::of(connection, path, clock)
    }

    fn of(connection: Connection, path: &Path, clock: &impl Clock) -> Result<Self, StoreError> {
        let store = Self { connection: Arc::new(Mutex::new(connection)), path: path.to_owned() };
        store.drop_expired(clock.now())?;
        Ok(store)
    }

    /// Reads every record of every place, also while another process has the file open.
    ///
    /// # Errors
    /// As for [`FileStore::open`], but for a file that is open.
    pub fn look(path: &Path, clock: &impl Clock) -> Result<Vec<(Place, Snapshot)>, StoreError> {
        match schema::open(path) {
            Ok(connection) => Self::of(connection, path, clock)?.everything(),
            Err(fault) if fault.is_open_elsewhere() => {
                let copy = Copy::of(path).map_err(|error| fault::not_copied(path, error))?;
                Self::open(&copy.path, clock)?.everything()
            }
            Err(fault) => Err(fault::store_error("open", path, fault)),
        }
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

    fn read(
        &self,
        place: &Place,
        from: &str,
        to: &str,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        self.with("read", |connection| {
            let mut select = connection.prepare(
                "SELECT pk, sk, version, schema, body FROM items \
                 WHERE pk = ?1 AND sk BETWEEN ?2 AND ?3 ORDER BY sk DESC LIMIT ?4",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = select
                .query_map(params![partition_key(place), from, to, limit], |row| Ok(item(row)))?;
            rows.collect()
        })
    }

    /// Writes items in one transaction; those that are stored already stay where they are new ones.
    fn write(
        &self,
        operation: &str,
        place: &Place,
        guard: Option<Guard<'_>>,
        puts: &[Put],
    ) -> Result<Saved, StoreError> {
        let partition = partition_key(place);
        self.with(operation, |connection| {
            // Dropped before the commit, it takes everything back.
            let write = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(guard) = guard
                && version(&write, &partition, guard.key)? != stored(guard.expected)
            {
                return Ok(Saved::Conflict);
            }
            let mut insert = write.prepare(
                "INSERT OR REPLACE INTO items (pk, sk, version, schema, expires_at, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for put in puts {
                let found = version(&write, &partition, &put.key)?;
                if found != stored(put.expected) {
                    match guard {
                        Some(_) => continue,
                        None => return Ok(Saved::Conflict),
                    }
                }
                insert.execute(params![
                    partition,
                    put.key,
                    found.saturating_add(1),
                    stored(put.schema),
                    put.expires_at.map(Timestamp::as_second),
                    put.body
                ])?;
            }
            drop(insert);
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

/// A row's item. What cannot be read of it is left out, so that it is reported under its key.
fn item(row: &Row<'_>) -> Item {
    let number = |index| row.get::<_, i64>(index).ok().and_then(|it| u64::try_from(it).ok());
    Item { key: text(row, 1), version: number(2), schema: number(3), body: row.get(4).ok() }
}

fn text(row: &Row<'_>, index: usize) -> String {
    row.get(index).unwrap_or_default()
}

impl Store for FileStore {
    fn range<'a>(
        &'a self,
        place: &'a Place,
        from: &'a str,
        to: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(async move { self.read(place, from, to, limit) })
    }

    fn get<'a>(
        &'a self,
        place: &'a Place,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(async move {
            let found = keys.iter().map(|key| self.read(place, key, key, 1));
            Ok(found.collect::<Result<Vec<_>, _>>()?.concat())
        })
    }

    fn put<'a>(
        &'a self,
        place: &'a Place,
        put: &'a Put,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        let operation = format!("save {}", put.key);
        Box::pin(async move { self.write(&operation, place, None, std::slice::from_ref(put)) })
    }

    fn put_new<'a>(
        &'a self,
        place: &'a Place,
        guard: Guard<'a>,
        new: &'a [Put],
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        let operation = format!("save {} new items", new.len());
        Box::pin(async move { self.write(&operation, place, Some(guard), new) })
    }
}
