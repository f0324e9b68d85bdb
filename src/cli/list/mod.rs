//! `amiwatch list`: what EC2 lists, all pages, or what of it was asked for.

mod plan;
mod show;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub(super) use self::plan::NamedFilter;
use self::plan::{Plan, plan};
use self::show::Row;
use super::args::{ListArgs, ListForm};
use super::connect::Connection;
use super::output::{fail, print, print_json, say};
use super::pages::{Extent, pages};
use super::reach::{Reach, named, unreadable};
use super::{CliError, Exit};
use crate::aws::clients::ATTEMPTS;
use crate::aws::ec2::{Ask, Ec2Tasks, Filter};
use crate::clock::SystemClock;
use crate::place::Place;
use crate::poll::PlaceToPoll;
use crate::ports::{Clock, PageAt};
use crate::render::text::plain;
use crate::targets::Regions;
use crate::task::{Phase, Task};

pub(super) async fn run(args: ListArgs) -> Result<Exit, CliError> {
    let plans = plan(&args).map_err(CliError)?;
    let connection = Connection::open(&args.place).await?;
    let regions =
        if args.all_regions { Regions::All } else { Regions::Listed(connection.regions.clone()) };
    let kinds = plans.iter().map(|plan| plan.kind).collect();
    let Reach { ec2: source, places, faults, .. } =
        Reach::of_looks(&connection, &args.accounts, regions, kinds).await?;
    if args.dry_run {
        return dry_run(&source, &places, &plans, &faults).await;
    }
    let now = SystemClock.now();
    let since = args.since.map(|it| now.saturating_sub(it).unwrap_or(Timestamp::MIN));
    let filters: Vec<Filter> = args.filters.iter().map(|it| it.0.clone()).collect();
    let mut found: Vec<Row> = Vec::new();
    let mut failures: Vec<String> = faults;
    let mut read: BTreeSet<String> = BTreeSet::new();
    for PlaceToPoll { place, kinds } in &places {
        for Plan { kind, ids } in plans.iter().filter(|plan| kinds.contains(&plan.kind)) {
            let since = since.filter(|_| kind.identity().is_newest_first());
            let is_old = |tasks: &[Task]| since.is_some_and(|since| ends_before(tasks, since));
            let extent = Extent {
                ids,
                filters: &filters,
                starting_token: args.starting_token.as_deref(),
                max_items: args.max_items,
                is_enough: &is_old,
                ..Extent::default()
            };
            let listing = pages(&source, place, *kind, extent).await;
            if listing.failure.is_none() {
                read.insert(named(place));
            }
            if let Some(token) = listing.next {
                say(&format!("there is more: --starting-token {}", plain(&token)));
            }
            let passing = listing.tasks.into_iter().filter(|task| passes(&args, since, task));
            let Place { account, region } = place.clone();
            found.extend(passing.map(|task| Row {
                account: account.clone(),
                region: region.clone(),
                task,
            }));
            failures.extend(listing.failure.map(|failure| of_account(place, failure)));
            failures.extend(listing.rejected.iter().map(|it| unreadable(place, *kind, it)));
        }
    }
    // A reader that has had enough is no failure: nothing is lost by it. Where nothing could be
    // asked, no output says less than an empty list would.
    let nothing_read = read.is_empty() && found.is_empty();
    let shows_accounts = !args.accounts.is_unsaid();
    let _ = match args.output {
        _ if nothing_read => None,
        ListForm::Json => Some(print_json(&found.iter().map(Row::json).collect::<Vec<_>>())?),
        ListForm::Csv => Some(print(&show::csv(&found, shows_accounts).map_err(CliError)?)?),
        ListForm::Text if found.is_empty() => {
            say(&format!("no such tasks in {}", Vec::from_iter(read).join(", ")));
            None
        }
        ListForm::Text => {
            let regions: BTreeSet<&str> =
                places.iter().map(|it| it.place.region.as_str()).collect();
            Some(print(&show::table(&found, regions.len() > 1, shows_accounts, now))?)
        }
    };
    for failure in &failures {
        fail(&plain(failure));
    }
    Ok(if failures.is_empty() { Exit::Done } else { Exit::InPart })
}

/// Whether a task is one of those that were asked for, as far as EC2 was not asked.
fn passes(args: &ListArgs, since: Option<Timestamp>, task: &Task) -> bool {
    let phase = task.phase();
    let is_wanted = match (args.running, args.failed) {
        (true, _) => phase == Phase::Running,
        (_, true) => matches!(phase, Phase::Failed | Phase::Cancelled),
        (false, false) => true,
    };
    let in_bucket = args.bucket.as_ref().is_none_or(|it| task.subject.bucket.as_ref() == Some(it));
    let is_late = since.is_none_or(|since| task.started_at.is_some_and(|start| start >= since));
    is_wanted && in_bucket && is_late
}

/// Whether the last task of a listing by start began before a time: all behind it did, too.
fn ends_before(tasks: &[Task], time: Timestamp) -> bool {
    tasks.last().and_then(|task| task.started_at).is_some_and(|start| start < time)
}

/// A failure that names the Region, with the account where one was named.
fn of_account(place: &Place, failure: String) -> String {
    if place.account.is_empty() { failure } else { format!("{}: {failure}", place.account) }
}

/// Asks of each listing whether it is permitted.
async fn dry_run(
    source: &Ec2Tasks,
    places: &[PlaceToPoll],
    plans: &[Plan],
    faults: &[String],
) -> Result<Exit, CliError> {
    let mut exit = Exit::Done;
    for fault in faults {
        fail(&plain(fault));
        exit = Exit::InPart;
    }
    for PlaceToPoll { place, kinds } in places {
        for Plan { kind, ids } in plans.iter().filter(|plan| kinds.contains(&plan.kind)) {
            let ask = Ask { is_dry_run: true, ids, ..Ask::page(PageAt::WHOLE) };
            let operation = kind.identity().operation;
            match source.ask(place, *kind, ask, ATTEMPTS).await {
                Ok(_) => drop(print(&format!("{operation} in {}: permitted", named(place)))?),
                Err(error) => {
                    fail(&plain(&of_account(place, error.to_string())));
                    exit = Exit::InPart;
                }
            }
        }
    }
    Ok(exit)
}
