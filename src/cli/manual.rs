//! `amiwatch completions` and `amiwatch man`: what clap knows of the arguments, for shells and readers.

use std::ffi::OsStr;
use std::path::Path;

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
    for page in std::fs::read_dir(&args.folder).map_err(failed)? {
        let page = page.map_err(failed)?.path();
        if !is_ours(&page) {
            continue;
        }
        let text = std::fs::read_to_string(&page).map_err(failed)?;
        if let Some(text) = with_examples(&text) {
            std::fs::write(&page, text).map_err(failed)?;
        }
    }
    say(&format!("the man pages are in {folder}: read them with man -l {folder}/{NAME}.1"));
    Ok(Exit::Done)
}

/// Whether a file is a page of amiwatch's: other programs have theirs in the same folder.
fn is_ours(page: &Path) -> bool {
    let name = page.file_name().and_then(OsStr::to_str).and_then(|name| name.strip_suffix(".1"));
    let command = name.and_then(|name| name.strip_prefix(NAME));
    command.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The page with its examples as a section of that name, line by line: clap puts what follows the help into
/// one called `EXTRA`, and fills its lines.
fn with_examples(page: &str) -> Option<String> {
    let (before, examples) = page.split_once(".SH EXTRA\n")?;
    let (examples, after) = match examples.split_once("\n.SH ") {
        Some((examples, after)) => (examples, format!(".SH {after}")),
        None => (examples.trim_end(), String::new()),
    };
    let examples = examples.trim_start_matches("Examples:").trim_start_matches("Example:");
    let examples = examples.trim_start_matches('\n');
    Some(format!("{before}.SH EXAMPLES\n.nf\n{examples}\n.fi\n{after}"))
}
