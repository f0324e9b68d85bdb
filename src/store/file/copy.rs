//! A copy of a file that another process has open, to read what it held at one moment.
//!
//! The writer appends to the log and puts it back into the database now and then. A copy is whole where
//! the database stayed as it was while both were copied: what of the log's end was not written whole has a
//! wrong checksum, and `SQLite` passes it over.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::private;

/// How often a copy is tried: the log is put back after about a thousand pages.
const TRIES: u32 = 5;

/// A copy, for as long as this lives.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) path: PathBuf,
}

impl Copy {
    /// Copies a database with its log, beside it: there is room for both.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let copy = Self { path: with(path, &format!(".{}", Uuid::new_v4())) };
        for _ in 0..TRIES {
            let before = fs::metadata(path)?;
            duplicate(path, &copy.path)?;
            match duplicate(&log(path), &log(&copy.path)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            if is_same(&before, &fs::metadata(path)?) {
                return Ok(copy);
            }
        }
        Err(io::Error::other("it was written all the while; try again"))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What cannot be removed is a file too many, and no more.
        drop(fs::remove_file(log(&self.path)));
        drop(fs::remove_file(&self.path));
    }
}

/// The copy is its owner's alone, whoever may read the file.
fn duplicate(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(from)?;
    let mut to = private::to_write().create(true).truncate(true).open(to)?;
    io::copy(&mut from, &mut to).map(drop)
}

fn is_same(before: &Metadata, after: &Metadata) -> bool {
    let times = (before.modified().ok(), after.modified().ok());
    before.len() == after.len() && times.0.is_some() && times.0 == times.1
}

fn log(path: &Path) -> PathBuf {
    with(path, "-wal")
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_copy_is_its_owners_alone_whoever_may_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        for file in [path.clone(), log(&path)] {
            fs::write(&file, "data").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let copy = Copy::of(&path).unwrap();
        for file in [copy.path.clone(), log(&copy.path)] {
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::read_to_string(&file).unwrap(), "data");
        }
        drop(copy);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
