//! `amiwatch poll`: the function's poll, from a terminal, a script or cron.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;

use super::args::{PollArgs, PollingArgs};
use super::connect::Connection;
use super::environment::path_from_env;
use super::output::say;
use super::reach::Reach;
use super::terminal::{Terminal, is_trouble};
use super::{CliError, Exit};
use crate::aws::dynamodb::DynamoStore;
use crate::aws::ec2::Ec2Tasks;
use crate::aws::sns::SnsTopic;
use crate::clock::SystemClock;
use crate::decide::Policy;
use crate::event::Outcome;
use crate::memory::Memory;
use crate::poll::{Limits, Poller, Summary, Turn};
use crate::ports::{ImageNames, Sink, Store};
use crate::private;
use crate::render::ChatChannel;
use crate::render::text::plain;
use crate::store::file::FileStore;
use crate::task::Choice;

pub(super) async fn run(args: PollArgs, verbose: bool) -> Result<Exit, CliError> {
    let connection = Connection::open(&args.polling.place).await?;
    let kinds = Choice::kinds(&args.polling.place.kinds);
    let reach = Reach::of_polls(&connection, &args.polling.accounts, kinds).await?;
    let store: Arc<dyn Store> = if let Some(table) = &args.table {
        let url = connection.endpoint("DYNAMODB");
        Arc::new(DynamoStore::new(&connection.sdk, url, table))
    } else {
        let path = state_file(args.polling.state.as_deref())?;
        Arc::new(FileStore::open(&path, &SystemClock).map_err(CliError::new)?)
    };
    with_store(&args, verbose, &connection, &reach, store).await
}

/// The file that remembers.
pub(super) fn state_path(typed: Option<&Path>) -> Result<PathBuf, CliError> {
    let named = typed.map(Path::to_owned).or_else(|| path_from_env("AMIWATCH_STATE"));
    named.map_or_else(default_state, Ok)
}

/// The file that remembers, in a folder that is there.
pub(super) fn state_file(typed: Option<&Path>) -> Result<PathBuf, CliError> {
    let path = state_path(typed)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private::folder(folder).map_err(|error| {
            let folder = folder.display();
            CliError(format!("cannot make the folder {folder}: {error}; give --state"))
        })?;
    }
    Ok(path)
}

async fn with_store(
    args: &PollArgs,
    verbose: bool,
    connection: &Connection,
    reach: &Reach,
    store: Arc<dyn Store>,
) -> Result<Exit, CliError> {
    if let Some(topic) = &args.topic {
        let url = connection.endpoint("SNS");
        let sns = SnsTopic::new(&connection.sdk, url, topic, ChatChannel::Absent);
        let summary = poll(args, reach, store, Box::new(sns)).await;
        report(verbose, &summary)?;
        return Ok(if summary.left > 0 { Exit::InPart } else { Exit::Done });
    }
    let terminal = Arc::new(Terminal::new(args.polling.output));
    let mut summary = poll(args, reach, store, Box::new(Arc::clone(&terminal))).await;
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
    reach: &Reach,
    store: Arc<dyn Store>,
    sink: Box<dyn Sink>,
) -> Summary {
    let poller = poller(&reach.ec2, store, vec![sink], &args.polling);
    let mut summary = poller.poll(&reach.places, None).await;
    summary.failures.extend_from_slice(&reach.faults);
    summary
}

/// What is told.
pub(super) fn policy(tell: &[Outcome], stalled_after_minutes: u32) -> Policy {
    let default = Policy::default();
    let tell = if tell.is_empty() { default.tell } else { tell.iter().copied().collect() };
    let stalled_after = SignedDuration::from_mins(i64::from(stalled_after_minutes));
    Policy { tell, stalled_after }
}

/// A poller over the user's own connection.
pub(super) fn poller(
    ec2: &Ec2Tasks,
    store: Arc<dyn Store>,
    sinks: Vec<Box<dyn Sink>>,
    args: &PollingArgs,
) -> Poller {
    let names = (!args.no_image_names).then(|| -> Box<dyn ImageNames> { Box::new(ec2.clone()) });
    Poller {
        source: Box::new(ec2.clone()),
        names,
        memory: Memory::new(store)
            .keeping(SignedDuration::from_hours(24 * i64::from(args.keep_days))),
        sinks,
        clock: Box::new(SystemClock),
        policy: policy(&args.tell, args.stalled_after_minutes),
        limits: Limits { listing_calls: args.listing_calls, ..Limits::default() },
        turn: Turn::default(),
    }
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
