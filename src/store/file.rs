//! The embedded store: one file, ACID, for the command line and the demo. Every write is one
//! transaction that is on the disk when the call returns.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};

use super::codec::{self, Item, SCHEMA, partition_key};
use crate::place::Place;
use crate::ports::{Clock, Known, Saved, StateStore, StoreError, ledger_key};
use crate::record::{Ledger, Record};
use crate::task::{Kind, TaskKey};

type Table = TableDefinition<'static, (&'static str, &'static str), &'static str>;

const ITEMS: Table = TableDefinition::new("items");

/// What stands behind a key.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u64,
    schema: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    body: String,
}

/// The embedded store.
#[derive(Debug, Clone)]
pub struct FileStore {
    database: Arc<Database>,
    path: PathBuf,
}

impl FileStore {
    /// Opens the file, or makes it, and drops what has expired.
    ///
    /// # Errors
    /// The file cannot be opened, is no store, or another process has it open.
    pub fn open(path: &Path, clock: &impl Clock) -> Result<Self, StoreError> {
        let fail = |reason: String| StoreError {
            operation: "open".into(),
            store: path.display().to_string(),
            reason,
            refused: false,
        };
        let database = Database::create(path).map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => {
                fail("another amiwatch has it open; wait for it, or name another file".into())
            }
            error => fail(error.to_string()),
        })?;
        let store = Self { database: Arc::new(database), path: path.to_owned() };
        store.drop_expired(clock.now())?;
        Ok(store)
    }

    /// Every record of every place, for a look at the whole file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn everything(&self) -> Result<Vec<(Place, Known)>, StoreError> {
        let mut places: Vec<(Place, Known)> = Vec::new();
        self.scan("read everything", None, |partition, item| {
            let Some((account, region)) = partition.split_once('#') else { return };
            let place = Place::new(account, region);
            if places.last().is_none_or(|(last, _)| *last != place) {
                places.push((place, Known::default()));
            }
            if let Some((_, known)) = places.last_mut() {
                codec::take(&item, known);
            }
        })?;
        Ok(places)
    }

    fn drop_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        let operation = "drop expired records";
        let write = self.database.begin_write().map_err(|error| self.fail(operation, &error))?;
        {
            let mut table =
                write.open_table(ITEMS).map_err(|error| self.fail(operation, &error))?;
            table
                .retain(|_, text| {
                    serde_json::from_str::<Stored>(text)
                        .ok()
                        .and_then(|stored| stored.expires_at)
                        .is_none_or(|expires_at| expires_at > now.as_second())
                })
                .map_err(|error| self.fail(operation, &error))?;
        }
        write.commit().map_err(|error| self.fail(operation, &error))
    }

    fn scan(
        &self,
        operation: &str,
        within: Option<(&str, &str, &str)>,
        mut each: impl FnMut(&str, Item),
    ) -> Result<(), StoreError> {
        let read = self.database.begin_read().map_err(|error| self.fail(operation, &error))?;
        let table = read.open_table(ITEMS).map_err(|error| self.fail(operation, &error))?;
        let range = match within {
            Some((partition, from, to)) => table.range((partition, from)..=(partition, to)),
            None => table.range::<(&str, &str)>(..),
        };
        for entry in range.map_err(|error| self.fail(operation, &error))? {
            let (key, text) = entry.map_err(|error| self.fail(operation, &error))?;
            let (partition, key) = key.value();
            let item = match serde_json::from_str::<Stored>(text.value()) {
                Ok(Stored { version, schema, body, .. }) => {
                    Item { key: key.to_owned(), version, schema, body }
                }
                // Passed on as it is, so that it is reported under its key.
                Err(_) => Item {
                    key: key.to_owned(),
                    version: 0,
                    schema: SCHEMA,
                    body: text.value().to_owned(),
                },
            };
            each(partition, item);
        }
        Ok(())
    }

    fn get(&self, partition: &str, key: &str, known: &mut Known) -> Result<(), StoreError> {
        self.scan("read", Some((partition, key, key)), |_, item| codec::take(&item, known))
    }

    /// Writes items in one transaction where the versions that it finds are the expected ones.
    fn write(
        &self,
        operation: &str,
        partition: &str,
        guard: Option<(&str, u64)>,
        items: &[(String, Option<u64>, Option<i64>, String)],
    ) -> Result<Saved, StoreError> {
        let write = self.database.begin_write().map_err(|error| self.fail(operation, &error))?;
        {
            let mut table =
                write.open_table(ITEMS).map_err(|error| self.fail(operation, &error))?;
            let version = |table: &redb::Table<'_, (&str, &str), &str>, key: &str| {
                let found =
                    table.get((partition, key)).map_err(|error| self.fail(operation, &error))?;
                Ok(found.map_or(0, |text| {
                    serde_json::from_str::<Stored>(text.value()).map_or(u64::MAX, |s| s.version)
                }))
            };
            if let Some((key, expected)) = guard
                && version(&table, key)? != expected
            {
                return Ok(Saved::Conflict);
            }
            for (key, expected, expires_at, body) in items {
                let found = version(&table, key)?;
                match expected {
                    Some(expected) if found != *expected => return Ok(Saved::Conflict),
                    None if found != 0 => continue,
                    _ => {}
                }
                let stored = Stored {
                    version: found + 1,
                    schema: SCHEMA,
                    expires_at: *expires_at,
                    body: body.clone(),
                };
                let text = codec::encode(&stored).map_err(|error| self.fail(operation, &error))?;
                table
                    .insert((partition, key.as_str()), text.as_str())
                    .map_err(|error| self.fail(operation, &error))?;
            }
        }
        write.commit().map_err(|error| self.fail(operation, &error))?;
        Ok(Saved::Written)
    }

    fn fail(&self, operation: &str, reason: &impl ToString) -> StoreError {
        StoreError {
            operation: operation.to_owned(),
            store: self.path.display().to_string(),
            reason: reason.to_string(),
            refused: false,
        }
    }
}

impl StateStore for FileStore {
    async fn read(&self, place: &Place) -> Result<Known, StoreError> {
        let partition = partition_key(place);
        let mut known = Known::default();
        // From the window up: bundle tasks and ledgers sort behind it.
        self.scan("read", Some((&partition, "~", "~~")), |_, item| codec::take(&item, &mut known))?;
        let ledger = known.ledgers.get(&Kind::StoreImage);
        let from = ledger.map_or(Timestamp::UNIX_EPOCH, |ledger| ledger.value.window_from);
        let stragglers = ledger.map(|ledger| ledger.value.stragglers.clone()).unwrap_or_default();
        let from = TaskKey::lowest_at(from);
        self.scan("read", Some((&partition, from.as_str(), "~")), |_, item| {
            codec::take(&item, &mut known);
        })?;
        for key in &stragglers {
            self.get(&partition, key.as_str(), &mut known)?;
        }
        Ok(known)
    }

    async fn read_one(&self, place: &Place, key: &TaskKey) -> Result<Known, StoreError> {
        let mut known = Known::default();
        self.get(&partition_key(place), key.as_str(), &mut known)?;
        Ok(known)
    }

    async fn read_ledger(&self, place: &Place, kind: Kind) -> Result<Known, StoreError> {
        let mut known = Known::default();
        self.get(&partition_key(place), &ledger_key(kind), &mut known)?;
        Ok(known)
    }

    async fn read_between(
        &self,
        place: &Place,
        from: Timestamp,
        to: Timestamp,
        records_max: usize,
    ) -> Result<Known, StoreError> {
        let mut known = Known::default();
        let (from, to) = (TaskKey::lowest_at(from), TaskKey::behind_all_at(to));
        let within = (partition_key(place), from, to);
        let within = (within.0.as_str(), within.1.as_str(), within.2.as_str());
        self.scan("read", Some(within), |_, item| codec::take(&item, &mut known))?;
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
        let body = codec::encode(record).map_err(|error| self.fail(&operation, &error))?;
        let expires_at = record.expires_at().map(Timestamp::as_second);
        let item = (key.to_string(), Some(expected), expires_at, body);
        self.write(&operation, &partition_key(place), None, &[item])
    }

    async fn save_settled(
        &self,
        place: &Place,
        kind: Kind,
        expected_ledger: u64,
        records: Vec<(TaskKey, Record)>,
    ) -> Result<Saved, StoreError> {
        let operation = format!("save {} settled tasks", records.len());
        let mut items = Vec::with_capacity(records.len());
        for (key, record) in &records {
            let body = codec::encode(record).map_err(|error| self.fail(&operation, &error))?;
            let expires_at = record.expires_at().map(Timestamp::as_second);
            items.push((key.to_string(), None, expires_at, body));
        }
        let guard = ledger_key(kind);
        self.write(&operation, &partition_key(place), Some((&guard, expected_ledger)), &items)
    }

    async fn save_ledger(
        &self,
        place: &Place,
        ledger: &Ledger,
        expected: u64,
    ) -> Result<Saved, StoreError> {
        let key = ledger_key(ledger.kind);
        let operation = format!("save {key}");
        let body = codec::encode(ledger).map_err(|error| self.fail(&operation, &error))?;
        self.write(&operation, &partition_key(place), None, &[(key, Some(expected), None, body)])
    }
}
