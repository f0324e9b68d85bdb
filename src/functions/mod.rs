//! The Lambda functions: `poller` polls and publishes; `webhook` posts what was published to a
//! Slack or Microsoft Teams webhook, where a stack has one.

pub mod environment;
pub mod log;
pub mod poller;
mod sdk;
#[cfg(feature = "webhook")]
pub mod webhook;

use std::process::ExitCode;

use jiff::Timestamp;

use self::environment::Lookup;

/// When Lambda ends an invocation, from milliseconds since 1970. None where that is over already:
/// local runtimes such as `cargo lambda watch` count from 1970 and not from now, and end nothing.
fn deadline(milliseconds: u64, now: Timestamp) -> Option<Timestamp> {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|deadline| Timestamp::from_millisecond(deadline).ok())
        .filter(|deadline| *deadline > now)
}

/// How many host names are looked up at the same time. Each lookup takes a thread, and a poll of many places
/// would otherwise begin with hundreds of them.
const LOOKUPS_AT_ONCE: usize = 8;

/// Runs a function until Lambda ends it: the log, one thread, and what kept it from starting.
pub fn main(run: impl AsyncFnOnce(Lookup<'_>) -> Result<(), lambda_runtime::Error>) -> ExitCode {
    let lookup = |name: &str| std::env::var(name).ok();
    log::init(&lookup);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(LOOKUPS_AT_ONCE)
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(&lookup)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("The function cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}
