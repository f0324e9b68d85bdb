//! amiwatch tells people and programs when an EC2 image task ends: a store, a bundle, an import, an
//! export. EC2 sends no event for any of them, so amiwatch polls their listings, remembers what it saw,
//! and tells each ending once.
//!
//! This library is what the Lambda functions and the command line are made of. Its promises stand in
//! `docs/promises.md`, its stored format in `docs/architecture.md`.
//!
//! # One task's way, in the order in which it happens
//!
//! 1. A poll begins: a schedule invokes [`functions::poller`], or somebody runs the command line
//!    ([`cli`]). [`targets`] says which places are polled, and for which kinds of task. A
//!    [`place::Place`] is an account and a Region.
//! 2. [`poll`] owns the order from here on. It **reads** what is remembered of the place, by way of
//!    [`memory`], from DynamoDB ([`aws::dynamodb`]) or a file ([`store`]).
//! 3. It **lists**: [`aws::ec2`] calls EC2 and turns each item into a [`task::Task`]. What its kind is
//!    by itself is a [`task::Identity`].
//! 4. It **decides**: [`decide`] judges each task, as a pure function of what is known, what is listed,
//!    and the time. What deserves telling becomes an [`event::Event`].
//! 5. It **saves** the [`record::Record`] of the task, with the event and a lease on telling it, in one
//!    conditional write. [`store::codec`] has the stored form.
//! 6. It **names** the AMI in the event, where EC2 says in time what it is called.
//! 7. It **publishes** the event to each sink: [`aws::sns`], [`aws::event_bridge`], the terminal, or a
//!    chat app's [`webhook`]. [`render::story`] says what there is to tell, and the rest of [`render`]
//!    puts that into the form of each channel.
//! 8. It **acks**: the record is saved without the event. A crash before that repeats the event, with
//!    the same id, and never loses it.
//! 9. SNS brings it to the inbox: by mail, to queues, to Amazon Q Developer in chat applications, and
//!    through the function `webhook` ([`functions`]) to Slack and Microsoft Teams.
//!
//! What is decided and how it is worded is pure, and can be tried by itself:
//!
//! ```
//! use amiwatch::event::{Event, Outcome, Transition};
//! use amiwatch::place::Place;
//! use amiwatch::render::{Channel, render};
//! use amiwatch::task::{Kind, State, Subject, Task};
//!
//! let subject = Subject::image("ami-0123456789abcdef0", "my-bucket");
//! let task = Task {
//!     started_at: Some("2026-11-22T00:10:00Z".parse()?),
//!     ..Task::new(Kind::StoreImage, subject, State::new("Completed"))
//! };
//! let change = Transition {
//!     outcome: Outcome::Completed,
//!     previous_state: Some("InProgress"),
//!     first_seen_at: "2026-11-22T00:10:30Z".parse()?,
//!     observed_at: "2026-11-22T00:40:10Z".parse()?,
//! };
//! let place = Place::new("123456789012", "us-east-1");
//! let key = task.key().ok_or("a store task has an AMI, a bucket and a start")?;
//! let event = Event::of(&place, &key, &task, change);
//!
//! assert_eq!(event.detail.duration_seconds, Some(1810));
//! // The same ending has the same id, on any machine, after any crash.
//! assert_eq!(event.id, Event::of(&place, &key, &task, change).id);
//! assert_eq!(
//!     render(Channel::Subject, &event),
//!     "Completed: AMI store ami-0123456789abcdef0 to my-bucket (us-east-1)\n"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The modules
//!
//! | module | what it is |
//! |---|---|
//! | [`task`] | an image task in our own words: its kind, state and key |
//! | [`place`] | account and Region, partition, ARNs |
//! | [`rules`] | the forms of AWS's names, checked |
//! | [`targets`] | which accounts are polled, where, for what, and by which role |
//! | [`record`] | what is remembered: records, ledgers, scans, sights |
//! | [`decide`] | what deserves telling |
//! | [`event`] | the event that EC2 never sent; its JSON is a contract |
//! | [`render`] | the words of an event, for each channel |
//! | [`ports`] | the edges of a poll as traits: [`TaskSource`](ports::TaskSource), [`ImageNames`](ports::ImageNames), [`Store`](ports::Store), [`Sink`](ports::Sink), [`Clock`](ports::Clock) |
//! | [`memory`] | which records a poll reads, and how they are written, over any store |
//! | [`poll`] | one poll: the [`Poller`](poll::Poller), its [`Limits`](poll::Limits), its [`Summary`](poll::Summary) |
//! | [`store`] | the stored form, and the embedded store |
//! | [`aws`] | the adapters to AWS: a call and a conversion each |
//! | [`clock`] | the system's clock |
//! | [`webhook`] | webhooks of chat apps: one POST, and what its answer means |
//! | [`functions`] | the Lambda functions: configuration, forms of invocation |
//! | [`cli`] | the command line |
//!
//! From `task` to `render` everything is pure, and knows no SDK, no store and no clock.
//!
//! # Ports of your own
//!
//! A [`Poller`](poll::Poller) takes any implementation of the ports. The examples show a sink
//! (`examples/own_sink.rs`) and a store (`examples/own_store.rs`) in a real poll. They need no AWS
//! account: EC2 is the package `amiwatch-simulator`, which tests of other programs may use as well
//! (`examples/simulator_in_tests.rs`).
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `cli`, by default | the command line, the embedded store, and the simulator as a dependency |
//! | `webhook` | the function that posts to Slack and Microsoft Teams |
//! | `fips` | TLS by the validated module of AWS-LC, in place of ring |
//!
//! A function is built without default features.

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
