//! `amiwatch explain`: everything known of one task.

mod asked;
mod explanation;
mod listing;
mod next;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use self::asked::Asked;
use self::explanation::{Explanation, Memories};
use self::listing::{Listing, Reading};
use self::next::{Next, next};
use super::args::{ExplainArgs, OutputForm};
use super::connect::Connection;
use super::output::{fail, print, print_json, say};
use super::pages::all_pages;
use super::poll::policy;
use super::wait::Wanted;
use super::{CliError, Exit, remembered};
use crate::clock::SystemClock;
use crate::decide::listing::{Listed, diff};
use crate::decide::{Context, Policy};
use crate::place::Place;
use crate::ports::Clock;
use crate::record::{Lease, Ledger, SinkName, Snapshot};
use crate::render::text::{plain, visible};
use crate::task::{Task, TaskKey};

pub(super) async fn run(args: ExplainArgs) -> Result<Exit, CliError> {
    let wanted = &args.id;
    args.remembered.place.without_kinds().map_err(CliError)?;
    let policy = policy(&args.tell, args.stalled_after_minutes);
    let connection = Connection::open(&args.remembered.place).await?;
    let by_roles = Asked::by_roles(&connection, &args).await?;
    let named: Vec<String> = match &by_roles {
        Some(asked) => asked.accounts().collect(),
        None => args.accounts.account_ids.clone(),
    };
    let known = match remembered::read(&args.remembered, &named).await {
        Ok(known) => known,
        Err(CliError(why)) => {
            say(&format!("nothing is remembered: {}", visible(&why)));
            Vec::new()
        }
    };
    let asked = match by_roles {
        Some(asked) => asked,
        None => Asked::by_credentials(&connection, &named, &known).await,
    };
    let mut failures = asked.faults.clone();
    let mut all = Vec::new();
    // Also the places in which a poll has seen it, though they were not named.
    let holds = |known: &Snapshot| known.records.values().any(|it| wanted.may_be(&it.value.task));
    let seen = known.iter().filter(|(_, known)| holds(known)).map(|(place, _)| place);
    let places: BTreeSet<&Place> = asked.places.iter().chain(seen).collect();
    for place in places {
        let known = known.iter().find(|(it, _)| it == place).map(|(_, known)| known);
        let (tasks, reading) = if asked.reaches(place) {
            let listing = all_pages(&asked.ec2, place, wanted.kind).await;
            // An item that could not be read may be the task that is missing.
            let is_whole = listing.is_complete && listing.rejected.is_empty();
            let reading = if is_whole { Reading::Whole } else { Reading::Part };
            failures.extend(listing.failure);
            (listing.tasks, reading)
        } else {
            (Vec::new(), Reading::NotAsked)
        };
        let now = SystemClock.now();
        for (key, task) in meant(wanted, &tasks, known) {
            let task_now = tasks.iter().find(|task| task.key().as_ref() == Some(&key));
            let listing = Listing { task: task_now, reading };
            let memories = known.map(|known| {
                let ledger = known.ledgers.get(&key.kind()).map(|ledger| &ledger.value);
                let record = known.records.get(&key).map(|record| &record.value);
                let next = next_poll(place, &key, &listing, known, &policy, now);
                Memories::new(place, record, ledger, next, now)
            });
            all.push(Explanation::new(task, place, &listing, memories, now));
        }
    }
    for failure in &failures {
        fail(&plain(failure));
    }
    let exit = if failures.is_empty() { Exit::Done } else { Exit::InPart };
    if all.is_empty() {
        return if failures.is_empty() { Err(unknown(wanted, &asked, &named)) } else { Ok(exit) };
    }
    // A reader that has had enough is no failure.
    let _ = match args.output {
        OutputForm::Json => print_json(&all)?,
        OutputForm::Text => {
            let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
            print(&texts.join("\n\n"))?
        }
    };
    Ok(exit)
}

/// What there is to say of a task of which nothing is known.
fn unknown(wanted: &Wanted, asked: &Asked, named: &[String]) -> CliError {
    if asked.places.is_empty() {
        let accounts = named.join(", ");
        return CliError(format!(
            "nothing is known of {wanted}: no poll has seen it in {accounts}, and EC2 was not asked there, as \
             the credentials are of another account; name a role with --role-name"
        ));
    }
    let regions: BTreeSet<&str> = asked.places.iter().map(|it| it.region.as_str()).collect();
    let regions = Vec::from_iter(regions).join(", ");
    CliError(format!(
        "nothing is known of {wanted}: EC2 does not list it in {regions}, and no poll has seen it; check \
         the id, the Region and the account"
    ))
}

/// The tasks of a place that are meant: listed or remembered, oldest first.
fn meant<'a>(
    wanted: &Wanted,
    tasks: &'a [Task],
    known: Option<&'a Snapshot>,
) -> BTreeMap<TaskKey, &'a Task> {
    let records = known.into_iter().flat_map(|known| &known.records);
    let remembered = records.map(|(key, record)| (key.clone(), &record.value.task));
    let listed = tasks.iter().filter_map(|task| Some((task.key()?, task)));
    remembered.chain(listed).filter(|(_, task)| wanted.may_be(task)).collect()
}

/// What the next poll would do, decided as it would decide. Nothing where that depends on what EC2 lists,
/// which is not known.
fn next_poll(
    place: &Place,
    key: &TaskKey,
    listing: &Listing<'_>,
    known: &Snapshot,
    policy: &Policy,
    now: Timestamp,
) -> Option<Next> {
    if listing.task.is_none() && listing.reading != Reading::Whole {
        return None;
    }
    let ledger = known.ledgers.get(&key.kind()).map(|ledger| &ledger.value);
    let record = known.records.get(key).map(|record| &record.value);
    let lease = Lease { by: Uuid::nil(), until: now };
    // To whom is the poll's affair: here it is whoever is waited for, and somebody at least.
    let waiting = record.into_iter().flat_map(|record| &record.outbox);
    let waited = waiting.flat_map(|unsent| unsent.sinks.iter().cloned());
    let sinks: BTreeSet<SinkName> = waited.chain([SinkName::new("somebody")]).collect();
    let context = Context { place, now, policy, sinks: &sinks, lease: &lease };
    let is_absent = listing.task.is_none();
    let listed = Listed {
        tasks: listing.task.map(|task| (key.clone(), task.clone())).into_iter().collect(),
        absent: is_absent.then(|| key.clone()).into_iter().collect(),
        looked_up: BTreeSet::new(),
    };
    let fresh = || Ledger::baseline(key.kind(), listing.task.and_then(|it| it.started_at), now);
    let judged_by = ledger.cloned().unwrap_or_else(fresh);
    let decisions = diff(&listed, known, ledger, &judged_by, &context);
    Some(next(&decisions, record, ledger, listing.task))
}
