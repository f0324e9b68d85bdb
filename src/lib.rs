//! amiwatch tells people and programs when an EC2 AMI store task or bundle task ends.

pub mod event;
pub mod place;
pub mod task;
