//! The history as a page for a browser: one file with everything in it.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::CliError;
use crate::cli::output::{json_line, print, say};
use crate::cli::remembered::Past;
use crate::private;

/// The page without its data; `page/` holds what it is made of.
const PAGE: &str = include_str!("page.html");

/// Where the data goes.
const MARKER: &str = "{{data}}";

/// What the page shows.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    made_at: Timestamp,
    version: &'static str,
    unreadable: usize,
    tasks: &'a [Past],
}

/// Writes the page to a file, or to stdout for `-`.
pub(super) fn write(
    file: &Path,
    tasks: &[Past],
    unreadable: usize,
    now: Timestamp,
) -> Result<(), CliError> {
    let page = page(tasks, unreadable, now)?;
    if file == Path::new("-") {
        let _ = print(&page)?;
        return Ok(());
    }
    private::write(file, &page).map_err(|error| {
        let file = file.display();
        CliError(format!("cannot write {file}: {error}; name another file with --html"))
    })?;
    say(&format!("{} tasks in {}", tasks.len(), file.display()));
    Ok(())
}

fn page(tasks: &[Past], unreadable: usize, now: Timestamp) -> Result<String, CliError> {
    let version = env!("CARGO_PKG_VERSION");
    let data = Data { made_at: now, version, unreadable, tasks };
    let json = json_line(&data)?;
    // Text of EC2's may hold the end of a script.
    Ok(PAGE.replacen(MARKER, &json.replace('<', "\\u003c"), 1))
}
