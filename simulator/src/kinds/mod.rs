//! The kinds of tasks, each a room of its own: what its tasks do in time, the actions that start,
//! list and cancel them, and how a scenario describes them.
//!
//! A new kind is a folder here and its name in three places: its part in `actions`, which answers
//! calls, its list in `scenario::tasks`, which reads files, and its plan in `lib`, for tests in Rust.
//! An import or export is kept by what it has in common with others; any other kind gets a room of
//! its own in `state`, too.

pub(crate) mod bundle;
pub(crate) mod export_image;
pub(crate) mod export_instance;
pub(crate) mod import_image;
pub(crate) mod import_snapshot;
pub(crate) mod store;
