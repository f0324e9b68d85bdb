//! The memory of the pollers: the stored form, and the embedded store. DynamoDB's adapter is in
//! [`crate::aws`].

pub mod codec;
#[cfg(feature = "cli")]
pub mod file;
