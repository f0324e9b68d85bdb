//! The terminal: data to stdout, talk to stderr.
//!
//! A reader that has gone away is not worth an error message, but what it did not get is not told.

use std::io::{self, Write};

use anstyle::AnsiColor;
use comfy_table::Table;
use serde::Serialize;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::CliError;
use super::environment::from_env;
use crate::render::story::Tone;
use crate::render::text::{visible, visible_json};

/// Whether somebody still reads stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Reader {
    /// All was written.
    There,
    /// The pipe is closed; nothing more can be written.
    Gone,
}

/// Prints data as a text of whole lines. It has left this process when the call returns.
pub(super) fn print(text: &str) -> Result<Reader, CliError> {
    let mut out = anstream::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{text}{end}").and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(CliError(format!("cannot write to stdout: {error}"))),
    }
}

/// Prints data as JSON. A terminal may obey some characters that JSON lets stand.
pub(super) fn print_json<T: Serialize>(value: &T) -> Result<Reader, CliError> {
    print(&visible_json(&serde_json::to_string_pretty(value).map_err(CliError::new)?))
}

/// The same data on one line.
pub(super) fn json_line<T: Serialize>(value: &T) -> Result<String, CliError> {
    serde_json::to_string(value).map(|json| visible_json(&json)).map_err(CliError::new)
}

/// The columns of a terminal; where stdout is none, what `COLUMNS` says, or no bound.
pub(super) fn width() -> Option<usize> {
    let terminal = Table::new().width().map(usize::from);
    let set = || from_env("COLUMNS").and_then(|text| text.parse().ok());
    terminal.or_else(set).filter(|width| *width > 0)
}

/// Says something about what is done. Nobody may be listening.
pub(super) fn say(text: &str) {
    drop(writeln!(anstream::stderr().lock(), "{text}"));
}

/// Says what failed. The text may quote anything: what AWS answered, what stands in a file.
pub(super) fn fail(text: &str) {
    let style = AnsiColor::Red.on_default().bold();
    say(&format!("{style}error:{style:#} {}", visible(text)));
}

/// A line in the colour of how it feels. Where there is no terminal, or `NO_COLOR` is set, it has none.
pub(super) fn toned(line: &str, tone: Tone) -> String {
    let color = match tone {
        Tone::Good => AnsiColor::Green,
        Tone::Bad => AnsiColor::Red,
        Tone::Warning => AnsiColor::Yellow,
        Tone::Neutral => return line.to_owned(),
    };
    let style = color.on_default().bold();
    format!("{style}{line}{style:#}")
}

/// Warnings, and with `-v` more, go to stderr.
pub(super) fn log_to_stderr(verbose: u8) {
    let (ours, others) = match verbose {
        0 => (Level::ERROR, Level::ERROR),
        1 => (Level::INFO, Level::WARN),
        _ => (Level::DEBUG, Level::INFO),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let mut targets = Targets::new().with_default(others).with_target("amiwatch", ours);
    if verbose == 0 {
        // A poll's failures are in its summary, which the command prints.
        targets = targets.with_target("amiwatch::poll", LevelFilter::OFF);
    }
    drop(tracing_subscriber::registry().with(lines).with(targets).try_init());
}
