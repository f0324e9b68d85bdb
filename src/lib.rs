//! amiwatch tells people and programs when an EC2 image task ends: a store, a bundle, an import, an export.
//!
//! One task's way through the code, in the order in which it happens:
//!
//! 1. [`aws::ec2`] lists it and turns it into a [`task::Task`]. What its kind is by itself is a
//!    [`task::Identity`].
//! 2. [`poll`] owns the order: list, read, decide, save, publish, ack.
//! 3. [`decide`] judges it: pure, of (known, listed, now).
//! 4. [`record`] is what is remembered, [`memory`] how; [`store`] and [`aws::dynamodb`] keep it.
//! 5. [`event`] is what is told; [`render::story`] says what there is to tell of it, and the rest of
//!    [`render`] puts that into the form of each channel.
//! 6. [`aws::sns`] publishes it; [`webhook`] posts it to a chat app.
//!
//! [`ports`] are the edges of a poll as traits. [`functions`] are the Lambda functions.
//! With the feature `cli` there is [`cli`], the command line. The simulator of EC2's task APIs is a
//! package of its own, in `simulator/`.

// Tables of cases are long, fakes have many switches, and seconds are how EC2 counts.
#![cfg_attr(
    test,
    allow(
        clippy::too_many_lines,
        clippy::struct_excessive_bools,
        clippy::trivially_copy_pass_by_ref,
        clippy::duration_suboptimal_units,
        clippy::format_collect
    )
)]

pub mod aws;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
pub mod decide;
pub mod event;
pub mod functions;
pub mod memory;
pub mod place;
pub mod poll;
pub mod ports;
#[cfg(feature = "cli")]
mod private;
pub mod record;
pub mod render;
pub mod rules;
pub mod store;
pub mod targets;
pub mod task;
pub mod webhook;
