//! Tasks as a table, as JSON and as CSV.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::cli::output::width;
use crate::cli::table::{Column, draw};
use crate::render::text::{duration, plain};
use crate::task::Task;

/// A task, and where it is listed.
#[derive(Debug)]
pub(super) struct Row {
    /// Empty where no account was named.
    pub(super) account: String,
    pub(super) region: String,
    pub(super) task: Task,
}

impl Row {
    pub(super) fn json(&self) -> Value {
        let own = self.task.named_fields().map(|(name, value)| (name.to_owned(), value));
        let mut row: Map<String, Value> = own.collect();
        let common = [
            ("kind", json!(self.task.kind)),
            ("region", json!(self.region)),
            ("state", json!(self.task.state)),
            ("bucket", json!(self.task.subject.bucket)),
            ("progressPercent", json!(self.task.progress_percent)),
            ("startedAt", json!(self.task.started_at)),
            ("failure", json!(self.task.failure)),
        ];
        row.extend(common.map(|(name, value)| (name.to_owned(), value)));
        if !self.account.is_empty() {
            row.insert("account".to_owned(), json!(self.account));
        }
        Value::Object(row)
    }
}

/// The columns of the CSV; the names are those of the JSON. Where accounts were named there is one more,
/// behind them.
const CSV: [&str; 16] = [
    "region",
    "kind",
    "taskId",
    "imageId",
    "instanceId",
    "snapshotId",
    "bucket",
    "objectKey",
    "prefix",
    "state",
    "progressPercent",
    "startedAt",
    "updatedAt",
    "statusMessage",
    "failureCode",
    "failureMessage",
];

/// The tasks as CSV with a line of names, whatever their kind.
pub(super) fn csv(rows: &[Row], shows_accounts: bool) -> Result<String, String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| format!("cannot write CSV: {error}");
    let names = CSV.iter().copied().chain(shows_accounts.then_some("account"));
    csv.write_record(names).map_err(failed)?;
    for Row { account, region, task } in rows {
        let subject = &task.subject;
        let text = |text: &Option<String>| text.as_deref().map(safe).unwrap_or_default();
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let failure = task.failure.clone().unwrap_or_default();
        let percent = task.progress_percent.map(|it| it.to_string()).unwrap_or_default();
        let cells = [
            region.clone(),
            task.kind.to_string(),
            text(&subject.task_id),
            text(&subject.image_id),
            text(&subject.instance_id),
            text(&subject.snapshot_id),
            text(&subject.bucket),
            text(&subject.object_key),
            text(&subject.prefix),
            safe(task.state.as_str()),
            percent,
            time(task.started_at),
            time(task.updated_at),
            text(&subject.status_message),
            text(&failure.code),
            text(&failure.message),
        ];
        let cells = cells.into_iter().chain(shows_accounts.then(|| account.clone()));
        csv.write_record(cells).map_err(failed)?;
    }
    let bytes = csv.into_inner().map_err(|error| format!("cannot write CSV: {error}"))?;
    String::from_utf8(bytes).map_err(|error| format!("cannot write CSV: {error}"))
}

/// One line that a spreadsheet takes for text and not for a formula: at its beginning, and after a `;`,
/// as many spreadsheets split there in place of a comma.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut begins_a_cell = true;
    for c in plain(text).chars() {
        if begins_a_cell && is_formula_sign(c) {
            safe.push('\'');
        }
        // Spaces and quotation marks before the sign are dropped where a cell is read.
        begins_a_cell = c == ';' || (begins_a_cell && matches!(c, ' ' | '"'));
        safe.push(c);
    }
    safe
}

/// Whether a formula may begin with it. The wide forms are those of East Asian keyboards.
fn is_formula_sign(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
}

/// The tasks as a table that fits the terminal. The Region is shown where several were asked.
pub(super) fn table(
    rows: &[Row],
    shows_regions: bool,
    shows_accounts: bool,
    now: Timestamp,
) -> String {
    let mut columns = columns(rows, shows_regions, now);
    if shows_accounts {
        let cells = rows.iter().map(|row| row.account.clone()).collect();
        columns.insert(0, Column { title: "ACCOUNT", wraps: false, leave_out: Some(8), cells });
    }
    draw(columns, width())
}

fn columns(rows: &[Row], shows_regions: bool, now: Timestamp) -> Vec<Column> {
    let column = |title, wraps, leave_out, cell: &dyn Fn(&Row) -> String| Column {
        title,
        wraps,
        leave_out,
        cells: rows.iter().map(cell).collect(),
    };
    let seconds = |from: Timestamp, to: Timestamp| u64::try_from(to.duration_since(from).as_secs());
    let mut columns = vec![
        column("TASK", false, None, &|row| plain(row.task.name())),
        column("STATE", false, None, &|row| plain(row.task.state.as_str())),
        column("PROGRESS", false, Some(4), &|row| {
            row.task.progress_percent.map(|percent| format!("{percent}%")).unwrap_or_default()
        }),
        column("STARTED", false, Some(1), &|row| {
            row.task.started_at.map(|time| format!("{time:.0}")).unwrap_or_default()
        }),
        column("AGE", false, Some(5), &|row| {
            let age = row.task.started_at.and_then(|start| seconds(start, now).ok());
            age.map(age_of).unwrap_or_default()
        }),
        column("TOOK", false, Some(3), &|row| {
            let ended =
                row.task.updated_at.filter(|_| row.task.phase() != crate::task::Phase::Running);
            let took = row.task.started_at.zip(ended).and_then(|(from, to)| seconds(from, to).ok());
            took.map(duration).unwrap_or_default()
        }),
        column("BUCKET", true, Some(2), &|row| plain(&destination(&row.task))),
        column("REASON", true, Some(6), &|row| plain(&reason(&row.task))),
    ];
    if shows_regions {
        columns.insert(0, column("REGION", false, Some(7), &|row| row.region.clone()));
    }
    // What says nothing of any task is not shown.
    columns.retain(|column| column.cells.iter().any(|cell| !cell.is_empty()));
    columns
}

/// An age in its largest unit: nobody needs the seconds of days.
fn age_of(seconds: u64) -> String {
    let whole = match seconds {
        0..120 => seconds,
        120..7_200 => seconds / 60 * 60,
        7_200..172_800 => seconds / 3_600 * 3_600,
        _ => seconds / 86_400 * 86_400,
    };
    duration(whole)
}

fn destination(task: &Task) -> String {
    let subject = &task.subject;
    let name = subject.object_key.as_deref().or(subject.prefix.as_deref());
    subject.uri(name.unwrap_or_default()).unwrap_or_default()
}

fn reason(task: &Task) -> String {
    let Some(failure) = &task.failure else {
        // What an import or export does stands where its reason will.
        return task.subject.status_message.clone().unwrap_or_default();
    };
    let parts = [failure.code.as_deref(), failure.message.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Failure, Kind, State, Subject};

    #[test]
    fn csv_has_a_line_of_names_and_quotes_what_needs_it() {
        let task = Task {
            failure: Some(Failure {
                code: None,
                message: Some("=cmd, \"quoted\"\nand more".into()),
            }),
            ..Task::new(
                Kind::StoreImage,
                Subject::image("ami-1", "my-bucket"),
                State::new("Failed"),
            )
        };
        let mut rows = [Row { account: String::new(), region: "us-east-1".into(), task }];
        assert_eq!(
            csv(&rows, false).unwrap(),
            format!(
                "{}\nus-east-1,store-image,,ami-1,,,my-bucket,,,Failed,,,,,,\"'=cmd, \"\"quoted\"\" and more\"\n",
                CSV.join(",")
            )
        );
        rows[0].account = "111122223333".into();
        let text = csv(&rows, true).unwrap();
        let (names, cells) = text.trim_end().split_once('\n').unwrap();
        assert!(names.ends_with(",account") && cells.ends_with(",111122223333"), "{text}");
        assert_eq!(rows[0].json()["account"], "111122223333");
    }

    #[test]
    fn no_cell_begins_with_a_formula_also_where_a_text_is_split_at_semicolons_or_lines() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("a;=1;+2;b", "a;'=1;'+2;b"),
            ("a; \"=1", "a; \"'=1"),
            ("\t=1", "'=1"),
            ("a\n=1", "a =1"),
            ("a\r\n;@x", "a ;'@x"),
            (
                "\u{ff1d}1;\u{ff0b}1;\u{ff0d}1;\u{ff20}x",
                "'\u{ff1d}1;'\u{ff0b}1;'\u{ff0d}1;'\u{ff20}x",
            ),
            ("my-bucket;a=b", "my-bucket;a=b"),
        ] {
            assert_eq!(safe(text), cell, "{text:?}");
        }
    }

    #[test]
    fn csv_moves_no_cursor_and_turns_no_text_around() {
        assert_eq!(safe("a\u{9b}31m\u{1b}[2J\u{202e}b\u{85}c"), "a31m[2Jb c");
    }

    #[test]
    fn an_age_is_in_its_largest_unit() {
        for (seconds, age) in [
            (5, "5 seconds"),
            (119, "1 minute 59 seconds"),
            (150, "2 minutes"),
            (7_199, "1 hour 59 minutes"),
            (7_300, "2 hours"),
            (172_801, "2 days"),
        ] {
            assert_eq!(age_of(seconds), age);
        }
    }
}
