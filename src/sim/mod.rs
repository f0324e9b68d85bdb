//! The EC2 task API on a local port, for tests, demos and other people's tests.
//!
//! It speaks the EC2 Query protocol, takes the account and the Region from a request's signature
//! (which it does not verify), keeps the documented limits, and lets tasks run on a clock that
//! can be sped up or moved by hand.
//!
//! - [`SimClock`], [`StorePlan`] and [`BundlePlan`]: what tasks do, as functions of time.
//! - [`World`]: the tasks, the limits, the faults and the record of calls.
//! - [`Simulator`]: the server. [`Scenario`]: what there is at the start, read from a file.

mod actions;
mod admin;
mod builder;
mod bundle;
mod call;
mod clock;
mod curve;
mod dispatch;
mod error;
mod faults;
mod filter;
mod params;
mod plan;
mod request;
mod scenario;
mod server;
mod settings;
mod state;
mod throttle;
mod token;
mod world;
mod xml;

#[cfg(test)]
mod tests;

pub(crate) use builder::SPEEDS;
pub use builder::{ServeOptions, SimError, SimulatorBuilder, serve};
pub use bundle::{BundleEnd, BundlePlan};
pub use call::Call;
pub use clock::SimClock;
pub use curve::Stall;
pub use faults::{FaultId, FaultKind, FaultRule};
pub use plan::{Moment, StoreEnd, StorePlan, TaskStatus};
pub use request::DEFAULT_ACCOUNT;
pub use scenario::{Scenario, ScenarioError};
pub use server::Simulator;
pub use settings::Settings;
pub use state::TaskId;
pub use throttle::{Bucket, Throttle};
pub use world::World;
