//! The Lambda functions: `poller` polls and publishes; `webhook` posts what was published to a
//! Slack or Microsoft Teams webhook, where a stack has one.

pub mod environment;
pub mod log;
pub mod poller;
mod sdk;
#[cfg(feature = "webhook")]
pub mod webhook;

use std::process::ExitCode;

use self::environment::Lookup;

/// Runs a function until Lambda ends it: the log, one thread, and what kept it from starting.
pub fn main(run: impl AsyncFnOnce(Lookup<'_>) -> Result<(), lambda_runtime::Error>) -> ExitCode {
    let lookup = |name: &str| std::env::var(name).ok();
    log::init(&lookup);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
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
