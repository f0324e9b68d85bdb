//! The adapters through the real SDK clients over HTTP, and the real binaries as a whole.
//!
//! EC2 is the simulator; DynamoDB, SNS and SQS are moto, which `tests/run` installs.

// Tests stop at the first surprise; clippy's settings know only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Tables of cases are long, seconds are how EC2 counts, and figures are printed to be quoted.
#![allow(clippy::too_many_lines, clippy::duration_suboptimal_units, clippy::print_stdout)]

mod command_line;
mod crash;
mod ec2;
mod fleet;
mod function;
mod kills;
mod names;
mod network;
mod outages;
mod queue;
mod races;
mod sinks;
mod soak;
mod stores;
mod support;
mod transfers;
#[cfg(feature = "webhook")]
mod webhook;
