//! A state file that is damaged, or none: an error with a way out, never a panic.

use std::path::Path;
use std::sync::Arc;

use amiwatch::clock::SystemClock;
use amiwatch::memory::Memory;
use amiwatch::ports::StoreError;
use amiwatch::store::file::FileStore;
use amiwatch::task::Kind;
use amiwatch_simulator::{Simulator, TaskStatus, Throttle};

use super::{amiwatch, run, running, texts};
use crate::support::place;

/// A file as polls leave it, with some open tasks and some that have ended.
async fn state_file(home: &Path) -> (Simulator, Vec<u8>) {
    let sim = Simulator::builder().throttle(Throttle::Off).start().await.unwrap();
    let tasks: Vec<_> =
        (0..40).map(|number| running(&sim, &format!("ami-{number:017x}"))).collect();
    for _ in 0..2 {
        let mut poll = amiwatch(home, Some(&sim.url()));
        poll.arg("poll");
        let (_, said, code) = texts(&run(poll).await);
        assert_eq!(code, Some(0), "{said}");
        for task in &tasks[..20] {
            sim.world().set_state(*task, TaskStatus::new("Completed", 100));
        }
    }
    let path = home.join(".local/state/amiwatch/state.db");
    let beside = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "the state is one file when nobody uses it");
    (sim, std::fs::read(path).unwrap())
}

/// All that a poll may do with a file.
async fn use_it(path: &Path) -> Result<(), StoreError> {
    let store = FileStore::open(path, &SystemClock)?;
    store.everything()?;
    let store = Memory::new(Arc::new(store));
    let known = store.read(&place()).await?;
    for (key, record) in &known.records {
        store.save(&place(), key, &record.value, record.version).await?;
    }
    if let Some(ledger) = known.ledgers.get(&Kind::StoreImage) {
        store.save_ledger(&place(), &ledger.value, ledger.version).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_file_with_any_byte_changed_or_cut_at_any_length_is_read_or_is_an_error_with_a_way_out() {
    let home = tempfile::tempdir().unwrap();
    let (_sim, whole) = state_file(home.path()).await;
    let path = home.path().join("damaged.db");
    let seed = std::env::var("AMIWATCH_DAMAGE_SEED").ok().and_then(|text| text.parse().ok());
    let mut rng = fastrand::Rng::with_seed(seed.unwrap_or(20_261_122));
    let (mut errors, mut read) = (0, 0);
    for round in 0..500 {
        let mut bytes = whole.clone();
        let what = match round {
            // The header, where each byte has a meaning.
            0..100 => {
                bytes[round] ^= 1 << rng.u8(..8);
                format!("byte {round}")
            }
            100..300 => {
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
                format!("byte {at}")
            }
            300..350 => {
                let at = rng.usize(..bytes.len() - 512);
                bytes[at..at + 512].fill(rng.u8(..));
                format!("512 bytes from {at}")
            }
            _ => {
                bytes.truncate(rng.usize(1..bytes.len()));
                format!("cut to {}", bytes.len())
            }
        };
        std::fs::write(&path, &bytes).unwrap();
        match use_it(&path).await {
            Ok(()) => read += 1,
            Err(error) => {
                errors += 1;
                let text = error.to_string();
                assert!(text.contains("damaged.db"), "{what}: {text}");
                let way_out =
                    ["start anew", "name another file", "use that one", "make it writable"];
                assert!(way_out.iter().any(|words| text.contains(words)), "{what}: {text}");
            }
        }
        // What a broken use left beside it belongs to these bytes.
        for log in ["damaged.db-wal", "damaged.db-journal"] {
            drop(std::fs::remove_file(home.path().join(log)));
        }
    }
    println!("{errors} errors, {read} were read");
    assert!(errors > 100 && read > 10, "{errors} errors, {read} were read");
}

#[tokio::test]
async fn a_damaged_file_ends_the_command_with_2_and_says_what_is_lost_and_how_to_go_on() {
    let home = tempfile::tempdir().unwrap();
    let (sim, whole) = state_file(home.path()).await;
    let path = home.path().join("other.db");
    let poll = || {
        let mut poll = amiwatch(home.path(), Some(&sim.url()));
        poll.args(["poll", "-v", "--state"]).arg(&path);
        run(poll)
    };
    let mut torn = whole.clone();
    torn[4096..5000].fill(0xff);
    for bytes in [
        &whole[..whole.len() / 2],
        &whole[..100],
        &torn,
        b"not a store, but a text that is longer than the header of a store would be, and then some",
        b"redb\x1a\x0a\xa9\x0d\x0a",
    ] {
        std::fs::write(&path, bytes).unwrap();
        let (out, said, code) = texts(&poll().await);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{said}");
        for words in ["other.db", "start anew", "move", "new baseline", "amiwatch list"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "the file is left as it was");
    }
    // The way out.
    std::fs::rename(&path, home.path().join("away")).unwrap();
    let (_, said, code) = texts(&poll().await);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("baseline"), "{said}");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_an_error_that_says_why() {
    let home = tempfile::tempdir().unwrap();
    let (sim, whole) = state_file(home.path()).await;
    let foreign = home.path().join("foreign.db");
    let database = rusqlite::Connection::open(&foreign).unwrap();
    database.execute("CREATE TABLE songs (title TEXT)", []).unwrap();
    drop(database);
    let newer = home.path().join("newer.db");
    std::fs::write(&newer, &whole).unwrap();
    let database = rusqlite::Connection::open(&newer).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let folder = home.path().join("folder.db");
    std::fs::create_dir(&folder).unwrap();
    let open = home.path().join("open.db");
    let _open = FileStore::open(&open, &SystemClock).unwrap();
    for (path, words) in [
        (&foreign, "another program"),
        (&newer, "a newer amiwatch"),
        (&folder, "it is a folder"),
        (&open, "another amiwatch has it open"),
    ] {
        let mut poll = amiwatch(home.path(), Some(&sim.url()));
        poll.args(["poll", "--state"]).arg(path);
        let (_, said, code) = texts(&run(poll).await);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(words) && said.contains(path.to_str().unwrap()), "{said}");
    }
    let database = rusqlite::Connection::open(&foreign).unwrap();
    let tables: i64 =
        database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1, "the database of another program is left as it was");
}
