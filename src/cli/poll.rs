//! `amiwatch poll`: the function's poll, from a terminal, a script or cron.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;

use super::args::PollArgs;
use super::connect::{Connection, path_from_env};
use super::output::say;
use super::terminal::{Terminal, is_trouble};
use super::{CliError, Exit};
use crate::aws::dynamodb::DynamoStore;
use crate::aws::sns::SnsTopic;
use crate::clock::SystemClock;
use crate::decide::Policy;
use crate::memory::Memory;
use crate::place::Place;
use crate::poll::{Limits, PlaceToPoll, Poller, Summary};
use crate::ports::{ImageNames, Sink, Store};
use crate::render::ChatChannel;
use crate::render::text::plain;
use crate::store::file::FileStore;
use crate::task::Choice;

pub(super) async fn run(args: PollArgs, verbose: bool) -> Result<Exit, CliError> {
    let connection = Connection::open(&args.place).await?;
    let account = connection.account(args.account.as_deref()).await?;
    let places: Vec<PlaceToPoll> = connection
        .regions
        .iter()
        .map(|region| PlaceToPoll {
            place: Place::new(&account, region),
            kinds: Choice::kinds(&args.place.kinds),
        })
        .collect();
    if let Some(table) = &args.table {
        let url = connection.endpoint("DYNAMODB");
        let store = DynamoStore::new(&connection.sdk, url, table);
        with_store(&args, verbose, &connection, &places, Arc::new(store)).await
    } else {
        let path = match args.state.clone().or_else(|| path_from_env("AMIWATCH_STATE")) {
            Some(path) => path,
            None => default_state()?,
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                CliError(format!(
                    "cannot make the folder {}: {error}; give --state",
                    folder.display()
                ))
            })?;
        }
        let store = FileStore::open(&path, &SystemClock).map_err(CliError::new)?;
        with_store(&args, verbose, &connection, &places, Arc::new(store)).await
    }
}

async fn with_store(
    args: &PollArgs,
    verbose: bool,
    connection: &Connection,
    places: &[PlaceToPoll],
    store: Arc<dyn Store>,
) -> Result<Exit, CliError> {
    if let Some(topic) = &args.topic {
        let url = connection.endpoint("SNS");
        let sns = SnsTopic::new(&connection.sdk, url, topic, ChatChannel::Absent);
        let summary = poll(args, connection, places, store, Box::new(sns)).await;
        report(verbose, &summary)?;
        return Ok(if summary.left > 0 { Exit::InPart } else { Exit::Done });
    }
    let terminal = Arc::new(Terminal::new(args.output));
    let mut summary = poll(args, connection, places, store, Box::new(Arc::clone(&terminal))).await;
    let reader_gone = terminal.reader_gone();
    // Whoever closed the pipe wants to hear no more. What was not written stays untold.
    summary.failures.retain(|failure| reader_gone.as_ref() != Some(failure));
    report(verbose, &summary)?;
    if reader_gone.is_some() || summary.left > 0 {
        return Ok(Exit::InPart);
    }
    let trouble = terminal.told().into_iter().any(is_trouble);
    Ok(if trouble { Exit::TaskInTrouble } else { Exit::Done })
}

async fn poll(
    args: &PollArgs,
    connection: &Connection,
    places: &[PlaceToPoll],
    store: Arc<dyn Store>,
    sink: Box<dyn Sink>,
) -> Summary {
    let default = Policy::default();
    let tell =
        if args.tell.is_empty() { default.tell } else { args.tell.iter().copied().collect() };
    let stalled_after = SignedDuration::from_mins(i64::from(args.stalled_after_minutes));
    let ec2 = connection.ec2();
    let names = (!args.no_image_names).then(|| -> Box<dyn ImageNames> { Box::new(ec2.clone()) });
    let poller = Poller {
        source: Box::new(ec2),
        names,
        memory: Memory::new(store),
        sinks: vec![sink],
        clock: Box::new(SystemClock),
        policy: Policy { tell, stalled_after },
        limits: Limits { listing_calls: args.listing_calls, ..Limits::default() },
    };
    poller.poll(places, None).await
}

/// Says what was done, where somebody wants to know or something was left; a failure is the command's
/// failure, after the rest was done.
fn report(verbose: bool, summary: &Summary) -> Result<(), CliError> {
    for target in summary.targets.iter().filter(|_| verbose) {
        let baseline = if target.baseline { ", baseline: what is there is not told" } else { "" };
        say(&format!(
            "{}/{} {}: {} tasks listed, {} records saved, {} to tell{baseline}",
            target.account, target.region, target.kind, target.listed, target.saved, target.decided
        ));
    }
    if verbose || summary.left > 0 {
        say(&format!("{} told, {} left for the next poll", summary.published, summary.left));
    }
    // EC2's own text may be in them.
    let failures: Vec<String> = summary.first_failures().iter().map(|text| plain(text)).collect();
    if failures.is_empty() { Ok(()) } else { Err(CliError(failures.join("\nerror: "))) }
}

/// `$XDG_STATE_HOME/amiwatch/state.db`, as the XDG base directory specification has it.
fn default_state() -> Result<PathBuf, CliError> {
    let home = || path_from_env("HOME").or_else(|| path_from_env("USERPROFILE"));
    let base = path_from_env("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| home().map(|home| home.join(".local/state")))
        .ok_or_else(|| CliError::new("no home folder is set: give --state FILE"))?;
    Ok(base.join("amiwatch").join("state.db"))
}
