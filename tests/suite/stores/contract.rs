//! What every store keeps: the same body of tests for the embedded one and DynamoDB.

use std::sync::Arc;

use amiwatch::aws::dynamodb::DynamoStore;
use amiwatch::clock::SystemClock;
use amiwatch::memory::Memory;
use amiwatch::place::Place;
use amiwatch::ports::{Item, Put, Saved, Store};
use amiwatch::record::{Closing, Record};
use amiwatch::store::file::FileStore;
use amiwatch::task::Kind;

use super::{bundle, ledger, record};
use super::{keys, start};
use crate::support::{moto, sdk};

async fn a_write_holds_only_where_nobody_else_wrote(store: &Memory) {
    let place = Place::new("111111111111", "us-east-1");
    let (key, first) = record("ami-1", 5, None);
    assert_eq!(store.save(&place, &key, &first, 0).await.unwrap(), Saved::Written);
    let other = Record { missed: 7, ..first.clone() };
    assert_eq!(store.save(&place, &key, &other, 0).await.unwrap(), Saved::Conflict);
    assert_eq!(store.save(&place, &key, &other, 1).await.unwrap(), Saved::Written);
    assert_eq!(store.save(&place, &key, &first, 1).await.unwrap(), Saved::Conflict);
    let known = store.read(&place).await.unwrap();
    assert_eq!((known.records[&key].version, &known.records[&key].value), (2, &other));
    // Another place has its own.
    let elsewhere = Place::new("111111111111", "us-east-2");
    assert!(store.read(&elsewhere).await.unwrap().records.is_empty());
}

async fn a_read_covers_the_window_what_is_open_below_it_and_all_bundles(store: &Memory) {
    let place = Place::new("222222222222", "us-east-1");
    let mut all = Vec::new();
    for minute in 0..300 {
        let (key, value) = record(&format!("ami-{minute:03}"), minute, None);
        store.save(&place, &key, &value, 0).await.unwrap();
        all.push(key);
    }
    let (bundle_key, bundle) = bundle("bun-1");
    store.save(&place, &bundle_key, &bundle, 0).await.unwrap();
    // Without a ledger nothing may be left out.
    assert_eq!(keys(&store.read(&place).await.unwrap()).len(), 301);

    store.save_ledger(&place, &ledger(200, &[&all[3], &all[150]]), 0).await.unwrap();
    // Once more as far down as before; then from the window up.
    store.read(&place).await.unwrap();
    for _ in 0..2 {
        let known = store.read(&place).await.unwrap();
        let found = keys(&known);
        assert!(
            all[200..]
                .iter()
                .chain([&all[3], &all[150], &bundle_key])
                .all(|key| found.contains(key))
        );
        assert!(!found.contains(&all[4]));
        assert_eq!(known.ledgers[&Kind::StoreImage].version, 1);
    }
    // The window moves up, and what is read with it.
    assert_eq!(store.save_ledger(&place, &ledger(290, &[]), 1).await.unwrap(), Saved::Written);
    let found = keys(&store.read(&place).await.unwrap());
    assert!(found.contains(&all[290]) && !found.contains(&all[3]));

    let between = keys(
        &store.read_between(&place, Kind::StoreImage, start(10), start(12), 100).await.unwrap(),
    );
    assert_eq!(between, all[10..=12].iter().cloned().collect());
}

async fn settled_records_are_written_only_under_an_unchanged_ledger(store: &Memory) {
    let place = Place::new("333333333333", "us-east-1");
    let settled: Vec<_> =
        (0..250).map(|n| record(&format!("ami-{n:03}"), n, Some(Closing::Completed))).collect();
    // One of them is already stored, open: it must stay as it is.
    let (key, open) = record("ami-100", 100, None);
    store.save(&place, &key, &open, 0).await.unwrap();
    let saved = store.save_new(&place, Kind::StoreImage, 0, &settled).await.unwrap();
    assert_eq!(saved, Saved::Written);
    let known = store.read(&place).await.unwrap();
    assert_eq!(known.records.len(), 250);
    assert_eq!(known.records[&key].value.closed, None);
    // Written again, as after a crash: nothing changes.
    store.save_new(&place, Kind::StoreImage, 0, &settled).await.unwrap();
    assert!(store.read(&place).await.unwrap().records.values().all(|known| known.version == 1));

    store.save_ledger(&place, &ledger(0, &[]), 0).await.unwrap();
    let late = vec![record("ami-late", 301, Some(Closing::Completed))];
    let saved = store.save_new(&place, Kind::StoreImage, 0, &late).await.unwrap();
    assert_eq!(saved, Saved::Conflict, "another poller has finished the baseline");
    assert!(!keys(&store.read(&place).await.unwrap()).contains(&late[0].0));
}

async fn of_many_writers_one_wins(store: &Memory) {
    let place = Place::new("444444444444", "us-east-1");
    let (key, value) = record("ami-1", 5, None);
    for round in 0..10 {
        let writes = (0..8).map(|_| store.save(&place, &key, &value, round));
        let results = futures_util::future::join_all(writes).await;
        let written =
            results.into_iter().filter(|saved| matches!(saved, Ok(Saved::Written))).count();
        assert!(written >= 1, "somebody wins");
        assert_eq!(store.read(&place).await.unwrap().records[&key].version, round + 1);
    }
}

async fn all_bodies(store: impl Store + 'static) {
    let store: Arc<dyn Store> = Arc::new(store);
    ranges_are_from_the_highest_key_down_and_no_longer_than_asked(store.as_ref()).await;
    let memory = Memory::new(store);
    a_write_holds_only_where_nobody_else_wrote(&memory).await;
    a_read_covers_the_window_what_is_open_below_it_and_all_bundles(&memory).await;
    settled_records_are_written_only_under_an_unchanged_ledger(&memory).await;
    of_many_writers_one_wins(&memory).await;
}

async fn ranges_are_from_the_highest_key_down_and_no_longer_than_asked(store: &dyn Store) {
    let place = Place::new("555555555555", "us-east-1");
    let put = |key: &str| {
        let body = "{}".to_owned();
        Put { key: key.into(), expected: 0, schema: 7, body, expires_at: None }
    };
    for key in ["a", "b", "c", "d"] {
        assert_eq!(store.put(&place, &put(key)).await.unwrap(), Saved::Written);
    }
    let keys = |items: Vec<Item>| items.into_iter().map(|item| item.key).collect::<Vec<_>>();
    assert_eq!(keys(store.range(&place, "b", "c", 9).await.unwrap()), ["c", "b"]);
    assert_eq!(keys(store.range(&place, "!", "~", 3).await.unwrap()), ["d", "c", "b"]);
    let asked = ["a", "x", "d"].map(str::to_owned);
    let mut found = keys(store.get(&place, &asked).await.unwrap());
    found.sort();
    assert_eq!(found, ["a", "d"]);
    let item = store.get(&place, &["a".into()]).await.unwrap().remove(0);
    let expected =
        Item { key: "a".into(), version: Some(1), schema: Some(7), body: Some("{}".into()) };
    assert_eq!(item, expected);
    assert_eq!(store.get(&place, &["x".into()]).await.unwrap(), []);
}

#[tokio::test]
async fn the_embedded_store_keeps_the_contract_of_stores() {
    let folder = tempfile::tempdir().unwrap();
    all_bodies(FileStore::open(&folder.path().join("state.db"), &SystemClock).unwrap()).await;
}

#[tokio::test]
async fn dynamodb_keeps_the_contract_of_stores() {
    let table = moto::table().await;
    all_bodies(DynamoStore::new(&sdk(), Some(moto::url()), table)).await;
}
