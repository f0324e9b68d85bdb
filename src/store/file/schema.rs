//! Opens the file, checks it, and makes its table where it is new.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::fault::Fault;
use crate::private;

/// Marks the file as amiwatch's, in the header where `SQLite` has a place for it: "amiw".
const APPLICATION_ID: i32 = 0x616d_6977;

/// The layout of the table; not the schema of the items' bodies, which each item bears itself.
const LAYOUT: i32 = 1;

const CREATE: &str = "CREATE TABLE items (
    pk TEXT NOT NULL,
    sk TEXT NOT NULL,
    version INTEGER NOT NULL,
    schema INTEGER NOT NULL,
    expires_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (pk, sk)
) STRICT, WITHOUT ROWID";

pub(super) fn open(path: &Path) -> Result<Connection, Fault> {
    // No URI flag: a path that begins with "file:" is a path like any other.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // SQLite gives the log the rights of the file. Where it cannot be made, SQLite meets that next.
    drop(private::make(path));
    let mut connection = Connection::open_with_flags(path, flags)?;
    // Another process is told so at once, and not kept waiting.
    connection.busy_timeout(std::time::Duration::ZERO)?;
    // Held until the connection closes: two pollers of one file would tell twice.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    // A damaged file must neither run what its schema says nor be read past a cell's end.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    identify(&mut connection)?;
    // A commit is one append to the log and on the disk when it returns; a clean end puts the log
    // back into the one file.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    check(&connection)?;
    Ok(connection)
}

/// Makes the table in an empty file; refuses a file of anybody else.
fn identify(connection: &mut Connection) -> Result<(), Fault> {
    // Takes the lock, so that nobody else makes the table meanwhile.
    let write = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let application: i32 = write.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let layout: i32 = write.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        write.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, layout, tables) {
        (APPLICATION_ID, LAYOUT, 1..) => Ok(()),
        (APPLICATION_ID, LAYOUT, _) => Err(Fault::Damaged("it has lost its table".into())),
        (APPLICATION_ID, newer, _) if newer > LAYOUT => Err(Fault::Newer(newer)),
        (0, 0, 0) => {
            write.execute(CREATE, [])?;
            write.pragma_update(None, "application_id", APPLICATION_ID)?;
            write.pragma_update(None, "user_version", LAYOUT)?;
            Ok(write.commit()?)
        }
        _ => Err(Fault::Foreign),
    }
}

/// Reads the whole file once. A poll reads a part of it, and what is damaged elsewhere would come to
/// light in the middle of a later one.
fn check(connection: &Connection) -> Result<(), Fault> {
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(Fault::Damaged(found));
    }
    connection.prepare("SELECT pk, sk, version, schema, expires_at, body FROM items")?;
    Ok(())
}
