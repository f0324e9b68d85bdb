//! One `watch` a state file: a second one is told which process has it.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::cli::CliError;
use crate::private;

/// No pid has so many digits.
const LONGEST_PID: u64 = 20;

/// A lock on a state file, for as long as this lives. The file beside it stays; the lock goes with the
/// process, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(state: &Path) -> Result<Self, CliError> {
        let path = beside(state);
        let name = path.display();
        let failed = |error: std::io::Error| {
            CliError(format!("cannot use {name}: {error}; give --state FILE in a folder of yours"))
        };
        let mut options = private::to_write();
        options.read(true).create(true).truncate(false);
        // What a link leads to would be overwritten, and nobody has named it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let read = file.take(LONGEST_PID).read_to_string(&mut text);
                let pid = read.ok().and_then(|_| text.trim().parse::<u32>().ok());
                let who = pid
                    .map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
                let state = state.display();
                return Err(CliError(format!(
                    "{who} watches with {state} already: end it, or give another --state"
                )));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

fn beside(state: &Path) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".pid");
    PathBuf::from(name)
}
