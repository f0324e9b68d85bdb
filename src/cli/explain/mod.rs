//! `amiwatch explain`: everything known of one task.

mod words;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use uuid::Uuid;

use self::words::{decision, listed_now, remembered_of};
use super::args::ExplainArgs;
use super::connect::Connection;
use super::output::{fail, print, say};
use super::pages::all_pages;
use super::wait::Wanted;
use super::{CliError, Exit, remembered};
use crate::clock::SystemClock;
use crate::decide::listing::{Listed, diff};
use crate::decide::{Context, Policy};
use crate::place::Place;
use crate::ports::Clock;
use crate::record::{Lease, Ledger, SinkName, Snapshot};
use crate::render::text::plain;
use crate::task::{Task, TaskKey};

pub(super) async fn run(args: ExplainArgs) -> Result<Exit, CliError> {
    let wanted = &args.id;
    let connection = Connection::open(&args.remembered.place).await?;
    let known = match remembered::read(&args.remembered).await {
        Ok(known) => known,
        Err(CliError(why)) => {
            say(&format!("nothing is remembered: {why}"));
            Vec::new()
        }
    };
    let source = connection.ec2();
    let (mut said, mut exit) = (false, Exit::Done);
    for region in &connection.regions {
        let listing = all_pages(&source, &Place::new("", region), wanted.kind).await;
        if let Some(failure) = &listing.failure {
            fail(&plain(failure));
            exit = Exit::InPart;
        }
        let listed: Vec<&Task> = listing.tasks.iter().filter(|it| wanted.may_be(it)).collect();
        let of_region = known.iter().filter(|(place, _)| place.region == *region);
        let places: Vec<&(Place, Snapshot)> = of_region.collect();
        for key in keys(wanted, &listed, &places) {
            said = true;
            let task = listed.iter().find(|task| task.key().as_ref() == Some(&key)).copied();
            let text = explained(&args, region, &key, task, listing.failure.is_none(), &places);
            let _ = print(&text)?;
        }
    }
    if !said {
        let regions = connection.regions.join(", ");
        return Err(CliError(format!(
            "nothing is known of {wanted}: EC2 does not list it in {regions}, and no poll has seen it; check \
             the id, the Region and the account"
        )));
    }
    Ok(exit)
}

/// The tasks that are meant: listed or remembered, oldest first.
fn keys(wanted: &Wanted, listed: &[&Task], places: &[&(Place, Snapshot)]) -> BTreeSet<TaskKey> {
    let listed = listed.iter().filter_map(|task| task.key());
    let remembered = places.iter().flat_map(|(_, known)| &known.records);
    let remembered = remembered.filter(|(_, it)| wanted.may_be(&it.value.task));
    listed.chain(remembered.map(|(key, _)| key.clone())).collect()
}

fn explained(
    args: &ExplainArgs,
    region: &str,
    key: &TaskKey,
    task: Option<&Task>,
    is_complete: bool,
    places: &[&(Place, Snapshot)],
) -> String {
    let now = SystemClock.now();
    let kind = key.kind();
    let mut parts =
        vec![format!("{} in {region}", args.id), listed_now(kind, task, is_complete, now)];
    if places.is_empty() {
        parts.push("No poll has looked at this Region yet.".to_owned());
    }
    for (place, known) in places {
        let ledger = known.ledgers.get(&kind).map(|ledger| &ledger.value);
        let record = known.records.get(key).map(|record| &record.value);
        parts.push(remembered_of(place, record, ledger, now));
        parts.push(next_poll(args, place, key, task, is_complete, known, ledger));
    }
    parts.join("\n\n") + "\n"
}

/// What the next poll would do, decided as it would decide.
fn next_poll(
    args: &ExplainArgs,
    place: &Place,
    key: &TaskKey,
    task: Option<&Task>,
    is_complete: bool,
    known: &Snapshot,
    ledger: Option<&Ledger>,
) -> String {
    let now = SystemClock.now();
    let stalled_after = SignedDuration::from_mins(i64::from(args.stalled_after_minutes));
    let policy = Policy { stalled_after, ..Policy::default() };
    let lease = Lease { by: Uuid::nil(), until: now };
    let waiting = known.records.get(key).map(|it| &it.value.outbox);
    // To whom is the poll's affair: here it is whoever is waited for, and somebody at least.
    let waited = waiting.into_iter().flatten().flat_map(|untold| untold.sinks.iter().cloned());
    let sinks: BTreeSet<SinkName> = waited.chain([SinkName::new("somebody")]).collect();
    let context = Context { place, now, policy: &policy, sinks: &sinks, lease: &lease };
    let listed = Listed {
        tasks: task.map(|task| (key.clone(), task.clone())).into_iter().collect(),
        absent: (task.is_none() && is_complete).then(|| key.clone()).into_iter().collect(),
        looked_up: BTreeSet::new(),
    };
    let fresh = || Ledger::baseline(key.kind(), task.and_then(|it| it.started_at), now);
    let judged_by = ledger.cloned().unwrap_or_else(fresh);
    let decisions = diff(&listed, known, ledger, &judged_by, &context);
    decision(&decisions, known.records.get(key).map(|it| &it.value), ledger, task)
}
