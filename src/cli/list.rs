//! `amiwatch list`: what EC2 lists, all pages.

use std::collections::BTreeSet;

use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use serde_json::{Value, json};

use super::args::{ListArgs, OutputForm};
use super::connect::Connection;
use super::output::{print, print_json, say};
use super::{CliError, Outcome};
use crate::aws::clients::ATTEMPTS;
use crate::place::Place;
use crate::ports::{PageAt, Rejected, TaskSource};
use crate::record::Cursor;
use crate::render::text::plain;
use crate::task::{Kind, Subject, Task};

/// A listing has at most this many pages: 200 tasks each. Guards against tokens that never end.
const PAGES_MAX: usize = 1_000;

pub(super) async fn run(args: ListArgs) -> Result<Outcome, CliError> {
    let connection = Connection::open(&args.place).await?;
    let source = connection.ec2();
    let mut found: Vec<(String, Task)> = Vec::new();
    let mut rejected: Vec<Rejected> = Vec::new();
    for region in &connection.regions {
        // EC2's listings do not name the account, and nothing here needs it.
        let place = Place::new("", region);
        for kind in kinds(&args.place.kinds) {
            let (tasks, wrong) = all_pages(&source, &place, kind).await?;
            found.extend(tasks.into_iter().map(|task| (region.clone(), task)));
            rejected.extend(wrong);
        }
    }
    match args.output {
        OutputForm::Json => print_json(&found.iter().map(row_json).collect::<Vec<_>>())?,
        OutputForm::Text if found.is_empty() => {
            say(&format!("no tasks in {}", connection.regions.join(", ")));
        }
        OutputForm::Text => print(&table(&found).to_string())?,
    }
    for Rejected { item, reason, .. } in &rejected {
        say(&format!("warning: {}: {reason}", plain(item)));
    }
    Ok(Outcome::Done)
}

/// The kinds asked for; all where none is.
pub(super) fn kinds(asked: &[Kind]) -> BTreeSet<Kind> {
    if asked.is_empty() { Kind::ALL.into() } else { asked.iter().copied().collect() }
}

/// Reads a listing to its end.
pub(super) async fn all_pages<S: TaskSource>(
    source: &S,
    place: &Place,
    kind: Kind,
) -> Result<(Vec<Task>, Vec<Rejected>), CliError> {
    let (mut tasks, mut rejected) = (Vec::new(), Vec::new());
    let mut from: Option<Cursor> = None;
    for _ in 0..PAGES_MAX {
        let at = from.as_ref().map_or(PageAt::WHOLE, PageAt::Next);
        let page = source.list(place, kind, at, ATTEMPTS).await.map_err(CliError::new)?;
        tasks.extend(page.tasks);
        rejected.extend(page.rejected);
        from = page.next;
        if from.is_none() {
            return Ok((tasks, rejected));
        }
    }
    Err(CliError(format!("EC2 gave {PAGES_MAX} pages of {kind} tasks and no end; try again later")))
}

fn table(found: &[(String, Task)]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["REGION", "TASK", "STATE", "PROGRESS", "STARTED", "TO", "REASON"]);
    for (region, task) in found {
        table.add_row([
            region.clone(),
            plain(task.name()),
            plain(task.state.as_wire()),
            task.progress_percent.map(|percent| format!("{percent}%")).unwrap_or_default(),
            task.started_at.map(|time| format!("{time:.0}")).unwrap_or_default(),
            plain(&destination(task)),
            plain(&reason(task)),
        ]);
    }
    table
}

fn destination(task: &Task) -> String {
    let name = match &task.subject {
        Subject::StoreImage { object_key, .. } => object_key.as_deref(),
        Subject::Bundle { prefix, .. } => prefix.as_deref(),
    };
    let bucket = task.bucket.as_deref();
    bucket.map_or_else(String::new, |bucket| format!("s3://{bucket}/{}", name.unwrap_or_default()))
}

fn reason(task: &Task) -> String {
    let Some(failure) = &task.failure else { return String::new() };
    let parts = [failure.code.as_deref(), failure.message.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

fn row_json((region, task): &(String, Task)) -> Value {
    let mut row = json!(task);
    if let Some(fields) = row.as_object_mut() {
        fields.insert("region".into(), json!(region));
        fields.insert("state".into(), json!(task.state.as_wire()));
    }
    row
}
