//! The stored form of records and ledgers. It is a public format: a change of meaning gets a new
//! schema number, and the older ones stay readable.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::place::Place;
use crate::ports::{Snapshot, Unreadable, ledger_key};
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
pub fn take(item: &Item, known: &mut Snapshot) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::SinkName;

    const KEY: &str = "t#2026-11-22T00:10:00.123Z#ami-1#b";

    /// A record as a later version may write it under the same schema: another sink, another field.
    const LATER: &str = r#"{
        "task": {"kind": "store-image", "imageId": "ami-1", "objectKey": null, "bucket": "b",
            "state": {"Unknown": "Paused"}, "progressPercent": null,
            "startedAt": "2026-11-22T00:10:00.123Z", "updatedAt": null, "failure": null},
        "movedAt": "2026-11-22T00:10:00Z", "stalled": false, "missed": 0, "closed": null,
        "outbox": [{"event": EVENT, "sinks": ["fax", "sns"]}], "lease": null, "later": {"a": 1},
        "changedAt": "2026-11-22T00:10:00Z"
    }"#;

    #[test]
    fn an_item_of_the_next_version_is_read_and_a_sink_that_is_not_known_is_kept() {
        let event = serde_json::to_string(&crate::render::sample::all()[0]).unwrap();
        let body = LATER.replace("EVENT", &event);
        let mut known = Snapshot::default();
        take(&Item { key: KEY.into(), version: 3, schema: SCHEMA, body }, &mut known);
        assert_eq!(known.unreadable, []);
        let record = &known.records.values().next().unwrap().value;
        let sinks = [SinkName::new("fax"), SinkName::new("sns")];
        assert_eq!(record.outbox[0].sinks, sinks.into());
        assert!(encode(record).unwrap().contains(r#""sinks":["fax","sns"]"#));
    }
}
