//! The stored form of records and ledgers. It is a public format: a change of meaning gets a new
//! schema number, and the older ones stay readable.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::place::Place;
use crate::ports::{Known, Unreadable, ledger_key};
use crate::record::{Ledger, Record, Versioned};
use crate::task::{Kind, TaskKey};

/// The schema that this version writes.
pub const SCHEMA: u64 = 1;

/// One stored item, whatever the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The sort key.
    pub key: String,
    /// Counts the writes.
    pub version: u64,
    /// The schema of `body`.
    pub schema: u64,
    /// The record or ledger as JSON.
    pub body: String,
}

/// The partition key of a place.
#[must_use]
pub fn partition_key(place: &Place) -> String {
    format!("{}#{}", place.account, place.region)
}

/// The JSON of a record or a ledger.
///
/// # Errors
/// Where a value has no JSON form; none of ours has.
pub fn encode<T: Serialize>(value: &T) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| format!("cannot be written as JSON: {error}"))
}

/// Takes an item into what is known, as a ledger, a record, or an item that cannot be understood.
pub fn take(item: &Item, known: &mut Known) {
    let kind = Kind::ALL.into_iter().find(|kind| ledger_key(*kind) == item.key);
    let taken = match (kind, TaskKey::parse(&item.key)) {
        (Some(kind), _) => decode::<Ledger>(item).map(|value| {
            known.ledgers.insert(kind, Versioned { value, version: item.version });
        }),
        (None, Some(key)) => decode::<Record>(item).map(|value| {
            known.records.insert(key, Versioned { value, version: item.version });
        }),
        (None, None) => Err("its key is none of amiwatch's; delete the item".to_owned()),
    };
    if let Err(reason) = taken {
        known.unreadable.push(Unreadable { key: item.key.clone(), reason });
    }
}

fn decode<T: DeserializeOwned>(item: &Item) -> Result<T, String> {
    match item.schema {
        SCHEMA => serde_json::from_str(&item.body).map_err(|error| {
            format!(
                "its body is not what schema {SCHEMA} holds ({error}); repair it, or delete the item \
                 and the task counts as not seen yet"
            )
        }),
        newer if newer > SCHEMA => Err(format!(
            "it has schema {newer}, and this version reads up to {SCHEMA}; deploy the newer version again"
        )),
        older => Err(format!("it has schema {older}, which no version of amiwatch has written")),
    }
}
