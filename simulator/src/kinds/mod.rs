//! The kinds of tasks, each a room of its own: what its tasks do in time, the actions that start,
//! list and cancel them, and how a scenario describes them.
//!
//! A new kind is a folder here, a line in `actions`, which answers its calls, and two in
//! `scenario::tasks`, which read its tasks.

pub(crate) mod bundle;
pub(crate) mod export_instance;
pub(crate) mod import_image;
pub(crate) mod import_snapshot;
pub(crate) mod store;
