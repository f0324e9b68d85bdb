//! Files and folders that are their owner's alone: what amiwatch remembers is nobody else's business.
//!
//! They are made so. What is there already keeps the rights that somebody gave it. A system that is no
//! Unix has rights of its own.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Opens a file to write; where that makes it, it is its owner's alone.
pub(crate) fn to_write() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes an empty file where there is none, and does not open one that is there: to close it would take
/// away the locks that this process holds on it.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    match to_write().create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Writes a file, over what was in it.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    to_write().create(true).truncate(true).open(path)?.write_all(text.as_bytes())
}

/// Makes a folder, and those above it that are missing; each is its owner's alone.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_its_owners_alone_and_what_is_there_keeps_its_rights() {
        let home = tempfile::tempdir().unwrap();
        let made = home.path().join("a/b");
        folder(&made).unwrap();
        assert_eq!((mode(&made), mode(&home.path().join("a"))), (0o700, 0o700));
        let (page, state) = (made.join("page"), made.join("state"));
        write(&page, "hello").unwrap();
        make(&state).unwrap();
        assert_eq!((mode(&page), mode(&state)), (0o600, 0o600));
        std::fs::set_permissions(&page, std::fs::Permissions::from_mode(0o644)).unwrap();
        write(&page, "bye").unwrap();
        make(&page).unwrap();
        assert_eq!(mode(&page), 0o644);
        assert_eq!(std::fs::read_to_string(&page).unwrap(), "bye");
        assert!(make(&home.path().join("no/file")).is_err());
    }
}
