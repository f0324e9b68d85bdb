//! EC2's image tasks on a local port, for tests and demos: AMI store tasks, bundle tasks, imports
//! and exports.
//!
//! The simulator speaks the EC2 Query protocol, so any EC2 client that can be given an endpoint URL
//! talks to it. It takes the account and the Region from a request's signature, which it does not
//! verify: the account is the access key id, where that has 12 digits. Of STS it has what leads into
//! other accounts, `AssumeRole`. It keeps EC2's documented limits, and its tasks run on a clock that a
//! test can move.
//!
//! # In a test of your own
//!
//! ```
//! use std::time::Duration;
//!
//! use amiwatch_simulator::{FaultKind, FaultRule, SimClock, Simulator, StorePlan};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // This clock moves only when the test moves it.
//! let clock = SimClock::manual("2026-11-22T00:00:00Z".parse()?);
//! let sim = Simulator::builder().clock(clock).start().await?;
//! let world = sim.world();
//!
//! let ten_minutes = Duration::from_secs(600);
//! let task = StorePlan::new("ami-0123456789abcdef0", "my-bucket", world.now(), ten_minutes);
//! world.add_store_task("123456789012", "us-east-1", task);
//! world.add_fault(FaultRule::new(FaultKind::Throttle).on("DescribeStoreImageTasks").times(1));
//!
//! // Here the code under test would call EC2, with `sim.url()` as its endpoint. This example sends
//! // the request itself.
//! assert!(describe_store_image_tasks(&sim).await?.contains("RequestLimitExceeded"));
//! assert!(describe_store_image_tasks(&sim).await?.contains("InProgress"));
//! world.advance(ten_minutes);
//! assert!(describe_store_image_tasks(&sim).await?.contains("Completed"));
//! assert_eq!(world.calls().len(), 3);
//!
//! sim.shutdown().await;
//! # Ok(())
//! # }
//! # async fn describe_store_image_tasks(sim: &Simulator) -> std::io::Result<String> {
//! #     use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! #     let body = "Action=DescribeStoreImageTasks&Version=2016-11-15";
//! #     let request = format!(
//! #         "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: \
//! #          AWS4-HMAC-SHA256 Credential=123456789012/20261122/us-east-1/ec2/aws4_request, \
//! #          Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
//! #         body.len()
//! #     );
//! #     let mut connection = tokio::net::TcpStream::connect(sim.addr()).await?;
//! #     connection.write_all(request.as_bytes()).await?;
//! #     let mut answer = String::new();
//! #     connection.read_to_string(&mut answer).await?;
//! #     Ok(answer)
//! # }
//! ```
//!
//! # What there is
//!
//! | to | use |
//! |---|---|
//! | start a server, and stop it | [`Simulator`], which stops when it is dropped; [`serve()`] for a command line |
//! | add tasks, change and read what there is while it runs | [`World`], by [`Simulator::world`] |
//! | say what a task does in time | [`StorePlan`], [`BundlePlan`]; [`Transfer`] in an [`ImportSnapshotPlan`], [`ImportImagePlan`], [`ExportImagePlan`] or [`ExportInstancePlan`] |
//! | hold a task in a state, whatever its plan says | [`World::set_state`] with a [`TaskStatus`] |
//! | move time | [`SimClock`], [`World::advance`] |
//! | make calls go wrong | [`FaultRule`] with a [`FaultKind`], by [`World::add_fault`] |
//! | read which calls were made | [`World::calls`] |
//! | change limits on calls, page sizes, lengths of time | [`Throttle`], [`Settings`] |
//! | read all of that from a YAML file | [`Scenario`] |
//!
//! # Time
//!
//! A clock of [`SimClock::manual`] stands still until it is moved, and so do the tasks and the limits
//! on calls: where many calls are made at one moment, use [`Throttle::Off`]. A clock of
//! [`SimClock::running`] goes on by itself, at any of the [`SPEEDS`]. Only [`FaultKind::Slow`] takes
//! real time.
//!
//! # What it does not do
//!
//! There is no S3 and no TLS, nobody is denied unless a fault says so, and any call that is not about
//! these tasks is refused. The README lists what is served, and what of it is left out.

// Tables of cases are long, short requests may be built slowly, and seconds are how EC2 counts.
#![cfg_attr(
    test,
    allow(clippy::too_many_lines, clippy::format_collect, clippy::duration_suboptimal_units)
)]

mod actions;
mod admin;
mod call;
mod clock;
mod curve;
mod dispatch;
mod effects;
mod error;
mod fault_kind;
mod faults;
mod filter;
mod http;
mod images;
mod kinds;
mod names;
mod params;
mod place;
mod request;
mod room;
mod scenario;
mod serve;
mod service;
mod settings;
mod simulator;
mod state;
mod status;
mod sts;
mod throttle;
mod token;
mod transfer;
mod world;
mod xml;

#[cfg(test)]
mod tests;

pub use call::Call;
pub use clock::{SPEEDS, SimClock};
pub use curve::Stall;
pub use fault_kind::FaultKind;
pub use faults::{FaultId, FaultRule};
pub use kinds::bundle::plan::{BundleEnd, BundlePlan};
pub use kinds::export_image::plan::ExportImagePlan;
pub use kinds::export_instance::plan::ExportInstancePlan;
pub use kinds::import_image::plan::ImportImagePlan;
pub use kinds::import_snapshot::plan::ImportSnapshotPlan;
pub use kinds::store::plan::{StoreEnd, StorePlan};
pub use place::DEFAULT_ACCOUNT;
pub use room::TaskId;
pub use scenario::{Scenario, ScenarioError};
pub use serve::{ServeOptions, serve};
pub use settings::Settings;
pub use simulator::{SimError, Simulator, SimulatorBuilder};
pub use status::{Moment, TaskStatus};
pub use throttle::{Bucket, Throttle};
pub use transfer::disk::Disk;
pub use transfer::export::ExportTarget;
pub use transfer::plan::{Transfer, TransferEnd};
pub use world::World;
