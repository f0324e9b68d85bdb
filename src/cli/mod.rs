//! The command line: arguments, one file a command, exit codes.
//!
//! Data goes to stdout, talk to stderr. Exit codes: 0 done; 1 a task failed, was cancelled, vanished or
//! stalled; 2 could not do it, or only in part; 3 timed out waiting.

mod args;
mod bars;
mod connect;
mod demo;
mod doctor;
mod end;
mod environment;
mod events;
mod explain;
mod gallery;
mod history;
mod list;
mod manual;
mod output;
mod pages;
mod poll;
mod profile;
mod reach;
mod remembered;
mod render;
mod sim;
mod table;
mod terminal;
mod wait;
mod watch;

use std::process::ExitCode;

use clap::Parser;

pub use args::{Cli, Command};

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Done.
    Done,
    /// Done, and a task failed, was cancelled, vanished or stalled.
    TaskInTrouble,
    /// Done in part. What is missing has been said, or there is nobody to say it to.
    InPart,
    /// The time for waiting was over.
    TimedOut,
}

/// Why a command could not be done: what, and the way out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct CliError(String);

impl CliError {
    fn new(text: impl std::fmt::Display) -> Self {
        Self(text.to_string())
    }
}

/// Parses the arguments, runs the command and tells the shell what came of it.
#[must_use]
pub fn main() -> ExitCode {
    // clap ends wrong usage with exit code 2, and prints help and version itself.
    let cli = Cli::parse();
    cli.color.write_global();
    output::log_to_stderr(cli.verbose);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(CliError::new(error)),
    };
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::TaskInTrouble) => ExitCode::from(1),
        Ok(Exit::InPart) => ExitCode::from(2),
        Ok(Exit::TimedOut) => ExitCode::from(3),
        Err(error) => {
            output::fail(&error.to_string());
            ExitCode::from(2)
        }
    }
}

async fn run(cli: Cli) -> Result<Exit, CliError> {
    match cli.command {
        Command::List(args) => list::run(args).await,
        Command::Poll(args) => poll::run(args, cli.verbose > 0).await,
        Command::Wait(args) => wait::run(args).await,
        Command::Watch(args) => watch::run(args).await,
        Command::History(args) => history::run(args).await,
        Command::Explain(args) => explain::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Render(args) => render::run(&args),
        Command::Sim(args) => sim::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    }
}
