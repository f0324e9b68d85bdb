//! `amiwatch watch`: the function's poll in the foreground, again and again, until somebody ends it.

mod exec;
mod lock;
mod webhooks;

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::MissedTickBehavior;

use self::exec::Exec;
use self::lock::Lock;
pub(super) use self::webhooks::WebhookChoice;
use super::args::WatchArgs;
use super::connect::Connection;
use super::end::EndOfService;
use super::output::{fail, say};
use super::poll::{poller, state_file};
use super::reach::Reach;
use super::terminal::Terminal;
use super::{CliError, Exit};
use crate::aws::sns::SnsTopic;
use crate::clock::SystemClock;
use crate::poll::{Poller, Summary};
use crate::ports::{Clock, Sink};
use crate::render::ChatChannel;
use crate::render::text::plain;
use crate::store::file::FileStore;
use crate::task::Choice;

/// A poll that is under way when the end is asked for may go on for so long. What it leaves, the next
/// one does.
const LAST_POLL: Duration = Duration::from_secs(10);

pub(super) async fn run(args: WatchArgs) -> Result<Exit, CliError> {
    let end = EndOfService::listen();
    let path = state_file(args.polling.state.as_deref())?;
    // Before the store: it only knows that somebody has it.
    let lock = Lock::take(&path)?;
    let connection = Connection::open(&args.polling.place).await?;
    let kinds = Choice::kinds(&args.polling.place.kinds);
    let reach = Reach::of_polls(&connection, &args.polling.accounts, kinds).await?;
    let store = FileStore::open(&path, &SystemClock).map_err(CliError::new)?;
    let terminal = Arc::new(Terminal::new(args.polling.output));
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    if !args.no_terminal {
        sinks.push(Box::new(Arc::clone(&terminal)));
    }
    sinks.extend(
        args.exec.iter().map(|command| -> Box<dyn Sink> { Box::new(Exec::new(command.clone())) }),
    );
    sinks.extend(args.topic.iter().map(|topic| -> Box<dyn Sink> {
        let url = connection.endpoint("SNS");
        Box::new(SnsTopic::new(&connection.sdk, url, topic, ChatChannel::Absent))
    }));
    for choice in &args.webhooks {
        sinks.push(Box::new(choice.sink(&connection)?));
    }
    if sinks.is_empty() {
        return Err(CliError::new(
            "nobody would be told: leave --no-terminal out, or give --exec, --topic or --webhook",
        ));
    }
    let names: BTreeSet<String> = sinks.iter().map(|sink| sink.name().to_string()).collect();
    if names.len() < sinks.len() {
        return Err(CliError::new("a webhook is named twice: give each app one URL_FILE"));
    }
    let names = Vec::from_iter(names).join(", ");
    let poller = poller(&reach.ec2, Arc::new(store), sinks, &args.polling);
    for fault in &reach.faults {
        fail(&plain(fault));
    }
    say(&format!("watching {}; told: {names}; end it with Ctrl-C", reach.described()));
    let every = Duration::try_from(args.every).unwrap_or(Duration::from_mins(1));
    let watching = Watching { poller: &poller, reach, terminal: &terminal };
    let exit = watching.until(end, every).await;
    drop(lock);
    Ok(exit)
}

struct Watching<'a> {
    poller: &'a Poller,
    reach: Reach,
    terminal: &'a Terminal,
}

impl Watching<'_> {
    /// Polls again and again. A failure is said when it comes and when it goes: what is lost meanwhile
    /// is nothing.
    async fn until(mut self, end: EndOfService, every: Duration) -> Exit {
        let mut end = pin!(end.wait());
        let mut said: BTreeSet<String> = self.reach.faults.iter().map(|it| plain(it)).collect();
        let mut timer = tokio::time::interval(every);
        // After a pause, such as a computer's sleep, one poll makes up for all that were missed.
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = pin!(timer.tick());
            if let Either::Left(_) = select(end.as_mut(), next).await {
                return Exit::Done;
            }
            let mut poll = pin!(poll(self.poller, &mut self.reach));
            let mut summary = match select(end.as_mut(), poll.as_mut()).await {
                Either::Right((summary, _)) => summary,
                Either::Left(_) => {
                    // What was begun may end; if it does not, the next process takes it up.
                    drop(tokio::time::timeout(LAST_POLL, poll).await);
                    return Exit::Done;
                }
            };
            // Whoever closed the pipe wants to hear no more. What was not written stays untold.
            let reader_gone = self.terminal.reader_gone();
            summary.failures.retain(|failure| reader_gone.as_ref() != Some(failure));
            let failures: BTreeSet<String> =
                summary.first_failures().iter().map(|text| plain(text)).collect();
            for failure in failures.difference(&said) {
                fail(failure);
            }
            if failures.is_empty() && !said.is_empty() {
                say("all is well again");
            }
            said = failures;
            if reader_gone.is_some() {
                return Exit::InPart;
            }
        }
    }
}

/// One poll, also of accounts that did not tell their Regions when the watch began, and of Regions that
/// were enabled since.
async fn poll(poller: &Poller, reach: &mut Reach) -> Summary {
    let before = reach.described();
    reach.refresh(SystemClock.now()).await;
    let after = reach.described();
    if after != before {
        say(&format!("now watching {after}"));
    }
    let mut summary = poller.poll(&reach.places, None).await;
    summary.failures.extend_from_slice(&reach.faults);
    summary
}
