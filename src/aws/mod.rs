//! The edge to AWS: one adapter a file, each an SDK call and one conversion.

mod bounded;
mod bundle;
pub mod clients;
#[cfg(feature = "webhook")]
pub mod dead_letters;
pub mod dynamodb;
pub mod ec2;
pub mod error;
pub mod event_bridge;
pub(crate) mod foreign;
pub mod network;
pub mod parameter;
pub mod parameters;
mod role_error;
pub mod roles;
pub mod sns;
pub mod targets_queue;
