//! The stored form of records, ledgers and sights. It is a public format: a change of meaning gets a new
//! schema number, and the older ones stay readable.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::place::Place;
use crate::ports::{Item, Put};
use crate::record::{
    Ledger, Record, Sight, Snapshot, Unreadable, Versioned, ledger_key, sight_key,
};
use crate::task::{Kind, TaskKey};

/// The schema that this version writes.
pub const SCHEMA: u64 = 2;

/// The partition key of a place.
#[must_use]
pub fn partition_key(place: &Place) -> String {
    format!("{}#{}", place.account, place.region)
}

/// The write of a record.
///
/// # Errors
/// Where a value has no JSON form; none of ours has.
pub fn record(key: &TaskKey, record: &Record, expected: u64) -> serde_json::Result<Put> {
    put(key.as_str().to_owned(), record, expected, record.expires_at())
}

/// The write of a ledger.
///
/// # Errors
/// Where a value has no JSON form; none of ours has.
pub fn ledger(ledger: &Ledger, expected: u64) -> serde_json::Result<Put> {
    put(ledger_key(ledger.kind), ledger, expected, None)
}

/// The write of a sight.
///
/// # Errors
/// Where a value has no JSON form; none of ours has.
pub fn sight(sight: &Sight, expected: u64) -> serde_json::Result<Put> {
    put(sight_key(sight.kind), sight, expected, sight.expires_at())
}

fn put<T: Serialize>(
    key: String,
    value: &T,
    expected: u64,
    expires_at: Option<Timestamp>,
) -> serde_json::Result<Put> {
    let body = serde_json::to_string(value)?;
    Ok(Put { key, expected, schema: SCHEMA, body, expires_at })
}

/// What comes of it when an item is deleted that cannot be understood: the way out has its price.
const WITHOUT_RECORD: &str = "the task counts as not seen yet";
const WITHOUT_LEDGER: &str =
    "the target takes its baseline anew: what ended without a record is not told";
const WITHOUT_SIGHT: &str = "the target counts as one that could always be listed";

/// Takes an item into what is known, as a ledger, a sight, a record, or an item that cannot be understood.
///
/// The ledger and the records of a kind of task that this version does not know are a later version's:
/// they are no fault, and nothing here touches them.
pub fn take(item: &Item, known: &mut Snapshot) {
    let taken = if let Some(kind) = sight_of(&item.key) {
        decode(item, WITHOUT_SIGHT).map(|found| drop(known.sights.insert(kind, found)))
    } else if let Some(kind) = ledger_of(&item.key) {
        decode(item, WITHOUT_LEDGER).map(|found| drop(known.ledgers.insert(kind, found)))
    } else if let Some(key) = TaskKey::parse(&item.key) {
        decode(item, WITHOUT_RECORD).map(|found| drop(known.records.insert(key, found)))
    } else if is_of_a_later_kind(&item.key) {
        return;
    } else {
        Err("its key is none of amiwatch's; delete the item".to_owned())
    };
    if let Err(reason) = taken {
        known.unreadable.push(Unreadable { key: item.key.clone(), reason });
    }
}

/// The kind whose ledger has this key.
#[must_use]
pub fn ledger_of(key: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| ledger_key(*kind) == key)
}

fn sight_of(key: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| sight_key(*kind) == key)
}

fn is_of_a_later_kind(key: &str) -> bool {
    key.starts_with('~') || key.starts_with("u#")
}

/// `without`: what comes of it when the item is deleted.
fn decode<T: DeserializeOwned>(item: &Item, without: &str) -> Result<Versioned<T>, String> {
    let (Some(version), Some(schema), Some(body)) = (item.version, item.schema, &item.body) else {
        return Err(format!(
            "it lacks version, schema_version or body; delete the item, and {without}"
        ));
    };
    let value = match schema {
        SCHEMA => serde_json::from_str(body).map_err(|error| {
            format!(
                "its body is not what schema {SCHEMA} holds ({error}); repair it, or delete the item, \
                 and {without}"
            )
        }),
        newer if newer > SCHEMA => Err(format!(
            "it has schema {newer}, and this version reads up to {SCHEMA}; deploy the newer version again"
        )),
        older => Err(format!(
            "it has schema {older}, of a version before 0.1.0; delete the place's items, and each target \
             takes its baseline anew and tells nothing old"
        )),
    };
    Ok(Versioned { value: value?, version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::SinkName;

    const KEY: &str = "t#2026-11-22T00:10:00.123Z#ami-1#b";

    /// A record as a later version may write it under the same schema: another sink, another field.
    const LATER: &str = r#"{
        "task": {"kind": "store-image", "imageId": "ami-1", "bucket": "b", "state": "Paused",
            "colour": "blue", "startedAt": "2026-11-22T00:10:00.123Z"},
        "firstSeenAt": "2026-11-22T00:10:00Z", "movedAt": "2026-11-22T00:10:00Z", "stalled": false, "missed": 0, "closed": null,
        "outbox": [{"event": EVENT, "sinks": ["fax", "sns"]}], "lease": null, "later": {"a": 1},
        "changedAt": "2026-11-22T00:10:00Z"
    }"#;

    #[test]
    fn an_item_of_the_next_version_is_read_and_a_sink_that_is_not_known_is_kept() {
        let event = serde_json::to_string(&crate::render::sample::all()[0]).unwrap();
        let body = LATER.replace("EVENT", &event);
        let mut known = Snapshot::default();
        let item =
            Item { key: KEY.into(), version: Some(3), schema: Some(SCHEMA), body: Some(body) };
        take(&item, &mut known);
        assert_eq!(known.unreadable, []);
        let record = &known.records.values().next().unwrap().value;
        let sinks = [SinkName::new("fax"), SinkName::new("sns")];
        assert_eq!(record.outbox[0].sinks, sinks.into());
        let put = super::record(known.records.keys().next().unwrap(), record, 3).unwrap();
        assert!(put.body.contains(r#""sinks":["fax","sns"]"#));
    }

    #[test]
    fn the_items_of_a_later_kind_of_task_are_passed_over_and_those_of_strangers_are_reported() {
        let mut known = Snapshot::default();
        let item = |key: &str| Item { key: key.into(), ..Item::default() };
        take(&item("~fpga-image"), &mut known);
        take(&item("u#fpga-image#afi-1"), &mut known);
        assert_eq!((known.unreadable.len(), known.records.len(), known.ledgers.len()), (0, 0, 0));
        take(&item("v#1"), &mut known);
        assert_eq!(known.unreadable[0].reason, "its key is none of amiwatch's; delete the item");
    }

    #[test]
    fn what_cannot_be_read_says_what_comes_of_it_when_it_is_deleted() {
        for (key, comes) in [
            (KEY, "the task counts as not seen yet"),
            ("~store-image", "takes its baseline anew"),
            ("~sight#store-image", "could always be listed"),
        ] {
            for body in [None, Some("{torn".to_owned())] {
                let mut known = Snapshot::default();
                let (version, schema) = (Some(1), Some(SCHEMA));
                take(&Item { key: key.into(), version, schema, body }, &mut known);
                assert!(known.unreadable[0].reason.contains(comes), "{:?}", known.unreadable);
            }
        }
    }

    #[test]
    fn an_item_of_another_schema_says_what_to_do() {
        for (schema, way_out) in [(1, "delete the place's items"), (3, "deploy the newer version")]
        {
            let mut known = Snapshot::default();
            let (version, schema) = (Some(1), Some(schema));
            let item = Item { key: KEY.into(), version, schema, body: Some("{}".into()) };
            take(&item, &mut known);
            assert!(known.unreadable[0].reason.contains(way_out), "{:?}", known.unreadable);
        }
    }
}
