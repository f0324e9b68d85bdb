//! The embedded store and DynamoDB pass the same test bodies.

mod contract;

use std::collections::BTreeSet;
use std::sync::Arc;

use amiwatch::aws::dynamodb::DynamoStore;
use amiwatch::clock::SystemClock;
use amiwatch::memory::Memory;
use amiwatch::ports::{Item, Saved, Store};
use amiwatch::record::{Closing, Ledger, Record, Snapshot};
use amiwatch::store::codec;
use amiwatch::store::file::FileStore;
use amiwatch::task::{Kind, State, Subject, Task, TaskKey};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::support::scripted::scripted;
use crate::support::{moto, place, sdk};

fn start(minute: i64) -> Timestamp {
    let zero: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    zero.saturating_add(SignedDuration::from_mins(minute)).unwrap()
}

fn memory(store: impl Store + 'static) -> Memory {
    Memory::new(Arc::new(store))
}

fn keys(known: &Snapshot) -> BTreeSet<TaskKey> {
    known.records.keys().cloned().collect()
}

fn record(image: &str, minute: i64, closed: Option<Closing>) -> (TaskKey, Record) {
    let subject = Subject::image(image, "bucket");
    let task = Task {
        progress_percent: Some(1),
        started_at: Some(start(minute)),
        ..Task::new(Kind::StoreImage, subject, State::new("InProgress"))
    };
    let key = task.key().unwrap();
    (key, Record { closed, ..Record::first_seen(task, start(minute)) })
}

fn bundle(id: &str) -> (TaskKey, Record) {
    let task = Task::new(Kind::Bundle, Subject::of_task(id), State::new("storing"));
    (TaskKey::by_id(Kind::Bundle, id), Record::first_seen(task, start(0)))
}

fn ledger(window_minute: i64, open_below: &[&TaskKey]) -> Ledger {
    let mut ledger = Ledger::baseline(Kind::StoreImage, Some(start(0)), start(0));
    ledger.watermark = start(window_minute);
    ledger.open_below = open_below.iter().map(|key| (*key).clone()).collect();
    ledger
}

#[tokio::test]
async fn the_embedded_store_remembers_after_it_is_opened_again_and_by_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let (key, value) = record("ami-1", 5, None);
    let store = memory(FileStore::open(&path, &SystemClock).unwrap());
    store.save(&place(), &key, &value, 0).await.unwrap();
    let error = FileStore::open(&path, &SystemClock).unwrap_err().to_string();
    assert!(error.contains("another amiwatch has it open"), "{error}");
    drop(store);
    let store = memory(FileStore::open(&path, &SystemClock).unwrap());
    assert_eq!(store.read(&place()).await.unwrap().records[&key].value, value);
}

#[tokio::test]
async fn a_file_that_is_no_store_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "not a store").unwrap();
    let error = FileStore::open(&path, &SystemClock).unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a store");
}

#[tokio::test]
async fn a_table_that_does_not_exist_is_an_error_that_names_it() {
    let store = memory(DynamoStore::new(&sdk(), Some(moto::url()), "no-such-table"));
    let error = store.read(&place()).await.unwrap_err().to_string();
    assert!(error.contains("no-such-table") && error.contains("ResourceNotFound"), "{error}");
}

#[tokio::test]
async fn a_transaction_whose_items_are_all_found_stored_in_its_last_round_is_written() {
    const MET: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message":"-","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}"#;
    const STORED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message":"-","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed"}]}"#;
    let (url, script) = scripted(vec![(400, MET), (400, MET), (400, MET), (400, STORED)]).await;
    let store = memory(DynamoStore::new(&sdk(), Some(url), "table"));
    let new = [record("ami-1", 5, None)];
    let saved = store.save_new(&place(), Kind::StoreImage, 1, &new).await.unwrap();
    assert_eq!((saved, script.lock().unwrap().1.len()), (Saved::Written, 4));
}

#[tokio::test]
async fn items_that_cannot_be_understood_are_named_and_cost_the_others_nothing() {
    let table = moto::table().await;
    let store = memory(DynamoStore::new(&sdk(), Some(moto::url()), &table));
    let (key, value) = record("ami-1", 5, None);
    store.save(&place(), &key, &value, 0).await.unwrap();
    for (sort_key, schema, body) in [
        ("t#2026-11-20T00:01:00.000Z#ami-bad#b", "2", "{\"task\": 7}"),
        ("t#2026-11-20T00:02:00.000Z#ami-new#b", "9", "{}"),
        ("u#bundle#bun-old", "1", "{}"),
        ("zebra", "2", "{}"),
    ] {
        let text = |text: &str| AttributeValue::S(text.into());
        moto::dynamodb()
            .put_item()
            .table_name(&table)
            .item("pk", text("123456789012#us-east-1"))
            .item("sk", text(sort_key))
            .item("version", AttributeValue::N("1".into()))
            .item("schema_version", AttributeValue::N(schema.into()))
            .item("body", text(body))
            .send()
            .await
            .unwrap();
    }
    let known = store.read(&place()).await.unwrap();
    assert_eq!(keys(&known), [key].into());
    let reasons: Vec<String> =
        known.unreadable.iter().map(|item| format!("{}: {}", item.key, item.reason)).collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    assert!(reasons.iter().any(|text| text.contains("ami-new") && text.contains("schema 9")));
    assert!(reasons.iter().any(|text| text.contains("zebra")));
    let before = reasons.iter().find(|text| text.contains("bun-old")).unwrap();
    assert!(before.contains("schema 1, of a version before 0.1.0; delete"), "{before}");
}

/// Items as every version writes them. A change of the stored form must go on to read them.
const SCHEMA_2: [(&str, &str); 3] = [
    (
        "t#2026-11-20T00:05:00.000Z#ami-0123456789abcdef0#my-bucket",
        include_str!("../../stored/schema-2-store-image.json"),
    ),
    ("u#bundle#bun-c1a540a8", include_str!("../../stored/schema-2-bundle.json")),
    ("~store-image", include_str!("../../stored/schema-2-ledger.json")),
];

#[test]
fn what_schema_2_holds_is_read_and_written_as_it_was() {
    let mut known = Snapshot::default();
    for (key, body) in SCHEMA_2 {
        let (version, schema, body) = (Some(3), Some(2), Some(body.to_owned()));
        codec::take(&Item { key: key.into(), version, schema, body }, &mut known);
    }
    assert_eq!(known.unreadable, []);
    assert_eq!((known.records.len(), known.ledgers.len()), (2, 1));
    for (key, body) in SCHEMA_2 {
        let written = match TaskKey::parse(key) {
            Some(key) => codec::record(&key, &known.records[&key].value, 3).unwrap(),
            None => codec::ledger(&known.ledgers[&Kind::StoreImage].value, 3).unwrap(),
        };
        let written: Value = serde_json::from_str(&written.body).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(body).unwrap(), "{key}");
    }
    assert!(
        known.records.iter().all(|(key, record)| record.value.task.key().as_ref() == Some(key))
    );
}

#[test]
fn an_event_that_was_saved_before_amis_had_names_is_read_without_one() {
    let (key, body) = SCHEMA_2[0];
    let body = body.replace(r#""imageName": "web-golden-2026-11","#, "");
    assert_ne!(body, SCHEMA_2[0].1);
    let mut known = Snapshot::default();
    let (version, schema, body) = (Some(3), Some(2), Some(body));
    codec::take(&Item { key: key.into(), version, schema, body }, &mut known);
    let record = &known.records[&TaskKey::parse(key).unwrap()].value;
    assert_eq!(record.outbox[0].event.detail.image_name, None);
}

#[tokio::test]
async fn in_a_file_too_items_that_cannot_be_understood_are_named_and_cost_the_others_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let (key, value) = record("ami-1", 5, None);
    let store = memory(FileStore::open(&path, &SystemClock).unwrap());
    store.save(&place(), &key, &value, 0).await.unwrap();
    drop(store);
    {
        let database = rusqlite::Connection::open(&path).unwrap();
        for (sort_key, schema, body) in [
            ("t#2026-11-20T00:01:00.000Z#ami-torn#b", 2, "{torn"),
            ("t#2026-11-20T00:02:00.000Z#ami-new#b", 9, "{}"),
            ("u#bundle#bun-old", 1, "{}"),
        ] {
            let insert =
                "INSERT INTO items (pk, sk, version, schema, body) VALUES (?1, ?2, 1, ?3, ?4)";
            let values = ("123456789012#us-east-1", sort_key, schema, body);
            database.execute(insert, values).unwrap();
        }
    }
    let store = memory(FileStore::open(&path, &SystemClock).unwrap());
    let known = store.read(&place()).await.unwrap();
    assert_eq!(keys(&known), [key.clone()].into());
    let reasons: Vec<String> = known.unreadable.iter().map(ToString::to_string).collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons.iter().any(|text| text.contains("ami-torn")));
    assert!(reasons.iter().any(|text| text.contains("ami-new") && text.contains("schema 9")));
    assert_eq!(store.save(&place(), &key, &value, 1).await.unwrap(), Saved::Written);
}

#[tokio::test]
async fn a_ledger_that_was_deleted_or_set_back_hides_nothing_from_a_store_that_knew_it() {
    let table = moto::table().await;
    let store = memory(DynamoStore::new(&sdk(), Some(moto::url()), &table));
    let (old, value) = record("ami-old", 5, None);
    store.save(&place(), &old, &value, 0).await.unwrap();
    let (new, value) = record("ami-new", 500, None);
    store.save(&place(), &new, &value, 0).await.unwrap();
    store.save_ledger(&place(), &ledger(400, &[&old]), 0).await.unwrap();
    assert_eq!(keys(&store.read(&place()).await.unwrap()), [old.clone(), new.clone()].into());
    // Its window goes down, as where more is open than a ledger can name.
    store.save_ledger(&place(), &ledger(1, &[]), 1).await.unwrap();
    assert_eq!(keys(&store.read(&place()).await.unwrap()), [old.clone(), new.clone()].into());
    store.save_ledger(&place(), &ledger(400, &[&old]), 2).await.unwrap();
    store.read(&place()).await.unwrap();
    let text = |text: &str| AttributeValue::S(text.into());
    moto::dynamodb()
        .delete_item()
        .table_name(&table)
        .key("pk", text("123456789012#us-east-1"))
        .key("sk", text("~store-image"))
        .send()
        .await
        .unwrap();
    assert_eq!(keys(&store.read(&place()).await.unwrap()), [old, new].into());
}

#[tokio::test]
async fn a_task_with_names_of_any_length_can_be_remembered() {
    let table = moto::table().await;
    let store = memory(DynamoStore::new(&sdk(), Some(moto::url()), &table));
    let (_, mut value) = record("ami-1", 5, None);
    value.task.subject.bucket = Some("b".repeat(1_100));
    let key = value.task.key().unwrap();
    store.save(&place(), &key, &value, 0).await.unwrap();
    assert_eq!(keys(&store.read(&place()).await.unwrap()), [key].into());
}

#[tokio::test]
async fn only_settled_records_expire_and_long_after_ec2_stops_listing_them() {
    let table = moto::table().await;
    let store = memory(DynamoStore::new(&sdk(), Some(moto::url()), &table));
    let kept = memory(DynamoStore::new(&sdk(), Some(moto::url()), &table))
        .keeping(SignedDuration::from_hours(400 * 24));
    let (open, value) = record("ami-open", 5, None);
    store.save(&place(), &open, &value, 0).await.unwrap();
    let (done, value) = record("ami-done", 6, Some(Closing::Completed));
    store.save(&place(), &done, &value, 0).await.unwrap();
    let (long, value) = record("ami-long", 6, Some(Closing::Completed));
    kept.save(&place(), &long, &value, 0).await.unwrap();
    let (run, value) = record("ami-run", 6, None);
    kept.save(&place(), &run, &value, 0).await.unwrap();
    let items = moto::dynamodb().scan().table_name(&table).send().await.unwrap().items.unwrap();
    let expiry = |key: &TaskKey| {
        let item = items.iter().find(|item| item["sk"].as_s().unwrap() == key.as_str()).unwrap();
        item.get("expires_at").map(|number| number.as_n().unwrap().parse::<i64>().unwrap())
    };
    assert_eq!(expiry(&open), None);
    let listed_until = start(6).as_second() + 31 * 24 * 3600;
    assert!(expiry(&done).unwrap() > listed_until);
    assert_eq!(expiry(&long), expiry(&done).map(|at| at + (400 - 45) * 24 * 3600));
    assert_eq!(expiry(&run), None);
}

#[cfg(unix)]
#[tokio::test]
async fn a_state_file_and_its_log_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = memory(FileStore::open(&path, &SystemClock).unwrap());
    let (key, value) = record("ami-1", 1, None);
    store.save(&place(), &key, &value, 0).await.unwrap();
    for name in ["state.db", "state.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_a_poller_holds_can_be_looked_at_and_nothing_of_the_look_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = memory(FileStore::open(&path, &SystemClock).unwrap());
    for n in 0..300 {
        let (key, value) = record(&format!("ami-{n}"), n, Some(Closing::Completed));
        store.save(&place(), &key, &value, 0).await.unwrap();
        if n % 50 == 0 {
            let places = FileStore::look(&path, &SystemClock).unwrap();
            assert_eq!(places.len(), 1);
            assert_eq!(places[0].1.records.len(), usize::try_from(n).unwrap() + 1);
        }
    }
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["state.db", "state.db-wal"]);
}
