//! `amiwatch list`: what EC2 lists, all pages.

use std::collections::{BTreeSet, HashSet};

use comfy_table::Table;
use serde_json::{Map, Value, json};

use super::args::{ListArgs, OutputForm};
use super::connect::{Connection, from_env};
use super::output::{print, print_json, say};
use super::table::{Column, draw};
use super::{CliError, Exit};
use crate::aws::clients::ATTEMPTS;
use crate::place::Place;
use crate::ports::{PageAt, Rejected, TaskSource};
use crate::record::Cursor;
use crate::render::text::plain;
use crate::task::{Choice, Kind, Task};

/// A listing has at most this many pages: 200 tasks each. Guards against tokens that never end.
pub(super) const PAGES_MAX: usize = 1_000;

/// What was read of one listing, and what was not.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) tasks: Vec<Task>,
    pub(super) rejected: Vec<Rejected>,
    /// Why it was not read to its end.
    pub(super) failure: Option<String>,
}

pub(super) async fn run(args: ListArgs) -> Result<Exit, CliError> {
    let connection = Connection::open(&args.place).await?;
    let source = connection.ec2();
    let mut found: Vec<(String, Task)> = Vec::new();
    let mut failures: Vec<String> = Vec::new();
    let mut read: BTreeSet<&str> = BTreeSet::new();
    for region in &connection.regions {
        // EC2's listings do not name the account, and nothing here needs it.
        let place = Place::new("", region);
        for kind in Choice::kinds(&args.place.kinds) {
            let listing = all_pages(&source, &place, kind).await;
            if listing.failure.is_none() {
                read.insert(region);
            }
            found.extend(listing.tasks.into_iter().map(|task| (region.clone(), task)));
            failures.extend(listing.failure);
            failures.extend(listing.rejected.into_iter().map(
                |Rejected { item, reason, .. }| {
                    format!("a {kind} task in {region} cannot be read: {item}: {reason}")
                },
            ));
        }
    }
    // A reader that has had enough is no failure: nothing is lost by it. Where nothing could be
    // asked, no output says less than an empty list would.
    let nothing_read = read.is_empty() && found.is_empty();
    let _ = match args.output {
        _ if nothing_read => None,
        OutputForm::Json => Some(print_json(&found.iter().map(row_json).collect::<Vec<_>>())?),
        OutputForm::Text if found.is_empty() => {
            say(&format!("no tasks in {}", Vec::from_iter(read).join(", ")));
            None
        }
        OutputForm::Text => Some(print(&draw(columns(&found), width()))?),
    };
    for failure in &failures {
        say(&format!("error: {}", plain(failure)));
    }
    Ok(if failures.is_empty() { Exit::Done } else { Exit::InPart })
}

/// Reads a listing to its end, or as far as it goes.
pub(super) async fn all_pages(source: &dyn TaskSource, place: &Place, kind: Kind) -> Listing {
    let mut listing = Listing::default();
    let mut from: Option<Cursor> = None;
    let mut tokens: HashSet<String> = HashSet::new();
    for _ in 0..PAGES_MAX {
        let at = from.as_ref().map_or(PageAt::WHOLE, PageAt::Next);
        let page = match source.list(place, kind, at, ATTEMPTS).await {
            Ok(page) => page,
            Err(error) => {
                listing.failure = Some(error.to_string());
                return listing;
            }
        };
        listing.tasks.extend(page.tasks);
        listing.rejected.extend(page.rejected);
        from = page.next;
        let Some(next) = &from else { return listing };
        if !tokens.insert(next.token.clone()) {
            let region = &place.region;
            listing.failure = Some(format!(
                "the {kind} tasks in {region}: EC2 gave the same page token twice, so that the listing \
                 would never end; what stands before it is listed; try again later"
            ));
            return listing;
        }
    }
    listing.failure = Some(format!(
        "the {kind} tasks in {}: EC2 gave {PAGES_MAX} pages and no end; try again later",
        place.region
    ));
    listing
}

/// The columns of a terminal; where stdout is none, what `COLUMNS` says, or no bound.
fn width() -> Option<usize> {
    let terminal = Table::new().width().map(usize::from);
    let set = || from_env("COLUMNS").and_then(|text| text.parse().ok());
    terminal.or_else(set).filter(|width| *width > 0)
}

fn columns(found: &[(String, Task)]) -> Vec<Column> {
    let regions: BTreeSet<&str> = found.iter().map(|(region, _)| region.as_str()).collect();
    let column = |title, wraps, leave_out, cell: &dyn Fn(&str, &Task) -> String| Column {
        title,
        wraps,
        leave_out,
        cells: found.iter().map(|(region, task)| cell(region, task)).collect(),
    };
    // The Region is the one asked for, unless there are several.
    let region = if regions.len() > 1 { 6 } else { 1 };
    vec![
        column("REGION", false, Some(region), &|region, _| region.to_owned()),
        column("TASK", false, None, &|_, task| plain(task.name())),
        column("STATE", false, None, &|_, task| plain(task.state.as_str())),
        column("PROGRESS", false, Some(3), &|_, task| {
            task.progress_percent.map(|percent| format!("{percent}%")).unwrap_or_default()
        }),
        column("STARTED", false, Some(4), &|_, task| {
            task.started_at.map(|time| format!("{time:.0}")).unwrap_or_default()
        }),
        column("TO", true, Some(2), &|_, task| plain(&destination(task))),
        column("REASON", true, Some(5), &|_, task| plain(&reason(task))),
    ]
}

fn destination(task: &Task) -> String {
    let subject = &task.subject;
    let name = subject.object_key.as_deref().or(subject.prefix.as_deref());
    subject.uri(name.unwrap_or_default()).unwrap_or_default()
}

fn reason(task: &Task) -> String {
    let Some(failure) = &task.failure else { return String::new() };
    let parts = [failure.code.as_deref(), failure.message.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

fn row_json((region, task): &(String, Task)) -> Value {
    let own = task.named_fields().map(|(name, value)| (name.to_owned(), value));
    let mut row: Map<String, Value> = own.collect();
    let common = [
        ("kind", json!(task.kind)),
        ("region", json!(region)),
        ("state", json!(task.state)),
        ("bucket", json!(task.subject.bucket)),
        ("progressPercent", json!(task.progress_percent)),
        ("startedAt", json!(task.started_at)),
        ("failure", json!(task.failure)),
    ];
    row.extend(common.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(row)
}
