//! What the import and export tasks of VM Import/Export have in common.
//!
//! They run alike and are listed alike. A kind of them is a value, [`kind::TransferKind`], and a plan
//! that is [`kind::Transferred`]; everything here works with those two.

pub(crate) mod cancel;
pub(crate) mod disk;
pub(crate) mod disk_spec;
pub(crate) mod elements;
pub(crate) mod export;
pub(crate) mod ids;
pub(crate) mod kind;
pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod spec;
pub(crate) mod start;
pub(crate) mod target_spec;
pub(crate) mod words;
