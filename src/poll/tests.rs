//! Polls against a world in memory: the order of effects, and what every failure leaves behind.

mod crash;
mod edges;
mod fakes;
mod first_sights;
mod interleave;
mod listing;
mod naming;
mod progress;
mod scenarios;
mod sight;
mod telling;
