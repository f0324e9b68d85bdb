//! The arguments of `history` and `explain`.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use super::{AccountsArgs, OutputForm, STALLED_AFTER_MINUTES, WhereArgs, time};
use crate::cli::wait::Wanted;
use crate::event::Outcome;
use crate::rules;

/// What pollers remember
#[derive(Debug, Args)]
pub struct RememberedArgs {
    /// Where to look
    #[command(flatten)]
    pub place: WhereArgs,
    /// File that remembers the tasks [default: `AMIWATCH_STATE`, else amiwatch/state.db in the
    /// user's state folder]
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// DynamoDB table that remembers the tasks, instead of a file
    #[arg(long, conflicts_with = "state", value_parser = rules::table)]
    pub table: Option<String>,
}

/// `amiwatch history`
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only tasks of these ids, or stores and exports of these AMIs; AMI@BUCKET for those to one bucket
    #[arg(value_name = "ID")]
    pub ids: Vec<Wanted>,
    /// Where it is remembered
    #[command(flatten)]
    pub remembered: RememberedArgs,
    /// 12-digit account id [default: every one in the file; for a table the one of the credentials]
    #[arg(long, value_name = "ID", value_parser = rules::account)]
    pub account: Option<String>,
    /// Only tasks with this outcome; may be given several times
    #[arg(long = "outcome", value_name = "OUTCOME")]
    pub outcomes: Vec<Outcome>,
    /// Only tasks that ended at most this long ago, such as 2d, or are still running
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<SignedDuration>,
    /// Draw the tasks as bars on a time axis
    #[arg(long, conflicts_with = "output")]
    pub timeline: bool,
    /// Write a page with a timeline and statistics for a browser: one file, which needs no network; - for
    /// stdout
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "timeline"])]
    pub html: Option<PathBuf>,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}

/// `amiwatch explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of a task of any kind; for the store of an AMI the id of the AMI, or AMI@BUCKET
    #[arg(value_name = "ID")]
    pub id: Wanted,
    /// Where it is remembered
    #[command(flatten)]
    pub remembered: RememberedArgs,
    /// In which accounts
    #[command(flatten)]
    pub accounts: AccountsArgs,
    /// Outcome that the poller tells; may be given several times [default: all but started]
    #[arg(long = "tell", value_name = "OUTCOME")]
    pub tell: Vec<Outcome>,
    /// Minutes without progress after which a task counts as stalled
    #[arg(long, value_name = "N", default_value_t = 180, value_parser = clap::value_parser!(u32).range(STALLED_AFTER_MINUTES))]
    pub stalled_after_minutes: u32,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,
}
