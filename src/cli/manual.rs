//! `amiwatch completions` and `amiwatch man`: what clap knows of the arguments, for shells and readers.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::output::{print, say};
use super::{CliError, Exit};

const NAME: &str = "amiwatch";

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    // A reader that has had enough is no failure.
    let _ = print(&String::from_utf8(script).map_err(CliError::new)?)?;
    Ok(Exit::Done)
}

pub(super) fn man(args: &ManArgs) -> Result<Exit, CliError> {
    let folder = args.folder.display();
    let failed = |error: std::io::Error| CliError(format!("cannot write into {folder}: {error}"));
    std::fs::create_dir_all(&args.folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &args.folder).map_err(failed)?;
    say(&format!("the man pages are in {folder}: read them with man -l {folder}/{NAME}.1"));
    Ok(Exit::Done)
}
