//! A sink of your own: a real poll writes each ending as a line of JSON into a file.
//!
//! ```console
//! $ cargo run --example own_sink
//! ```
//!
//! EC2 is the simulator, in this process. The state is in the embedded store. The sink is away when
//! the task ends, and gets the event with a later poll.

// An example prints what it does.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amiwatch::aws::clients::{http_client, with_bounds};
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::decide::Policy;
use amiwatch::event::{Event, Outcome};
use amiwatch::memory::Memory;
use amiwatch::place::Place;
use amiwatch::poll::{Limits, PlaceToPoll, Poller, Turn};
use amiwatch::ports::{Clock, PublishError, Published, Sink};
use amiwatch::record::SinkName;
use amiwatch::render::subject;
use amiwatch::store::file::FileStore;
use amiwatch::task::Kind;
use amiwatch_simulator::{SimClock, Simulator, StorePlan};
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// Writes each event as a line of a file.
struct Lines(PathBuf);

impl Lines {
    fn append(&self, line: &str) -> std::io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        writeln!(file, "{line}")?;
        // The poll takes the event off its record next: the line must outlast a crash.
        file.sync_all()
    }
}

impl Sink for Lines {
    /// Stored records wait for the sink under this name, so it never changes.
    fn name(&self) -> SinkName {
        SinkName::new("lines")
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(async move {
            // Refused: this event will never be taken. The poll goes on with others.
            let line = serde_json::to_string(event)
                .map_err(|error| PublishError::Refused(error.to_string()))?;
            // Unavailable: no event would be taken now. The poll leaves the sink alone for a while.
            self.append(&line).map_err(|error| PublishError::Unavailable(error.to_string()))?;
            Ok(Published::InFull)
        })
    }
}

/// One time for the poll and for EC2.
struct SimulatedTime(SimClock);

impl Clock for SimulatedTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = SimClock::manual("2026-11-22T00:00:00Z".parse()?);
    let sim = Simulator::builder().clock(clock.clone()).start().await?;
    let ten_minutes = Duration::from_mins(10);
    let task = StorePlan::new("ami-0123456789abcdef0", "my-bucket", clock.now(), ten_minutes);
    sim.world().add_store_task(ACCOUNT, REGION, task);

    let folder = tempfile::tempdir()?;
    let inbox = folder.path().join("inbox");
    let file = inbox.join("events.jsonl");
    let time = SimulatedTime(clock);
    let store = FileStore::open(&folder.path().join("state.db"), &time)?;
    let poller = Poller {
        source: Box::new(Ec2Tasks::new(&sdk_config(), Some(sim.url()))),
        names: None,
        memory: Memory::new(Arc::new(store)),
        sinks: vec![Box::new(Lines(file.clone()))],
        clock: Box::new(time),
        policy: Policy::default(),
        limits: Limits::default(),
        turn: Turn::default(),
    };
    let place = Place::new(ACCOUNT, REGION);
    let places = [PlaceToPoll { place, kinds: [Kind::StoreImage].into() }];

    let summary = poller.poll(&places, None).await;
    println!("The first poll finds a task that runs: {} told.", summary.published);
    assert_eq!((summary.published, summary.all_failures().len()), (0, 0), "{summary:?}");

    sim.world().advance(ten_minutes);
    let summary = poller.poll(&places, None).await;
    println!("It has ended, but the sink is away: {}.", summary.all_failures().join("; "));
    assert_eq!((summary.published, summary.untold), (0, 1), "{summary:?}");

    std::fs::create_dir(&inbox)?;
    for expected in [1, 0] {
        sim.world().advance(Duration::from_mins(1));
        let summary = poller.poll(&places, None).await;
        println!("The sink is back: {} told.", summary.published);
        assert_eq!((summary.published, summary.untold), (expected, 0), "{summary:?}");
    }

    let text = std::fs::read_to_string(&file)?;
    assert_eq!(text.lines().count(), 1, "an ending is told once: {text}");
    let event: Event = serde_json::from_str(&text)?;
    assert_eq!(event.detail.outcome, Outcome::Completed);
    println!("The file holds one event: {}", subject(&event));
    Ok(())
}

/// The SDK with the time-outs that a poll counts on. The access key id is the account's, as the
/// simulator takes it.
fn sdk_config() -> SdkConfig {
    let credentials = Credentials::new(ACCOUNT, "secret", None, None, "example");
    let builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    with_bounds(builder, http_client()).build()
}
