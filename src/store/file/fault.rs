//! What is wrong with the file, and the way out.

use std::fs::OpenOptions;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::ports::{Source, StoreError};

/// The first bytes of a file that amiwatch kept with its first library.
const REDB: &[u8] = b"redb";

/// Why the file cannot be used.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is amiwatch's and damaged.
    Damaged(String),
    /// A newer amiwatch made it.
    Newer(i32),
    /// It is the database of another program.
    Foreign,
    /// What `SQLite` said.
    Sqlite(rusqlite::Error),
}

impl Fault {
    /// Whether another process has the file open.
    pub(super) fn is_open_elsewhere(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        )
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The error for the port, with the way out.
pub(super) fn store_error(operation: &str, path: &Path, fault: Fault) -> StoreError {
    let reason = reason(path, &fault);
    let source: Option<Source> = match fault {
        Fault::Sqlite(error) => Some(error.into()),
        Fault::Damaged(_) | Fault::Newer(_) | Fault::Foreign => None,
    };
    let (operation, store) = (operation.to_owned(), path.display().to_string());
    StoreError { operation, store, reason, refused: false, source }
}

/// The error where a file that is open elsewhere could not be copied.
pub(super) fn not_copied(path: &Path, error: std::io::Error) -> StoreError {
    StoreError {
        operation: "copy".to_owned(),
        store: path.display().to_string(),
        reason: format!(
            "another amiwatch has it open, and it cannot be copied ({error}); make room beside it, or wait \
             until the other one has ended"
        ),
        refused: false,
        source: Some(error.into()),
    }
}

fn reason(path: &Path, fault: &Fault) -> String {
    let error = match fault {
        Fault::Damaged(what) => return damaged(path, what),
        Fault::Newer(layout) => {
            return format!(
                "a newer amiwatch made it (layout {layout}); use that one, or name another file"
            );
        }
        Fault::Foreign => return "it is the database of another program; name another file".into(),
        Fault::Sqlite(error) => error,
    };
    if fault.is_open_elsewhere() {
        return "another amiwatch has it open; wait for it, end it where it is a watch, or name another \
                file"
            .into();
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) if begins_with(path, REDB) => format!(
            "an earlier amiwatch made it, in a form that this one does not read. {}",
            start_anew(path)
        ),
        Some(ErrorCode::CannotOpen) => {
            format!("{}; name a file that can be written", why_not_opened(path, error))
        }
        Some(ErrorCode::DiskFull) => {
            "the disk is full; make room, and what was not saved is found again".into()
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            format!("it cannot be written ({error}); make it writable, or name another file")
        }
        Some(ErrorCode::SystemIoFailure) => format!(
            "the disk failed ({error}); look at it and its file system. If it is in order, the file \
             is damaged: {}",
            start_anew(path)
        ),
        _ => damaged(path, &error.to_string()),
    }
}

fn damaged(path: &Path, what: &str) -> String {
    // SQLite gives some of its findings in several lines.
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("it is damaged, or no state file of amiwatch ({what}). {}", start_anew(path))
}

fn start_anew(path: &Path) -> String {
    let name = path.display();
    format!(
        "Put a copy of it back, or start anew: move {name} away, and {name}-wal where there is one. \
         The next poll then takes a new baseline: what ended since the last poll is not told, and \
         `amiwatch list` still shows it; what runs is told when it ends"
    )
}

/// `SQLite` does not say why a file cannot be opened; the system does. Nothing holds a lock on the
/// file here, which closing it would take away.
fn why_not_opened(path: &Path, error: &rusqlite::Error) -> String {
    if path.is_dir() {
        return "it is a folder".to_owned();
    }
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(why) => format!("it cannot be opened: {why}"),
        Ok(_) => format!("it cannot be opened: {error}"),
    }
}

fn begins_with(path: &Path, magic: &[u8]) -> bool {
    use std::io::Read;
    let mut begin = Vec::new();
    let file = std::fs::File::open(path);
    let read = file.and_then(|file| file.take(16).read_to_end(&mut begin));
    read.is_ok() && begin.starts_with(magic)
}
