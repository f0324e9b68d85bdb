//! `amiwatch demo`: the whole way on one machine. The simulator, the real SDK over HTTP, the
//! embedded store, and the terminal in place of an inbox.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amiwatch_simulator::{ServeOptions, SimClock, Simulator, serve};
use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedCredentialsProvider;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::args::{DemoArgs, OutputForm};
use super::bars::Bars;
use super::output::{Reader, json_line, print, say};
use super::pages::all_pages;
use super::terminal::NAME;
use super::{CliError, Exit};
use crate::aws::clients::{http_client, with_bounds};
use crate::aws::ec2::Ec2Tasks;
use crate::decide::Policy;
use crate::event::{Event, Outcome};
use crate::memory::Memory;
use crate::place::Place;
use crate::poll::{Limits, PlaceToPoll, Poller, Summary, Turn};
use crate::ports::{Clock, PublishError, Published, Sink};
use crate::private;
use crate::record::SinkName;
use crate::render::terminal::notification;
use crate::store::file::FileStore;
use crate::task::{Kind, Phase, Task};

const SCENARIO: &str = include_str!("../../scenarios/demo.yaml");
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// Simulated time between two polls, as the function's schedule has it.
const POLL_EVERY_SECONDS: f64 = 60.0;

/// Simulated time after which the demo ends whatever is still running.
const LONGEST: jiff::SignedDuration = jiff::SignedDuration::from_mins(60);

/// The simulated time as the poller's clock.
#[derive(Debug)]
struct Simulated(SimClock);

impl Clock for Simulated {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// Keeps what was told, to be shown beside the bars.
#[derive(Debug, Default)]
struct Inbox(std::sync::Mutex<Vec<Event>>);

impl Inbox {
    fn take(&self) -> Vec<Event> {
        self.0.lock().map(|mut events| std::mem::take(&mut *events)).unwrap_or_default()
    }
}

impl Sink for Inbox {
    fn name(&self) -> SinkName {
        NAME
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(async {
            let mut events =
                self.0.lock().map_err(|error| PublishError::Unavailable(error.to_string()))?;
            events.push(event.clone());
            Ok(Published::InFull)
        })
    }
}

pub(super) async fn run(args: DemoArgs) -> Result<Exit, CliError> {
    let mut options = ServeOptions::default();
    options.scenario = Some(("scenarios/demo.yaml".to_owned(), SCENARIO.to_owned()));
    options.speed = Some(args.speed);
    let simulator = serve(options).await.map_err(CliError::new)?;
    let folder = TemporaryFolder::make()?;
    let clock = Simulated(simulator.world().clock().clone());
    let store = FileStore::open(&folder.0.join("state.db"), &clock).map_err(CliError::new)?;
    let inbox = Arc::new(Inbox::default());
    let ec2 = Ec2Tasks::new(&sdk_config(), Some(simulator.url()));
    let poller = Poller {
        source: Box::new(ec2.clone()),
        names: Some(Box::new(ec2.clone())),
        memory: Memory::new(Arc::new(store)),
        sinks: vec![Box::new(Arc::clone(&inbox))],
        clock: Box::new(clock),
        policy: Policy::default(),
        limits: Limits::default(),
        turn: Turn::default(),
    };
    say(&format!(
        "A simulated EC2 at {}, {} times as fast as the real one; a poll each simulated minute.\n\
         What ended before the first poll is old news and is not told.\n",
        simulator.url(),
        args.speed
    ));
    let told = watch(&poller, &ec2, &inbox, &simulator, &args).await?;
    simulator.shutdown().await;
    if let Some(told) = told {
        summarize(&told);
    }
    Ok(Exit::Done)
}

/// Polls until every task that was seen running has ended and was told. Nothing where the reader of
/// stdout has gone before.
async fn watch(
    poller: &Poller,
    ec2: &Ec2Tasks,
    inbox: &Inbox,
    simulator: &Simulator,
    args: &DemoArgs,
) -> Result<Option<BTreeMap<Outcome, usize>>, CliError> {
    let place = Place::new(ACCOUNT, REGION);
    let places =
        [PlaceToPoll { place: place.clone(), kinds: Kind::watched_by_default().collect() }];
    let mut told: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut bars = Bars::new();
    let began = simulator.world().clock().now();
    let mut timer = tokio::time::interval(Duration::from_secs_f64(POLL_EVERY_SECONDS / args.speed));
    loop {
        timer.tick().await;
        let tasks = all_tasks(ec2, &place).await?;
        bars.show(&tasks);
        let summary: Summary = poller.poll(&places, None).await;
        let failures = summary.all_failures();
        if !failures.is_empty() {
            return Err(CliError(failures.join("; ")));
        }
        for event in inbox.take() {
            *told.entry(event.detail.outcome).or_default() += 1;
            let text = match args.output {
                OutputForm::Text => notification(&event),
                OutputForm::Json => json_line(&event)?,
            };
            if bars.beside(|| print(&text))? == Reader::Gone {
                return Ok(None);
            }
        }
        let now = simulator.world().clock().now();
        let all_ended = tasks.iter().all(|task| task.phase() != Phase::Running);
        let settled = bars.is_any_shown()
            && all_ended
            && summary.targets.iter().all(|target| target.saved == 0);
        if settled || now.duration_since(began) > LONGEST {
            return Ok(Some(told));
        }
    }
}

async fn all_tasks(source: &Ec2Tasks, place: &Place) -> Result<Vec<Task>, CliError> {
    let mut tasks = Vec::new();
    for kind in Kind::watched_by_default() {
        let listing = all_pages(source, place, kind).await;
        if let Some(failure) = listing.failure {
            return Err(CliError(failure));
        }
        tasks.extend(listing.tasks);
    }
    tasks.sort_by_key(|task| task.started_at);
    Ok(tasks)
}

fn summarize(told: &BTreeMap<Outcome, usize>) {
    let counts: Vec<String> =
        told.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    let total: usize = told.values().sum();
    say(&format!("\n{total} notifications, each task told once: {}.", counts.join(", ")));
    say("Next: `amiwatch poll` against your own account, or deploy the function (see README.md).");
}

fn sdk_config() -> SdkConfig {
    let credentials = Credentials::new(ACCOUNT, "simulated", None, None, "demo");
    let builder = SdkConfig::builder()
        .behavior_version(aws_sdk_ec2::config::BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    with_bounds(builder, http_client()).build()
}

/// A folder of this process's own, gone when it is dropped.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make() -> Result<Self, CliError> {
        let path = std::env::temp_dir().join(format!("amiwatch-demo-{}", uuid::Uuid::new_v4()));
        private::folder(&path).map_err(|error| {
            CliError(format!("cannot make the folder {}: {error}", path.display()))
        })?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // Left to the system's own cleaning where it cannot be removed.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use amiwatch_simulator::Scenario;

    use super::*;
    use crate::task::State;

    #[tokio::test]
    async fn the_demo_has_something_for_every_promise() {
        let clock = SimClock::manual("2026-11-22T00:00:00Z".parse().unwrap());
        let scenario = Scenario::parse(SCENARIO, "demo.yaml").unwrap();
        let simulator = Simulator::builder().clock(clock).scenario(scenario).start().await.unwrap();
        let source = Ec2Tasks::new(&sdk_config(), Some(simulator.url()));
        let place = Place::new(ACCOUNT, REGION);
        let count =
            |tasks: &[Task], state: State| tasks.iter().filter(|task| task.state == state).count();

        let old = all_tasks(&source, &place).await.unwrap();
        assert_eq!(count(&old, State::new("Completed")), 2);
        assert_eq!(count(&old, State::new("Failed")), 1);
        assert_eq!(count(&old, State::new("InProgress")), 1);
        assert_eq!(old.len(), 4);

        simulator.world().advance(Duration::from_secs(20 * 60));
        let ended = all_tasks(&source, &place).await.unwrap();
        assert_eq!(count(&ended, State::new("Completed")), 5);
        assert_eq!(count(&ended, State::new("Failed")), 2);
        assert_eq!(count(&ended, State::new("complete")), 1);
        assert_eq!(count(&ended, State::new("failed")), 1);
        assert_eq!(ended.len(), 9);
    }
}
