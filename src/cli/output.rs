//! The terminal: data to stdout, talk to stderr. A reader that has gone away is no error.

use std::io::{self, Write};

use serde::Serialize;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::CliError;

/// Prints data.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints data as JSON.
pub(super) fn print_json<T: Serialize>(value: &T) -> Result<(), CliError> {
    print(&serde_json::to_string_pretty(value).map_err(CliError::new)?)
}

/// Says something about what is done. Nobody may be listening.
pub(super) fn say(text: &str) {
    drop(writeln!(anstream::stderr().lock(), "{text}"));
}

/// Warnings, and with `-v` more, go to stderr.
pub(super) fn log_to_stderr(verbose: u8) {
    let (ours, others) = match verbose {
        0 => (Level::ERROR, Level::ERROR),
        1 => (Level::INFO, Level::WARN),
        _ => (Level::DEBUG, Level::INFO),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let targets = Targets::new().with_default(others).with_target("amiwatch", ours);
    drop(tracing_subscriber::registry().with(lines).with(targets).try_init());
}
