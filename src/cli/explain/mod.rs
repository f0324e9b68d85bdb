//! `amiwatch explain`: everything known of one task.

mod explanation;
mod next;
mod words;

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use self::explanation::{Explanation, Listing, Memories};
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
    let policy = policy(&args.tell, args.stalled_after_minutes);
    let connection = Connection::open(&args.remembered.place).await?;
    let known = match remembered::read(&args.remembered).await {
        Ok(known) => known,
        Err(CliError(why)) => {
            say(&format!("nothing is remembered: {}", visible(&why)));
            Vec::new()
        }
    };
    let source = connection.ec2();
    let (mut all, mut exit) = (Vec::new(), Exit::Done);
    for region in &connection.regions {
        let listing = all_pages(&source, &Place::new("", region), wanted.kind).await;
        if let Some(failure) = &listing.failure {
            fail(&plain(failure));
            exit = Exit::InPart;
        }
        let listed: Vec<&Task> = listing.tasks.iter().filter(|it| wanted.may_be(it)).collect();
        let of_region = known.iter().filter(|(place, _)| place.region == *region);
        let places: Vec<&(Place, Snapshot)> = of_region.collect();
        let now = SystemClock.now();
        for key in keys(wanted, &listed, &places) {
            let task = listed.iter().find(|task| task.key().as_ref() == Some(&key)).copied();
            let listing = Listing { task, is_complete: listing.failure.is_none() };
            all.push(explanation(wanted, region, &key, &listing, &places, &policy, now));
        }
    }
    if all.is_empty() {
        let regions = connection.regions.join(", ");
        return Err(CliError(format!(
            "nothing is known of {wanted}: EC2 does not list it in {regions}, and no poll has seen it; check \
             the id, the Region and the account"
        )));
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

/// The tasks that are meant: listed or remembered, oldest first.
fn keys(wanted: &Wanted, listed: &[&Task], places: &[&(Place, Snapshot)]) -> BTreeSet<TaskKey> {
    let listed = listed.iter().filter_map(|task| task.key());
    let remembered = places.iter().flat_map(|(_, known)| &known.records);
    let remembered = remembered.filter(|(_, it)| wanted.may_be(&it.value.task));
    listed.chain(remembered.map(|(key, _)| key.clone())).collect()
}

fn explanation(
    wanted: &Wanted,
    region: &str,
    key: &TaskKey,
    listing: &Listing<'_>,
    places: &[&(Place, Snapshot)],
    policy: &Policy,
    now: Timestamp,
) -> Explanation {
    let memories = places.iter().map(|(place, known)| {
        let ledger = known.ledgers.get(&key.kind()).map(|ledger| &ledger.value);
        let record = known.records.get(key).map(|record| &record.value);
        let next = next_poll(place, key, listing, known, policy, now);
        Memories::new(place, record, ledger, next, now)
    });
    Explanation::new(wanted, region, key.kind(), listing, memories.collect(), now)
}

/// What the next poll would do, decided as it would decide.
fn next_poll(
    place: &Place,
    key: &TaskKey,
    listing: &Listing<'_>,
    known: &Snapshot,
    policy: &Policy,
    now: Timestamp,
) -> Next {
    let ledger = known.ledgers.get(&key.kind()).map(|ledger| &ledger.value);
    let record = known.records.get(key).map(|record| &record.value);
    let lease = Lease { by: Uuid::nil(), until: now };
    // To whom is the poll's affair: here it is whoever is waited for, and somebody at least.
    let waiting = record.into_iter().flat_map(|record| &record.outbox);
    let waited = waiting.flat_map(|unsent| unsent.sinks.iter().cloned());
    let sinks: BTreeSet<SinkName> = waited.chain([SinkName::new("somebody")]).collect();
    let context = Context { place, now, policy, sinks: &sinks, lease: &lease };
    let is_absent = listing.task.is_none() && listing.is_complete;
    let listed = Listed {
        tasks: listing.task.map(|task| (key.clone(), task.clone())).into_iter().collect(),
        absent: is_absent.then(|| key.clone()).into_iter().collect(),
        looked_up: BTreeSet::new(),
    };
    let fresh = || Ledger::baseline(key.kind(), listing.task.and_then(|it| it.started_at), now);
    let judged_by = ledger.cloned().unwrap_or_else(fresh);
    next(&diff(&listed, known, ledger, &judged_by, &context), record, ledger, listing.task)
}
