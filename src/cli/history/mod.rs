//! `amiwatch history`: what was seen and told, also of what EC2 no longer lists.

mod page;
mod timeline;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::args::{HistoryArgs, OutputForm};
use super::output::{fail, print, print_json, say, width};
use super::remembered::{Past, past};
use super::table::{Column, draw};
use super::wait::Wanted;
use super::{CliError, Exit, remembered};
use crate::clock::SystemClock;
use crate::ports::Clock;
use crate::render::text::{duration, plain};
use crate::task::Choice;

pub(super) async fn run(args: HistoryArgs) -> Result<Exit, CliError> {
    let places = remembered::read(&args.remembered, args.account.as_slice()).await?;
    let now = SystemClock.now();
    let mut all: Vec<Past> = Vec::new();
    let mut unreadable = 0;
    for (place, known) in &places {
        unreadable += known.unreadable.len();
        let of_place = known.records.values().map(|it| past(place, &it.value, now));
        all.extend(of_place.filter(|it| is_wanted(&args, it)));
    }
    let since = args.since.map(|it| now.saturating_sub(it).unwrap_or(now));
    all.retain(|it| since.is_none_or(|since| it.ended_at.unwrap_or(now) >= since));
    all.sort_by_key(|it| (it.ended_at.is_none(), it.ended_at, it.began_at));
    if let Some(file) = &args.html {
        page::write(file, &all, unreadable, now)?;
    } else {
        show(&args, &all, now)?;
    }
    if unreadable > 0 {
        fail(&format!("{unreadable} stored items cannot be understood and are left out"));
        return Ok(Exit::InPart);
    }
    Ok(Exit::Done)
}

fn show(args: &HistoryArgs, all: &[Past], now: Timestamp) -> Result<(), CliError> {
    // A reader that has had enough is no failure.
    let _ = match args.output {
        OutputForm::Json => Some(print_json(&all)?),
        OutputForm::Text if all.is_empty() => {
            say("nothing of that kind was seen");
            None
        }
        OutputForm::Text if args.timeline => Some(print(&timeline::draw(all, now, width()))?),
        OutputForm::Text => Some(print(&draw(columns(all), width()))?),
    };
    Ok(())
}

fn is_wanted(args: &HistoryArgs, past: &Past) -> bool {
    let kinds = &args.remembered.place.kinds;
    let is_kind = kinds.is_empty() || Choice::kinds(kinds).contains(&past.kind);
    let is_of = |wanted: &Wanted| {
        let is_named = past.task == wanted.id || past.image_id.as_ref() == Some(&wanted.id);
        is_named && wanted.bucket.as_ref().is_none_or(|it| past.bucket.as_ref() == Some(it))
    };
    let is_id = args.ids.is_empty() || args.ids.iter().any(is_of);
    let is_outcome = args.outcomes.is_empty()
        || past.outcome.is_some_and(|outcome| args.outcomes.contains(&outcome));
    is_kind && is_id && is_outcome
}

fn columns(all: &[Past]) -> Vec<Column> {
    let column = |title, wraps, leave_out, cell: &dyn Fn(&Past) -> String| Column {
        title,
        wraps,
        leave_out,
        cells: all.iter().map(cell).collect(),
    };
    let mut columns = vec![
        column("ENDED", false, None, &|it| {
            it.ended_at.map(|at| format!("{at:.0}")).unwrap_or_default()
        }),
        column("OUTCOME", false, None, &|it| it.said()),
        column("TASK", false, None, &|it| plain(&it.task)),
        column("TOOK", false, Some(4), &|it| it.duration_seconds.map(duration).unwrap_or_default()),
        column("BUCKET", true, Some(1), &|it| plain(it.bucket.as_deref().unwrap_or_default())),
        column("TOLD", true, Some(2), &|it| it.told_in_words()),
        column("REASON", true, Some(5), &|it| plain(it.reason.as_deref().unwrap_or_default())),
        column("REGION", false, Some(0), &|it| it.region.clone()),
    ];
    let accounts: BTreeSet<&str> = all.iter().map(|it| it.account.as_str()).collect();
    if accounts.len() > 1 {
        columns.insert(0, column("ACCOUNT", false, Some(6), &|it| it.account.clone()));
    }
    columns.retain(|column| column.cells.iter().any(|cell| !cell.is_empty()));
    columns
}

#[cfg(test)]
mod tests;
