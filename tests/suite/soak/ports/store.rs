//! The state in memory, with writes that fail or are told late.

use amiwatch::place::Place;
use amiwatch::ports::{Guard, Item, Put, Saved, Store, StoreError};
use amiwatch::record::{Closing, Ledger, Record, Versioned};
use amiwatch::store::codec;
use amiwatch::task::TaskKey;
use futures_util::future::BoxFuture;

use super::super::world::Story;
use super::store_error;
use super::{Fault, Inner, Ports, QUICK};

impl Inner {
    /// Whether the task was given up without an end, as EC2 lists it no longer.
    pub(crate) fn has_aged_out(&self, story: &Story) -> bool {
        let record = self.records.get(&story.place).and_then(|records| records.get(&story.key));
        record.is_some_and(|record| record.value.closed == Some(Closing::AgedOut))
    }

    /// Whether any poll has saved the task.
    pub(crate) fn is_recorded(&self, story: &Story) -> bool {
        self.records.get(&story.place).is_some_and(|records| records.contains_key(&story.key))
    }
}

impl Inner {
    /// Writes an item, and keeps what it holds for the audit.
    pub(super) fn put(&mut self, run: u64, place: &Place, put: &Put) -> Saved {
        let items = self.items.entry(place.clone()).or_default();
        let stored = items.get(&put.key).and_then(|item| item.version).unwrap_or(0);
        if stored != put.expected {
            return Saved::Conflict;
        }
        let version = put.expected + 1;
        let item = Item {
            key: put.key.clone(),
            version: Some(version),
            schema: Some(put.schema),
            body: Some(put.body.clone()),
        };
        items.insert(put.key.clone(), item);
        self.writes += 1;
        if let Some(key) = TaskKey::parse(&put.key) {
            let value: Record = serde_json::from_str(&put.body).unwrap();
            let records = self.records.entry(place.clone()).or_default();
            let before = records.get(&key).map(|stored| &stored.value);
            self.audit.saved(run, before, &value);
            records.insert(key, Versioned { value, version });
        } else if codec::ledger_of(&put.key).is_some() {
            let value: Ledger = serde_json::from_str(&put.body).unwrap();
            self.ledgers.insert((place.clone(), value.kind), Versioned { value, version });
        }
        Saved::Written
    }
}

impl Store for Ports {
    fn range<'a>(
        &'a self,
        place: &'a Place,
        from: &'a str,
        to: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        let (low, high) = (from.to_owned(), to.to_owned());
        let name = if to.starts_with('~') { "read" } else { "read between" };
        Box::pin(self.read(
            name,
            move |items| {
                let range = items.range(low.clone()..=high.clone()).rev();
                range.map(|(_, item)| item.clone()).take(limit).collect()
            },
            place,
        ))
    }

    fn get<'a>(
        &'a self,
        place: &'a Place,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        let asked = keys.to_vec();
        let name = if keys.len() == 1 { "read one" } else { "read by name" };
        Box::pin(self.read(
            name,
            move |items| asked.iter().filter_map(|key| items.get(key).cloned()).collect(),
            place,
        ))
    }

    fn put<'a>(
        &'a self,
        place: &'a Place,
        put: &'a Put,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(self.write(place, put))
    }

    fn put_new<'a>(
        &'a self,
        place: &'a Place,
        guard: Guard<'a>,
        new: &'a [Put],
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        let faults = [Fault::Refused, Fault::TimedOut, Fault::AnswerLost, Fault::HalfDone];
        let (at, new) = (place.clone(), new.to_vec());
        let (key, expected) = (guard.key.to_owned(), guard.expected);
        let run = self.run;
        Box::pin(async move {
            self.table()?;
            let saved = self.call("save settled", &faults, QUICK, move |inner, fault, _| {
                let items = inner.items.entry(at.clone()).or_default();
                let stored = items.get(&key).and_then(|item| item.version).unwrap_or(0);
                if stored != expected {
                    return Saved::Conflict;
                }
                let half = fault == Some(Fault::HalfDone);
                let count = if half { new.len() / 2 } else { new.len() };
                for put in new.iter().take(count) {
                    // What is stored already stays as it is.
                    inner.put(run, &at, put);
                }
                Saved::Written
            });
            saved.await.map_err(store_error)
        })
    }
}
